"""Applying files: one outcome per row; what a refused row would have done is left out (INT-011)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.imports import Change, Row
from chassis.tx import Tx
from customers.store import files
from customers.store.files import Upload
from customers.usecases import delegating, registering
from customers.usecases.customer_file import CustomerRows, placed
from customers.usecases.delegating import Related, RelatedOrNot, Wish
from customers.usecases.delegation_file import wish_of
from customers.usecases.desk import Rights
from customers.usecases.registering import Entered, Entry
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Imported:
    """One outcome per row, in order, and what looks odd in rows that were taken."""

    outcomes: Sequence[Change | Sequence[Refusal]]
    warnings: Sequence[Refusal] = ()


async def import_customers(tx: Tx, rows: Sequence[Row], rights: Rights, *, reason: str) -> Imported:
    """Creates and changes customers with terms, holds and their own destination."""
    reader = CustomerRows(reason)
    read = [reader.entry(row) for row in rows]
    entries = [one for one in read if isinstance(one, Entry)]
    done = iter(await registering.enter(tx, entries, rights))
    outcomes: list[Change | Sequence[Refusal]] = []
    warnings: list[Refusal] = []
    for row, one in zip(rows, read, strict=True):
        outcome = next(done) if isinstance(one, Entry) else one
        if isinstance(outcome, Entered):
            outcomes.append(outcome.change)
            warnings += placed(row, outcome.warnings)
        else:
            outcomes.append(placed(row, outcome))
    return Imported(outcomes, warnings)


async def import_delegations(tx: Tx, rows: Sequence[Row]) -> Imported:
    """Makes, changes and revokes delegations, every row counting for the next."""
    read = [wish_of(row) for row in rows]
    done = iter(await delegating.delegate(tx, [one for one in read if isinstance(one, Wish)]))
    return Imported(
        [_related(row, next(done)) if isinstance(one, Wish) else (one,) for row, one in zip(rows, read, strict=True)]
    )


def _related(row: Row, outcome: RelatedOrNot) -> Change | Sequence[Refusal]:
    if isinstance(outcome, Related):
        if not outcome.changed:
            return Change.UNCHANGED
        return Change.NEW if outcome.is_new else Change.CHANGED
    return placed(row, outcome)


async def keep_file(tx: Tx, upload: Upload, counts: Mapping[str, int]) -> tuple[Refusal, ...]:
    """Keeps an applied file and what came of it. FILE_IMPORTED_BEFORE, a warning: the very same bytes came before."""
    last = await files.applied_before(tx, upload)
    await files.keep(tx, upload, counts)
    return () if last is None else (Refusal("FILE_IMPORTED_BEFORE", {"at": last.isoformat(timespec="seconds")}),)
