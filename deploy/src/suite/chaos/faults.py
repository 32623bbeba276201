"""Carries out the process faults of a schedule: signals to processes that `state.json` names by number and birth."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import psutil

from suite.chaos.schedule import EVERYTHING, POSTGRES, Deed, Fault
from suite.infra.children import Identity
from suite.runner.home import Home
from suite.runner.state import Condition, SuiteState, read_state

_STEP = 0.2


@dataclass
class Injector:
    """Kills and pauses; the supervisor starts again what dies, and `resume_all` wakes what still stands."""

    home: Home
    done: list[str] = field(default_factory=list)
    _stopped: set[Identity] = field(default_factory=set)
    _timers: list[threading.Timer] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, fault: Fault) -> str:
        """Returns what was done to whom, for the report; nothing to hit is said too."""
        pids = list(self._pids(fault))
        if fault.deed in (Deed.KILL, Deed.KILL_SESSION):
            hit = [one for one in pids if self._send(one, signal.SIGKILL)]
        else:
            hit = [one for one in pids if self._pause(one)]
            timer = threading.Timer(fault.seconds, self._resume, [hit])
            timer.daemon = True
            timer.start()
            self._timers.append(timer)
        told = f"{fault} → {', '.join(str(one.pid) for one in hit) or 'nobody there'}"
        self.done.append(told)
        return told

    def resume_all(self) -> None:
        """SIGCONT to everything that was ever stopped; safe to call twice."""
        for timer in self._timers:
            timer.cancel()
        self._resume(list(self._stopped))

    def _pids(self, fault: Fault) -> Iterator[Identity]:
        state = self._state()
        if fault.deed in (Deed.KILL_SESSION, Deed.PAUSE_SESSION):
            sessions = _sessions(state, fault.target)
            if sessions:
                yield sessions[int(fault.pick * len(sessions)) % len(sessions)]
            return
        names = state.processes if fault.target == EVERYTHING else [fault.target]
        for name in names:
            identity = state.processes[name].identity
            if identity is not None and identity.alive():
                yield identity
                if name == POSTGRES and fault.deed is Deed.PAUSE:
                    yield from _children(identity)

    def _state(self) -> SuiteState:
        while True:
            state = read_state(self.home.state)
            if state is not None:
                return state
            time.sleep(_STEP)

    def _pause(self, one: Identity) -> bool:
        with self._lock:
            self._stopped.add(one)
        return self._send(one, signal.SIGSTOP)

    def _resume(self, stopped: Iterable[Identity]) -> None:
        for one in stopped:
            self._send(one, signal.SIGCONT)
            with self._lock:
                self._stopped.discard(one)

    def _send(self, one: Identity, sent: signal.Signals) -> bool:
        if not one.alive():
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, sent)
            return True
        return False


def wait_until_ready(home: Home, *, patience: float) -> list[str]:
    """Returns the names of processes that are not back when patience ends; none is good."""
    deadline = time.monotonic() + patience
    while True:
        state = read_state(home.state)
        away = ["supervisor"] if state is None or not state.supervised else _away(state)
        if not away or time.monotonic() > deadline:
            return away
        time.sleep(_STEP)


def _away(state: SuiteState) -> list[str]:
    return [
        one.name
        for one in state.processes.values()
        if one.condition is not Condition.READY or one.identity is None or not one.identity.alive()
    ]


def _sessions(state: SuiteState, service: str) -> Sequence[Identity]:
    """Sessions of PostgreSQL in the service's database, by process number."""
    postmaster = state.processes[POSTGRES].identity
    if postmaster is None:
        return []
    return sorted(
        (one for one in _children(postmaster) if f" {service} 127.0.0.1(" in _command(one)), key=lambda one: one.pid
    )


def _children(parent: Identity) -> list[Identity]:
    with contextlib.suppress(psutil.Error):
        return [Identity(child.pid, child.create_time()) for child in psutil.Process(parent.pid).children()]
    return []


def _command(one: Identity) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(psutil.Process(one.pid).cmdline())
    return ""
