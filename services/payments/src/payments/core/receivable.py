"""What is left to pay of one invoice (open item): an invoice issued elsewhere, and what settled it here.

Settled by money, by a seller-borne bank fee (discount), by a shortage slip; never more than was open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from kernel.money import Money


class ReceivableState(StrEnum):
    """Follows from the amounts; `PAID` includes settled with a difference (INV §14)."""

    ISSUED = "ISSUED"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of a bank line given to one invoice, and the differences settled with it.

    `amount` is money from the line, of it `from_advance` from what was held on account of `advance_of`.
    `fee_discount` is the seller-borne fee with tax, `shortage_slip` the rest carried as a slip; both beside `amount`.
    Counts from `booked_on`, the later of value date and issue date (PAY-040).
    """

    allocation_id: UUID
    line_id: UUID
    invoice_id: UUID
    invoice_number: str
    bill_to_id: UUID
    amount: Money
    fee_discount: Money
    shortage_slip: Money
    from_advance: Money
    booked_on: date
    slip_id: UUID | None = None
    advance_of: UUID | None = None

    @property
    def settled(self) -> Money:
        return self.amount + self.fee_discount + self.shortage_slip


@dataclass(frozen=True, slots=True)
class Receivable:
    """`total` is the invoice's own total with tax; a negative one (more returned than sold) is never matched."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    issued_on: date
    due_on: date
    total: Money
    allocated: Money
    discounted: Money
    slipped: Money
    members: frozenset[UUID] = frozenset()
    voided_on: date | None = None
    version: int = 0

    @property
    def open(self) -> Money:
        if self.voided_on is not None:
            return Money.zero(self.total.currency)
        return self.total - self.allocated - self.discounted - self.slipped

    @property
    def state(self) -> ReceivableState:
        if self.voided_on is not None:
            return ReceivableState.VOIDED
        if not self.open:
            return ReceivableState.PAID
        return ReceivableState.PARTLY_PAID if self.allocated else ReceivableState.ISSUED


def opened(
    invoice_id: UUID,
    number: str,
    bill_to_id: UUID,
    *,
    issued_on: date,
    due_on: date,
    total: Money,
    members: frozenset[UUID] = frozenset(),
) -> Receivable:
    """The open item of a newly issued invoice (INV-160: it raises the balance by its total)."""
    nothing = Money.zero(total.currency)
    return Receivable(invoice_id, number, bill_to_id, issued_on, due_on, total, nothing, nothing, nothing, members)


def settled(receivable: Receivable, allocation: Allocation) -> Receivable:
    """After an allocation."""
    return replace(
        receivable,
        allocated=receivable.allocated + allocation.amount,
        discounted=receivable.discounted + allocation.fee_discount,
        slipped=receivable.slipped + allocation.shortage_slip,
    )


def reopened(receivable: Receivable, allocation: Allocation) -> Receivable:
    """After an allocation was taken back (PAY-042); the due date stays, ageing does not restart (R18)."""
    return replace(
        receivable,
        allocated=receivable.allocated - allocation.amount,
        discounted=receivable.discounted - allocation.fee_discount,
        slipped=receivable.slipped - allocation.shortage_slip,
    )


def days_late(due_on: date, as_of: date) -> int:
    """Due 06-30 seen on 06-30 is not late; on 07-01 it is one day late (PAY-060)."""
    return max(0, (as_of - due_on).days)


class AgingBucket(StrEnum):
    """How long overdue (PAY-064)."""

    NOT_DUE = "not_due"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "over-90"


def aging_bucket(late: int) -> AgingBucket:
    """The bucket of so many days late."""
    limits = ((0, AgingBucket.NOT_DUE), (30, AgingBucket.TO_30), (60, AgingBucket.TO_60), (90, AgingBucket.TO_90))
    return next((bucket for limit, bucket in limits if late <= limit), AgingBucket.OVER_90)
