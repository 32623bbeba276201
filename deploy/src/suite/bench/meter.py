"""CPU seconds and memory of a suite's processes, read from /proc: services, PostgreSQL per database, Kafka, Traefik.

Children are counted too, also those that have ended and were waited for, so that no session of PostgreSQL and no press
gets lost; helpers of a service stand apart from it. Linux counts in hundredths of a second.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.runner.state import SuiteState

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_BACKEND = re.compile(r"postgres: (?P<user>\S+) (?P<database>\S+) \S+\(\d+\)")
_ONE_PROGRAM = frozenset({"postgres"})
"""Whose children are its way of working and not helpers: sessions of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds since the processes were born, by process; of PostgreSQL's, those of live sessions by database."""

    by_process: Mapping[str, float]
    by_database: Mapping[str, float]
    machine: float

    def since(self, before: Used) -> Used:
        return Used(
            _difference(self.by_process, before.by_process),
            _difference(self.by_database, before.by_database),
            self.machine - before.machine,
        )

    @property
    def total(self) -> float:
        return sum(self.by_process.values())

    def but(self, *names: str) -> float:
        """The total without these processes."""
        return sum(spent for name, spent in self.by_process.items() if name not in names)


def used(processes: Mapping[str, int]) -> Used:
    """What the processes of these names, given by their numbers, have used until now."""
    children = _children()
    named = frozenset(processes.values())
    by_process: dict[str, float] = defaultdict(float)
    by_database: dict[str, float] = defaultdict(float)
    for name, pid in processes.items():
        below = name if name in _ONE_PROGRAM else f"{name} children"
        by_process[name] += _own(pid)
        by_process[below] += _reaped(pid)
        for child in _below(pid, children, named):
            by_process[below] += _own(child) + _reaped(child)
            session = _BACKEND.match(_command(child))
            if session:
                by_database[session["database"]] += _own(child)
    return Used(dict(by_process), dict(by_database), _machine())


def pids(state: SuiteState) -> dict[str, int]:
    """The processes of a running suite with its supervisor, by name."""
    named = {name: process.pid for name, process in state.processes.items() if process.pid is not None}
    return {**named, **({"supervisor": state.supervisor} if state.supervisor else {})}


def memory(processes: Mapping[str, int]) -> dict[str, int]:
    """Bytes of memory by process with its children; pages that several share are counted by their part (PSS)."""
    children, named = _children(), frozenset(processes.values())
    return {
        name: sum(_proportional(one) for one in (pid, *_below(pid, children, named))) for name, pid in processes.items()
    }


def _difference(now: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: max(0.0, spent - before.get(name, 0.0)) for name, spent in now.items()}


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        facts = _stat(int(entry.name)) if entry.name.isdigit() else None
        if facts:
            found[int(facts[1])].append(int(entry.name))
    return found


def _below(pid: int, children: Mapping[int, list[int]], named: frozenset[int]) -> Iterator[int]:
    """Children and their children, without those that have a name of their own: the supervisor is above all."""
    for child in children.get(pid, ()):
        if child not in named:
            yield child
            yield from _below(child, children, named)


def _own(pid: int) -> float:
    facts = _stat(pid)
    return (int(facts[11]) + int(facts[12])) / _TICKS if facts else 0.0


def _reaped(pid: int) -> float:
    """Of children that ended and were waited for."""
    facts = _stat(pid)
    return (int(facts[13]) + int(facts[14])) / _TICKS if facts else 0.0


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name: state, parent, group, session …"""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _machine() -> float:
    """Busy seconds of all processors, whoever used them; what the hypervisor took is not among them."""
    user, nice, system, _, _, irq, soft, *_ = (PROC / "stat").read_text().splitlines()[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, soft))) / _TICKS


def _proportional(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
