"""Which unshipped SKUs a run is about: everything open, or what the person narrowed it to (FUL-033)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.parts import OrderId, OrderLineId
from fulfillment.tables import among
from kernel.refusal import Refusal

MOST_LINES = 20_000
"""A run over more lines is refused: the selection is to be narrowed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """All of the conditions given; none selects everything open. Customers and orders by id or by code and number."""

    customers: tuple[UUID | str, ...] = ()
    orders: tuple[UUID | str, ...] = ()
    lines: tuple[UUID, ...] = ()
    sku_codes: tuple[str, ...] = ()
    planned_until: date | None = None


async def select_open(tx: Tx, selection: Selection) -> dict[OrderId, set[OrderLineId]] | Refusal:
    """Lines with free quantity by order. Takes no lock: what is free is read again under the orders' locks."""
    line, order = table_of(tables.UnshippedSku), table_of(tables.UnshippedOrder)
    on = (order.c.maker_id == line.c.maker_id) & (order.c.order_id == line.c.order_id)
    wanted = (
        select(line.c.order_id, line.c.line_id)
        .select_from(line.join(order, on))
        .where(line.c.maker_id == tx.maker_id, line.c.open_quantity > 0, line.c.open_quantity > line.c.allocated)
        .where(order.c.converted, *_conditions(tx, selection))
        .order_by(line.c.order_id, line.c.line_no)
        .limit(MOST_LINES + 1)
    )
    rows = await tx.rows(wanted)
    if len(rows) > MOST_LINES:
        return Refusal("TOO_MANY_LINES", {"limit": str(MOST_LINES)})
    found: dict[OrderId, set[OrderLineId]] = {}
    for row in rows:
        found.setdefault(OrderId(row.order_id), set()).add(OrderLineId(row.line_id))
    return found


def _conditions(tx: Tx, selection: Selection) -> Iterator[ColumnElement[bool]]:
    line, order = table_of(tables.UnshippedSku).c, table_of(tables.UnshippedOrder).c
    if selection.customers:
        customer = table_of(tables.Customer).c
        known = tables.named(customer.customer_id, customer.code, selection.customers)
        ids = select(customer.customer_id).where(customer.maker_id == tx.maker_id, known)
        yield order.customer_id.in_(ids)
    if selection.orders:
        yield tables.named(order.order_id, order.number, selection.orders)
    if selection.lines:
        yield among(line.line_id, selection.lines)
    if selection.sku_codes:
        yield among(line.sku_code, selection.sku_codes)
    if selection.planned_until is not None:
        yield line.planned_from <= selection.planned_until
