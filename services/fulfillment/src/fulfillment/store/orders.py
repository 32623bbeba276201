"""Unshipped orders with their lines and charges: loaded under the orders' row locks, saved as differences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.asks import OrderRef
from fulfillment.core.charges import OrderCharges, StockedCharge
from fulfillment.core.parts import ChargeId, CustomerId, NoteId, OrderId, OrderLineId
from fulfillment.core.unshipped import QuantitiesClosed, UnshippedLine, UnshippedOrder
from fulfillment.store.parts import address_of, address_row, money_of, rate_of
from fulfillment.tables import Row, among, named
from kernel.money import Currency

ORDERS = table_of(tables.UnshippedOrder)
LINES = table_of(tables.UnshippedSku)
CHARGES = table_of(tables.OrderCharge)


@dataclass(frozen=True, slots=True)
class Stock:
    """Orders and their charges by order id."""

    orders: dict[OrderId, UnshippedOrder]
    charges: dict[OrderId, OrderCharges]


async def lock_stock(tx: Tx, refs: Collection[OrderRef]) -> Stock:
    """The orders of these ids and numbers, locked in the order of their ids until the transaction ends."""
    if not refs:
        return Stock({}, {})
    t = ORDERS.c
    wanted = select(ORDERS).where(t.maker_id == tx.maker_id, named(t.order_id, t.number, refs))
    heads = await tx.rows(wanted.order_by(t.order_id).with_for_update())
    order_ids = [head.order_id for head in heads]
    lines, charges = await _lines(tx, order_ids), await _charges(tx, order_ids)
    orders = {OrderId(head.order_id): _order_of(head, lines.get(head.order_id, ())) for head in heads}
    return Stock(orders, {OrderId(head.order_id): _charges_of(head, charges.get(head.order_id, ())) for head in heads})


async def held_orders(tx: Tx, order_ids: Collection[OrderId]) -> dict[OrderId, str]:
    """Numbers of those of the orders that are held by themselves (ORD-075)."""
    t = ORDERS.c
    held = select(t.order_id, t.number).where(t.maker_id == tx.maker_id, among(t.order_id, order_ids), t.on_hold)
    return {OrderId(row.order_id): row.number for row in await tx.rows(held)} if order_ids else {}


async def insert_stock(tx: Tx, stock: Iterable[tuple[UnshippedOrder, OrderCharges]]) -> None:
    """Keep new orders."""
    stocked = list(stock)
    lines = [_line_row(tx.maker_id, order, line) for order, _ in stocked for line in order.lines.values()]
    charges = [row for order, of_order in stocked for row in _charge_rows(tx.maker_id, order, of_order)]
    await tx.insert(tables.UnshippedOrder, [_order_row(tx, order) for order, _ in stocked])
    await tx.insert(tables.UnshippedSku, lines)
    await tx.insert(tables.OrderCharge, charges)


async def delete_orders(tx: Tx, order_ids: Iterable[OrderId]) -> None:
    """Forget orders that never became shippable, with their lines and charges."""
    await tx.delete(tables.UnshippedOrder, [{"maker_id": tx.maker_id, "order_id": order_id} for order_id in order_ids])


async def save_stock(tx: Tx, before: Stock, after: Stock) -> None:
    """Write what moved, under the locks taken by `lock_stock`."""
    heads = [
        {"maker_id": tx.maker_id, "order_id": order_id, "converted": order.converted, "on_hold": order.on_hold}
        for order_id, order in after.orders.items()
        if (order.converted, order.on_hold) != (before.orders[order_id].converted, before.orders[order_id].on_hold)
    ]
    lines = [_counters(tx.maker_id, line) for line in _moved(before, after)]
    charges = [
        {"maker_id": tx.maker_id, "charge_id": charge.charge_id, "taken_by": charge.taken_by}
        for order_id, of_order in after.charges.items()
        if of_order is not before.charges[order_id]
        for charge in of_order.charges.values()
        if charge != before.charges[order_id].charges[charge.charge_id]
    ]
    await tx.update(tables.UnshippedOrder, heads, key=("maker_id", "order_id"))
    await tx.update(tables.UnshippedSku, lines, key=("maker_id", "line_id"))
    await tx.update(tables.OrderCharge, charges, key=("maker_id", "charge_id"))


async def insert_closures(tx: Tx, closures: Iterable[QuantitiesClosed]) -> None:
    """Keep short closes for good."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "closure_id": tx.new_id(),
            "order_id": closure.order_id,
            "line_id": line_id,
            "quantity": quantity,
            "closed_on": closure.closed_on,
            "reason": closure.reason,
            "closed_by": tx.actor,
            "closed_at": tx.now,
        }
        for closure in closures
        for line_id, quantity in closure.quantities.items()
    ]
    await tx.insert(tables.UnshippedClosure, rows)


def _moved(before: Stock, after: Stock) -> Iterable[UnshippedLine]:
    for order_id, order in after.orders.items():
        earlier = before.orders[order_id].lines
        if order.lines is not earlier:
            yield from (line for line_id, line in order.lines.items() if line is not earlier[line_id])


