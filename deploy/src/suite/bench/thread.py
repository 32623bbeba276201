"""The order-to-cash thread through the bulk endpoints: orders, confirmations, notes, one closing, one statement.

Calls of a stage run side by side in a few lanes. A stage ends when every message it caused has been dealt with.
"""

from __future__ import annotations

import time
from calendar import monthrange
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


@dataclass(frozen=True, slots=True)
class Month:
    """When the orders of one month are placed, confirmed, delivered and billed."""

    year: int
    number: int

    @property
    def ordered_at(self) -> str:
        return f"{self._on(2)}T09:00:00+09:00"

    @property
    def confirmed_on(self) -> str:
        return self._on(3)

    @property
    def delivered_on(self) -> str:
        return self._on(10)

    @property
    def closed_on(self) -> str:
        return self._on(monthrange(self.year, self.number)[1])

    def _on(self, day: int) -> str:
        return date(self.year, self.number, day).isoformat()


JUNE = Month(2025, 6)
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


def carry(maker: Maker, trade: Trade, measured: Callable[[], Used], pace: Pace, *, to: str = "bank") -> Carried:
    """Takes every order of the trade to cash, or as far as the stage `to`. Raises WentWrong at the first refusal."""
    carried = Carried()
    steps: list[tuple[str, Callable[[], None]]] = [
        ("orders", partial(order, maker, trade.orders, pace)),
        ("deliveries", partial(deliver, maker, trade.orders, pace)),
        ("closing", partial(_close, maker, carried)),
        ("bank", partial(_pay, maker, trade, carried)),
    ]
    for name, step in steps:
        before, began = measured(), time.perf_counter()
        step()
        maker.api.wait_until_quiet(patience=_PATIENCE)
        took = time.perf_counter() - began
        carried.stages.append(Stage(name, took, measured().since(before)))
        if name == to:
            break
    return carried


def place(maker: Maker, orders: Sequence[Order], pace: Pace, month: Month = JUNE) -> None:
    """Places them and leaves them unconfirmed. Raises WentWrong."""
    _in_lanes(pace, orders, partial(_place, maker, month))


def order(maker: Maker, orders: Sequence[Order], pace: Pace, month: Month = JUNE) -> None:
    """Places and confirms them; unshipped SKUs follow as messages. Raises WentWrong."""
    _in_lanes(pace, orders, partial(_order, maker, month))


def deliver(maker: Maker, orders: Sequence[Order], pace: Pace, month: Month = JUNE) -> None:
    """One note per order, in full, shipped at once. Raises WentWrong."""
    _in_lanes(pace, orders, partial(_deliver, maker, month))


def close(maker: Maker, month: Month = JUNE) -> list[Json]:
    """The closing run of the month's last day; the invoices it issued."""
    run = maker.api.post("/v1/closing-runs", {"closing_date": month.closed_on, "issued_on": month.closed_on})
    return list(run["invoices"])


def pay(maker: Maker, transfers: Sequence[Transfer], on: date = PAID_ON) -> Json:
    """One statement with these transfers; what the import told."""
    fields = {"bank_account_code": ACCOUNT_CODE, "imported_on": on.isoformat()}
    return maker.api.upload("/v1/bank-files", "transfers.txt", notice(ACCOUNT, transfers, on), fields)


def _in_lanes(pace: Pace, orders: Sequence[Order], work: Callable[[Sequence[Order]], None]) -> None:
    with ThreadPoolExecutor(pace.lanes) as lanes:
        list(lanes.map(work, _batches(orders, pace.batch)))


def _batches(orders: Sequence[Order], size: int) -> Iterator[Sequence[Order]]:
    return (orders[at : at + size] for at in range(0, len(orders), size))


def _place(maker: Maker, month: Month, orders: Sequence[Order]) -> None:
    placed = maker.api.post("/v1/order-batches", [_placed(order, month) for order in orders])
    accepted("orders", placed, len(orders))


def _order(maker: Maker, month: Month, orders: Sequence[Order]) -> None:
    _place(maker, month, orders)
    confirm = [{"number": order.number, "confirm": True, "confirmed_on": month.confirmed_on} for order in orders]
    accepted("confirmations", maker.api.post("/v1/order-confirmations", confirm), len(orders))


def _placed(order: Order, month: Month) -> Json:
    lines = [{"sku_code": line.article.code, "quantity": line.quantity} for line in order.lines]
    named = {"number": order.number, "customer_code": order.shop.code, "ordered_at": month.ordered_at}
    return {**named, "lines": lines, **({"shipping_fee": str(order.fee)} if order.fee else {})}


def _deliver(maker: Maker, month: Month, orders: Sequence[Order]) -> None:
    notes = [
        {
            "customer_code": order.shop.code,
            "delivery_date": month.delivered_on,
            "issued_on": month.delivered_on,
            "shipped_on": month.delivered_on,
            "advance": "shipped",
            "lines": [{"order_number": order.number}],
        }
        for order in orders
    ]
    accepted("delivery notes", maker.api.post("/v1/delivery-note-batches", notes), len(orders))


def _close(maker: Maker, carried: Carried) -> None:
    carried.invoices = close(maker)


def _pay(maker: Maker, trade: Trade, carried: Carried) -> None:
    """Every customer pays its invoice by one transfer; all stand in one statement."""
    totals = {invoice["bill_to_code"]: int(Decimal(invoice["total"])) for invoice in carried.invoices}
    missing = [shop.code for shop in trade.shops if shop.code not in totals]
    if missing:
        raise WentWrong(f"no invoice for {len(missing)} customers, first: {missing[:1]}")
    pay(maker, [Transfer(shop.payer, totals[shop.code]) for shop in trade.shops])
