"""The order-to-cash thread through the bulk endpoints: orders, confirmations, notes, one closing, one statement.

Calls of a stage run side by side in a few lanes. A stage ends when every message it caused has been dealt with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from suite.bench.calls import WentWrong, accepted
from suite.bench.masters import ACCOUNT, ACCOUNT_CODE, Maker
from suite.bench.meter import Used
from suite.bench.trade import Order, Trade
from suite.bench.zengin import Transfer, notice
from suite.demo.client import Json

ORDERED_AT = "2025-06-02T09:00:00+09:00"
CONFIRMED_ON = "2025-06-03"
DELIVERED_ON = "2025-06-10"
CLOSED_ON = "2025-06-30"
PAID_ON = date(2025, 7, 31)
"""Days of the past, so that no clock of a machine makes them days to come."""

_PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage took: wall seconds, and CPU seconds of the suite and the machine."""

    name: str
    seconds: float
    used: Used


@dataclass
class Carried:
    """Orders carried to cash: the stages, and the invoices as they were issued."""

    stages: list[Stage] = field(default_factory=list)
    invoices: list[Json] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)


@dataclass(frozen=True)
class Pace:
    """How many commands one call carries, and how many calls run side by side."""

    batch: int = 500
    lanes: int = 2


def carry(maker: Maker, trade: Trade, measured: Callable[[], Used], pace: Pace) -> Carried:
    """Takes every order of the trade to cash. Raises WentWrong at the first thing that is refused."""
    carried = Carried()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("orders", partial(_in_lanes, pace, trade.orders, partial(_order, maker))),
        ("deliveries", partial(_in_lanes, pace, trade.orders, partial(_deliver, maker))),
        ("closing", partial(_close, maker, carried)),
        ("bank", partial(_pay, maker, trade, carried)),
    ]
    for name, step in steps:
        before, began = measured(), time.perf_counter()
        step()
        maker.api.wait_until_quiet(patience=_PATIENCE)
        took = time.perf_counter() - began
        carried.stages.append(Stage(name, took, measured().since(before)))
    return carried


def _in_lanes(pace: Pace, orders: Sequence[Order], work: Callable[[Sequence[Order]], None]) -> None:
    with ThreadPoolExecutor(pace.lanes) as lanes:
        list(lanes.map(work, _batches(orders, pace.batch)))


def _batches(orders: Sequence[Order], size: int) -> Iterator[Sequence[Order]]:
    return (orders[at : at + size] for at in range(0, len(orders), size))


def _order(maker: Maker, orders: Sequence[Order]) -> None:
    """Places and confirms; unshipped SKUs follow as messages."""
    placed = maker.api.post("/v1/order-batches", [_placed(order) for order in orders])
    accepted("orders", placed, len(orders))
    confirm = [{"number": order.number, "confirm": True, "confirmed_on": CONFIRMED_ON} for order in orders]
    accepted("confirmations", maker.api.post("/v1/order-confirmations", confirm), len(orders))


def _placed(order: Order) -> Json:
    lines = [{"sku_code": line.article.code, "quantity": line.quantity} for line in order.lines]
    named = {"number": order.number, "customer_code": order.shop.code, "ordered_at": ORDERED_AT}
    return {**named, "lines": lines, **({"shipping_fee": str(order.fee)} if order.fee else {})}


def _deliver(maker: Maker, orders: Sequence[Order]) -> None:
    """One note per order, in full, shipped at once."""
    notes = [
        {
            "customer_code": order.shop.code,
            "delivery_date": DELIVERED_ON,
            "issued_on": DELIVERED_ON,
            "shipped_on": DELIVERED_ON,
            "advance": "shipped",
            "lines": [{"order_number": order.number}],
        }
        for order in orders
    ]
    accepted("delivery notes", maker.api.post("/v1/delivery-note-batches", notes), len(orders))


def _close(maker: Maker, carried: Carried) -> None:
    run = maker.api.post("/v1/closing-runs", {"closing_date": CLOSED_ON, "issued_on": CLOSED_ON})
    carried.invoices = list(run["invoices"])


def _pay(maker: Maker, trade: Trade, carried: Carried) -> None:
    """Every customer pays its invoice by one transfer; all stand in one statement."""
    totals = {invoice["bill_to_code"]: int(Decimal(invoice["total"])) for invoice in carried.invoices}
    missing = [shop.code for shop in trade.shops if shop.code not in totals]
    if missing:
        raise WentWrong(f"no invoice for {len(missing)} customers, first: {missing[:1]}")
    transfers = [Transfer(shop.payer, totals[shop.code]) for shop in trade.shops]
    fields = {"bank_account_code": ACCOUNT_CODE, "imported_on": PAID_ON.isoformat()}
    maker.api.upload("/v1/bank-files", "transfers.txt", notice(ACCOUNT, transfers, PAID_ON), fields)
