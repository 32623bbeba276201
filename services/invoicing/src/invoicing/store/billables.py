"""Billable notes: written once when they come, loaded without their lines, which only paper and reads need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from chassis.statements import table_of
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.billable import (
    Billable,
    BillableState,
    Charge,
    Line,
    OrderPoints,
    OrderSums,
    ReceivedNote,
    ReturnedFrom,
    SourceKind,
)
from invoicing.store.parts import sums_of
from invoicing.tables import Json, Row, among, columns
from kernel.money import Currency, Money


async def add(tx: Tx, notes: Sequence[ReceivedNote]) -> None:
    """Write notes that invoicing has never seen, with their sums, lines and charges: four statements."""
    await tx.insert(tables.Billable, [_billable_row(tx, note) for note in notes])
    await tx.insert(tables.BillableSum, [row for note in notes for row in _sum_rows(tx, note.billable)])
    await tx.insert(tables.BillableLine, [row for note in notes for row in _line_rows(tx, note)])
    await tx.insert(tables.BillableCharge, [row for note in notes for row in _charge_rows(tx, note)])


async def mark_shipped(tx: Tx, shipped: Mapping[UUID, date]) -> set[UUID]:
    """Note the shipping dates; returns the notes that are not there."""
    rows = [{"maker_id": tx.maker_id, "billable_id": key, "shipped_on": day} for key, day in shipped.items()]
    if await tx.update(tables.Billable, rows, key=("maker_id", "billable_id")) == len(rows):
        return set()
    return set(shipped) - set(await locations_of(tx, list(shipped)))


async def locations_of(tx: Tx, billable_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """At which office these notes were issued."""
    b = columns(tables.Billable)
    wanted = select(b.billable_id, b.location_id).where(b.maker_id == tx.maker_id, among(b.billable_id, billable_ids))
    return {row.billable_id: row.location_id for row in await tx.rows(wanted)}


async def count_unbilled(tx: Tx) -> dict[UUID, int]:
    """How many unbilled notes each customer has; reads the notes that are not billed, not the history."""
    b = columns(tables.Billable)
    waiting = (b.state != BillableState.INVOICED.value) & (b.state == BillableState.UNBILLED.value)
    wanted = select(b.customer_id, func.count().label("notes")).where(b.maker_id == tx.maker_id, waiting)
    return {row.customer_id: row.notes for row in await tx.rows(wanted.group_by(b.customer_id))}


async def load_waiting(tx: Tx, customer_ids: Collection[UUID], *, exempt_since: date, lock: bool) -> list[Billable]:
    """The unbilled notes of these customers, and their exempt ones dated on or after a day."""
    b = columns(tables.Billable)
    exempt = (b.state == BillableState.NON_BILLABLE.value) & (b.dated_on >= exempt_since)
    return await _load(
        tx,
        among(b.customer_id, customer_ids),
        b.state != BillableState.INVOICED.value,
        or_(b.state == BillableState.UNBILLED.value, exempt),
        lock=lock,
    )


async def load_named(tx: Tx, kind: SourceKind, refs: Collection[UUID | str], *, lock: bool) -> list[Billable]:
    """Notes of one kind by id or number; those that do not exist are missing from the answer."""
    if not refs:
        return []
    b = columns(tables.Billable)
    ids = [ref for ref in refs if isinstance(ref, UUID)]
    numbers = [ref for ref in refs if isinstance(ref, str)]
    return await _load(tx, b.kind == kind.value, or_(among(b.billable_id, ids), among(b.number, numbers)), lock=lock)


async def load(tx: Tx, billable_ids: Collection[UUID], *, lock: bool = False) -> list[Billable]:
    """Notes by id, of either kind."""
    return await _load(tx, among(columns(tables.Billable).billable_id, billable_ids), lock=lock)


async def load_returns_of(tx: Tx, note_ids: Collection[UUID]) -> list[Billable]:
    """The returns of these delivery notes, locked. Ask with the notes locked: then no other return of theirs comes."""
    if not note_ids:
        return []
    b = columns(tables.Billable)
    return await _load(tx, b.kind == SourceKind.RETURN_NOTE.value, among(b.note_id, note_ids), lock=True)


async def load_returns_on(tx: Tx, invoice_ids: Collection[UUID]) -> list[Billable]:
    """The returns that were deducted on these invoices, locked."""
    s, b = columns(tables.InvoiceSource), columns(tables.Billable)
    named = select(s.source_id).where(
        s.maker_id == tx.maker_id, among(s.invoice_id, invoice_ids), s.kind == SourceKind.RETURN_NOTE.value
    )
    return await _load(tx, b.billable_id.in_(named), lock=True)


async def save(tx: Tx, changed: Iterable[Billable]) -> None:
    """Write what may change after a note came. Raises Stale when somebody else changed it since it was read."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "billable_id": one.billable_id,
            "state": one.state.value,
            "exemption": one.exemption,
            "deferred_past": one.deferred_past,
            "invoice_id": one.invoice_id,
            "version": one.version,
        }
        for one in changed
    ]
    await tx.update(tables.Billable, rows, key=("maker_id", "billable_id"), expect_version="version")


