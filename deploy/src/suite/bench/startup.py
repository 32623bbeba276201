"""The bench of starting: first start in a new home, later starts, and what the idle suite keeps in memory."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import httpx

from suite.bench import machine, meter
from suite.bench.fresh import clear, new_home
from suite.bench.machine import Noise
from suite.bench.meter import Used
from suite.bench.report import Report
from suite.bench.wish import Wish
from suite.cli.lifecycle import start, stop
from suite.runner.home import Home
from suite.runner.plan import Wish as Asked
from suite.runner.state import SuiteState

_SETTLING_SECONDS = 5.0
_MEGABYTE = 1024**2


def measure(wish: Wish) -> Report:
    """Starts a new home, then the same home n times more. What is downloaded once is there already."""
    home = new_home(wish.home)
    noise = Noise.now()
    try:
        first, state = _start(home)
        wrongs = _away(state)
        later: list[float] = []
        for at in range(wish.n):
            wish.tell(f"later start {at + 1} of {wish.n}")
            stop(home)
            took, state = _start(home)
            later.append(took)
            wrongs += _away(state)
        figures = {**_starts(first, later), **_idle(state, noise), "versions": machine.versions(state.versions)}
    finally:
        if not wish.keep:
            clear(home)
    return Report("startup", wish.n, figures, _rows(figures), wrongs)


def _start(home: Home) -> tuple[float, SuiteState]:
    """Wall seconds until everything serves."""
    began = time.perf_counter()
    state = start(Asked(str(home.folder)))
    return time.perf_counter() - began, state


def _away(state: SuiteState) -> list[str]:
    """What does not answer through the proxy although the suite said that it serves."""
    answer = httpx.get(f"{state.url}/openapi.json", timeout=30.0)
    return [] if answer.status_code == 200 else [f"GET /openapi.json answered {answer.status_code}"]


def _starts(first: float, later: list[float]) -> dict[str, Any]:
    return {
        "first_start_s": round(first, 2),
        "later_start_s": round(median(later), 2),
        "later_starts_s": [round(one, 2) for one in later],
    }


def _idle(state: SuiteState, noise: Noise) -> dict[str, Any]:
    """Memory (shared pages counted once) and CPU of a suite that has nothing to do."""
    time.sleep(_SETTLING_SECONDS)
    pids = meter.pids(state)
    before = meter.used(pids)
    time.sleep(_SETTLING_SECONDS)
    used: Used = meter.used(pids).since(before)
    memory = meter.memory(pids)
    return {
        "memory_mb": round(sum(memory.values()) / _MEGABYTE),
        "memory_mb_by_process": {name: round(size / _MEGABYTE) for name, size in memory.items()},
        "idle_cpu_ms_per_s": round(used.total * 1000 / _SETTLING_SECONDS, 1),
        "idle_cpu_ms_by_process": {
            name: round(spent * 1000 / _SETTLING_SECONDS, 1) for name, spent in used.by_process.items() if spent
        },
        "machine": noise.machine(used, _SETTLING_SECONDS),
    }


def _rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = [
        ("first start of a home", f"{figures['first_start_s']} s", "60 s with downloads"),
        ("later starts, median", f"{figures['later_start_s']} s", "12 s"),
        ("memory of the idle suite", f"{figures['memory_mb']:,} MB", "2,048 MB"),
        ("CPU of the idle suite", f"{figures['idle_cpu_ms_per_s']} ms per s", ""),
    ]
    return rows + [(f"  {name}", f"{size} MB", "") for name, size in figures["memory_mb_by_process"].items()]
