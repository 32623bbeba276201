"""What the paper says of notes beyond the snapshot: their lines and charges, which never change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from invoicing import tables
from invoicing.core import japanese
from invoicing.core.billable import ReturnedFrom
from invoicing.core.printed import NoteDetail, PrintedLine
from invoicing.tables import Row, among, columns
from kernel.money import Currency, Money, Rate


async def note_details(tx: Tx, note_ids: Collection[UUID], currency: Currency) -> dict[UUID, NoteDetail]:
    """Lines, charges and origins of notes: three reads, however many."""
    lines = _by_note(await _rows(tx, tables.BillableLine, note_ids))
    charges = _by_note(await _rows(tx, tables.BillableCharge, note_ids))
    b = columns(tables.Billable)
    heads = select(b.billable_id, b.note_id, b.note_number, b.note_delivered_on, b.reason)
    found = await tx.rows(heads.where(b.maker_id == tx.maker_id, among(b.billable_id, note_ids)))
    return {
        row.billable_id: _detail(row, lines.get(row.billable_id, []), charges.get(row.billable_id, []), currency)
        for row in found
    }


async def _rows(tx: Tx, table: type[tables.Table], note_ids: Collection[UUID]) -> Iterable[Any]:
    t = columns(table)
    wanted = select(*t).where(t.maker_id == tx.maker_id, among(t.billable_id, note_ids))
    return await tx.rows(wanted.order_by(t.billable_id, t.position))


def _by_note(rows: Iterable[Any]) -> Mapping[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.billable_id, []).append(row)
    return found


def _detail(head: Row, lines: Iterable[Any], charges: Iterable[Any], currency: Currency) -> NoteDetail:
    origin = None if head.note_id is None else ReturnedFrom(head.note_id, head.note_number, head.note_delivered_on)
    printed = [*(_line(row, currency) for row in lines), *(_charge(row, currency) for row in charges)]
    orders = tuple(dict.fromkeys(row.order_number for row in lines))
    return NoteDetail(tuple(printed), orders, origin, head.reason)


def _line(row: Row, currency: Currency) -> PrintedLine:
    return PrintedLine(
        name=f"{row.product_name or row.sku_code}　{row.option}".rstrip("　"),
        amount=Money(row.amount, currency),
        tax_rate=Rate.of(row.tax_rate),
        tax_included=row.tax_included,
        code=row.sku_code,
        quantity=row.quantity,
        unit_price=Money(row.unit_price, currency),
    )


def _charge(row: Row, currency: Currency) -> PrintedLine:
    return PrintedLine(
        name=row.name or japanese.CHARGE_NAMES.get(row.kind, row.kind),
        amount=Money(row.amount, currency),
        tax_rate=None if row.tax_rate is None else Rate.of(row.tax_rate),
        tax_included=row.tax_included,
    )
