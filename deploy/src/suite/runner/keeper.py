"""Keeps one process running: starts it, watches until it serves, starts it again when it dies, stops it when asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from suite.infra.children import Identity, Launch, spawn
from suite.infra.waiting import tail
from suite.runner.state import Condition, ProcessState
from suite.trouble import Trouble

Probe = Callable[[], Awaitable[bool]]

_STEP = 0.1
_FIRST_PAUSE = 0.3
_LONGEST_PAUSE = 10.0
_STEADY_SECONDS = 30.0
_GIVES_UP_AFTER = 3
_LONG_LOG = 32 * 1024**2


class Keeper:
    """One process of the suite. `changed` is called whenever its state did."""

    def __init__(
        self, launch: Launch, probe: Probe, *, state: ProcessState, log: Path, changed: Callable[[], None]
    ) -> None:
        self.launch = launch
        self.state = state
        self._probe = probe
        self._log = log
        self._changed = changed
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._deaths = 0

    async def start(self, *, limit: float) -> None:
        """Returns once the process serves. Raises Trouble when it dies three times or `limit` seconds pass."""
        self._task = asyncio.create_task(self._keep(), name=self.launch.name)
        deadline = time.monotonic() + limit
        while not self._ready.is_set():
            if self._deaths >= _GIVES_UP_AFTER or time.monotonic() > deadline:
                raise self._trouble(f"was not ready after {limit:.0f} s" if self._deaths == 0 else self.state.note)
            await asyncio.sleep(_STEP)

    async def stop(self, *, patience: float) -> bool:
        """Asks it to stop and kills it after `patience` seconds. True when it went by itself."""
        self._stopping.set()
        if self._task is None:
            return True
        self._signal(signal.SIGCONT)
        self._signal(self.launch.stop_signal)
        done, _ = await asyncio.wait({self._task}, timeout=patience)
        if not done:
            self._kill_group()
            await asyncio.wait({self._task}, timeout=patience)
        self._tell(Condition.STOPPED, "" if done else "killed: it did not stop in time")
        return bool(done)

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._live()
            if self._stopping.is_set():
                return
            self._deaths += 1
            self.state.restarts += 1
            pause = _FIRST_PAUSE if time.monotonic() - began > _STEADY_SECONDS else pause
            self._tell(Condition.RESTARTING, _last_words(code))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _live(self) -> int:
        """From start to end of one process; returns its exit code."""
        _make_room(self._log)
        process = spawn(self.launch, self._log)
        identity = Identity.of(process.pid)
        self.state.pid, self.state.born = identity.pid, identity.born
        self._tell(Condition.STARTING, self.state.note)
        watch = asyncio.create_task(self._watch())
        try:
            return await asyncio.to_thread(process.wait)
        finally:
            watch.cancel()
            self._kill_group()

    async def _watch(self) -> None:
        while True:
            if await self._probe():
                break
            await asyncio.sleep(_STEP)
        self._ready.set()
        self._tell(Condition.READY, self.state.note)

    def _tell(self, condition: Condition, note: str) -> None:
        self.state.condition, self.state.note = condition, note
        self._changed()

    def _signal(self, sent: signal.Signals) -> None:
        if self.state.identity and self.state.identity.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.state.identity.pid, sent)

    def _kill_group(self) -> None:
        """What a dead process left behind in its session goes too; after a clean end there is nothing."""
        if self.state.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.state.pid, signal.SIGKILL)

    def _trouble(self, reason: str) -> Trouble:
        end = tail(self._log)
        in_use = "ddress already in use" in end
        return Trouble(
            f"{self.launch.name} {reason or 'stopped while starting'}:\n{end}",
            "Another program took its port: run `./oroshi up` again, which chooses another."
            if in_use
            else f"The whole log: {self._log}",
        )


def _make_room(log: Path) -> None:
    """A long log makes way at the next start; one older one is kept."""
    if log.exists() and log.stat().st_size > _LONG_LOG:
        log.replace(log.with_suffix(".log.1"))


def _last_words(code: int) -> str:
    if code >= 0:
        return f"exited with code {code}"
    name = signal.Signals(-code).name
    return f"killed by {name}" + (" (by hand, or out of memory)" if name == "SIGKILL" else "")
