"""up, down, reset."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from suite.cli.app import HomeOption, app, home_of
from suite.cli.screen import STARTING, STOPPING, err, out, progress
from suite.places import DEFAULT_HOME, SERVICES
from suite.runner import lifecycle
from suite.runner.home import Home
from suite.runner.plan import Wish
from suite.runner.secrets import Secrets
from suite.runner.state import SuiteState
from suite.trouble import Trouble

PortOption = Annotated[int | None, typer.Option(min=1, max=65_535, help="Public port; a free one when left out.")]


@app.command()
def up(
    home: HomeOption = DEFAULT_HOME,
    port: PortOption = None,
    services: Annotated[str, typer.Option(help="Start only these, comma separated.", show_default="all")] = "",
    split: Annotated[bool, typer.Option("--split", help="One process per role: api, worker, relay.")] = False,
) -> None:
    """Start broker, databases, all services and the proxy; return when all of them serve.

    A suite that runs already is left as it is. `KAFKA_BOOTSTRAP_SERVERS` and `DATABASE_URL_ORDERING` (and so on)
    point at servers of your own; what they name is not started here.
    """
    wish = Wish(str(home_of(home).folder), _chosen(services), port, split)
    state = start(wish)
    took = f" after {state.ready_seconds} s" if state.ready_seconds else ""
    out.print(f"[green]✓[/] The suite serves at [bold]{state.url}[/] (API documents: {state.url}/docs){took}")
    place = home_of(home)
    out.print(f"  home {wish.home}   look: {place.command('status')}   stop: {place.command('down')}")
    out.print(f"  operator login: {Secrets(place.secrets).operator}")


@app.command()
def down(home: HomeOption = DEFAULT_HOME) -> None:
    """Stop all processes of the suite; data stays. SIGTERM first, SIGKILL for what does not stop in time."""
    place = home_of(home)
    stopped = stop(place)
    out.print(f"[green]✓[/] Stopped. The data stays in {place.folder}" if stopped else "Nothing was running.")


@app.command()
def reset(
    home: HomeOption = DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop the suite and delete its home folder with all data, secrets and logs."""
    place = home_of(home)
    if not place.folder.exists():
        out.print(f"There is no {place.folder}.")
        return
    if not yes and not typer.confirm(f"Delete {place.folder} with all databases, messages and logs?"):
        raise Trouble("Nothing was deleted.", "Answer y, or run: ./oroshi reset --yes")
    stop(place)
    place.remove()
    out.print(f"[green]✓[/] Deleted {place.folder}")


def start(wish: Wish) -> SuiteState:
    """`up` with its progress on stderr. Ctrl-C stops again what this call started."""
    home = Home(Path(wish.home))
    was_running = _runs(home)
    err.print("It runs already; options count from the next start." if was_running else f"Starting in {home.folder} …")
    try:
        with progress(STARTING) as show:
            return lifecycle.up(wish, show)
    except KeyboardInterrupt:
        if not was_running:
            err.print("\nInterrupted: stopping what was started …")
            stop(home)
        sys.exit(130)


def stop(home: Home) -> bool:
    """`down` with its progress on stderr."""
    err.print("Stopping the suite …")
    with progress(STOPPING) as show:
        return lifecycle.down(home, show)


def _runs(home: Home) -> bool:
    try:
        lifecycle.running(home)
    except Trouble:
        return False
    return True


def _chosen(names: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in names.split(",") if name.strip()) or SERVICES
    unknown = [name for name in chosen if name not in SERVICES]
    if unknown:
        raise Trouble(f"There is no service {', '.join(unknown)}.", f"The services are: {', '.join(SERVICES)}")
    return chosen
