"""Short closes: open quantities that will never ship (FUL-015, ORD-084)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis.tx import Tx
from fulfillment import announce
from fulfillment.core.asks import Basket, LineAsk, OrderRef, pick
from fulfillment.core.parts import Refused
from fulfillment.core.unshipped import QuantitiesClosed, UnshippedOrder, close_short
from fulfillment.store import orders
from fulfillment.usecases.desk import Desk, open_desk
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class CloseShort:
    """Close quantities of one order; no lines: everything free. `closed_on` None is today."""

    order: OrderRef
    reason: str
    lines: tuple[LineAsk, ...] = ()
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed, and the order after it."""

    event: QuantitiesClosed
    order: UnshippedOrder


async def close(tx: Tx, commands: Sequence[CloseShort]) -> list[Closed | Refused]:
    """Close short, in order, irreversibly.

    Refuses UNKNOWN_ORDER, UNKNOWN_LINE, AMBIGUOUS_LINE, NOTHING_OPEN, ORDER_NOT_CONVERTED, QTY_EXCEEDS_OPEN,
    REASON_REQUIRED.
    """
    desk = await open_desk(tx, {command.order for command in commands})
    outcomes = [_closed(desk, command) for command in commands]
    closed = [one for one in outcomes if isinstance(one, Closed)]
    await desk.save(tx)
    await orders.insert_closures(tx, [one.event for one in closed])
    tx.announce(announce.order_messages(tx.maker_id, [(one.event, one.order) for one in closed]))
    return outcomes


def _closed(desk: Desk, command: CloseShort) -> Closed | Refused:
    order = desk.book.order(command.order)
    if order is None:
        return (Refusal("UNKNOWN_ORDER", {"order": str(command.order)}, field="/order", value=str(command.order)),)
    basket, index = Basket(), desk.book.indexes[order.order_id]
    asks = command.lines or (LineAsk(command.order),)
    problems = tuple(problem for ask in asks for problem in pick(order, index, ask, basket))
    quantities = basket.orders.get(order.order_id, {})
    closed_on = command.closed_on or desk.book.today
    event = close_short(order, quantities, reason=command.reason, closed_on=closed_on)
    if isinstance(event, tuple):
        return problems + event
    if problems:
        return problems
    desk.do(event)
    return Closed(event, desk.order(order.order_id))