async def release(tx: Tx, invoice_ids: Collection[UUID]) -> None:
    """The notes of voided invoices are unbilled again, and may be put on another invoice."""
    s, b = table_of(tables.InvoiceSource), table_of(tables.Billable)
    await _lock_sources(tx, invoice_ids)  # the update below takes rows in no order
    held = (b.c.maker_id == tx.maker_id) & (b.c.billable_id == s.c.source_id) & (b.c.invoice_id == s.c.invoice_id)
    freed = {"state": BillableState.UNBILLED.value, "invoice_id": None, "version": b.c.version + 1}
    named = (s.c.maker_id == tx.maker_id) & among(s.c.invoice_id, invoice_ids)
    await tx.execute(update(b).where(held, named).values(**freed))
    await tx.execute(update(s).where(named).values(live=False))


async def _lock_sources(tx: Tx, invoice_ids: Collection[UUID]) -> None:
    s, b = columns(tables.InvoiceSource), columns(tables.Billable)
    named = select(s.source_id).where(s.maker_id == tx.maker_id, among(s.invoice_id, invoice_ids))
    held = select(b.billable_id).where(b.maker_id == tx.maker_id, b.billable_id.in_(named))
    await tx.rows(held.order_by(b.billable_id).with_for_update())


async def _load(tx: Tx, *conditions: ColumnElement[bool], lock: bool) -> list[Billable]:
    """Locked in the order of their ids, so that two never wait for each other."""
    b = columns(tables.Billable)
    wanted = select(*b).where(b.maker_id == tx.maker_id, *conditions).order_by(b.billable_id)
    rows = await tx.rows(wanted.with_for_update() if lock else wanted)
    sums = await _sums_of(tx, rows)
    return [_billable(row, sums.get(row.billable_id, ())) for row in rows]


async def _sums_of(tx: Tx, rows: Sequence[Row]) -> dict[UUID, list[OrderSums]]:
    if not rows:
        return {}
    currencies = {row.billable_id: Currency.of(row.currency) for row in rows}
    s = columns(tables.BillableSum)
    wanted = select(s.billable_id, s.order_id, s.tax_rate, s.reduced, s.exclusive, s.inclusive).where(
        s.maker_id == tx.maker_id, among(s.billable_id, list(currencies))
    )
    stored: Sequence[Any] = await tx.rows(wanted.order_by(s.billable_id, s.position))
    found: dict[UUID, list[OrderSums]] = {}
    for billable_id, order_id, rate, reduced, exclusive, inclusive in stored:
        sums = sums_of(rate, exclusive, inclusive, currencies[billable_id], reduced=reduced)
        found.setdefault(billable_id, []).append(OrderSums(order_id, sums))
    return found


