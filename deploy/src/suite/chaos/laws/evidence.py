"""What the laws judge: what was wanted, what the client's log says, what the databases and topics hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from suite.chaos.journal import Log
from suite.chaos.rows import ParkedRow, World
from suite.chaos.trade import Trade


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken promise of RELIABILITY §2, in words, with the ids it shows on."""

    promise: str
    what: str
    ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {"promise": self.promise, "what": self.what, "ids": list(self.ids)}


@dataclass
class Evidence:
    """`parked_before` are the held messages when the faults were over, before anything was repaired or replayed.

    `watched` are the violations that the reader of the ledger saw while the faults went on. `closed_at_last` says
    whether the closing run after the repair was answered, so that every note must be billed.
    """

    trade: Trade
    log: Log
    world: World
    parked_before: Sequence[ParkedRow] = ()
    watched: Sequence[Violation] = ()
    closed_at_last: bool = True
    repaired: bool = True
    left_behind: Sequence[str] = field(default_factory=tuple)
    """Processes that did not come back."""


_SHOWN = 20


def broken(promise: str, what: str, ids: Iterable[object]) -> Iterator[Violation]:
    """One violation for all ids of the same kind; none when there are none."""
    names = sorted({str(one) for one in ids})
    if names:
        yield Violation(promise, f"{what}: {len(names)}", tuple(names[:_SHOWN]))
