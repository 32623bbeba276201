"""What commands show: progress on stderr, results on stdout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from suite.runner.lifecycle import Show
from suite.runner.state import Condition, Phase, SuiteState
from suite.trouble import Trouble

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

STARTING, STOPPING = "Starting", "Stopping"

_COLOURS = {
    Condition.WAITING: "dim",
    Condition.STARTING: "yellow",
    Condition.READY: "green",
    Condition.RESTARTING: "red",
    Condition.STOPPED: "dim",
}


def complain(trouble: Trouble) -> None:
    """What happened, and what to do about it."""
    err.print(f"[bold red]✗[/] {escape(trouble.what)}")
    err.print(f"  [bold]→[/] {escape(trouble.remedy)}")


@contextmanager
def progress(doing: str) -> Iterator[Show]:
    """Shows the processes as they come and go: a live table on a terminal, a line per change elsewhere."""
    if not err.is_terminal:
        yield _Lines(news={Condition.STOPPED} if doing == STOPPING else set(Condition) - {Condition.WAITING})
        return
    with Live(console=err, refresh_per_second=8, transient=True) as live:
        yield lambda state: live.update(_processes(doing, state))


class _Lines:
    """For logs and CI: tells each change once, as far as it is news."""

    def __init__(self, news: set[Condition]) -> None:
        self._news = news
        self._told: dict[str, str] = {}

    def __call__(self, state: SuiteState) -> None:
        for name, process in state.processes.items():
            now = f"{process.condition}{': ' if process.note else ''}{process.note}"
            if (process.condition in self._news or process.note) and self._told.get(name) != now:
                self._told[name] = now
                err.print(f"  {name}: {escape(now)}")


def _processes(doing: str, state: SuiteState) -> Table:
    table = Table(box=None, show_header=False, title=doing, title_justify="left", title_style="bold")
    for process in state.processes.values():
        colour = _COLOURS[process.condition]
        table.add_row(f"  {process.name}", f"[{colour}]{process.condition}[/]", escape(process.note))
    return table


def phase_line(state: SuiteState) -> str:
    """`ready since …` in a word."""
    colour = {Phase.READY: "green", Phase.FAILED: "red"}.get(state.phase, "yellow")
    return f"[{colour}]{state.phase}[/]"
