"""Waiting for something to become true, with a limit and a reason when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from suite.trouble import Trouble

_STEP = 0.05


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], *, name: str, log: Path, limit: float) -> None:
    """Returns once `ready()`. Raises Trouble with the end of the log when the process dies or `limit` seconds pass."""
    deadline = time.monotonic() + limit
    while not ready():
        if not alive():
            raise Trouble(f"{name} stopped while starting:\n{tail(log)}", f"The whole log: {log}")
        if time.monotonic() > deadline:
            raise Trouble(f"{name} was not ready after {limit:.0f} s:\n{tail(log)}", f"The whole log: {log}")
        time.sleep(_STEP)


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log file, indented; empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        text = file.read().decode("utf-8", "replace")
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])
