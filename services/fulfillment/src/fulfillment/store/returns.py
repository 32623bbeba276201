"""Return notes with their lines; what the goods are stands on the delivery note's lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from uuid import UUID

from sqlalchemy import select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.delivery_note import Goods
from fulfillment.core.parts import CustomerId, NoteId, NoteLineId, ReturnId
from fulfillment.core.returns import ReturnLine, ReturnNote
from fulfillment.store.notes import goods_of
from fulfillment.tables import Row, among, named
from kernel.money import Currency

RETURNS = table_of(tables.ReturnNote)
LINES = table_of(tables.ReturnNoteLine)
SOURCES = table_of(tables.DeliveryNoteLine)
GOODS = frozenset(field.name for field in fields(Goods))


async def load_returns(tx: Tx, refs: Collection[UUID | str], *, lock: bool = True) -> dict[ReturnId, ReturnNote]:
    """Return notes by id or number, in the order of their ids; locked until the transaction ends unless only read."""
    if not refs:
        return {}
    t = RETURNS.c
    wanted = select(RETURNS).where(t.maker_id == tx.maker_id, named(t.return_id, t.number, refs)).order_by(t.return_id)
    heads = await tx.rows(wanted.with_for_update() if lock else wanted)
    lines = await _lines(tx, [head.return_id for head in heads])
    return {ReturnId(head.return_id): _return_of(head, lines[head.return_id]) for head in heads}


async def insert_returns(tx: Tx, returns: Collection[ReturnNote]) -> None:
    """Keep new return notes."""
    await tx.insert(tables.ReturnNote, [_return_row(tx, note) for note in returns])
    lines = [row for note in returns for row in _line_rows(tx.maker_id, note)]
    await tx.insert(tables.ReturnNoteLine, lines)


async def save_returns(tx: Tx, before: Mapping[ReturnId, ReturnNote], after: Iterable[ReturnNote]) -> None:
    """Write changed returns, one version higher than they were read. Raises chassis.tx.Stale when one has changed."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "return_id": note.return_id,
            "number": note.number,
            "issued_on": note.issued_on,
            "version": before[note.return_id].version,
        }
        for note in after
        if note != before[note.return_id]
    ]
    await tx.update(tables.ReturnNote, rows, key=("maker_id", "return_id"), expect_version="version")


async def delete_returns(tx: Tx, return_ids: Iterable[ReturnId]) -> None:
    """Take drafts away, lines and all."""
    await tx.delete(tables.ReturnNote, [{"maker_id": tx.maker_id, "return_id": one} for one in return_ids])


async def _lines(tx: Tx, return_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t, source = LINES.c, SOURCES.c
    joined = LINES.join(SOURCES, (source.maker_id == t.maker_id) & (source.line_id == t.note_line_id))
    goods = [
        column for column in source if column.name not in {"maker_id", "line_id", "quantity", "line_no", "returned"}
    ]
    mine = select(t.return_id, t.line_id, t.note_line_id, t.quantity, *goods).select_from(joined)
    mine = mine.where(t.maker_id == tx.maker_id, among(t.return_id, return_ids)).order_by(t.line_no)
    found: dict[UUID, list[Row]] = {return_id: [] for return_id in return_ids}
    for row in await tx.rows(mine):
        found[row.return_id].append(row)
    return found


def _return_of(head: Row, lines: Iterable[Row]) -> ReturnNote:
    currency = Currency.of(head.currency)
    return ReturnNote(
        return_id=ReturnId(head.return_id),
        note_id=NoteId(head.note_id),
        note_number=head.note_number,
        customer_id=CustomerId(head.customer_id),
        customer_code=head.customer_code,
        currency=currency,
        delivery_date=head.delivery_on,
        returned_on=head.returned_on,
        reason=head.reason,
        condition=head.condition,
        restock=head.restock,
        lines=tuple(_line_of(row, currency) for row in lines),
        number=head.number,
        issued_on=head.issued_on,
        invoice_id=head.invoice_id,
        version=head.version,
    )


def _line_of(row: Row, currency: Currency) -> ReturnLine:
    return ReturnLine(row.line_id, NoteLineId(row.note_line_id), goods_of(row, currency), row.quantity)


def _return_row(tx: Tx, note: ReturnNote) -> Mapping[str, object]:
    return {
        "maker_id": tx.maker_id,
        "return_id": note.return_id,
        "number": note.number,
        "note_id": note.note_id,
        "note_number": note.note_number,
        "customer_id": note.customer_id,
        "customer_code": note.customer_code,
        "currency": note.currency.code,
        "delivery_on": note.delivery_date,
        "returned_on": note.returned_on,
        "issued_on": note.issued_on,
        "reason": note.reason,
        "condition": note.condition,
        "restock": note.restock,
        "invoice_id": note.invoice_id,
        "version": note.version,
        "created_by": tx.actor,
        "created_at": tx.now,
    }


def _line_rows(maker_id: UUID, note: ReturnNote) -> Iterable[Mapping[str, object]]:
    for line_no, line in enumerate(note.lines, start=1):
        yield {
            "maker_id": maker_id,
            "line_id": line.line_id,
            "return_id": note.return_id,
            "line_no": line_no,
            "note_line_id": line.note_line_id,
            "quantity": line.quantity,
        }
