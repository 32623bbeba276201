"""What became of the money of lines: allocations, slips and overpayments, made and taken back, never deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from kernel.money import Currency, Money
from payments import tables
from payments.core.bank_line import (
    Allocated,
    AllocationReversed,
    Overpayment,
    OverpaymentKept,
    OverpaymentReversed,
)
from payments.core.bookkeeping import Told
from payments.core.receivable import Allocation
from payments.core.slip import IN_USE, SlipState
from payments.tables import Row, among, columns


async def lines_paying(tx: Tx, invoice_ids: Collection[UUID]) -> set[UUID]:
    """Lines whose money is with one of these invoices."""
    if not invoice_ids:
        return set()
    t = columns(tables.AllocationRow)
    rows = await tx.rows(
        select(t.line_id).where(t.maker_id == tx.maker_id, among(t.invoice_id, invoice_ids), t.reversed_on.is_(None))
    )
    return {row.line_id for row in rows}


async def slips_in_use(tx: Tx, line_ids: Collection[UUID]) -> frozenset[UUID]:
    """Slips made from these lines that stand on an invoice or its draft (PAY-054)."""
    t = columns(tables.ShortageSlipRow)
    rows = await tx.rows(
        select(t.slip_id).where(t.maker_id == tx.maker_id, among(t.line_id, line_ids), among(t.state, list(IN_USE)))
    )
    return frozenset(row.slip_id for row in rows)


async def save_settlements(tx: Tx, told: Sequence[Told]) -> None:
    """Allocations, slips and overpayments made and taken back; nothing is deleted (PAY-042)."""
    made = [one.event.allocation for one in told if isinstance(one.event, Allocated)]
    await tx.insert(tables.AllocationRow, [_allocation_row(tx, one) for one in made])
    await tx.insert(tables.ShortageSlipRow, [_slip_row(tx, one) for one in made if one.slip_id])
    kept = [one.event for one in told if isinstance(one.event, OverpaymentKept)]
    await tx.insert(tables.OverpaymentRow, [_overpayment_row(tx, one) for one in kept])
    await _take_back(tx, [one.event for one in told if isinstance(one.event, AllocationReversed)])
    back = [one.event for one in told if isinstance(one.event, OverpaymentReversed)]
    rows = [
        {
            "maker_id": tx.maker_id,
            "overpayment_id": one.overpayment.overpayment_id,
            "reversed_on": one.reversed_on,
        }
        for one in back
    ]
    await tx.update(tables.OverpaymentRow, rows, key=("maker_id", "overpayment_id"))


async def _take_back(tx: Tx, reversals: Sequence[AllocationReversed]) -> None:
    rows = [
        {
            "maker_id": tx.maker_id,
            "allocation_id": one.allocation.allocation_id,
            "reversed_on": one.reversed_on,
            "reversed_at": tx.now,
            "reversed_by": tx.actor,
        }
        for one in reversals
    ]
    await tx.update(tables.AllocationRow, rows, key=("maker_id", "allocation_id"))
    slips = [
        {
            "maker_id": tx.maker_id,
            "slip_id": one.allocation.slip_id,
            "state": SlipState.CANCELLED.value,
            "closed_on": one.reversed_on,
        }
        for one in reversals
        if one.allocation.slip_id
    ]
    await tx.update(tables.ShortageSlipRow, slips, key=("maker_id", "slip_id"))


async def kept_overpayments(tx: Tx, wanted: Collection[UUID]) -> frozenset[UUID]:
    """Which of these were kept here: their money is in the ledger already."""
    if not wanted:
        return frozenset()
    t = columns(tables.OverpaymentRow)
    rows = await tx.rows(select(t.overpayment_id).where(t.maker_id == tx.maker_id, among(t.overpayment_id, wanted)))
    return frozenset(row.overpayment_id for row in rows)


async def live_allocations(tx: Tx, line_ids: Sequence[UUID]) -> Mapping[UUID, list[Allocation]]:
    """What of these lines is with invoices, in the order it was allocated."""
    found: dict[UUID, list[Allocation]] = defaultdict(list)
    if line_ids:
        t = columns(tables.AllocationRow)
        live = select(tables.sql(tables.AllocationRow)).where(
            t.maker_id == tx.maker_id, among(t.line_id, line_ids), t.reversed_on.is_(None)
        )
        for row in await tx.rows(live.order_by(t.line_id, t.allocation_id)):
            found[row.line_id].append(allocation_of(row))
    return found


def allocation_of(row: Row) -> Allocation:
    """The allocation of a row, taken back or not."""
    currency = Currency.of(row.currency)
    return Allocation(
        allocation_id=row.allocation_id,
        line_id=row.line_id,
        invoice_id=row.invoice_id,
        invoice_number=row.invoice_number,
        bill_to_id=row.bill_to_id,
        amount=Money(row.amount, currency),
        fee_discount=Money(row.fee_discount, currency),
        shortage_slip=Money(row.shortage_slip, currency),
        from_advance=Money(row.from_advance, currency),
        booked_on=row.booked_on,
        slip_id=row.slip_id,
        advance_of=row.advance_of,
    )


async def live_overpayments(tx: Tx, line_ids: Sequence[UUID]) -> dict[UUID, Overpayment]:
    """What of these lines was kept beyond what was owed."""
    if not line_ids:
        return {}
    t = columns(tables.OverpaymentRow)
    rows = await tx.rows(
        select(tables.sql(tables.OverpaymentRow)).where(
            t.maker_id == tx.maker_id, among(t.line_id, line_ids), t.reversed_on.is_(None)
        )
    )
    return {row.line_id: _overpayment(row) for row in rows}


def _overpayment(row: Row) -> Overpayment:
    currency = Currency.of(row.currency)
    return Overpayment(
        row.overpayment_id,
        row.bill_to_id,
        Money(row.amount, currency),
        Money(row.from_advance, currency),
        row.booked_on,
        row.advance_of,
    )


def _allocation_row(tx: Tx, one: Allocation) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "allocation_id": one.allocation_id,
        "line_id": one.line_id,
        "invoice_id": one.invoice_id,
        "invoice_number": one.invoice_number,
        "bill_to_id": one.bill_to_id,
        "currency": one.amount.currency.code,
        "amount": one.amount.amount,
        "fee_discount": one.fee_discount.amount,
        "shortage_slip": one.shortage_slip.amount,
        "from_advance": one.from_advance.amount,
        "advance_of": one.advance_of,
        "slip_id": one.slip_id,
        "booked_on": one.booked_on,
        "recorded_at": tx.now,
        "recorded_by": tx.actor,
        "reversed_on": None,
        "reversed_at": None,
        "reversed_by": None,
    }


def _slip_row(tx: Tx, one: Allocation) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "slip_id": one.slip_id,
        "allocation_id": one.allocation_id,
        "line_id": one.line_id,
        "invoice_id": one.invoice_id,
        "bill_to_id": one.bill_to_id,
        "currency": one.shortage_slip.currency.code,
        "amount": one.shortage_slip.amount,
        "state": SlipState.OPEN.value,
        "created_on": one.booked_on,
        "closed_on": None,
    }


def _overpayment_row(tx: Tx, one: OverpaymentKept) -> dict[str, object]:
    kept = one.overpayment
    return {
        "maker_id": tx.maker_id,
        "overpayment_id": kept.overpayment_id,
        "line_id": one.line_id,
        "bill_to_id": kept.bill_to_id,
        "currency": kept.amount.currency.code,
        "amount": kept.amount.amount,
        "from_advance": kept.from_advance.amount,
        "advance_of": kept.advance_of,
        "booked_on": kept.booked_on,
        "reversed_on": None,
    }
