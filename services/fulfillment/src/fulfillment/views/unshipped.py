"""The unshipped list (未納品リスト), its summary per customer, short closes and order charges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.unshipped import QuantitiesClosed, UnshippedOrder
from fulfillment.tables import Row
from fulfillment.views.parts import plain

LINES = table_of(tables.UnshippedSku)
ORDERS = table_of(tables.UnshippedOrder)
CUSTOMERS = table_of(tables.Customer)
CHARGES = table_of(tables.OrderCharge)
CLOSURES = table_of(tables.UnshippedClosure)


class UnshippedSkuView(View):
    """An unshipped SKU: open = ordered - shipped - closed; available = open - allocated (FUL-004).

    `overdue`: its planned date has passed and something is still open (FUL-007).
    """

    line_id: UUID
    order_id: UUID
    order_number: str
    line_no: int
    customer_id: UUID
    customer_code: str
    customer_name: str | None
    customer_on_hold: bool
    order_on_hold: bool
    sku_id: UUID | None
    sku_code: str
    product_name: str
    option: str
    ordered: int
    allocated: int
    shipped: int
    closed: int
    open: int
    available: int
    currency: str
    unit_price: AmountText
    tax_rate: AmountText
    tax_included: bool
    reduced: bool
    planned_from: date | None
    planned_to: date | None
    overdue: bool
    ship_to_number: int


class UnshippedPage(Page):
    """Filters of the list; all given ones must hold. `only_open` false shows finished lines too."""

    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(50)] | None = None
    order_id: UUID | None = None
    order_number: Annotated[str, Text(100)] | None = None
    sku_code: Annotated[str, Text(100)] | None = None
    planned_from: BusinessDate | None = None
    planned_to: BusinessDate | None = None
    only_open: bool = True
    overdue: bool = False


class UnshippedCustomerView(View):
    """What one customer still waits for, per currency."""

    customer_id: UUID
    customer_code: str
    customer_name: str | None
    on_hold: bool
    currency: str
    orders: int
    skus: int
    open: int
    available: int
    open_amount: AmountText
    next_planned: date | None
    overdue_skus: int


class CustomersPage(Page):
    """Filters of the summary."""

    customer_code: Annotated[str, Text(50)] | None = None


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


def _joined() -> Any:
    line, order, customer = LINES.c, ORDERS.c, CUSTOMERS.c
    of_order = (order.maker_id == line.maker_id) & (order.order_id == line.order_id)
    known = (customer.maker_id == order.maker_id) & (customer.customer_id == order.customer_id)
    return LINES.join(ORDERS, of_order).outerjoin(CUSTOMERS, known)


async def skus(tx: Tx, page: UnshippedPage, today: date) -> tuple[Sequence[UnshippedSkuView], str | None]:
    """One page of the unshipped list, by order and line (FUL-002)."""
    line, order, customer = LINES.c, ORDERS.c, CUSTOMERS.c
    columns = [
        *LINES.c,
        order.number,
        order.currency,
        order.customer_code,
        order.on_hold.label("order_on_hold"),
        customer.name,
        customer.on_hold.label("customer_on_hold"),
    ]
    wanted = select(*columns).select_from(_joined()).where(line.maker_id == tx.maker_id, order.converted)
    wanted = wanted.where(*_sku_conditions(page, today))
    after = page.after(tx.maker_id, UUID, int)
    if after is not None:
        wanted = wanted.where(tuple_(line.order_id, line.line_no) > tuple_(*after))
    rows = await tx.rows(wanted.order_by(line.order_id, line.line_no).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.order_id, row.line_no))
    return [_sku(row, today) for row in shown], cursor


def _sku_conditions(page: UnshippedPage, today: date) -> Iterator[ColumnElement[bool]]:
    line, order = LINES.c, ORDERS.c
    equal = {
        line.customer_id: page.customer_id,
        order.customer_code: page.customer_code,
        line.order_id: page.order_id,
        order.number: page.order_number,
        line.sku_code: page.sku_code,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if page.only_open or page.overdue:
        yield line.open_quantity > 0
    if page.planned_from is not None:
        yield _last_planned() >= page.planned_from
    if page.planned_to is not None:
        yield line.planned_from <= page.planned_to
    if page.overdue:
        yield _last_planned() < today


def _last_planned() -> ColumnElement[date]:
    return func.coalesce(LINES.c.planned_to, LINES.c.planned_from)


def _sku(row: Row, today: date) -> UnshippedSkuView:
    planned = row.planned_to or row.planned_from
    return UnshippedSkuView(
        line_id=row.line_id,
        order_id=row.order_id,
        order_number=row.number,
        line_no=row.line_no,
        customer_id=row.customer_id,
        customer_code=row.customer_code,
        customer_name=row.name,
        customer_on_hold=bool(row.customer_on_hold),
        order_on_hold=row.order_on_hold,
        sku_id=row.sku_id,
        sku_code=row.sku_code,
        product_name=row.product_name,
        option=row.option,
        ordered=row.ordered,
        allocated=row.allocated,
        shipped=row.shipped,
        closed=row.closed,
        open=row.open_quantity,
        available=row.open_quantity - row.allocated,
        currency=row.currency,
        unit_price=row.unit_price,
        tax_rate=plain(row.tax_rate),
        tax_included=row.tax_included,
        reduced=row.reduced,
        planned_from=row.planned_from,
        planned_to=row.planned_to,
        overdue=row.open_quantity > 0 and planned is not None and planned < today,
        ship_to_number=row.ship_to_number,
    )


async def customers(tx: Tx, page: CustomersPage, today: date) -> tuple[Sequence[UnshippedCustomerView], str | None]:
    """What each customer still waits for, by customer code and currency; amounts of currencies are never mixed."""
    order = ORDERS.c
    keys = (order.customer_code, order.customer_id, order.currency)
    wanted = _per_customer(today).where(LINES.c.maker_id == tx.maker_id, order.converted, LINES.c.open_quantity > 0)
    if page.customer_code is not None:
        wanted = wanted.where(order.customer_code == page.customer_code)
    after = page.after(tx.maker_id, str, UUID, str)
    if after is not None:
        wanted = wanted.where(tuple_(*keys) > tuple_(*after))
    rows = await tx.rows(wanted.group_by(*keys).order_by(*keys).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.customer_code, row.customer_id, row.currency))
    return [_customer(row) for row in shown], cursor


def _per_customer(today: date) -> Select[Any]:
    line, order, customer = LINES.c, ORDERS.c, CUSTOMERS.c
    measures = [
        func.max(customer.name).label("name"),
        func.coalesce(func.bool_or(customer.on_hold), False).label("on_hold"),
        func.count(order.order_id.distinct()).label("orders"),
        func.count().label("skus"),
        func.sum(line.open_quantity).label("open"),
        func.sum(line.open_quantity - line.allocated).label("available"),
        func.sum(line.open_quantity * line.unit_price).label("open_amount"),
        func.min(line.planned_from).label("next_planned"),
        func.count().filter(_last_planned() < today).label("overdue_skus"),
    ]
    return select(order.customer_id, order.customer_code, order.currency, *measures).select_from(_joined())


def _customer(row: Row) -> UnshippedCustomerView:
    return UnshippedCustomerView(
        customer_id=row.customer_id,
        customer_code=row.customer_code,
        customer_name=row.name,
        on_hold=row.on_hold,
        currency=row.currency,
        orders=row.orders,
        skus=row.skus,
        open=row.open,
        available=row.available,
        open_amount=row.open_amount,
        next_planned=row.next_planned,
        overdue_skus=row.overdue_skus,
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


async def charges(tx: Tx, page: ChargePage) -> tuple[Sequence[OrderChargeView], str | None]:
    """One page of stocked charges, by order and position (FUL-060)."""
    charge, order = CHARGES.c, ORDERS.c
    of_order = (order.maker_id == charge.maker_id) & (order.order_id == charge.order_id)
    wanted = (
        select(*charge, order.number, order.customer_code, order.currency)
        .select_from(CHARGES.join(ORDERS, of_order))
        .where(charge.maker_id == tx.maker_id, *_charge_conditions(page))
    )
    after = page.after(tx.maker_id, UUID, int)
    if after is not None:
        wanted = wanted.where(tuple_(charge.order_id, charge.position) > tuple_(*after))
    rows = await tx.rows(wanted.order_by(charge.order_id, charge.position).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.order_id, row.position))
    return [_charge(row) for row in shown], cursor


def _charge_conditions(page: ChargePage) -> Iterator[ColumnElement[bool]]:
    charge, order = CHARGES.c, ORDERS.c
    equal = {
        order.customer_id: page.customer_id,
        order.customer_code: page.customer_code,
        charge.order_id: page.order_id,
        order.number: page.order_number,
        charge.taken_by: page.note_id,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
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
