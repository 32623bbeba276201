"""Child processes: how one is started, told apart from a later process with the same number, and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import psutil

_CLOCK_TOLERANCE = 2.0
_KILLED_WAIT = 5.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OsUser:
    """The account a child runs as when the suite itself runs as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Launch:
    """One process to start: its command, what it sees, and the signal that asks it to stop."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    user: OsUser | None = None
    stop_signal: signal.Signals = signal.SIGTERM

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.env}


@dataclass(frozen=True, slots=True)
class Identity:
    """A process number and its birth time (epoch seconds): together they never mean another process."""

    pid: int
    born: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """Raises psutil.NoSuchProcess when it is already gone."""
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.born) < _CLOCK_TOLERANCE
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


class Embedded(Protocol):
    """A server that this package brings along."""

    @property
    def name(self) -> str: ...

    def prepare(self, tell: Tell) -> None:
        """Everything that is needed once per folder; later calls change nothing."""

    def launch(self) -> Launch: ...

    def ready(self) -> bool:
        """Whether it serves clients now."""


def spawn(launch: Launch, log: Path | None) -> subprocess.Popen[bytes]:
    """Starts the process in a session of its own, so that a Ctrl-C in the terminal reaches only the supervisor."""
    if log is None:
        return _popen(launch, subprocess.DEVNULL)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as sink:
        return _popen(launch, sink)


def _popen(launch: Launch, sink: int | IO[bytes]) -> subprocess.Popen[bytes]:
    user = launch.user
    return subprocess.Popen(  # noqa: S603  # our own commands, never a shell
        launch.argv,
        env=launch.environment(),
        cwd=launch.cwd,
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )


def stop(identity: Identity, *, ask: signal.Signals = signal.SIGTERM, patience: float = 15.0) -> bool:
    """Asks a process to stop, kills its whole group after `patience` seconds. True when it went by itself."""
    if not identity.alive():
        return True
    process = psutil.Process(identity.pid)
    _signal(identity.pid, signal.SIGCONT)
    _signal(identity.pid, ask)
    try:
        process.wait(timeout=patience)
    except psutil.TimeoutExpired:
        kill_group(identity)
        psutil.wait_procs([process], timeout=_KILLED_WAIT)
        return False
    return True


def kill_group(identity: Identity) -> None:
    """SIGKILL to the process and everything it started in its own session."""
    if not identity.alive():
        return
    try:
        os.killpg(identity.pid, signal.SIGKILL)
    except ProcessLookupError:
        _signal(identity.pid, signal.SIGKILL)


def _signal(pid: int, sent: signal.Signals) -> None:
    try:
        os.kill(pid, sent)
    except ProcessLookupError:
        return
