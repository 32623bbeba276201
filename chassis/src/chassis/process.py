"""One running process of a service: its parts, started in order, stopped in the reverse order within a time limit.

Accepting stops first, then calls under way end, then the consumer leaves its group, then the outbox is flushed.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI

from chassis import metrics, quiet
from chassis.database import Database
from chassis.housekeeping import keep_tidy
from chassis.http.app import create_app, drain
from chassis.relay import Relay
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.worker import Worker

_log = structlog.get_logger("chassis.process")

FAILED: Final = 70
"""Exit status when a part ended by itself; the supervisor starts the process again."""
_FLUSH_SECONDS: Final = 3.0
_KEEP_ALIVE_SECONDS: Final = 120
"""Longer than any proxy keeps an idle connection, so that it is never we who close one it is about to use."""

_COLLECT_AFTER: Final = (50_000, 20, 50)
"""A batch of 500 documents is some 50,000 objects that all live until it is saved. With Python's own threshold of 700
the collector looked through them again and again and found nothing: a third of a service's CPU."""


class Part(StrEnum):
    """The roles that run until stopped."""

    API = "api"
    WORKER = "worker"
    RELAY = "relay"
    ALL = "all"


class _Server(uvicorn.Server):
    """Signals belong to the process, not to the HTTP server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(slots=True)
class Process:
    """`run` returns the exit status."""

    service: Service
    settings: ServiceSettings
    part: Part
    database: Database = field(init=False)
    relay: Relay = field(init=False)
    worker: Worker = field(init=False)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _server: _Server | None = None
    _app: FastAPI | None = None
    _status: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.settings)
        self.relay = Relay(self.settings, self.database, self.service.topics)
        self.worker = Worker(self.settings, self.database, self.service.listens)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        self._start()
        _spare_the_collector()
        _log.info("process.started", part=self.part.value, port=self.settings.port)
        await self._ending.wait()
        _log.info("process.stopping", status=self._status)
        try:
            await asyncio.wait_for(self._stop(), self.settings.drain_seconds)
        except TimeoutError:
            _log.error("process.stop_timed_out", seconds=self.settings.drain_seconds)
            return self._status or FAILED
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        return self._status

    def end(self) -> None:
        """As SIGTERM does."""
        self._ending.set()

    def _has(self, part: Part) -> bool:
        return self.part in (part, Part.ALL)

    def _start(self) -> None:
        metrics.process(service=self.service.name, role=self.part.value)
        self._begin("http", self._serve())
        if self._has(Part.RELAY):
            self.database.on_announced(self.relay.wake)
            self._begin("relay", self.relay.run())
        if self._has(Part.WORKER):
            self.database.on_announced(self.worker.wake)
            self._begin("worker", self._consume())
            self._begin("sweep", self.worker.sweep())
            self._begin("watchdog", self.worker.watch())
            self._begin("housekeeping", keep_tidy(self.database))
            for name, make in self.service.background.items():
                background = make(self.database)
                self.database.on_announced(background.wake)
                self._begin(name, background.run())

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks[name] = task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that fails ends the process; half a process is worse than none."""
        if task.cancelled() or task.exception() is None:
            return
        _log.critical("process.part_failed", part=task.get_name(), exc_info=task.exception())
        self._status = FAILED
        self._ending.set()

    async def _serve(self) -> None:
        """The API, or for worker and relay only the routes every process has."""
        api = self._has(Part.API)
        port = self.settings.port if api else self.settings.health_port
        if not api and port == 0:
            return
        service = self.service if api else replace(self.service, routers=(), open_paths=frozenset())

        async def is_quiet() -> Any:
            return await quiet.snapshot(self.database, self.service.listens)

        self._app = create_app(service, settings=self.settings, database=self.database, quiet=is_quiet)
        config = uvicorn.Config(
            self._app,
            host=self.settings.host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, int(self.settings.drain_seconds / 2)),
        )
        self._server = _Server(config)
        try:
            await self._server.serve()
        except SystemExit as refused:
            raise OSError(f"cannot listen on {self.settings.host}:{port}") from refused

    async def _consume(self) -> None:
        await self.worker.start()

    async def _stop(self) -> None:
        if self._app is not None:
            drain(self._app)
            await asyncio.sleep(self.settings.drain_notice_seconds)
        if self._server is not None:
            self._server.should_exit = True
            await self._done("http")
        for name in self.service.background:
            await self._cancelled(name)
        await self.worker.stop()
        for name in ("worker", "sweep", "watchdog", "housekeeping"):
            await self._cancelled(name)
        if "relay" in self._tasks:
            self.relay.stop()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._last_flush(), _FLUSH_SECONDS)
            await self._cancelled("relay")
        await self.relay.close()
        await self.database.close()

    async def _last_flush(self) -> None:
        """What the last calls announced goes out now if Kafka answers; otherwise the next process sends it."""
        await self._done("relay")
        try:
            await self.relay.flush()
        except Exception as error:  # noqa: BLE001  # an edge: the rows stay in the outbox
            _log.warning("process.outbox_left", error=type(error).__name__)

    async def _done(self, name: str) -> None:
        if name in self._tasks:
            await asyncio.wait({self._tasks[name]})

    async def _cancelled(self, name: str) -> None:
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})


def _spare_the_collector() -> None:
    """What is loaded by now stays and is never looked at again, the rest seldom: plain values need no collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
