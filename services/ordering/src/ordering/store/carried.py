"""Orders as deliveries and invoices see them: one row each, their lines only counted up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text

from chassis.tx import Tx
from kernel.money import Currency
from ordering import tables
from ordering.core.standing import Carried
from ordering.core.states import OrderState
from ordering.store.parts import standing_of, standing_row
from ordering.tables import among, columns

_COLUMNS: Final = (
    "order_id",
    "customer_id",
    "currency",
    "state",
    "version",
    "ordered_quantity",
    "shipped_quantity",
    "closed_quantity",
    "billed_quantity",
    "expected_amount",
    "billed_amount",
    "exempt_quantity",
    "waived_amount",
)


class LineUnknown(LookupError):
    """Pieces of lines that the confirmed orders do not have: a bug or a foreign message, parked for people."""


@dataclass(frozen=True, slots=True)
class LineMoved:
    """Pieces of one line that left, or that never will."""

    order_id: UUID
    line_id: UUID
    shipped: int = 0
    closed: int = 0


async def load_carried(tx: Tx, order_ids: Collection[UUID]) -> dict[UUID, Carried]:
    """The orders that exist, locked until the transaction ends in the order of their ids."""
    if not order_ids:
        return {}
    t = columns(tables.Order)
    mine = select(*(t[name] for name in _COLUMNS)).where(t.maker_id == tx.maker_id, among(t.order_id, order_ids))
    return {
        row.order_id: Carried(
            order_id=row.order_id,
            customer_id=row.customer_id,
            state=OrderState(row.state),
            standing=standing_of(row, Currency.of(row.currency)),
            version=row.version,
        )
        for row in await tx.rows(mine.order_by(t.order_id).with_for_update())
    }


async def save_carried(tx: Tx, before: Mapping[UUID, Carried], after: Iterable[Carried]) -> None:
    """Write what changed, one version higher."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "order_id": order.order_id,
            "state": order.state.value,
            "changed_at": tx.now,
            "version": order.version,
            **standing_row(order.standing, order.exposed),
        }
        for order in after
        if order != before[order.order_id]
    ]
    await tx.update(tables.Order, rows, key=("maker_id", "order_id"), expect_version="version")


async def count_pieces(tx: Tx, moved: Collection[LineMoved]) -> None:
    """Adds pieces to the lines of the orders' official contents. Raises LineUnknown; more pieces than a line has are
    refused by its CHECK."""
    if not moved:
        return
    pieces: dict[tuple[UUID, UUID], tuple[int, int]] = {}
    for one in moved:
        shipped, closed = pieces.get((one.order_id, one.line_id), (0, 0))
        pieces[one.order_id, one.line_id] = (shipped + one.shipped, closed + one.closed)
    counted = await tx.execute(
        text(_COUNT),
        {
            "maker_id": tx.maker_id,
            "orders": [order_id for order_id, _ in pieces],
            "lines": [line_id for _, line_id in pieces],
            "shipped": [shipped for shipped, _ in pieces.values()],
            "closed": [closed for _, closed in pieces.values()],
        },
    )
    if counted != len(pieces):
        raise LineUnknown(f"{len(pieces) - counted} of {len(pieces)} lines are in no confirmed order")


_COUNT: Final = """
update order_lines as l set shipped = l.shipped + m.shipped, closed = l.closed + m.closed
from unnest(cast(:orders as uuid[]), cast(:lines as uuid[]), cast(:shipped as bigint[]), cast(:closed as bigint[]))
    as m(order_id, line_id, shipped, closed)
join orders as o on o.maker_id = :maker_id and o.order_id = m.order_id
where l.maker_id = :maker_id and l.order_id = m.order_id and l.content_version = o.content_version
    and l.line_id = m.line_id
"""
