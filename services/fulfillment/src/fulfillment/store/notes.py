"""Delivery notes with their lines and charges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.delivery_note import DeliveryNote, Goods, NoteCharge, NoteLine, NoteState, Particulars
from fulfillment.core.parts import CustomerId, NoteId, NoteLineId, OrderId, OrderLineId
from fulfillment.store.orders import charge_of
from fulfillment.store.parts import address_of, address_row, location_of, location_row, money_of, rate_of
from fulfillment.tables import Row, among, named
from kernel.money import Currency

NOTES = table_of(tables.DeliveryNote)
LINES = table_of(tables.DeliveryNoteLine)
CHARGES = table_of(tables.OrderCharge)


async def load_notes(tx: Tx, refs: Collection[UUID | str], *, lock: bool = True) -> dict[NoteId, DeliveryNote]:
    """Notes by id or number, in the order of their ids; locked until the transaction ends unless only read."""
    if not refs:
        return {}
    t = NOTES.c
    wanted = select(NOTES).where(t.maker_id == tx.maker_id, named(t.note_id, t.number, refs)).order_by(t.note_id)
    heads = await tx.rows(wanted.with_for_update() if lock else wanted)
    note_ids = [head.note_id for head in heads]
    lines, charges = await _lines(tx, note_ids), await _charges(tx, note_ids)
    return {NoteId(head.note_id): _note_of(head, lines[head.note_id], charges.get(head.note_id, ())) for head in heads}


async def insert_notes(tx: Tx, notes: Collection[DeliveryNote]) -> None:
    """Keep new notes; their charges were taken with the orders' stock (`orders.save_stock`)."""
    await tx.insert(tables.DeliveryNote, [_note_row(tx, note) for note in notes])
    await tx.insert(
        tables.DeliveryNoteLine, [_line_row(tx.maker_id, note, line) for note in notes for line in note.lines]
    )


async def save_notes(tx: Tx, before: Mapping[NoteId, DeliveryNote], after: Iterable[DeliveryNote]) -> None:
    """Write changed notes, one version higher than they were read. Raises chassis.tx.Stale when one has changed."""
    changed = [note for note in after if note != before[note.note_id]]
    returned = [
        {"maker_id": tx.maker_id, "line_id": line.line_id, "returned": line.returned}
        for note in changed
        for line, earlier in zip(note.lines, before[note.note_id].lines, strict=True)
        if line.returned != earlier.returned
    ]
    rows = [{**_changing(tx.maker_id, note), "version": before[note.note_id].version} for note in changed]
    await tx.update(tables.DeliveryNote, rows, key=("maker_id", "note_id"), expect_version="version")
    await tx.update(tables.DeliveryNoteLine, returned, key=("maker_id", "line_id"))


async def delete_notes(tx: Tx, note_ids: Iterable[NoteId]) -> None:
    """Take drafts away, lines and all."""
    await tx.delete(tables.DeliveryNote, [{"maker_id": tx.maker_id, "note_id": note_id} for note_id in note_ids])


async def _lines(tx: Tx, note_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t = LINES.c
    mine = select(LINES).where(t.maker_id == tx.maker_id, among(t.note_id, note_ids))
    found: dict[UUID, list[Row]] = {note_id: [] for note_id in note_ids}
    for row in await tx.rows(mine.order_by(t.line_no)):
        found[row.note_id].append(row)
    return found


async def _charges(tx: Tx, note_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t = CHARGES.c
    mine = select(CHARGES).where(t.maker_id == tx.maker_id, among(t.taken_by, note_ids))
    found: dict[UUID, list[Row]] = {}
    for row in await tx.rows(mine.order_by(t.order_id, t.position)):
        found.setdefault(row.taken_by, []).append(row)
    return found


def _note_of(head: Row, lines: Iterable[Row], charges: Iterable[Row]) -> DeliveryNote:
    currency = Currency.of(head.currency)
    return DeliveryNote(
        note_id=NoteId(head.note_id),
        state=NoteState(head.state),
        customer_id=CustomerId(head.customer_id),
        customer_code=head.customer_code,
        customer_name=head.customer_name,
        currency=currency,
        particulars=_particulars_of(head),
        lines=tuple(_line_of(row, currency) for row in lines),
        charges=tuple(NoteCharge(OrderId(row.order_id), charge_of(row, currency)) for row in charges),
        number=head.number,
        issued_on=head.issued_on,
        shipped_on=head.shipped_on,
        delivered_on=head.delivered_on,
        non_billable_reason=head.non_billable_reason,
        invoice_id=head.invoice_id,
        version=head.version,
    )


def _line_of(row: Row, currency: Currency) -> NoteLine:
    return NoteLine(NoteLineId(row.line_id), row.line_no, goods_of(row, currency), row.quantity, row.returned)


def _particulars_of(head: Row) -> Particulars:
    return Particulars(
        delivery_date=head.delivery_on,
        ship_to=address_of(head.ship_to),
        location=location_of(head.location),
        memo=head.memo,
        comment=head.comment,
        carrier=head.carrier,
        tracking_number=head.tracking_number,
    )


def goods_of(row: Row, currency: Currency) -> Goods:
    """What a note line carries, from its row."""
    return Goods(
        order_id=OrderId(row.order_id),
        order_number=row.order_number,
        order_line_id=OrderLineId(row.order_line_id),
        sku_code=row.sku_code,
        product_name=row.product_name,
        option=row.option,
        unit_price=money_of(row.unit_price, currency),
        tax_rate=rate_of(row.tax_rate),
        tax_included=row.tax_included,
        reduced=row.reduced,
    )


def _changing(maker_id: UUID, note: DeliveryNote) -> dict[str, Any]:
    """What of a note can change after it was written. Invoicing's hold on it is written by `billing` only."""
    return {
        "maker_id": maker_id,
        "note_id": note.note_id,
        "state": note.state,
        "number": note.number,
        "issued_on": note.issued_on,
        "shipped_on": note.shipped_on,
        "delivered_on": note.delivered_on,
        "non_billable_reason": note.non_billable_reason,
        "delivery_on": note.particulars.delivery_date,
        "ship_to": address_row(note.particulars.ship_to),
        "location": location_row(note.particulars.location),
        "memo": note.particulars.memo,
        "comment": note.particulars.comment,
        "carrier": note.particulars.carrier,
        "tracking_number": note.particulars.tracking_number,
        "version": note.version,
    }


def _note_row(tx: Tx, note: DeliveryNote) -> Mapping[str, object]:
    return {
        **_changing(tx.maker_id, note),
        "customer_id": note.customer_id,
        "customer_code": note.customer_code,
        "customer_name": note.customer_name,
        "currency": note.currency.code,
        "invoice_id": note.invoice_id,
        "created_by": tx.actor,
        "created_at": tx.now,
    }


def _line_row(maker_id: UUID, note: DeliveryNote, line: NoteLine) -> Mapping[str, object]:
    goods = line.goods
    return {
        "maker_id": maker_id,
        "line_id": line.line_id,
        "note_id": note.note_id,
        "line_no": line.line_no,
        "order_id": goods.order_id,
        "order_number": goods.order_number,
        "order_line_id": goods.order_line_id,
        "sku_code": goods.sku_code,
        "product_name": goods.product_name,
        "option": goods.option,
        "quantity": line.quantity,
        "unit_price": goods.unit_price.amount,
        "tax_rate": goods.tax_rate.percent,
        "tax_included": goods.tax_included,
        "reduced": goods.reduced,
        "returned": line.returned,
    }