def _billable(row: Row, sums: Iterable[OrderSums]) -> Billable:
    return Billable(
        billable_id=row.billable_id,
        kind=SourceKind(row.kind),
        number=row.number,
        customer_id=row.customer_id,
        dated_on=row.dated_on,
        sums=tuple(sums),
        payment_points=Money(row.payment_points, Currency.of(row.currency)),
        order_points=tuple(
            OrderPoints(UUID(order_id), Money.of(points, Currency.of(row.currency)))
            for order_id, points in row.order_points
        ),
        shipped_on=row.shipped_on,
        location_id=row.location_id,
        returned_from=None if row.note_id is None else _returned_from(row),
        state=BillableState(row.state),
        exemption=row.exemption,
        deferred_past=row.deferred_past,
        invoice_id=row.invoice_id,
        version=row.version,
    )


def _returned_from(row: Row) -> ReturnedFrom:
    return ReturnedFrom(row.note_id, row.note_number, row.note_delivered_on)


def _billable_row(tx: Tx, note: ReceivedNote) -> Json:
    one, origin = note.billable, note.billable.returned_from
    return {
        "maker_id": tx.maker_id,
        "billable_id": one.billable_id,
        "kind": one.kind.value,
        "number": one.number,
        "customer_id": one.customer_id,
        "currency": one.currency.code,
        "dated_on": one.dated_on,
        "issued_on": note.issued_on,
        "shipped_on": one.shipped_on,
        "location_id": one.location_id,
        "note_id": origin.note_id if origin else None,
        "note_number": origin.note_number if origin else None,
        "note_delivered_on": origin.delivered_on if origin else None,
        "reason": note.reason,
        "payment_points": one.payment_points.amount,
        "order_points": [[str(of.order_id), str(of.points.amount)] for of in one.order_points],
        "state": one.state.value,
        "exemption": one.exemption,
        "deferred_past": one.deferred_past,
        "invoice_id": one.invoice_id,
        "version": one.version,
    }


def _sum_rows(tx: Tx, billable: Billable) -> Iterable[Json]:
    for position, one in enumerate(billable.sums, start=1):
        yield {
            "maker_id": tx.maker_id,
            "billable_id": billable.billable_id,
            "position": position,
            "order_id": one.order_id,
            "tax_rate": one.sums.rate.percent,
            "reduced": one.sums.reduced,
            "exclusive": one.sums.exclusive.amount,
            "inclusive": one.sums.inclusive.amount,
        }


def _line_rows(tx: Tx, note: ReceivedNote) -> Iterable[Json]:
    for position, line in enumerate(note.lines, start=1):
        yield _line_row(tx, note.billable.billable_id, position, line)


def _line_row(tx: Tx, billable_id: UUID, position: int, line: Line) -> Json:
    return {
        "maker_id": tx.maker_id,
        "billable_id": billable_id,
        "position": position,
        "order_id": line.order_id,
        "order_number": line.order_number,
        "sku_code": line.sku_code,
        "product_name": line.product_name,
        "option": line.option,
        "quantity": line.quantity,
        "unit_price": line.unit_price.amount,
        "amount": line.amount.amount,
        "tax_rate": line.tax_rate.percent,
        "tax_included": line.tax_included,
        "reduced": line.reduced,
    }


def _charge_rows(tx: Tx, note: ReceivedNote) -> Iterable[Json]:
    for position, charge in enumerate(note.charges, start=1):
        yield _charge_row(tx, note.billable.billable_id, position, charge)


def _charge_row(tx: Tx, billable_id: UUID, position: int, charge: Charge) -> Json:
    return {
        "maker_id": tx.maker_id,
        "billable_id": billable_id,
        "position": position,
        "kind": charge.kind,
        "name": charge.name,
        "amount": charge.amount.amount,
        "tax_rate": charge.tax_rate.percent if charge.tax_rate else None,
        "tax_included": charge.tax_included,
        "order_id": charge.order_id,
    }
