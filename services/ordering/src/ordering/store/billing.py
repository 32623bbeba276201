"""Which pieces of which orders left on which note, and which notes stand on issued invoices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import exists, func, select

from chassis.tx import Tx
from ordering import tables
from ordering.tables import among, columns


async def add_shares(tx: Tx, shares: Mapping[tuple[UUID, UUID], int]) -> None:
    """Pieces by (note, order)."""
    rows = [
        {"maker_id": tx.maker_id, "note_id": note_id, "order_id": order_id, "quantity": quantity}
        for (note_id, order_id), quantity in shares.items()
    ]
    await tx.insert(tables.NoteShare, rows)


async def invoice_notes(tx: Tx, notes: Iterable[tuple[UUID, UUID]]) -> None:
    """(note, invoice) of issued invoices; a note is on one invoice at a time. Invoices of different addressees have
    no common order: of two the one made later counts (their ids ascend), the earlier one's void is still to come."""
    rows = [{"maker_id": tx.maker_id, "note_id": note_id, "invoice_id": invoice} for note_id, invoice in notes]
    await tx.upsert(tables.InvoicedNote, rows, key=("maker_id", "note_id"), where_newer="invoice_id")


async def release_notes(tx: Tx, notes: Iterable[tuple[UUID, UUID]]) -> None:
    """(note, invoice) of voided invoices; a note that another invoice took meanwhile stays with that one."""
    rows = [{"maker_id": tx.maker_id, "note_id": note_id, "invoice_id": invoice} for note_id, invoice in notes]
    await tx.delete(tables.InvoicedNote, rows)


async def orders_of_notes(tx: Tx, note_ids: Collection[UUID]) -> set[UUID]:
    """The orders that have pieces on these notes."""
    if not note_ids:
        return set()
    t = columns(tables.NoteShare)
    rows = await tx.rows(select(t.order_id).where(t.maker_id == tx.maker_id, among(t.note_id, note_ids)).distinct())
    return {row.order_id for row in rows}


async def billed_quantities(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, int]:
    """Pieces of these orders on notes that stand on issued invoices; 0 for an order with none."""
    if not order_ids:
        return {}
    shares, invoiced = columns(tables.NoteShare), columns(tables.InvoicedNote)
    # Asked per note, by its key. As a join, PostgreSQL compared every share with every invoiced note of a maker it had
    # no statistics of yet, and a closing grew with the square of its notes.
    billed = exists().where(invoiced.maker_id == shares.maker_id, invoiced.note_id == shares.note_id)
    sums = (
        select(shares.order_id, func.sum(shares.quantity).filter(billed).label("quantity"))
        .where(shares.maker_id == tx.maker_id, among(shares.order_id, order_ids))
        .group_by(shares.order_id)
    )
    found = {row.order_id: int(row.quantity or 0) for row in await tx.rows(sums)}
    return {order_id: found.get(order_id, 0) for order_id in order_ids}
