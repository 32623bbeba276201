"""A suite of its own for one bench: made in a temporary home, stopped and deleted afterwards."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from suite.bench import meter
from suite.bench.meter import Used
from suite.cli.lifecycle import start, stop
from suite.demo.client import Api
from suite.runner.home import Home
from suite.runner.plan import Wish
from suite.runner.secrets import Secrets
from suite.runner.state import SuiteState
from suite.trouble import Trouble


@dataclass(frozen=True)
class Fresh:
    """A suite that serves and has no data yet."""

    home: Home
    state: SuiteState

    def operator(self) -> Api:
        """The API as the platform operator."""
        login = json.loads(Secrets(self.home.secrets).operator.read_text(encoding="utf-8"))
        return Api(self.state.url).log_in(login["email"], login["password"])

    def used(self) -> Used:
        """CPU seconds of all its processes until now."""
        return meter.used(meter.pids(self.state))

    def environment(self) -> dict[str, str]:
        """Addresses of its servers, as its services are told them."""
        told: dict[str, str] = json.loads(self.home.environment.read_text(encoding="utf-8"))
        return told


def new_home(folder: Path | None) -> Home:
    """The folder asked for, or one of our own. Raises Trouble when there is something in it already."""
    if folder is None:
        return Home(Path(tempfile.gettempdir()) / f"oroshi-bench-{secrets.token_hex(4)}")
    home = Home(folder.absolute())
    if home.folder.exists() and any(home.folder.iterdir()):
        raise Trouble(f"{home.folder} is not empty; a bench measures a fresh suite.", "Name another folder: --home DIR")
    return home


@contextmanager
def fresh_suite(folder: Path | None, *, keep: bool = False) -> Iterator[Fresh]:
    """Starts it; stops and deletes it at the end, whatever happened. `keep` leaves it running."""
    home = new_home(folder)
    try:
        yield Fresh(home, start(Wish(str(home.folder))))
    finally:
        if not keep:
            clear(home)


def clear(home: Home) -> None:
    """Stops the suite of this home and deletes its data."""
    stop(home)
    if home.is_ours():
        home.remove()
