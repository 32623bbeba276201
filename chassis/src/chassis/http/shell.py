"""What every request of one app shares: the service's name, texts, keys, database and settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette

from chassis.auth import Verifier
from chassis.database import Database
from chassis.depths import Depths
from chassis.problems import ProblemTexts
from chassis.settings import ServiceSettings

Quiet = Callable[[], Awaitable[Mapping[str, object]]]
"""Answers `/internal/quiet`."""


@dataclass(slots=True)
class Shell:
    """Set once by `create_app`; `draining` is raised at SIGTERM so that `/readyz` sends new callers elsewhere."""

    service: str
    texts: ProblemTexts
    verifier: Verifier
    database: Database
    settings: ServiceSettings
    depths: Depths
    messages: Callable[[], bytes] = bytes
    """The service's part of the AsyncAPI document, made when first asked for."""
    quiet: Quiet | None = None
    draining: bool = False
    waiting: int = 0
    """Calls that wait for the end of what they began (`Prefer: wait`)."""


def shell_of(app: Starlette) -> Shell:
    """The shell of this app."""
    shell: Shell = app.state.shell
    return shell
