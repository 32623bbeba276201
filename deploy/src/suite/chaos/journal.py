"""The client's own log: every intent before it is sent, every answer when it comes, each forced to the disk.

One JSON object per line. The checker compares it with databases and topics; no service's word is asked.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_INTERNAL = 500


class Journal:
    """Appends entries; several threads may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("ab", buffering=0)

    def write(self, kind: str, **facts: object) -> None:
        """Returns once the entry is on the disk."""
        line = json.dumps({"kind": kind, "t": round(time.time(), 3), **facts}, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True, slots=True)
class Deed:
    """One command of the client: what it asked, and the 2xx answer, the refusal, or None when it is unknown."""

    deed: str
    ref: str
    key: str
    body: Mapping[str, Any]
    answer: Mapping[str, Any] | None = None
    refusal: Mapping[str, Any] | None = None
    attempts: int = 0

    @property
    def unknown(self) -> bool:
        """May have happened or not; never twice."""
        return self.answer is None and self.refusal is None


@dataclass
class Log:
    """The journal read back."""

    deeds: list[Deed] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Keys of commands that were once answered 500."""

    def of(self, deed: str) -> Iterator[Deed]:
        return (one for one in self.deeds if one.deed == deed)

    def answered(self, deed: str) -> dict[str, Json]:
        """2xx answers by the client's reference."""
        return {one.ref: dict(one.answer) for one in self.of(deed) if one.answer is not None}


def read(path: Path) -> Log:
    """Puts intents and answers together by key; a torn last line is an entry that was never made."""
    intents: dict[str, Json] = {}
    ends: dict[str, Json] = {}
    attempts: dict[str, int] = {}
    errors: list[str] = []
    for line in path.read_bytes().split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        key = str(entry.get("key", ""))
        match entry["kind"]:
            case "intent":
                intents[key] = entry
            case "answer" | "refusal":
                ends[key] = entry
            case "unknown":
                attempts[key] = attempts.get(key, 0) + 1
                errors += [key] if entry.get("status") == _INTERNAL else []
    return Log([_deed(one, ends.get(key, {}), attempts.get(key, 0)) for key, one in intents.items()], errors)


def _deed(intent: Json, end: Json, unknown: int) -> Deed:
    return Deed(
        intent["deed"],
        intent["ref"],
        intent["key"],
        intent["body"],
        answer=end.get("body") if end.get("kind") == "answer" else None,
        refusal=end.get("body") if end.get("kind") == "refusal" else None,
        attempts=unknown + bool(end),
    )
