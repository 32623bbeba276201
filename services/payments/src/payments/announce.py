"""The complete list of what payments publishes: core event → contract event, total over all core events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from contracts import payments as published
from contracts.wire import Event, Message
from payments.core.bank_line import (
    AdvanceHeld,
    AdvanceReleased,
    Allocated,
    AllocationReversed,
    LineConfirmed,
    LineIgnored,
    LineProposed,
    LineReopened,
    LineUnignored,
    OverpaymentKept,
    OverpaymentReversed,
)
from payments.core.bookkeeping import Told
from payments.core.ledger import Balance


def messages(maker_id: UUID, told: Iterable[Told], balances: Iterable[Balance]) -> list[Message]:
    """What happened to invoices and overpayments, in order; then each balance as it stands after all of it."""
    events = [event for one in told if (event := _event(one)) is not None]
    return [Message(maker_id, body) for body in (*events, *map(_changed, balances))]


def _event(told: Told) -> Event | None:
    match told.event:
        case Allocated():
            return _allocated(told, told.event)
        case AllocationReversed():
            return _reversed(told, told.event)
        case OverpaymentKept():
            return _kept(told.event)
        case OverpaymentReversed():
            return _kept_no_more(told.event)
        case (
            AdvanceHeld()
            | AdvanceReleased()
            | LineProposed()
            | LineConfirmed()
            | LineReopened()
            | LineIgnored()
            | LineUnignored()
        ):
            return None  # money on account and states of lines concern nobody else; balances are told apart
        case _:
            assert_never(told.event)


class Untold(ValueError):
    """An allocation was carried out without saying what is open of its invoice: a bug."""


def _allocated(told: Told, event: Allocated) -> Event:
    one = event.allocation
    if told.open_after is None:
        raise Untold(str(one.invoice_id))
    return published.PaymentAllocated(
        bill_to_id=one.bill_to_id,
        currency=one.amount.currency.code,
        allocation_id=one.allocation_id,
        invoice_id=one.invoice_id,
        invoice_number=one.invoice_number,
        bank_line_id=one.line_id,
        value_date=one.booked_on,
        amount=one.amount.amount,
        fee_discount=one.fee_discount.amount,
        shortage_slip=one.shortage_slip.amount,
        open_amount=told.open_after.amount,
    )


def _reversed(told: Told, event: AllocationReversed) -> Event:
    one = event.allocation
    if told.open_after is None:
        raise Untold(str(one.invoice_id))
    return published.PaymentReversed(
        bill_to_id=one.bill_to_id,
        currency=one.amount.currency.code,
        allocation_id=one.allocation_id,
        invoice_id=one.invoice_id,
        invoice_number=one.invoice_number,
        reversed_on=event.reversed_on,
        amount=one.amount.amount,
        fee_discount=one.fee_discount.amount,
        shortage_slip=one.shortage_slip.amount,
        open_amount=told.open_after.amount,
    )


def _kept(event: OverpaymentKept) -> Event:
    kept = event.overpayment
    return published.OverpaymentRecorded(
        bill_to_id=kept.bill_to_id,
        currency=kept.amount.currency.code,
        overpayment_id=kept.overpayment_id,
        bank_line_id=event.line_id,
        recorded_on=kept.booked_on,
        amount=kept.amount.amount,
    )


def _kept_no_more(event: OverpaymentReversed) -> Event:
    kept = event.overpayment
    return published.OverpaymentReversed(
        bill_to_id=kept.bill_to_id,
        currency=kept.amount.currency.code,
        overpayment_id=kept.overpayment_id,
        reversed_on=event.reversed_on,
    )


def _changed(balance: Balance) -> Event:
    return published.BalanceChanged(
        bill_to_id=balance.customer_id,
        currency=balance.currency.code,
        balance=balance.balance.amount,
        open_invoices=balance.open_invoices.amount,
        open_slips=balance.open_slips.amount,
        sequence=balance.version,
    )
