"""`./oroshi demo`: start the suite, replay a data set step by step, say what happened and where to look next."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from suite.cli.app import home_of
from suite.cli.lifecycle import start
from suite.demo import steps
from suite.demo.client import Api, ApiRefused
from suite.demo.compare import Step
from suite.demo.dataset import DataSet, DataSetTrouble
from suite.demo.story import Story
from suite.places import DEFAULT_HOME, ROOT, SERVICES
from suite.runner.plan import Wish
from suite.runner.secrets import Secrets
from suite.trouble import Trouble

Chapter = Callable[[Story], object]
_STORY: Sequence[Chapter] = (steps.masters, steps.orders, steps.confirmations, steps.deliveries_and_closings, steps.bank)
STEPS = 6
"""Some chapters of the story are two steps."""
_MOST_TOTALS = 9
_TOLD_PARTS = {"nextengine_invoice.csv": "", "after_file_2": ""}
_TOLD_APART = ("faststream", "sqlalchemy", "asyncpg", "aiokafka", "pydantic", "typst")


def main(arguments: Sequence[str]) -> int:
    """Returns 0 only when every step agrees with the oracle."""
    asked = _parser().parse_args(arguments)
    told = Console(stderr=True, highlight=False)
    data = _data(asked.data)
    wish = Wish(str(home_of(Path(asked.home)).folder), SERVICES, asked.port, False)
    state = start(wish)
    login = json.loads(Secrets(home_of(Path(asked.home)).secrets).operator.read_text(encoding="utf-8"))
    operator = Api(state.url).log_in(login["email"], login["password"])
    story = Story(data, operator, tell=lambda text: told.print(f"  [dim]·[/] {text}"))
    began = time.monotonic()
    try:
        replay(story, told)
    except KeyboardInterrupt:
        told.print(f"Interrupted. The suite runs on at {state.url}; stop it: {home_of(Path(asked.home)).command('down')}")
        raise
    seconds = round(time.monotonic() - began, 1)
    if asked.json:
        print(json.dumps(report(story.steps, seconds, state.versions), ensure_ascii=False))
    else:
        _show(story, seconds, state.url, Path(asked.home))
    return exit_code(story.steps)


def exit_code(steps_: Sequence[Step]) -> int:
    """0 when all steps were carried out and agree with the oracle, else 1."""
    return 0 if all(step.ok for step in steps_) and len(steps_) == STEPS else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./oroshi demo",
        description="Start everything, replay a wholesaler's files through the public API, compare with the oracle.",
    )
    parser.add_argument("--data", type=Path, default=ROOT / "demo" / "wholesaler", help="folder with the data set")
    parser.add_argument("--json", action="store_true", help="end with one JSON line: ok, steps, seconds, versions")
    parser.add_argument("--home", default=str(DEFAULT_HOME), help="home folder of the suite")
    parser.add_argument("--port", type=int, default=None, help="public port; a free one when left out")
    return parser


def _data(folder: Path) -> DataSet:
    try:
        return DataSet(folder)
    except DataSetTrouble as trouble:
        raise Trouble(str(trouble), "Name a folder in the shape of demo/wholesaler: --data DIR") from trouble


def replay(story: Story, told: Console, chapters: Sequence[Chapter] = _STORY) -> None:
    """Step by step; one that breaks ends the story, and is told as a difference of the step it was in."""
    for chapter in chapters:
        began, before = time.monotonic(), len(story.steps)
        told.print(f"[bold]{chapter.__name__.replace('_', ' ')}[/]")
        try:
            chapter(story)
            carried_out = True
        except (ApiRefused, OSError, httpx.HTTPError, LookupError, ValueError, TypeError, ArithmeticError) as error:
            for step in story.steps[before:]:
                step.check(chapter.__name__, "carried out", f"{type(error).__name__}: {error}")
            told.print(traceback.format_exc(limit=-3), style="red", markup=False)
            carried_out = False
        for step in story.steps[before:]:
            _tell(step, time.monotonic() - began, told)
        if not carried_out:
            return


def _tell(step: Step, seconds: float, told: Console) -> None:
    mark = "[green]✓[/]" if step.ok else f"[red]✗ {len(step.differences)} differences[/]"
    told.print(f"  {mark} {step.name} ({seconds:.1f} s)")
    for one in step.differences[:5]:
        told.print(f"    {one.where}: expected {one.expected!r}, got {one.actual!r}"[:400], markup=False)


def report(done: Sequence[Step], seconds: float, servers: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    versions = {"oroshi": importlib.metadata.version("oroshi-suite"), "python": sys.version.split()[0], **servers}
    versions |= {name: importlib.metadata.version(name) for name in _TOLD_APART}
    return {
        "ok": exit_code(done) == 0,
        "steps": [step.as_json() for step in done],
        "seconds": seconds,
        "versions": versions,
    }


def _show(story: Story, seconds: float, url: str, home: Path) -> None:
    out = Console(highlight=False)
    table = Table("step", "result", "what happened", title=f"{story.data.maker['maker_name']}: {seconds} s")
    for step in story.steps:
        verdict = "[green]as expected[/]" if step.ok else f"[red]{len(step.differences)} differences[/]"
        table.add_row(step.name, verdict, _summary(step))
    out.print(table)
    out.print(f"address        {url}")
    out.print(f"API documents  {url}/docs")
    out.print(f"maker login    {story.owner_email} / {story.owner_password}")
    pdf = _invoice_pdf(story, home)
    if pdf is not None:
        out.print(f"an invoice     {pdf}")
    place = home_of(home)
    out.print(f"look around    {place.command('status')}    stop: {place.command('down')}")


def _summary(step: Step) -> str:
    """The first totals of a step, those of its parts included."""
    if not isinstance(step.actual, dict):
        return ""
    told = [f"{name.replace('_', ' ')} {_grouped(value)}" for name, value in _plain_totals(step.actual)]
    return ", ".join(told[:_MOST_TOTALS])


def _plain_totals(totals: Mapping[str, Any]) -> Iterator[tuple[str, int | str]]:
    for name, value in totals.items():
        if isinstance(value, int | str):
            yield name, value
        elif isinstance(value, dict) and name in _TOLD_PARTS:
            yield from (
                (f"{_TOLD_PARTS[name]}{part}", total) for part, total in value.items() if isinstance(total, int)
            )


def _grouped(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _invoice_pdf(story: Story, home: Path) -> Path | None:
    """The largest invoice of the story, saved where a person can open it."""
    if not story.invoices:
        return None
    largest = max(story.invoices.values(), key=lambda invoice: len(invoice["sources"]))
    file = home / "demo" / f"{largest['number']}.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(story.maker.download(f"/v1/invoices/{largest['invoice_id']}/pdf"))
    return file
