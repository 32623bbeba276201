"""What a bench says in the end: a short table for people, one line of JSON, a file under bench/results/."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suite.places import ROOT

RESULTS = ROOT / "bench" / "results"


@dataclass
class Report:
    """`figures` stand in the line of JSON, `rows` in the table, `wrongs` say what came out wrong."""

    bench: str
    n: int
    figures: Mapping[str, Any]
    rows: Sequence[tuple[str, str, str]] = ()
    wrongs: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.wrongs

    def as_json(self) -> str:
        """One line."""
        named = {"bench": self.bench, "ok": self.ok, "n": self.n, "wrongs": self.wrongs}
        return json.dumps({**named, **self.figures}, ensure_ascii=False)


def show(report: Report) -> None:
    """The table on stdout."""
    out = Console(highlight=False)
    table = Table("figure", "measured", "budget at first", title=f"{report.bench}, n = {report.n:,}")
    for row in report.rows:
        table.add_row(*row)
    out.print(table)
    for wrong in report.wrongs:
        out.print(f"[red]✗ {escape(wrong)}[/]")
    if report.ok:
        out.print("[green]✓ the work came out right[/]")


def keep(report: Report, folder: Path) -> Path:
    """Stores the line of JSON with the moment in its name."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{report.bench}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{report.n}.json"
    file.write_text(report.as_json() + "\n", encoding="utf-8")
    return file
