"""Where the deeds that make unshipped SKUs end: fulfillment has acknowledged them (`Prefer: wait`, ADR 0026)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.http import Answered, Edge, waits
from chassis.tx import Tx
from ordering.core.states import CONVERTED
from ordering.store.orders import load_orders
from ordering.views import orders as views
from ordering.views.models import OrderSummary, OrderView


async def _orders(edge: Edge, tx: Tx, answered: Sequence[Answered]) -> list[OrderView | None]:
    ids = _ids(answered)
    found = await load_orders(tx, ids, lock=False)
    return [views.order_view(found[one], edge.told) if one in found else None for one in ids]


async def _summaries(_: Edge, tx: Tx, answered: Sequence[Answered]) -> list[OrderSummary | None]:
    ids = _ids(answered)
    found = await views.find_summaries(tx, ids)
    return [found.get(one) for one in ids]


def _ids(answered: Sequence[Answered]) -> list[UUID]:
    return [UUID(one["order_id"]) for one in answered]


def _is_stocked(order: OrderView | OrderSummary) -> bool:
    """Or will not be: an order that waits for its conversion by hand asks nothing of fulfillment (ORD-080)."""
    return order.stocked_at is not None or order.state not in CONVERTED


until_stocked = waits(_orders, until=_is_stocked)
until_all_stocked = waits(_summaries, until=_is_stocked)
