"""A reader of the ledger beside the load: one REPEATABLE READ snapshot after the other, each judged at once (P4)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import asyncpg

from suite.chaos import collect
from suite.chaos.laws import Violation
from suite.chaos.laws.money import disagreements
from suite.infra.postgres import PostgresServer

_EVERY = 0.25
_AWAY = 0.5
_STATEMENT = 10.0


@dataclass
class LedgerWatch:
    """Use as a context; `reads` counts snapshots, `violations` keeps the first of each kind."""

    server: PostgresServer
    reads: int = 0
    violations: dict[str, Violation] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> LedgerWatch:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), name="ledger-watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(60)

    async def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                await self._read_until_cut()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(_AWAY)

    async def _read_until_cut(self) -> None:
        connection = await asyncpg.connect(self.server.url("payments"), timeout=5, command_timeout=_STATEMENT)
        try:
            while not self._stop.is_set():
                books = await asyncio.wait_for(collect.books(connection), _STATEMENT)
                for violation in disagreements(books):
                    self.violations.setdefault(violation.what, violation)
                self.reads += 1
                await asyncio.sleep(_EVERY)
        finally:
            connection.terminate()
