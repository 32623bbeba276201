"""Short closes: the answer to one, and the record of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import select

from chassis.http import Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.unshipped import QuantitiesClosed, UnshippedOrder
from fulfillment.tables import Row

CLOSURES = table_of(tables.UnshippedClosure)
LINES = table_of(tables.UnshippedSku)
ORDERS = table_of(tables.UnshippedOrder)


class ClosedLineView(View):
    """Pieces of a line that will never ship."""

    line_id: UUID
    sku_code: str
    quantity: int


class ClosureView(View):
    """What one short close closed, and what of the order is still open."""

    order_id: UUID
    order_number: str
    closed_on: date
    reason: str
    lines: list[ClosedLineView]
    order_open: int


class ClosureItem(View):
    """One line of the record of short closes."""

    closure_id: UUID
    order_id: UUID
    order_number: str
    customer_code: str
    line_id: UUID
    line_no: int
    sku_code: str
    quantity: int
    closed_on: date
    reason: str
    closed_by: str
    closed_at: datetime


class ClosurePage(Page):
    """Filters of the record of short closes."""

    order_number: Annotated[str, Text(100)] | None = None


def closure(event: QuantitiesClosed, order: UnshippedOrder) -> ClosureView:
    """The answer to a short close."""
    return ClosureView(
        order_id=event.order_id,
        order_number=order.number,
        closed_on=event.closed_on,
        reason=event.reason,
        lines=[
            ClosedLineView(line_id=line_id, sku_code=order.lines[line_id].sku_code, quantity=quantity)
            for line_id, quantity in event.quantities.items()
        ],
        order_open=sum(line.open for line in order.lines.values()),
    )


async def closures(tx: Tx, page: ClosurePage) -> tuple[Sequence[ClosureItem], str | None]:
    """The record of short closes, newest first."""
    t, line, order = CLOSURES.c, LINES.c, ORDERS.c
    of_line = (line.maker_id == t.maker_id) & (line.line_id == t.line_id)
    of_order = (order.maker_id == t.maker_id) & (order.order_id == t.order_id)
    wanted = (
        select(*t, line.line_no, line.sku_code, order.number, order.customer_code)
        .select_from(CLOSURES.join(LINES, of_line).join(ORDERS, of_order))
        .where(t.maker_id == tx.maker_id)
    )
    if page.order_number is not None:
        wanted = wanted.where(order.number == page.order_number)
    after = page.after(tx.maker_id, UUID)
    if after is not None:
        wanted = wanted.where(t.closure_id < after[0])
    rows = await tx.rows(wanted.order_by(t.closure_id.desc()).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.closure_id,))
    return [_closure_item(row) for row in shown], cursor


def _closure_item(row: Row) -> ClosureItem:
    return ClosureItem(
        closure_id=row.closure_id,
        order_id=row.order_id,
        order_number=row.number,
        customer_code=row.customer_code,
        line_id=row.line_id,
        line_no=row.line_no,
        sku_code=row.sku_code,
        quantity=row.quantity,
        closed_on=row.closed_on,
        reason=row.reason,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )
