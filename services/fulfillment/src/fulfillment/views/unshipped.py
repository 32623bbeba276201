"""The unshipped list (未納品リスト) and its summary per customer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.tables import Row, coded
from fulfillment.views.parts import plain

LINES = table_of(tables.UnshippedSku)
ORDERS = table_of(tables.UnshippedOrder)
CUSTOMERS = table_of(tables.Customer)


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
    wanted = wanted.where(*_sku_conditions(tx, page, today))
    after = page.after(tx.maker_id, UUID, int)
    if after is not None:
        wanted = wanted.where(tuple_(line.order_id, line.line_no) > tuple_(*after))
    rows = await tx.rows(wanted.order_by(line.order_id, line.line_no).limit(page.limit + 1))
    shown, cursor = page.cut(rows, tx.maker_id, lambda row: (row.order_id, row.line_no))
    return [_sku(row, today) for row in shown], cursor


def _sku_conditions(tx: Tx, page: UnshippedPage, today: date) -> Iterator[ColumnElement[bool]]:
    line, order = LINES.c, ORDERS.c
    equal = {
        order.customer_id: page.customer_id,
        line.order_id: page.order_id,
        order.number: page.order_number,
        line.sku_code: page.sku_code,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if page.customer_code is not None:
        yield coded(order.customer_id, tx.maker_id, page.customer_code)
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
        wanted = wanted.where(coded(order.customer_id, tx.maker_id, page.customer_code))
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
