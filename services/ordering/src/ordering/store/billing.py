"""Which pieces of which orders left on which note, which notes stand on issued invoices, which are never billed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select, text

from chassis.tx import Tx
from ordering import tables
from ordering.tables import Json, among, columns


@dataclass(frozen=True, slots=True)
class Exemption:
    """Whether a note is never billed, and what it is worth of an order, tax included."""

    note_id: UUID
    order_id: UUID
    exempt: bool
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OnNotes:
    """Pieces of an order on issued invoices; pieces on notes that are never billed, and what those notes are worth."""

    billed: int
    exempt: int
    waived: Decimal


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


async def keep_exemptions(tx: Tx, told: Iterable[Exemption]) -> None:
    """What invoicing told of notes; of one note it tells in order."""
    await tx.upsert(tables.NoteExemption, _exemption_rows(tx, told), key=("maker_id", "note_id", "order_id"))


async def assume_exemptions(tx: Tx, shipped: Iterable[Exemption]) -> None:
    """What notes were shipped as; whatever invoicing told of them counts more."""
    key = ("maker_id", "note_id", "order_id")
    await tx.insert(tables.NoteExemption, _exemption_rows(tx, shipped), on_conflict_do_nothing=key)


async def on_notes(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, OnNotes]:
    """What the notes of these orders say by now. A note on an issued invoice is billed even if it is exempt: that the
    exemption was lifted is still to come."""
    if not order_ids:
        return {}
    rows = await tx.rows(text(_ON_NOTES), {"maker_id": tx.maker_id, "orders": list(order_ids)})
    found = {row.order_id: OnNotes(int(row.billed), int(row.exempt), row.waived) for row in rows}
    return {order_id: found.get(order_id, OnNotes(0, 0, Decimal(0))) for order_id in order_ids}


def _exemption_rows(tx: Tx, told: Iterable[Exemption]) -> list[Json]:
    return [
        {
            "maker_id": tx.maker_id,
            "note_id": one.note_id,
            "order_id": one.order_id,
            "exempt": one.exempt,
            "amount": one.amount,
        }
        for one in told
    ]


_ON_NOTES: Final = """
select order_id, sum(billed) as billed, sum(exempt) as exempt, sum(waived) as waived from (
    select s.order_id, case when (
        select i.invoice_id from invoiced_notes as i where i.maker_id = s.maker_id and i.note_id = s.note_id
    ) is null then 0 else s.quantity end as billed, 0 as exempt, 0 as waived
    from note_shares as s
    where s.maker_id = :maker_id and s.order_id = any(cast(:orders as uuid[]))
    union all
    select e.order_id, 0, coalesce((
        select s.quantity from note_shares as s
        where s.maker_id = e.maker_id and s.note_id = e.note_id and s.order_id = e.order_id
    ), 0), e.amount
    from note_exemptions as e
    where e.maker_id = :maker_id and e.order_id = any(cast(:orders as uuid[])) and e.exempt and (
        select i.invoice_id from invoiced_notes as i where i.maker_id = e.maker_id and i.note_id = e.note_id
    ) is null
) as told group by order_id
"""
"""Asked per note, by its key. As joins, PostgreSQL compared every share with every invoiced note of a maker it had no
statistics of yet, and a closing grew with the square of its notes."""