def _counters(maker_id: UUID, line: UnshippedLine) -> Mapping[str, object]:
    return {
        "maker_id": maker_id,
        "line_id": line.line_id,
        "allocated": line.allocated,
        "shipped": line.shipped,
        "closed": line.closed,
    }


async def _lines(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t = LINES.c
    rows = await tx.rows(
        select(LINES).where(t.maker_id == tx.maker_id, among(t.order_id, order_ids)).order_by(t.line_no)
    )
    return _by_order(rows)


async def _charges(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t = CHARGES.c
    mine = select(CHARGES).where(t.maker_id == tx.maker_id, among(t.order_id, order_ids))
    return _by_order(await tx.rows(mine.order_by(t.position)))


def _by_order(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.order_id, []).append(row)
    return found


def _order_of(head: Row, lines: Iterable[Row]) -> UnshippedOrder:
    currency = Currency.of(head.currency)
    return UnshippedOrder(
        order_id=OrderId(head.order_id),
        number=head.number,
        customer_id=CustomerId(head.customer_id),
        customer_code=head.customer_code,
        currency=currency,
        oc_version=head.oc_version,
        converted=head.converted,
        on_hold=head.on_hold,
        ship_to=address_of(head.ship_to),
        lines={OrderLineId(row.line_id): _line_of(row, currency) for row in lines},
    )


def _line_of(row: Row, currency: Currency) -> UnshippedLine:
    return UnshippedLine(
        line_id=OrderLineId(row.line_id),
        line_no=row.line_no,
        sku_id=row.sku_id,
        sku_code=row.sku_code,
        product_name=row.product_name,
        option=row.option,
        ordered=row.ordered,
        original_price=money_of(row.original_price, currency),
        wholesale_rate=rate_of(row.wholesale_rate),
        unit_price=money_of(row.unit_price, currency),
        tax_rate=rate_of(row.tax_rate),
        tax_included=row.tax_included,
        reduced=row.reduced,
        planned_from=row.planned_from,
        planned_to=row.planned_to,
        ship_to_number=row.ship_to_number,
        allocated=row.allocated,
        shipped=row.shipped,
        closed=row.closed,
    )


def _charges_of(head: Row, rows: Iterable[Row]) -> OrderCharges:
    currency = Currency.of(head.currency)
    return OrderCharges(
        OrderId(head.order_id), head.number, {ChargeId(row.charge_id): charge_of(row, currency) for row in rows}
    )


def charge_of(row: Row, currency: Currency) -> StockedCharge:
    """A charge from its row."""
    return StockedCharge(
        charge_id=ChargeId(row.charge_id),
        kind=row.kind,
        name=row.name,
        tax_rate=None if row.tax_rate is None else rate_of(row.tax_rate),
        amount=money_of(row.amount, currency),
        tax_included=row.tax_included,
        taken_by=None if row.taken_by is None else NoteId(row.taken_by),
    )


def _order_row(tx: Tx, order: UnshippedOrder) -> Mapping[str, object]:
    return {
        "maker_id": tx.maker_id,
        "order_id": order.order_id,
        "number": order.number,
        "customer_id": order.customer_id,
        "customer_code": order.customer_code,
        "currency": order.currency.code,
        "oc_version": order.oc_version,
        "converted": order.converted,
        "on_hold": order.on_hold,
        "ship_to": address_row(order.ship_to),
        "stocked_at": tx.now,
    }


def _line_row(maker_id: UUID, order: UnshippedOrder, line: UnshippedLine) -> Mapping[str, object]:
    return {
        "maker_id": maker_id,
        "line_id": line.line_id,
        "order_id": order.order_id,
        "customer_id": order.customer_id,
        "line_no": line.line_no,
        "sku_id": line.sku_id,
        "sku_code": line.sku_code,
        "product_name": line.product_name,
        "option": line.option,
        "ordered": line.ordered,
        "original_price": line.original_price.amount,
        "wholesale_rate": line.wholesale_rate.percent,
        "unit_price": line.unit_price.amount,
        "tax_rate": line.tax_rate.percent,
        "tax_included": line.tax_included,
        "reduced": line.reduced,
        "planned_from": line.planned_from,
        "planned_to": line.planned_to,
        "ship_to_number": line.ship_to_number,
        "allocated": line.allocated,
        "shipped": line.shipped,
        "closed": line.closed,
    }


def _charge_rows(maker_id: UUID, order: UnshippedOrder, charges: OrderCharges) -> Iterable[Mapping[str, object]]:
    for position, charge in enumerate(charges.charges.values(), start=1):
        yield {
            "maker_id": maker_id,
            "charge_id": charge.charge_id,
            "order_id": order.order_id,
            "position": position,
            "kind": charge.kind,
            "name": charge.name,
            "tax_rate": None if charge.tax_rate is None else charge.tax_rate.percent,
            "amount": charge.amount.amount,
            "tax_included": charge.tax_included,
            "taken_by": charge.taken_by,
        }
