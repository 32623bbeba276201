"""What fulfillment tells ordering: pieces that left, pieces closed short, orders whose unshipped SKUs exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis.tx import Tx
from ordering.core.deeds import value_without
from ordering.core.standing import close, ship
from ordering.store.billing import Exemption, add_shares, assume_exemptions, on_notes
from ordering.store.carried import LineMoved, count_pieces
from ordering.store.market import load_taxes
from ordering.store.orders import load_orders, mark_stocked
from ordering.usecases.carrying import carried, keep, told


@dataclass(frozen=True, slots=True)
class Shipped:
    """Pieces of one order line that left on a delivery note."""

    order_id: UUID
    line_id: UUID
    quantity: int
    note_id: UUID
    billable: bool = True


@dataclass(frozen=True, slots=True)
class Closed:
    """Pieces of one order line that will never ship."""

    order_id: UUID
    line_id: UUID
    quantity: int


async def stocked(tx: Tx, order_ids: Iterable[UUID]) -> None:
    """Fulfillment has the orders' unshipped SKUs; the orders themselves were moved when they were confirmed."""
    await mark_stocked(tx, list(order_ids))


async def shipped(tx: Tx, moved: Collection[Shipped]) -> None:
    """Counts pieces that left. An order whose note was invoiced or exempted before it was heard of as shipped is
    settled here, for the two topics have no common order. Raises OrderUnknown."""
    before = await carried(tx, {one.order_id for one in moved})
    await count_pieces(tx, [LineMoved(one.order_id, one.line_id, shipped=one.quantity) for one in moved])
    await add_shares(tx, _shares(moved))
    await assume_exemptions(tx, await _never_billed(tx, [one for one in moved if not one.billable]))
    notes = await on_notes(tx, list(before))
    pieces = _pieces((one.order_id, one.quantity) for one in moved)
    await keep(tx, before, [told(ship(order, pieces[one]), notes[one]) for one, order in before.items()])


async def _never_billed(tx: Tx, moved: Collection[Shipped]) -> list[Exemption]:
    """What notes that are not billable take from the orders on them, at the price of their lines."""
    if not moved:
        return []
    orders, taxes = await load_orders(tx, list({one.order_id for one in moved}), lock=True), await load_taxes(tx)
    by_note: dict[tuple[UUID, UUID], dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for one in moved:
        by_note[one.note_id, one.order_id][one.line_id] += one.quantity
    worth = {
        (note_id, order_id): value_without(orders[order_id], {}, taxes) - value_without(orders[order_id], lines, taxes)
        for (note_id, order_id), lines in by_note.items()
    }
    return [Exemption(note_id, order_id, True, amount.amount) for (note_id, order_id), amount in worth.items()]


async def closed(tx: Tx, moved: Collection[Closed]) -> None:
    """Counts pieces that never will leave: the order is worth less (FUL-015). Raises OrderUnknown, UnknownLine."""
    by_order: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for one in moved:
        by_order[one.order_id][one.line_id] += one.quantity
    before = await carried(tx, by_order.keys())
    orders, taxes = await load_orders(tx, list(by_order), lock=True), await load_taxes(tx)
    await count_pieces(tx, [LineMoved(one.order_id, one.line_id, closed=one.quantity) for one in moved])
    left = {order_id: value_without(orders[order_id], lines, taxes) for order_id, lines in by_order.items()}
    after = [close(before[one], sum(lines.values()), expected=left[one]) for one, lines in by_order.items()]
    await keep(tx, before, after)


def _shares(moved: Iterable[Shipped]) -> Mapping[tuple[UUID, UUID], int]:
    shares: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for one in moved:
        shares[one.note_id, one.order_id] += one.quantity
    return shares


def _pieces(moved: Iterable[tuple[UUID, int]]) -> Mapping[UUID, int]:
    pieces: dict[UUID, int] = defaultdict(int)
    for order_id, quantity in moved:
        pieces[order_id] += quantity
    return pieces
