"""`./oroshi bench NAME`: measures a fresh suite; ends with 0 unless the work came out wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from suite.bench import closing, importing, latency, matching, order_to_cash, report, startup
from suite.bench.calls import WentWrong
from suite.bench.report import Report
from suite.bench.wish import Wish
from suite.demo.client import ApiRefused

_DEFAULT_NUMBERS = {
    "order-to-cash": 2_000,
    "closing": 2_000,
    "matching": 1_000,
    "latency": 500,
    "startup": 3,
    "import": 10_000,
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, and its one line of help."""

    measure: Callable[[Wish], Report]
    help: str


BENCHES: Mapping[str, Bench] = {
    "order-to-cash": Bench(order_to_cash.measure, "n orders of 5 lines through the bulk endpoints until all is paid"),
    "closing": Bench(closing.measure, "a closing run over n delivery notes, twenty to an invoice"),
    "matching": Bench(matching.measure, "a bank file of n lines against 5n open invoices"),
    "latency": Bench(latency.measure, "n confirmations at 50 per s until seen, n reads at 100 per s"),
    "startup": Bench(startup.measure, "first start, n later starts, memory of the idle suite"),
    "import": Bench(importing.measure, "a NextEngine file of n rows: validate, import, import again"),
}


def main(arguments: Sequence[str], benches: Mapping[str, Bench] = BENCHES, results: Path = report.RESULTS) -> int:
    """Runs one bench and shows what it measured. 1 when the work came out wrong, whatever the figures."""
    asked = _parser(benches).parse_args(arguments)
    told = Console(stderr=True, highlight=False)
    wish = Wish(
        n=asked.n or _DEFAULT_NUMBERS[asked.bench],
        seed=asked.seed,
        home=asked.home,
        scale=asked.scale,
        batch=asked.batch,
        lanes=asked.lanes,
        keep=asked.keep,
        floor=not asked.no_floor,
        tell=lambda text: told.print(f"  [dim]·[/] {text}"),
    )
    found = _measured(benches[asked.bench], asked.bench, wish)
    told.print(f"[dim]kept in {report.keep(found, results)}[/]")
    if asked.json:
        print(found.as_json())
    else:
        report.show(found)
    return 0 if found.ok else 1


def _measured(bench: Bench, name: str, wish: Wish) -> Report:
    """Work that could not be done at all is wrong work, and told in the same way."""
    try:
        return bench.measure(wish)
    except (WentWrong, ApiRefused, TimeoutError) as error:
        return Report(name, wish.n, {}, wrongs=[f"{type(error).__name__}: {error}"])


def _parser(benches: Mapping[str, Bench]) -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<14} {bench.help}" for name, bench in benches.items())
    parser = argparse.ArgumentParser(
        prog="./oroshi bench",
        description=f"Measures a fresh suite in a home of its own, deleted afterwards.\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bench", choices=benches)
    parser.add_argument(
        "--n",
        type=_positive,
        help="orders (2,000), notes (2,000), bank lines (1,000), later starts (3) or rows (10,000)",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON instead of a table")
    parser.add_argument("--home", type=Path, help="where the suite is made; must be empty, is deleted too")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up data")
    parser.add_argument("--scale", action="store_true", help="once more with 4n, and how the cost grew")
    parser.add_argument("--batch", type=_bulk, default=500, help="commands per call, at most 1,000")
    parser.add_argument("--lanes", type=_positive, default=2, help="calls side by side")
    parser.add_argument("--no-floor", action="store_true", help="leave the floor program out")
    parser.add_argument("--keep", action="store_true", help="leave the suite running, for a profiler")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _bulk(text: str) -> int:
    number = _positive(text)
    if number > 1_000:
        raise argparse.ArgumentTypeError("at most 1,000: bulk calls take no more")
    return number
