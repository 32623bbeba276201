"""The ledger: every movement is one entry that debits one account and credits another with the same amount.

An entry cannot be unbalanced, and entries are only ever added: a mistake is taken back by an entry the other way
round (PAY-004, PAY-042). The balance of a customer is what the ledger says about two accounts, receivable and
shortage slips (PAY-001); everything else stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.money import Currency, Money
from payments.core.bank_line import (
    AdvanceHeld,
    AdvanceReleased,
    Allocated,
    AllocationReversed,
    BankLine,
    LineEvent,
    LineIgnored,
    LineUnignored,
    Overpayment,
    OverpaymentKept,
    OverpaymentReversed,
)
from payments.core.receivable import Allocation, Receivable


class Account(StrEnum):
    """The accounts of the ledger. The first four are kept per customer."""

    RECEIVABLE = "receivable"
    SHORTAGE_SLIPS = "shortage_slips"
    CREDIT_NOTES = "credit_notes"
    ADVANCES = "advances"
    BANK = "bank"
    UNALLOCATED = "unallocated"
    IGNORED = "ignored"
    SALES = "sales"
    FEE_DISCOUNT = "fee_discount"


PER_CUSTOMER: Final = (Account.RECEIVABLE, Account.SHORTAGE_SLIPS, Account.CREDIT_NOTES, Account.ADVANCES)


class EntryKind(StrEnum):
    """What happened."""

    INVOICE = "invoice"
    INVOICE_VOID = "invoice_void"
    CREDIT_NOTE = "credit_note"
    BANK_LINE = "bank_line"
    PAYMENT = "payment"
    PAYMENT_REVERSAL = "payment_reversal"
    BANK_FEE = "bank_fee"
    BANK_FEE_REVERSAL = "bank_fee_reversal"
    SHORTAGE_SLIP = "shortage_slip"
    SHORTAGE_SLIP_REVERSAL = "shortage_slip_reversal"
    OVERPAYMENT = "overpayment"
    OVERPAYMENT_REVERSAL = "overpayment_reversal"
    ADVANCE = "advance"
    ADVANCE_REVERSAL = "advance_reversal"
    IGNORED = "ignored"
    IGNORED_REVERSAL = "ignored_reversal"


@dataclass(frozen=True, slots=True)
class Entry:
    """Debit and credit of one positive amount. A customer stands beside an account that is kept per customer."""

    kind: EntryKind
    debit: Account
    credit: Account
    amount: Money
    booked_on: date
    debit_customer_id: UUID | None = None
    credit_customer_id: UUID | None = None
    invoice_id: UUID | None = None
    line_id: UUID | None = None
    allocation_id: UUID | None = None


def of_invoice(receivable: Receivable) -> tuple[Entry, ...]:
    """An issued invoice raises the customer's balance by its total; a negative total lowers it."""
    return _signed(EntryKind.INVOICE, receivable, receivable.total, receivable.issued_on)


def of_void(receivable: Receivable, on: date) -> tuple[Entry, ...]:
    """A void takes the whole total off again."""
    return _signed(EntryKind.INVOICE_VOID, receivable, -receivable.total, on)


def of_credit_note(customer_id: UUID, amount: Money, on: date) -> tuple[Entry, ...]:
    """A credit note that does not come from an overpayment (those were booked when the money was kept)."""
    entry = Entry(EntryKind.CREDIT_NOTE, Account.SALES, Account.CREDIT_NOTES, amount, on, None, customer_id)
    return (entry,) if amount else ()


def of_line(line: BankLine) -> tuple[Entry, ...]:
    """Money that arrived is on the bank account and not yet anybody's; a cancellation takes it away again."""
    entry = Entry(
        EntryKind.BANK_LINE, Account.BANK, Account.UNALLOCATED, line.amount, line.value_date, line_id=line.line_id
    )
    return (_turned(entry, EntryKind.BANK_LINE) if line.cancels else entry,)


def of_event(event: LineEvent, *, cancels: bool = False) -> tuple[Entry, ...]:
    """The entries of one event of a bank line; events that move no money have none."""
    match event:
        case Allocated(allocation):
            return _of_allocation(allocation)
        case AllocationReversed(allocation, reversed_on):
            return tuple(_reversed(entry, reversed_on) for entry in _of_allocation(allocation))
        case OverpaymentKept(line_id, overpayment):
            return _of_overpayment(line_id, overpayment)
        case OverpaymentReversed(line_id, overpayment, reversed_on):
            return tuple(_reversed(entry, reversed_on) for entry in _of_overpayment(line_id, overpayment))
        case AdvanceHeld(line_id, customer_id, amount, booked_on):
            return (_of_advance(line_id, customer_id, amount, booked_on),)
        case AdvanceReleased(line_id, customer_id, amount, released_on):
            return (_reversed(_of_advance(line_id, customer_id, amount, released_on), released_on),)
        case LineIgnored(line_id, amount, _, ignored_on):
            return (_of_ignored(line_id, amount, ignored_on, cancels=cancels),)
        case LineUnignored(line_id, amount, unignored_on):
            return (_reversed(_of_ignored(line_id, amount, unignored_on, cancels=cancels), unignored_on),)
        case _:
            return ()


def _signed(kind: EntryKind, receivable: Receivable, amount: Money, on: date) -> tuple[Entry, ...]:
    if not amount:
        return ()
    customer_id, invoice_id = receivable.bill_to_id, receivable.invoice_id
    entry = Entry(kind, Account.RECEIVABLE, Account.SALES, abs(amount), on, customer_id, None, invoice_id)
    return (_turned(entry, kind) if amount.is_negative else entry,)


