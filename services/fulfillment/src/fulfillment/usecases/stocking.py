"""Orders as ordering tells of them: stocked once, converted, withdrawn, held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, assert_never

from chassis.tx import Tx
from fulfillment import announce
from fulfillment.core import unshipped
from fulfillment.core.charges import OrderCharges
from fulfillment.core.parts import Broken, OrderId
from fulfillment.core.unshipped import (
    OrderHoldChanged,
    OrderStocked,
    OrderWithdrawn,
    StockEvent,
    UnshippedCreated,
    UnshippedOrder,
    convert,
    evolve,
    hold,
    withdraw,
)
from fulfillment.store import orders
from fulfillment.store.orders import Stock

Confirmed: TypeAlias = tuple[UnshippedOrder, OrderCharges]
"""An order as confirmed, with its charges."""

Deed: TypeAlias = Callable[[UnshippedOrder], list[StockEvent]]


async def stock(tx: Tx, confirmed: Sequence[Confirmed]) -> None:
    """Keep confirmed orders, each once per OC version (FUL-005, FUL-060); in automatic mode they may ship at once."""
    known = await orders.lock_stock(tx, [order.order_id for order, _ in confirmed])
    now: dict[OrderId, UnshippedOrder | None] = dict(known.orders)
    fresh: dict[OrderId, Confirmed] = {}
    happened: list[tuple[StockEvent, UnshippedOrder]] = []
    for order, charges in confirmed:
        events = unshipped.stock(now.get(order.order_id), order)
        if events:
            now[order.order_id], fresh[order.order_id] = order, (order, charges)
            happened += ((event, order) for event in events)
    replaced = [order_id for order_id in fresh if order_id in known.orders]
    await orders.delete_orders(tx, replaced)
    await orders.insert_stock(tx, fresh.values())
    tx.announce(announce.order_messages(tx.maker_id, happened))


async def convert_orders(tx: Tx, order_ids: Sequence[OrderId]) -> None:
    """Let orders of manual mode ship (ORD-080). Raises Broken for an order that was never confirmed."""
    missing = await _follow(tx, [(order_id, convert) for order_id in order_ids])
    if missing:
        raise Broken(f"converted but never confirmed: {', '.join(map(str, missing))}")


async def withdraw_orders(tx: Tx, order_ids: Sequence[OrderId]) -> None:
    """Forget reopened or cancelled orders that may not ship yet (ORD-076, ORD-082); unknown ones need nothing."""
    await _follow(tx, [(order_id, withdraw) for order_id in order_ids])


async def hold_orders(tx: Tx, holds: Sequence[tuple[OrderId, bool]]) -> None:
    """Follow the orders' own holds, in order (ORD-075); an unknown order was withdrawn."""
    await _follow(tx, [(order_id, _holding if on_hold else _releasing) for order_id, on_hold in holds])


def _holding(order: UnshippedOrder) -> list[StockEvent]:
    return hold(order, on_hold=True)


def _releasing(order: UnshippedOrder) -> list[StockEvent]:
    return hold(order, on_hold=False)


async def _follow(tx: Tx, deeds: Sequence[tuple[OrderId, Deed]]) -> list[OrderId]:
    """Fold the deeds over the orders they name; returns the orders that are not known."""
    known = await orders.lock_stock(tx, [order_id for order_id, _ in deeds])
    now, gone = dict(known.orders), list[OrderId]()
    happened: list[tuple[StockEvent, UnshippedOrder]] = []
    for order_id, deed in deeds:
        for event in deed(now[order_id]) if order_id in now else ():
            match event:
                case OrderWithdrawn():
                    gone.append(order_id)
                    happened.append((event, now.pop(order_id)))
                case OrderStocked():
                    raise Broken("a known order is not stocked again")
                case UnshippedCreated() | OrderHoldChanged():
                    now[order_id] = evolve(now[order_id], event)
                    happened.append((event, now[order_id]))
                case _:
                    assert_never(event)
    await orders.delete_orders(tx, gone)
    await orders.save_stock(tx, known, Stock(now, known.charges))
    tx.announce(announce.order_messages(tx.maker_id, happened))
    return [order_id for order_id, _ in deeds if order_id not in known.orders]
