"""The bench of a closing run: a month's invoices from n delivery notes, twenty to a customer; a rerun must add none."""

from __future__ import annotations

import time

from suite.bench import machine
from suite.bench.fresh import Fresh, fresh_suite
from suite.bench.growth import grown
from suite.bench.machine import Noise
from suite.bench.masters import Maker, settle_in
from suite.bench.proof import by_code, unequal
from suite.bench.report import Report
from suite.bench.thread import JUNE, Pace, carry, close
from suite.bench.trade import Trade
from suite.bench.wish import Wish
from suite.demo.client import Api, Json

_PRESS = "invoicing children"


def measure(wish: Wish) -> Report:
    """n notes, and 4n if asked, in a fresh suite."""
    wish.tell("starting a fresh suite")
    with fresh_suite(wish.home, keep=wish.keep) as suite:
        operator = suite.operator()
        figures, wrongs = grown(wish, lambda notes: _closed(suite, operator, wish, notes))
        figures |= {"versions": machine.versions(suite.state.versions)}
    return Report("closing", wish.n, figures, _rows(figures), wrongs)


def _closed(suite: Fresh, operator: Api, wish: Wish, notes: int) -> tuple[Json, list[str]]:
    trade = Trade(wish.seed, notes)
    wish.tell(f"{notes:,} notes: masters, orders and deliveries")
    maker = settle_in(operator, suite.state.url, trade)
    carry(maker, trade, suite.used, Pace(wish.batch, wish.lanes), to="deliveries")
    wish.tell(f"{notes:,} notes: closing {len(trade.shops):,} customers")
    noise, before, began = Noise.now(), suite.used(), time.perf_counter()
    invoices = close(maker)
    called = time.perf_counter() - began
    maker.api.wait_until_quiet(patience=600)
    wall, used = time.perf_counter() - began, suite.used().since(before)
    figures = {
        "notes": notes,
        "invoices": len(invoices),
        "closing_s": round(called, 2),
        "until_quiet_s": round(wall, 2),
        "cpu_s": round(used.but(_PRESS), 2),
        "cpu_s_by_process": {name: round(spent, 2) for name, spent in used.by_process.items() if spent >= 0.01},
        "machine": noise.machine(used, wall),
    }
    return figures, _wrongs(maker, trade, invoices)


def _wrongs(maker: Maker, trade: Trade, invoices: list[Json]) -> list[str]:
    """To the yen what the bench worked out by itself; every note is on an invoice; the day is closed."""
    checks = (
        unequal("invoice totals", trade.totals(), by_code(invoices, "bill_to_code", "total")),
        unequal("invoices of a second run", 0, len(close(maker, JUNE))),
    )
    return [wrong for check in checks for wrong in check]


def _rows(figures: Json) -> list[tuple[str, str, str]]:
    return [
        ("closing run", f"{figures['closing_s']} s", "30 s for 20,000 notes"),
        ("until every message is dealt with", f"{figures['until_quiet_s']} s", ""),
        ("CPU of the suite without printing", f"{figures['cpu_s']} s", ""),
        ("invoices", f"{figures['invoices']:,}", ""),
        ("exponent", str(figures.get("exponent", "not asked: --scale")), "1"),
        ("others on this machine", f"{figures['machine']['others']:.0%} of all processors", ""),
    ]
