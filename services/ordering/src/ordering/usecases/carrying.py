"""Orders that deliveries and invoices move on, loaded narrow and kept together with their customers' buckets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from chassis.tx import Tx
from kernel.money import Money
from ordering.core.standing import Carried, bill, waive
from ordering.store.billing import OnNotes
from ordering.store.carried import load_carried, save_carried
from ordering.store.exposures import move_ordered


class OrderUnknown(LookupError):
    """A message speaks of an order that ordering does not have: it is parked, for people to look at."""


async def carried(tx: Tx, order_ids: Collection[UUID], *, sure: Collection[UUID] | None = None) -> dict[UUID, Carried]:
    """The orders, locked. Raises OrderUnknown for one that does not exist, among `sure` if that is given."""
    found = await load_carried(tx, list(order_ids))
    missing = set(order_ids if sure is None else sure) - found.keys()
    if missing:
        raise OrderUnknown(", ".join(sorted(map(str, missing))))
    return found


def told(order: Carried, notes: OnNotes, *, invoiced: Decimal = Decimal(0)) -> Carried:
    """The order with what its notes say by now; `invoiced` is what its share of issued invoices changed by."""
    currency = order.standing.billed.currency
    billed = bill(order, quantity=notes.billed, amount=Money(invoiced, currency))
    return waive(billed, quantity=notes.exempt, worth=Money(notes.waived, currency))


async def keep(tx: Tx, before: Mapping[UUID, Carried], after: Collection[Carried]) -> None:
    """Saves the orders and moves their customers' ordered buckets."""
    await save_carried(tx, before, after)
    await move_ordered(
        tx,
        [
            ((order.customer_id, order.exposed.currency), order.exposed - before[order.order_id].exposed)
            for order in after
            if order.customer_id is not None
        ],
    )
