"""Cutting a mixed batch into runs of one type and one maker, so that each run is one use-case call."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.messages.envelope import Received


@dataclass(slots=True)
class Cut:
    """One run: its type and maker, and its messages in order."""

    type: str
    maker_id: UUID
    messages: list[Received] = field(default_factory=list)


def cut(messages: Sequence[Received]) -> list[Cut]:
    """Few runs that keep each key's order: a message joins the first fitting run that is not before its key's last.

    Messages of different keys may change places: order is promised per key within a topic, nowhere else.
    """
    runs: list[Cut] = []
    fitting: dict[tuple[str, UUID], list[int]] = {}
    reached: dict[tuple[str, bytes | None], int] = {}
    for message in messages:
        key, kind = (message.topic, message.key), (message.type, message.maker_id)
        at = _first_from(fitting.get(kind, ()), reached.get(key, 0))
        if at is None:
            at = len(runs)
            runs.append(Cut(*kind))
            fitting.setdefault(kind, []).append(at)
        runs[at].messages.append(message)
        reached[key] = at
    return runs


def _first_from(places: Sequence[int], earliest: int) -> int | None:
    found = bisect_left(places, earliest)
    return places[found] if found < len(places) else None
