"""status, logs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.markup import escape
from rich.table import Table

from suite.cli.app import HomeOption, app, home_of
from suite.cli.screen import out, phase_line
from suite.places import DEFAULT_HOME, SERVICES
from suite.runner.health import Backlog, backlogs
from suite.runner.home import Home
from suite.runner.lifecycle import running
from suite.runner.state import Condition, Phase, ProcessState, SuiteState, read_state
from suite.trouble import Trouble

_FOLLOW_SECONDS = 0.3
_MEGABYTE = 1024**2


@app.command()
def status(
    home: HomeOption = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> None:
    """Health, ports and restarts of every process; outbox, pending, parked and lag of every service.

    Ends with 0 when everything is ready, else with 1.
    """
    place = home_of(home)
    _tell_orphans(place)
    state = running(place)
    asked = tuple(service for service in SERVICES if {service, f"{service}-api"} & state.processes.keys())
    queues = backlogs(place, state, asked)
    if as_json:
        print(json.dumps({**asdict(state), "backlogs": [_facts(one) for one in queues]}))
    else:
        _print(place, state, queues)
    ready = all(one.condition is Condition.READY for one in state.processes.values())
    raise typer.Exit(0 if ready and state.phase is Phase.READY else 1)


def _tell_orphans(home: Home) -> None:
    state = read_state(home.state)
    orphans = state.orphans() if state else []
    if orphans:
        names = ", ".join(one.name for one in orphans)
        raise Trouble(
            f"The supervisor is gone (killed?), but {names} still run.",
            f"Run `{home.command('up')}`: it stops them and starts the suite anew; data is kept.",
        )


def _facts(one: Backlog) -> dict[str, object]:
    quiet = one.quiet.model_dump(include={"outbox", "pending", "parked"}) if one.quiet else None
    return {"service": one.service, "quiet": one.is_quiet, "lag": dict(one.lag), "counts": quiet}


def _print(home: Home, state: SuiteState, queues: list[Backlog]) -> None:
    out.print(f"{phase_line(state)} at [bold]{state.url}[/]   home {home.folder}")
    out.print("  ".join(f"{name} {version}" for name, version in state.versions.items()), style="dim")
    table = Table("process", "state", "port", "pid", "memory", "restarts", "last")
    for process in state.processes.values():
        table.add_row(*_process_row(process))
    out.print(table)
    table = Table("consumer group", "outbox", "pending", "parked", "lag", "behind on")
    for one in queues:
        table.add_row(*_backlog_row(one))
    out.print(table)
    if any(one.quiet and one.quiet.parked for one in queues):
        out.print("Parked messages wait for a person: python -m <service> parked list")


def _process_row(process: ProcessState) -> tuple[str, ...]:
    colour = "green" if process.condition is Condition.READY else "red"
    restarts = f"[yellow]{process.restarts}[/]" if process.restarts else "0"
    condition = f"[{colour}]{process.condition}[/]"
    numbers = (str(process.port or ""), str(process.pid or ""), _memory(process), restarts)
    return (process.name, condition, *numbers, escape(process.note))


def _memory(process: ProcessState) -> str:
    if not process.identity or not process.identity.alive():
        return ""
    try:
        return f"{psutil.Process(process.identity.pid).memory_info().rss // _MEGABYTE} MB"
    except psutil.Error:
        return ""


def _backlog_row(one: Backlog) -> tuple[str, ...]:
    if one.quiet is None:
        return (one.service, "[red]no answer[/]", "", "", "", "")
    behind = ", ".join(f"{topic} {lag}" for topic, lag in one.lag.items() if lag)
    parked = f"[red]{one.quiet.parked}[/]" if one.quiet.parked else "0"
    return (one.service, str(one.quiet.outbox), str(one.quiet.pending), parked, str(sum(one.lag.values())), behind)


@app.command()
def logs(
    names: Annotated[list[str] | None, typer.Argument(metavar="[PROCESS]…", help="Which ones; all by default.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of each to begin with.")] = 20,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show what processes wrote: services, postgres, kafka, traefik, supervisor, ordering-migrate and so on."""
    files = _log_files(home_of(home), names or [])
    width = max(len(file.stem) for file in files)
    places = {file: _print_end(file, lines, width) for file in files}
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        places = {file: _print_from(file, place, width) for file, place in places.items()}


def _log_files(home: Home, names: list[str]) -> list[Path]:
    found = {file.stem: file for file in sorted(home.logs.glob("*.log"))}
    unknown = [name for name in names if name not in found]
    if unknown or not found:
        raise Trouble(
            f"There is no log of {', '.join(unknown)}." if found else f"There are no logs in {home.logs}.",
            f"There are: {', '.join(found)}" if found else f"Start the suite: {home.command('up')}",
        )
    return [found[name] for name in names] if names else list(found.values())


def _print_end(file: Path, lines: int, width: int) -> int:
    content = file.read_bytes()
    for line in content.decode("utf-8", "replace").splitlines()[-lines:] if lines else []:
        _print_line(file, line, width)
    return len(content)


def _print_from(file: Path, place: int, width: int) -> int:
    size = file.stat().st_size if file.exists() else 0
    if size == place:
        return place
    with file.open("rb") as log:
        log.seek(place if size > place else 0)
        content = log.read()
    complete = content[: content.rfind(b"\n") + 1]
    for line in complete.decode("utf-8", "replace").splitlines():
        _print_line(file, line, width)
    return (place if size > place else 0) + len(complete)


def _print_line(file: Path, line: str, width: int) -> None:
    out.print(f"[cyan]{file.stem:<{width}}[/] {escape(line)}", soft_wrap=True)
