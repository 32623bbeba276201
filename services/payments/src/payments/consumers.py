"""The complete list of messages payments reacts to; the deeds are in `usecases`."""

from __future__ import annotations

from uuid import UUID

from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.customers import BankAccount as BankAccountPart
from contracts.customers import CustomerState, DelegationState, MakerState
from contracts.invoicing import CreditNoteIssued, InvoiceIssued, InvoiceVoided
from kernel.money import Currency, Money
from payments.core.credit_note import CreditNote
from payments.core.maker import BankAccount, Maker
from payments.core.receivable import Receivable, opened
from payments.core.statement import AccountNumber
from payments.store.facts import Customer
from payments.usecases import copying, issuing

LISTENS = Listens()


@LISTENS.on(InvoiceIssued)
async def add_invoices(tx: Tx, run: Run[InvoiceIssued]) -> None:
    await issuing.add_invoices(tx, [_receivable(body) for body in run.bodies()])


@LISTENS.on(InvoiceVoided)
async def void_invoices(tx: Tx, run: Run[InvoiceVoided]) -> None:
    await issuing.void_invoices(tx, [issuing.VoidInvoice(body.invoice_id, body.voided_on) for body in run.bodies()])


@LISTENS.on(CreditNoteIssued)
async def add_credit_notes(tx: Tx, run: Run[CreditNoteIssued]) -> None:
    await issuing.add_credit_notes(tx, [_credit_note(body) for body in run.bodies()])


@LISTENS.on(MakerState)
async def copy_makers(tx: Tx, run: Run[MakerState]) -> None:
    """One maker per run: its newest state counts."""
    newest = max((one for one in run if one.body), key=lambda one: one.version, default=None)
    if newest is not None and newest.body is not None:
        accounts = [_account(one) for one in newest.body.bank_accounts]
        await copying.copy_maker(tx, _maker(newest.body), accounts, newest.version)


@LISTENS.on(CustomerState)
async def copy_customers(tx: Tx, run: Run[CustomerState]) -> None:
    """A tombstone leaves the row: documents refer to the customer."""
    await copying.copy_customers(tx, [_customer(one.body, one.version) for one in run if one.body])
    await copying.forget_customers(tx, [UUID(one.key) for one in run if one.body is None])


@LISTENS.on(DelegationState)
async def copy_delegations(tx: Tx, run: Run[DelegationState]) -> None:
    """A tombstone ends a delegation."""
    await copying.copy_delegations(
        tx, [(UUID(one.key), one.body.delegatee_id if one.body else None, one.version) for one in run]
    )


def _receivable(body: InvoiceIssued) -> Receivable:
    currency = Currency.of(body.currency)
    return opened(
        body.invoice_id,
        body.number,
        body.bill_to_id,
        issued_on=body.issued_on,
        due_on=body.due_on,
        total=Money(body.total, currency),
        members=frozenset(source.customer_id for source in body.sources) - {body.bill_to_id},
    )


def _credit_note(body: CreditNoteIssued) -> CreditNote:
    return CreditNote(
        credit_note_id=body.credit_note_id,
        number=body.number,
        kind=body.kind,
        bill_to_id=body.bill_to_id,
        amount=Money(body.amount, Currency.of(body.currency)),
        issued_on=body.issued_on,
        overpayment_id=body.overpayment_id,
    )


def _maker(body: MakerState) -> Maker:
    currency = Currency.of(body.default_currency)
    return Maker(body.time_zone, currency, body.auto_confirm_matches, Money(body.bank_fee_tolerance, currency))


def _account(part: BankAccountPart) -> BankAccount:
    number = AccountNumber(part.bank_code, part.branch_code, part.account_type, part.number)
    return BankAccount(part.bank_account_id, part.code, number, Currency.of(part.currency), part.active)


def _customer(body: CustomerState, version: int) -> Customer:
    address = body.address
    return Customer(body.customer_id, body.code, address.name, address.kana, body.active, version)
