"""What the supervisor says of itself in `state.json`: written by it alone, read by every command."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from suite.infra.children import Identity
from suite.infra.folders import write_private


class Phase(StrEnum):
    """Where the suite as a whole is."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


class Condition(StrEnum):
    """Where one process is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(slots=True)
class ProcessState:
    """One process; `note` says what it is doing or why it went."""

    name: str
    condition: Condition = Condition.WAITING
    port: int | None = None
    pid: int | None = None
    born: float | None = None
    restarts: int = 0
    note: str = ""

    @property
    def identity(self) -> Identity | None:
        return Identity(self.pid, self.born) if self.pid is not None and self.born is not None else None


@dataclass(slots=True)
class SuiteState:
    """The whole suite. `failure` and `remedy` are for the person who ran `up`."""

    phase: Phase = Phase.STARTING
    supervisor: int | None = None
    supervisor_born: float | None = None
    url: str = ""
    started_at: float = 0.0
    ready_seconds: float | None = None
    failure: str = ""
    remedy: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    processes: dict[str, ProcessState] = field(default_factory=dict)

    @property
    def identity(self) -> Identity | None:
        if self.supervisor is None or self.supervisor_born is None:
            return None
        return Identity(self.supervisor, self.supervisor_born)

    @property
    def supervised(self) -> bool:
        """Whether the supervisor that wrote this is still there."""
        identity = self.identity
        return identity is not None and identity.alive()

    def orphans(self) -> list[ProcessState]:
        """Processes that still run although their supervisor is gone (it was killed)."""
        if self.supervised:
            return []
        return [one for one in self.processes.values() if one.identity and one.identity.alive()]

    def write(self, path: Path) -> None:
        write_private(path, json.dumps(asdict(self), indent=1))


def read_state(path: Path) -> SuiteState | None:
    """The state of a home, None when it was never started or the file is not one of ours."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        processes = {
            name: ProcessState(**{**one, "condition": Condition(one["condition"])})
            for name, one in facts.pop("processes").items()
        }
        return SuiteState(**{**facts, "phase": Phase(facts["phase"]), "processes": processes})
    except (OSError, ValueError, KeyError, TypeError):
        return None
