"""Stocked order charges and which note carries them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_

from chassis.http import AmountText, Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.tables import Row, coded
from fulfillment.views.parts import plain

CHARGES = table_of(tables.OrderCharge)
ORDERS = table_of(tables.UnshippedOrder)


class OrderChargeView(View):
    """A stocked charge; `note_id` names the one note that carries it, null: it is free (FUL-061)."""

    charge_id: UUID
    order_id: UUID
    order_number: str
    customer_code: str
    currency: str
    kind: str
    name: str
    tax_rate: AmountText | None
    amount: AmountText
    tax_included: bool
    note_id: UUID | None


class ChargePage(Page):
    """Filters of the charge list; all given ones must hold."""

    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(50)] | None = None
    order_id: UUID | None = None
    order_number: Annotated[str, Text(100)] | None = None
    note_id: UUID | None = None
    state: Literal["FREE", "TAKEN"] | None = None


async def charges(tx: Tx, page: ChargePage) -> tuple[Sequence[OrderChargeView], str | None]:
    """One page of stocked charges, by order and position (FUL-060)."""
    charge, order = CHARGES.c, ORDERS.c
    of_order = (order.maker_id == charge.maker_id) & (order.order_id == charge.order_id)
    wanted = (
        select(*charge, order.number, order.customer_code, order.currency)
        .select_from(CHARGES.join(ORDERS, of_order))
        .where(charge.maker_id == tx.maker_id, *_charge_conditions(tx, page))
    )
    after = page.after(tx.maker_id, UUID, int)
    if after is not None:
        wanted = wanted.where(tuple_(charge.order_id, charge.position) > tuple_(*after))
    rows = await tx.rows(wanted.order_by(charge.order_id, charge.position).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.order_id, row.position))
    return [_charge(row) for row in shown], cursor


def _charge_conditions(tx: Tx, page: ChargePage) -> Iterator[ColumnElement[bool]]:
    charge, order = CHARGES.c, ORDERS.c
    equal = {
        order.customer_id: page.customer_id,
        charge.order_id: page.order_id,
        order.number: page.order_number,
        charge.taken_by: page.note_id,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if page.customer_code is not None:
        yield coded(order.customer_id, tx.maker_id, page.customer_code)
    if page.state is not None:
        yield charge.taken_by.is_(None) if page.state == "FREE" else charge.taken_by.is_not(None)


def _charge(row: Row) -> OrderChargeView:
    return OrderChargeView(
        charge_id=row.charge_id,
        order_id=row.order_id,
        order_number=row.number,
        customer_code=row.customer_code,
        currency=row.currency,
        kind=row.kind,
        name=row.name,
        tax_rate=None if row.tax_rate is None else plain(row.tax_rate),
        amount=row.amount,
        tax_included=row.tax_included,
        note_id=row.taken_by,
    )
