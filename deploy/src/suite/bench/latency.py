"""The bench of waiting: a confirmed order until its unshipped SKUs are seen, at 50 orders a second, and single reads.

Calls begin at fixed moments whether or not earlier ones have been answered (an open loop), so a slow moment of the
suite is not hidden by a client that waits for it. Everything goes through the proxy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from suite.bench import machine
from suite.bench.calls import TimedApi, WentWrong, accepted
from suite.bench.figures import milliseconds, percentile
from suite.bench.fresh import fresh_suite
from suite.bench.machine import Noise
from suite.bench.masters import Maker, settle_in
from suite.bench.proof import unequal
from suite.bench.report import Report
from suite.bench.thread import JUNE, Pace, place
from suite.bench.trade import LINES_PER_ORDER, Order, Trade
from suite.bench.wish import Wish
from suite.demo.client import Json

_ORDERS_PER_S = 50.0
_READS_PER_S = 100.0
_WATCHED = 5
"""Every fifth order is watched: looking is work for the suite too."""

_LOOK_EVERY = 0.01
_PATIENCE = 30.0
_CALLERS = 16
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Waited:
    """Seconds, one for each call that was timed."""

    seconds: Sequence[float]

    def figures(self) -> Json:
        return {
            "count": len(self.seconds),
            "p50_ms": milliseconds(percentile(self.seconds, 50)),
            "p99_ms": milliseconds(percentile(self.seconds, 99)),
            "max_ms": milliseconds(max(self.seconds, default=None)),
        }


def measure(wish: Wish) -> Report:
    """n orders are confirmed one by one; then n reads of one order and n of a list."""
    wish.tell("starting a fresh suite")
    with fresh_suite(wish.home, keep=wish.keep) as suite:
        trade = Trade(wish.seed, wish.n)
        wish.tell(f"{wish.n:,} orders: masters and orders")
        maker = settle_in(suite.operator(), suite.state.url, trade)
        place(maker, trade.orders, Pace(wish.batch, wish.lanes))
        maker.api.wait_until_quiet()
        noise, before, began = Noise.now(), suite.used(), time.perf_counter()
        wish.tell(f"confirming {_ORDERS_PER_S:.0f} orders per second")
        answered, seen = _confirmed(maker, trade.orders)
        maker.api.wait_until_quiet()
        wish.tell(f"reading {_READS_PER_S:.0f} times per second")
        ids = [one["order_id"] for one in maker.api.all("/v1/orders")]
        one = _read(maker, [partial(maker.api.get, f"/v1/orders/{id_}") for id_ in ids])
        many = _read(maker, [partial(maker.api.get, "/v1/orders", limit=_PAGE)] * wish.n)
        used, wall = suite.used().since(before), time.perf_counter() - began
        figures = {
            "confirm": answered.figures(),
            "confirmed_until_seen": seen.figures(),
            "read_one": one.figures(),
            "read_list_of_50": many.figures(),
            "machine": noise.machine(used, wall),
            "versions": machine.versions(suite.state.versions),
        }
        found = list(maker.api.all("/v1/unshipped-skus"))
        wrongs = list(unequal("unshipped SKUs", wish.n * LINES_PER_ORDER, len(found)))
    return Report("latency", wish.n, figures, _rows(figures), wrongs)


def _confirmed(maker: Maker, orders: Sequence[Order]) -> tuple[Waited, Waited]:
    """How long each confirmation took to answer, and from there until fulfillment shows the SKUs of watched orders."""
    answered: list[float] = []
    with ThreadPoolExecutor(_CALLERS) as watchers, ThreadPoolExecutor(_CALLERS) as callers:
        watched: list[Future[float]] = []

        def confirm(at: int, order: Order) -> None:
            answered.append(_timed(partial(_confirm, maker.api, order)))
            if at % _WATCHED == 0:
                watched.append(watchers.submit(_until_seen, maker.api, order))

        _open_loop(callers, _ORDERS_PER_S, [partial(confirm, at, order) for at, order in enumerate(orders)])
        seen = [one.result() for one in watched]
    return Waited(answered), Waited(seen)


def _confirm(api: TimedApi, order: Order) -> None:
    asked = [{"number": order.number, "confirm": True, "confirmed_on": JUNE.confirmed_on}]
    accepted("confirmation", api.post("/v1/order-confirmations", asked), 1)


def _until_seen(api: TimedApi, order: Order) -> float:
    began = time.perf_counter()
    while not api.get("/v1/unshipped-skus", order_number=order.number)["items"]:
        if time.perf_counter() - began > _PATIENCE:
            raise WentWrong(f"{order.number} has no unshipped SKUs after {_PATIENCE:.0f} s")
        time.sleep(_LOOK_EVERY)
    return time.perf_counter() - began


def _read(maker: Maker, reads: Sequence[Callable[[], Any]]) -> Waited:
    seconds: list[float] = []
    with ThreadPoolExecutor(_CALLERS) as callers:
        _open_loop(callers, _READS_PER_S, [partial(_noted, seconds, read) for read in reads])
    return Waited(seconds)


def _noted(seconds: list[float], call: Callable[[], Any]) -> None:
    seconds.append(_timed(call))


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _open_loop(callers: ThreadPoolExecutor, per_second: float, calls: Sequence[Callable[[], None]]) -> None:
    """Begins each call at its moment; raises what any of them raised."""
    began, running = time.perf_counter(), []
    for at, call in enumerate(calls):
        time.sleep(max(0.0, began + at / per_second - time.perf_counter()))
        running.append(callers.submit(call))
    for one in running:
        one.result()


def _rows(figures: Json) -> list[tuple[str, str, str]]:
    def row(what: str, name: str, budget: str) -> tuple[str, str, str]:
        told = figures[name]
        return (what, f"p50 {told['p50_ms']} ms, p99 {told['p99_ms']} ms, max {told['max_ms']} ms", budget)

    return [
        row("confirmation answered", "confirm", ""),
        row("confirmed until unshipped SKUs are seen", "confirmed_until_seen", "p99 250 ms"),
        row("read of one order", "read_one", "p99 50 ms"),
        row("list of 50 orders", "read_list_of_50", "p99 100 ms"),
        ("others on this machine", f"{figures['machine']['others']:.0%} of all processors", ""),
    ]
