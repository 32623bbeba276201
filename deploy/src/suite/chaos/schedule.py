"""The fault schedule: what happens to whom at which second, made from the seed alone and printed before it happens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat
from typing import TypeVar

POSTGRES, KAFKA, PROXY = "postgres", "kafka", "traefik"
EVERYTHING = "everything"

TOPICS = ("ordering.events", "fulfillment.events", "invoicing.events", "payments.events")
STATES = ("customers.customers", "customers.terms", "catalog.skus", "catalog.taxes")


class Deed(StrEnum):
    """What is done to a process, to a session of PostgreSQL, or to a topic."""

    KILL = "kill"
    PAUSE = "pause"
    KILL_SESSION = "kill-session"
    PAUSE_SESSION = "pause-session"
    DUPLICATE = "duplicate"
    BAD_JSON = "bad-json"
    UNKNOWN_VERSION = "unknown-version"
    MISSING_ID = "missing-id"


POISONS = frozenset({Deed.BAD_JSON, Deed.UNKNOWN_VERSION, Deed.MISSING_ID})
NOISE = POISONS | {Deed.DUPLICATE}


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` seconds after the load begins. `seconds` is how long a pause lasts, `pick` in 0..1 chooses among what is
    there when the moment comes: a session of the database, a record of the topic."""

    at: float
    deed: Deed
    target: str
    seconds: float = 0.0
    pick: float = 0.0

    def __str__(self) -> str:
        lasting = f" for {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:6.1f} s  {self.deed} {self.target}{lasting}"


_SOMEBODY = "a service"
_BUSY = ("ordering", "fulfillment", "invoicing", "payments")
_DECK: tuple[tuple[Deed, str], ...] = (
    *((Deed.KILL, _SOMEBODY),) * 6,
    *((Deed.PAUSE, _SOMEBODY),) * 4,
    (Deed.KILL, KAFKA),
    (Deed.PAUSE, KAFKA),
    (Deed.KILL, POSTGRES),
    (Deed.PAUSE, POSTGRES),
    *((Deed.KILL_SESSION, _SOMEBODY),) * 2,
    *((Deed.PAUSE_SESSION, _SOMEBODY),) * 2,
    (Deed.KILL, PROXY),
    (Deed.KILL, EVERYTHING),
)
_FIRST = (
    *((Deed.KILL, _SOMEBODY),) * 3,
    *((Deed.PAUSE, _SOMEBODY),) * 2,
    (Deed.KILL, KAFKA),
    (Deed.KILL, POSTGRES),
    (Deed.PAUSE, POSTGRES),
    (Deed.KILL_SESSION, _SOMEBODY),
)
"""What even a short trial sees."""
_NOISE_DECK = (*(Deed.DUPLICATE,) * 5, Deed.BAD_JSON, Deed.UNKNOWN_VERSION, Deed.MISSING_ID)
_FAULT_GAP = (2.0, 5.0)
_NOISE_GAP = (0.8, 2.5)
_PAUSE = (3.0, 12.0)

_Card = TypeVar("_Card")


def schedule(seed: int, seconds: float, processes: Sequence[str]) -> tuple[Fault, ...]:
    """All faults of one trial, by time. `processes` are the names of the services' processes."""
    faults = [*_process_faults(seed, seconds, sorted(processes)), *_noise(seed, seconds)]
    return tuple(sorted(faults, key=lambda fault: fault.at))


def _process_faults(seed: int, seconds: float, processes: Sequence[str]) -> Iterator[Fault]:
    chance = random.Random(f"{seed}/faults")
    for at, (deed, target) in zip(_moments(chance, seconds, _FAULT_GAP), _dealt(chance, _FIRST, _DECK), strict=False):
        chosen = target
        if target == _SOMEBODY:
            chosen = chance.choice(_BUSY if deed in (Deed.KILL_SESSION, Deed.PAUSE_SESSION) else processes)
        lasts = chance.uniform(*_PAUSE) if deed in (Deed.PAUSE, Deed.PAUSE_SESSION) else 0.0
        yield Fault(round(at, 2), deed, chosen, round(lasts, 1), round(chance.random(), 4))


def _noise(seed: int, seconds: float) -> Iterator[Fault]:
    chance = random.Random(f"{seed}/noise")
    for at, deed in zip(_moments(chance, seconds, _NOISE_GAP), _dealt(chance, _NOISE_DECK, _NOISE_DECK), strict=False):
        topics = (*TOPICS, *TOPICS, *STATES) if deed is Deed.DUPLICATE else TOPICS
        yield Fault(round(at, 2), deed, chance.choice(topics), pick=round(chance.random(), 4))


def _moments(chance: random.Random, seconds: float, gap: tuple[float, float]) -> Iterator[float]:
    at = chance.uniform(*gap)
    while at < seconds:
        yield at
        at += chance.uniform(*gap)


def _dealt(chance: random.Random, first: Sequence[_Card], deck: Sequence[_Card]) -> Iterator[_Card]:
    """The first hand, then whole decks, each shuffled: kinds come evenly and their order does not repeat."""
    for hand in chain([first], repeat(deck)):
        cards = list(hand)
        chance.shuffle(cards)
        yield from cards
