"""What one service is made of, said once in its `app.py`; every role of the process is built from this value."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from fastapi import APIRouter

    from chassis.database import Database
    from chassis.depths import Depth
    from chassis.messages import Listens
    from contracts.wire import Command


class Background(Protocol):
    """Work of its own beside the consumer, such as printing: looks for due rows, does them, looks again."""

    def wake(self) -> None:
        """A transaction of this process has announced something; there may be work."""

    async def run(self) -> None:
        """Until cancelled. An error ends the process, so that its supervisor starts it again."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """`problems` is a file beside the package's modules; `topics` are the names of the topics this service owns.

    `migrations` overrides where alembic's `versions/` folder is looked for (see `migrations_folder`).
    """

    name: str
    listens: Listens
    routers: Sequence[APIRouter] = ()
    problems: str | None = None
    topics: Sequence[str] = ()
    settings: type[ServiceSettings] = ServiceSettings
    asks: Sequence[type[Command]] = ()
    """Commands of other services that this one sends."""
    published: str | None = None
    """The module of the messages this service owns; `contracts.<name>` unless said otherwise."""
    package: str | None = None
    migrations: Path | None = None
    open_paths: frozenset[str] = field(default_factory=frozenset)
    """Paths that need no token (a login); everything else is refused without one."""

    depths: Sequence[Depth] = ()
    """Gauges of its own that `/metrics` reads from the database."""

    background: Mapping[str, Callable[[Database], Background]] = field(default_factory=dict)
    """By name what runs beside the consumer in the roles `worker` and `all`; it is stopped first."""

    @property
    def language(self) -> str:
        """The module of the published language that this service speaks."""
        return self.published or f"contracts.{self.name}"

    @property
    def folder(self) -> Path:
        """Where the package's modules are, in a checkout as in an image."""
        spec = importlib.util.find_spec(self.package or self.name)
        if spec is None or not spec.submodule_search_locations:
            raise LookupError(f"package {self.package or self.name} is not installed")
        return Path(spec.submodule_search_locations[0])

    @property
    def problems_file(self) -> Path | None:
        return self.folder / self.problems if self.problems else None

    def migrations_folder(self) -> Path:
        """The folder that holds `versions/`: inside the package, or beside `src` in a checkout."""
        if self.migrations is not None:
            return self.migrations
        folder = self.folder
        for candidate in (folder / "migrations", folder.parent.parent / "migrations", folder.parent / "migrations"):
            if (candidate / "versions").is_dir():
                return candidate
        raise LookupError(f"{self.name}: no migrations/versions beside {folder}")
