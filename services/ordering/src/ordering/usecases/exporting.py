"""Export of orders as NextEngine files: picked and read in bulk, decided order by order, written whole (ORD-066)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from chassis import tabular
from chassis.tabular.reading import DEFAULT_LIMITS
from chassis.tx import Tx
from kernel.refusal import Refusal
from ordering.core.nextengine.exporting import Exported, export
from ordering.core.nextengine.layouts import LAYOUTS
from ordering.core.nextengine.writing import Spelling
from ordering.core.order import Order
from ordering.store.market import load_preferences
from ordering.store.orders import load_orders
from ordering.views.exports import ExportSearch, Picked, headers_of, pick_orders

_MOST_CHARACTERS: Final = DEFAULT_LIMITS.bytes // 2
"""CP932 takes two bytes for a character at most: what is written can be imported again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one file is made of."""

    picked: Picked
    orders: Sequence[Order]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class OrderExport:
    """An outcome per order, in the order of the file."""

    layout: str
    picked: Picked
    outcomes: Sequence[tuple[Order, Exported | tuple[Refusal, ...]]]

    @property
    def exported(self) -> list[Exported]:
        return [outcome for _, outcome in self.outcomes if isinstance(outcome, Exported)]

    @property
    def refused(self) -> int:
        """Orders left out, those that are not there among them."""
        return len(self.outcomes) - len(self.exported) + len(self.picked.missing)


async def load_export(tx: Tx, search: ExportSearch) -> Loaded:
    """Reads the orders that were asked for."""
    picked = await pick_orders(tx, search)
    orders = await load_orders(tx, picked.order_ids, lock=False)
    preferences = await load_preferences(tx)
    return Loaded(picked, [orders[order_id] for order_id in picked.order_ids], preferences.time_zone)


def decide_export(loaded: Loaded, search: ExportSearch) -> OrderExport:
    """Decides every order. Takes as long as the orders are many: a route calls it in a thread."""
    layout = LAYOUTS[search.layout]
    spelling = Spelling(loaded.zone, search.price, search.custom_item_code or "")
    outcomes = [(order, export(order, layout, spelling)) for order in loaded.orders]
    return OrderExport(layout.name, loaded.picked, outcomes)


def write_export(decided: OrderExport) -> bytes | Refusal:
    """The file: header and rows in template order, CP932, CRLF, quotes where needed (INT-060)."""
    rows = [row for exported in decided.exported for row in exported.rows]
    if sum(len(str(cell)) + 3 for row in rows for cell in row) > _MOST_CHARACTERS:
        megabytes = DEFAULT_LIMITS.bytes // (1024 * 1024)
        return Refusal("EXPORT_TOO_LARGE", {"limit": str(megabytes), "orders": str(len(decided.exported))}, "limit")
    written = tabular.write_csv(headers_of(decided.layout), rows, encoding="cp932")
    if written.replaced:
        raise ValueError("an order with a character that CP932 lacks was not refused")
    return written.content
