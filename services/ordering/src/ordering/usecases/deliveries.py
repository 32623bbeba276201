"""What fulfillment tells ordering: pieces that left, pieces closed short, orders whose unshipped SKUs exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from chassis.tx import Tx
from kernel.money import Money
from ordering.core.deeds import Decision, record_billing, record_delivery
from ordering.core.order import Order
from ordering.store.billing import add_shares, billed_quantities
from ordering.store.orders import mark_stocked
from ordering.usecases.desk import Desk


class OrderUnknown(LookupError):
    """A message speaks of an order that ordering does not have: it is parked, for people to look at."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Pieces of one order line; `note_id` names the delivery note they left on, None = closed short."""

    order_id: UUID
    line_id: UUID
    quantity: int
    note_id: UUID | None


async def stocked(tx: Tx, order_ids: Iterable[UUID]) -> None:
    """Fulfillment has the orders' unshipped SKUs; the orders themselves were moved when they were confirmed."""
    await mark_stocked(tx, list(order_ids))


async def record(tx: Tx, moved: Iterable[Moved]) -> None:
    """Counts pieces per line and moves the orders on; an order whose note was invoiced before it was heard of as
    shipped is settled here (the two topics have no common order). Raises OrderUnknown."""
    by_order: dict[UUID, list[Moved]] = defaultdict(list)
    for one in moved:
        by_order[one.order_id].append(one)
    desk = await Desk.opened(tx, list(by_order))
    missing = by_order.keys() - {order.order_id for order in desk.orders()}
    if missing:
        raise OrderUnknown(", ".join(sorted(map(str, missing))))
    await add_shares(tx, _shares(by_order))
    quantities = await billed_quantities(tx, list(by_order))
    for order_id, pieces in by_order.items():
        desk.do(order_id, partial(_recorded, pieces, quantities[order_id]))
    await desk.close()


def _recorded(pieces: Iterable[Moved], billed: int, order: Order) -> Decision:
    shipped: dict[UUID, int] = defaultdict(int)
    closed: dict[UUID, int] = defaultdict(int)
    for piece in pieces:
        (shipped if piece.note_id else closed)[piece.line_id] += piece.quantity
    events = record_delivery(order, shipped=shipped, closed=closed)
    if billed != order.billing.quantity:
        events += record_billing(order, quantity=billed, amount=Money.zero(order.currency))
    return events


def _shares(by_order: Mapping[UUID, Iterable[Moved]]) -> dict[tuple[UUID, UUID], int]:
    shares: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for order_id, pieces in by_order.items():
        for piece in pieces:
            if piece.note_id is not None:
                shares[piece.note_id, order_id] += piece.quantity
    return shares
