"""Return notes as answers, and their list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.returns import ReturnLine, ReturnNote
from fulfillment.tables import Row, among, coded
from fulfillment.views.parts import plain

RETURNS = table_of(tables.ReturnNote)
LINES = table_of(tables.ReturnNoteLine)
SOURCES = table_of(tables.DeliveryNoteLine)


class ReturnLineView(View):
    """Goods that came back; amounts are positive and deducted by the invoice (FUL-071)."""

    line_id: UUID
    note_line_id: UUID
    order_number: str
    sku_code: str
    product_name: str
    option: str
    quantity: int
    unit_price: AmountText
    amount: AmountText
    tax_rate: AmountText
    tax_included: bool
    reduced: bool


class ReturnSummary(View):
    """A return note without its lines. `amount` is the sum of its lines as entered."""

    return_id: UUID
    number: str | None
    state: str
    note_id: UUID
    note_number: str
    customer_id: UUID
    customer_code: str
    currency: str
    returned_on: date
    issued_on: date | None
    delivery_date: date
    reason: str
    quantity: int
    amount: AmountText
    version: int


class ReturnView(ReturnSummary):
    """A whole return note."""

    condition: str
    restock: bool
    invoice_id: UUID | None
    lines: list[ReturnLineView]


class ReturnListItem(ReturnSummary):
    """A return note in the list."""

    created_at: datetime


class ReturnPage(Page):
    """Filters of the list; all given ones must hold."""

    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(50)] | None = None
    number: Annotated[str, Text(50)] | None = None
    note_id: UUID | None = None
    note_number: Annotated[str, Text(50)] | None = None
    state: Literal["DRAFT", "ISSUED", "APPLIED"] | None = None
    returned_from: BusinessDate | None = None
    returned_to: BusinessDate | None = None


def summary(note: ReturnNote) -> ReturnSummary:
    """What a bulk call answers per return."""
    return ReturnSummary(**_summary(note))


def return_note(note: ReturnNote) -> ReturnView:
    """A whole return note."""
    return ReturnView(
        **_summary(note),
        condition=note.condition,
        restock=note.restock,
        invoice_id=note.invoice_id,
        lines=[_line(line) for line in note.lines],
    )


async def listed(tx: Tx, page: ReturnPage) -> tuple[Sequence[ReturnListItem], str | None]:
    """One page of return notes, newest first."""
    t = RETURNS.c
    wanted = select(RETURNS).where(t.maker_id == tx.maker_id, *_conditions(tx, page))
    after = page.after(tx.maker_id, UUID)
    if after is not None:
        wanted = wanted.where(t.return_id < after[0])
    rows = await tx.rows(wanted.order_by(t.return_id.desc()).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.return_id,))
    sums = await _sums(tx, [row.return_id for row in shown])
    return [_item(row, sums[row.return_id]) for row in shown], cursor


def _conditions(tx: Tx, page: ReturnPage) -> Iterator[ColumnElement[bool]]:
    t = RETURNS.c
    equal = {
        t.customer_id: page.customer_id,
        t.number: page.number,
        t.note_id: page.note_id,
        t.state: page.state,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if page.customer_code is not None:
        yield coded(t.customer_id, tx.maker_id, page.customer_code)
    if page.note_number is not None:
        note = table_of(tables.DeliveryNote).c
        yield t.note_id.in_(select(note.note_id).where(note.maker_id == tx.maker_id, note.number == page.note_number))
    if page.returned_from is not None:
        yield t.returned_on >= page.returned_from
    if page.returned_to is not None:
        yield t.returned_on <= page.returned_to


async def _sums(tx: Tx, return_ids: Sequence[UUID]) -> dict[UUID, Row]:
    line, source = LINES.c, SOURCES.c
    on = (source.maker_id == line.maker_id) & (source.line_id == line.note_line_id)
    sums = (
        select(
            line.return_id,
            func.sum(line.quantity).label("quantity"),
            func.sum(line.quantity * source.unit_price).label("amount"),
        )
        .select_from(LINES.join(SOURCES, on))
        .where(line.maker_id == tx.maker_id, among(line.return_id, return_ids))
        .group_by(line.return_id)
    )
    return {row.return_id: row for row in await tx.rows(sums)}


def _item(row: Row, sums: Row) -> ReturnListItem:
    return ReturnListItem(
        return_id=row.return_id,
        number=row.number,
        state=row.state,
        note_id=row.note_id,
        note_number=row.note_number,
        customer_id=row.customer_id,
        customer_code=row.customer_code,
        currency=row.currency,
        returned_on=row.returned_on,
        issued_on=row.issued_on,
        delivery_date=row.delivery_on,
        reason=row.reason,
        quantity=sums.quantity,
        amount=sums.amount,
        version=row.version,
        created_at=row.created_at,
    )


def _summary(note: ReturnNote) -> dict[str, Any]:
    return {
        "return_id": note.return_id,
        "number": note.number,
        "state": note.state,
        "note_id": note.note_id,
        "note_number": note.note_number,
        "customer_id": note.customer_id,
        "customer_code": note.customer_code,
        "currency": note.currency.code,
        "returned_on": note.returned_on,
        "issued_on": note.issued_on,
        "delivery_date": note.delivery_date,
        "reason": note.reason,
        "quantity": sum(line.quantity for line in note.lines),
        "amount": note.amount.amount,
        "version": note.version,
    }


def _line(line: ReturnLine) -> ReturnLineView:
    goods = line.goods
    return ReturnLineView(
        line_id=line.line_id,
        note_line_id=line.note_line_id,
        order_number=goods.order_number,
        sku_code=goods.sku_code,
        product_name=goods.product_name,
        option=goods.option,
        quantity=line.quantity,
        unit_price=goods.unit_price.amount,
        amount=line.amount.amount,
        tax_rate=plain(goods.tax_rate.percent),
        tax_included=goods.tax_included,
        reduced=goods.reduced,
    )
