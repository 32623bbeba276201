"""`./oroshi chaos`: one trial from a seed, told as it goes, with one JSON line at the end."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from suite.chaos.campaign import Asked, Trial, carry_out, fresh_suite, judge, plant
from suite.chaos.laws import Violation
from suite.chaos.plants import PLANTS
from suite.chaos.schedule import NOISE

_LEAST_SECONDS = 45.0
_SECONDS_PER_ORDER = 0.4
_MOST_SECONDS = 600.0
_TOLD = 25


def main(arguments: Sequence[str]) -> int:
    """0 only when no promise was broken."""
    wanted = _parser().parse_args(arguments)
    told = Console(stderr=True, highlight=False)
    asked = _asked(wanted)
    began = time.monotonic()
    told.print(
        f"[bold]seed {asked.seed}[/]: {asked.orders} orders, {len(asked.faults())} faults in {asked.seconds:.0f} s"
    )
    for fault in asked.faults():
        told.print(f"  {fault}", markup=False)
    with fresh_suite(asked, lambda text: told.print(f"· {text}", markup=False), keep=wanted.keep) as trial:
        found = carry_out(trial)
        if wanted.plant:
            told.print(f"· before planting: {len(found)} violations", markup=False)
        for promise in wanted.plant:
            told.print(f"· planting {promise}: {plant(trial, promise)}", markup=False)
            found = judge(trial)
        report = _report(trial, found, time.monotonic() - began)
    for violation in found[:_TOLD]:
        told.print(f"✗ {violation.promise} {violation.what} {', '.join(violation.ids[:3])}", markup=False)
    _close(told, report, as_json=wanted.json)
    return 0 if report["ok"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./oroshi chaos",
        description="Order-to-cash under load while services, broker and databases are killed and paused at random; "
        "then a checker compares databases and topics with the clients' own log.",
    )
    parser.add_argument("--seed", type=int, default=None, help="same seed, same schedule; one is drawn when left out")
    parser.add_argument("--orders", type=int, default=100, help="how many orders the clients carry to cash")
    parser.add_argument("--minutes", type=float, default=None, help="how long faults begin; by default from --orders")
    parser.add_argument("--plant", action="append", choices=sorted(PLANTS), default=[], help="plant a bug afterwards")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--keep", action="store_true", help="leave the suite running to look around")
    roles = parser.add_mutually_exclusive_group()
    roles.add_argument("--split", action="store_const", const=True, dest="split", help="one process per role")
    roles.add_argument("--all-in-one", action="store_const", const=False, dest="split", help="one process per service")
    return parser


def _asked(wanted: argparse.Namespace) -> Asked:
    seed = random.SystemRandom().randrange(1, 1_000_000) if wanted.seed is None else wanted.seed
    by_size = min(_MOST_SECONDS, max(_LEAST_SECONDS, wanted.orders * _SECONDS_PER_ORDER))
    seconds = by_size if wanted.minutes is None else wanted.minutes * 60
    split = bool(random.Random(f"{seed}/roles").getrandbits(1)) if wanted.split is None else wanted.split
    return Asked(seed, max(2, wanted.orders), seconds, split)


def _report(trial: Trial, found: Sequence[Violation], seconds: float) -> dict[str, object]:
    assert trial.evidence is not None
    world = trial.evidence.world
    kinds = Counter(fault.deed for fault in trial.asked.faults())
    deeds = Counter(
        "unknown" if deed.unknown else "refused" if deed.refusal is not None else "answered"
        for deed in trial.evidence.log.deeds
    )
    counts = {
        "orders": len(world.orders),
        "notes": len(world.notes),
        "invoices": len(world.invoices),
        "bank_lines": len(world.books.bank_lines),
        "messages": sum(len(runtime.copies) for runtime in world.runtimes.values()),
        "records": len(world.records),
        "parked": len(trial.evidence.parked_before),
        "ledger_reads": trial.reads,
        "commands": dict(deeds),
        "attempts": sum(deed.attempts for deed in trial.evidence.log.deeds),
        "complaints": trial.complaints[:_TOLD],
        "faults": {str(kind): count for kind, count in kinds.items()},
    }
    return {
        "ok": not found,
        "seed": trial.asked.seed,
        "faults": sum(count for kind, count in kinds.items() if kind not in NOISE),
        "orders": trial.asked.orders,
        "violations": [violation.as_json() for violation in found],
        "counts": counts,
        "split": trial.asked.split,
        "seconds": round(seconds, 1),
    }


def _close(told: Console, report: dict[str, object], *, as_json: bool) -> None:
    verdict = "[green]✓ every promise held[/]" if report["ok"] else "[red]✗ promises were broken[/]"
    told.print(f"{verdict} after {report['faults']} faults, {report['seconds']} s")
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        told.print_json(json.dumps(report["counts"], ensure_ascii=False))
