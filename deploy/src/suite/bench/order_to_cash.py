"""The bench of the whole thread: CPU and time per order, per process and stage, held against the floor program."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from suite.bench import floor, machine, proof
from suite.bench.figures import exponent, per_order_ms, ratio
from suite.bench.floor import Floor
from suite.bench.fresh import Fresh, fresh_suite
from suite.bench.machine import Noise
from suite.bench.masters import Maker, settle_in
from suite.bench.meter import Used
from suite.bench.report import Report
from suite.bench.thread import Carried, Pace, carry
from suite.bench.trade import Trade
from suite.bench.wish import Wish
from suite.demo.client import Api, Json

_WARM_UP = 100
"""Orders of another maker carried first: what runs for the first time is no figure of an order."""

_IDLE_SECONDS = 3.0
_PRESS = "invoicing children"
_GROWTH = 4


@dataclass(frozen=True)
class Measured:
    """One trade carried to cash by one maker."""

    trade: Trade
    maker: Maker
    carried: Carried
    used: Used
    machine: dict[str, Any]
    wrongs: list[str]

    @property
    def cpu(self) -> float:
        """CPU seconds of the suite per order, printing left out: papers follow when nothing waits for them."""
        return self.used.but(_PRESS) / self.trade.count

    @property
    def orders_per_s(self) -> float:
        return self.trade.count / self.carried.seconds


def measure(wish: Wish) -> Report:
    """Carries n orders, and 4n if asked, in a fresh suite; then the floor program on the same servers."""
    wish.tell("starting a fresh suite")
    with fresh_suite(wish.home, keep=wish.keep) as suite:
        operator = suite.operator()
        _carried(suite, operator, wish, _WARM_UP, seed=0)
        idle = _idle(suite)
        one = _carried(suite, operator, wish, wish.n, seed=wish.seed)
        four = _carried(suite, operator, wish, wish.n * _GROWTH, seed=wish.seed) if wish.scale else None
        under = floor.run(suite, one.trade, wish) if wish.floor else None
    return _report(one, four, under, {**_resting(one, idle), "versions": machine.versions(suite.state.versions)})


def _carried(suite: Fresh, operator: Api, wish: Wish, count: int, *, seed: int) -> Measured:
    trade = Trade(seed, count)
    wish.tell(f"{count:,} orders: masters")
    maker = settle_in(operator, suite.state.url, trade)
    wish.tell(f"{count:,} orders: from order to cash")
    noise, before = Noise.now(), suite.used()
    carried = carry(maker, trade, suite.used, Pace(wish.batch, wish.lanes))
    used = suite.used().since(before)
    wish.tell(f"{count:,} orders: checking")
    told = noise.machine(used, carried.seconds)
    return Measured(trade, maker, carried, used, told, proof.wrongs(maker, trade, carried))


def _idle(suite: Fresh) -> Used:
    """CPU seconds of a suite that has nothing to do, within a few seconds."""
    before = suite.used()
    time.sleep(_IDLE_SECONDS)
    return suite.used().since(before)


def _resting(one: Measured, idle: Used) -> Json:
    """What the suite costs when nothing happens, and an order beyond that: the longer others kept the machine busy, the
    more of the whole is waiting."""
    waiting = idle.total / _IDLE_SECONDS * one.carried.seconds / one.trade.count
    return {
        "idle_cpu_ms_per_s": round(idle.total * 1000 / _IDLE_SECONDS, 1),
        "idle_cpu_ms_by_process": {
            name: round(spent * 1000 / _IDLE_SECONDS, 1) for name, spent in idle.by_process.items() if spent
        },
        "cpu_ms_per_order_without_idle": round(max(0.0, one.cpu - waiting) * 1000, 3),
    }


def _report(one: Measured, four: Measured | None, under: Floor | None, known: Json) -> Report:
    figures = {**_figures(one), **_against(one, under), **_growth(one, four), **known, "machine": one.machine}
    wrongs = [*one.wrongs, *(four.wrongs if four else ()), *(under.wrongs(one.trade) if under else ())]
    return Report("order-to-cash", one.trade.count, figures, _rows(figures), wrongs)


def _figures(one: Measured) -> Json:
    count, watch = one.trade.count, one.maker.watch
    return {
        "orders_per_s": round(one.orders_per_s, 1),
        "cpu_ms_per_order": round(one.cpu * 1000, 3),
        "cpu_ms_by_process": per_order_ms(one.used.by_process, count),
        "cpu_ms_by_database": per_order_ms(one.used.by_database, count),
        "p50_ms": watch.percentile_ms(50),
        "p99_ms": watch.percentile_ms(99),
        "calls": watch.by_call(),
        "seconds": round(one.carried.seconds, 2),
        "stages": {
            stage.name: {
                "seconds": round(stage.seconds, 2),
                "cpu_ms_per_order": round(stage.used.but(_PRESS) * 1000 / count, 3),
                "cpu_ms_by_process": per_order_ms(stage.used.by_process, count),
            }
            for stage in one.carried.stages
        },
        "invoices": len(one.carried.invoices),
    }


def _against(one: Measured, under: Floor | None) -> Json:
    """`ratio_to_floor` is that of CPU per order, the steadier one on a shared machine; 1 would be the floor itself."""
    if under is None:
        return {"ratio_to_floor": None}
    cpu, speed = ratio(under.cpu, one.cpu), ratio(one.orders_per_s, under.orders_per_s)
    return {
        "ratio_to_floor": None if cpu is None else round(cpu, 3),
        "ratio_to_floor_of": "CPU per order: floor / suite",
        "throughput_ratio_to_floor": None if speed is None else round(speed, 3),
        "floor": under.as_json(),
    }


def _growth(one: Measured, four: Measured | None) -> Json:
    """The exponent of CPU over orders, from n and 4n."""
    if four is None:
        return {}
    grown = exponent((one.trade.count, one.cpu * one.trade.count), (four.trade.count, four.cpu * four.trade.count))
    return {"exponent": None if grown is None else round(grown, 3), "scaled": {**_figures(four), "n": four.trade.count}}


def _rows(figures: Json) -> list[tuple[str, str, str]]:
    rows = [
        ("CPU per order", f"{figures['cpu_ms_per_order']} ms", "5 ms"),
        ("  without idling", f"{figures['cpu_ms_per_order_without_idle']} ms", ""),
        ("throughput", f"{figures['orders_per_s']} orders/s", "200 orders/s"),
        ("ratio to floor (CPU)", str(figures["ratio_to_floor"]), "0.4"),
        ("calls p50 / p99", f"{figures['p50_ms']} / {figures['p99_ms']} ms", ""),
        ("exponent", str(figures.get("exponent", "not asked: --scale")), "1"),
        ("idle suite", f"{figures['idle_cpu_ms_per_s']} ms CPU per s", ""),
        ("others on this machine", f"{figures['machine']['others']:.0%} of all processors", ""),
    ]
    rows += [(f"  {name}", f"{spent} ms", "") for name, spent in figures["cpu_ms_by_process"].items()]
    return rows + [
        (f"stage {name}", f"{stage['seconds']} s, {stage['cpu_ms_per_order']} ms", "")
        for name, stage in figures["stages"].items()
    ]