def _of_allocation(allocation: Allocation) -> tuple[Entry, ...]:
    on, customer_id = allocation.booked_on, allocation.bill_to_id
    refs = {"invoice_id": allocation.invoice_id, "line_id": allocation.line_id}
    parts = (
        (EntryKind.PAYMENT, Account.UNALLOCATED, None, allocation.amount - allocation.from_advance),
        (EntryKind.PAYMENT, Account.ADVANCES, allocation.advance_of, allocation.from_advance),
        (EntryKind.BANK_FEE, Account.FEE_DISCOUNT, None, allocation.fee_discount),
        (EntryKind.SHORTAGE_SLIP, Account.SHORTAGE_SLIPS, customer_id, allocation.shortage_slip),
    )
    return tuple(
        Entry(
            kind,
            debit,
            Account.RECEIVABLE,
            amount,
            on,
            owner,
            customer_id,
            allocation_id=allocation.allocation_id,
            **refs,
        )
        for kind, debit, owner, amount in parts
        if amount
    )


def _of_overpayment(line_id: UUID, kept: Overpayment) -> tuple[Entry, ...]:
    parts = (
        (Account.UNALLOCATED, None, kept.amount - kept.from_advance),
        (Account.ADVANCES, kept.advance_of, kept.from_advance),
    )
    return tuple(
        Entry(
            EntryKind.OVERPAYMENT,
            debit,
            Account.CREDIT_NOTES,
            amount,
            kept.booked_on,
            owner,
            kept.bill_to_id,
            line_id=line_id,
        )
        for debit, owner, amount in parts
        if amount
    )


def _of_advance(line_id: UUID, customer_id: UUID, amount: Money, on: date) -> Entry:
    return Entry(
        EntryKind.ADVANCE, Account.UNALLOCATED, Account.ADVANCES, amount, on, None, customer_id, line_id=line_id
    )


def _of_ignored(line_id: UUID, amount: Money, on: date, *, cancels: bool) -> Entry:
    entry = Entry(EntryKind.IGNORED, Account.UNALLOCATED, Account.IGNORED, amount, on, line_id=line_id)
    return _turned(entry, EntryKind.IGNORED) if cancels else entry


_REVERSALS: Final = {
    EntryKind.PAYMENT: EntryKind.PAYMENT_REVERSAL,
    EntryKind.BANK_FEE: EntryKind.BANK_FEE_REVERSAL,
    EntryKind.SHORTAGE_SLIP: EntryKind.SHORTAGE_SLIP_REVERSAL,
    EntryKind.OVERPAYMENT: EntryKind.OVERPAYMENT_REVERSAL,
    EntryKind.ADVANCE: EntryKind.ADVANCE_REVERSAL,
    EntryKind.IGNORED: EntryKind.IGNORED_REVERSAL,
}


def _reversed(entry: Entry, on: date) -> Entry:
    return replace(_turned(entry, _REVERSALS[entry.kind]), booked_on=on)


def _turned(entry: Entry, kind: EntryKind) -> Entry:
    """The same amount the other way round."""
    return replace(
        entry,
        kind=kind,
        debit=entry.credit,
        credit=entry.debit,
        debit_customer_id=entry.credit_customer_id,
        credit_customer_id=entry.debit_customer_id,
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """What one customer owes in one currency (PAY-001), and what is kept beside it without being netted.

    `balance` = open invoices + open shortage slips. Credit notes and advances are positive when the customer has them.
    """

    customer_id: UUID
    open_invoices: Money
    open_slips: Money
    credit_notes: Money
    advances: Money
    version: int = 0

    @staticmethod
    def empty(customer_id: UUID, currency: Currency) -> Balance:
        nothing = Money.zero(currency)
        return Balance(customer_id, nothing, nothing, nothing, nothing)

    @property
    def currency(self) -> Currency:
        return self.open_invoices.currency

    @property
    def balance(self) -> Money:
        return self.open_invoices + self.open_slips


def balance_keys(entries: Iterable[Entry]) -> set[tuple[UUID, Currency]]:
    """The customers and currencies whose balance these entries touch: what to lock, in sorted order."""
    sides = (
        (side, entry.amount.currency)
        for entry in entries
        for side in (entry.debit_customer_id, entry.credit_customer_id)
    )
    return {(customer_id, currency) for customer_id, currency in sides if customer_id is not None}


def applied(balance: Balance, entry: Entry) -> Balance:
    """The balance after one entry; entries of others or in another currency leave it as it is."""
    if entry.amount.currency != balance.currency:
        return balance
    if entry.debit_customer_id == balance.customer_id:
        balance = _moved(balance, entry.debit, entry.amount)
    if entry.credit_customer_id == balance.customer_id:
        balance = _moved(balance, entry.credit, -entry.amount)
    return balance


def _moved(balance: Balance, account: Account, debit: Money) -> Balance:
    """Debits raise what the customer owes and lower what the customer is owed."""
    match account:
        case Account.RECEIVABLE:
            return replace(balance, open_invoices=balance.open_invoices + debit)
        case Account.SHORTAGE_SLIPS:
            return replace(balance, open_slips=balance.open_slips + debit)
        case Account.CREDIT_NOTES:
            return replace(balance, credit_notes=balance.credit_notes - debit)
        case Account.ADVANCES:
            return replace(balance, advances=balance.advances - debit)
        case _:
            raise ValueError(f"{account} is kept for no customer")
