"""Notes and returns come in from fulfillment; people defer or exempt them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.tx import Tx
from invoicing.core.billable import Billable, Command, ReceivedNote, SourceKind, decide, evolve
from invoicing.store import billables
from invoicing.usecases.common import Ref
from kernel.refusal import Refusal


async def receive(tx: Tx, notes: Sequence[ReceivedNote]) -> None:
    """Keep notes whose billing right came with their event; a return belongs to the office of its delivery note."""
    origins = {note.billable.returned_from.note_id for note in notes if note.billable.returned_from}
    offices = await billables.locations_of(tx, origins) if origins else {}
    await billables.add(tx, [_at_office(note, offices) for note in notes])


async def ship(tx: Tx, shipped: Mapping[UUID, date]) -> None:
    """Note that goods left. Raises LookupError for a note that never came: its event is missing."""
    missing = await billables.mark_shipped(tx, shipped)
    if missing:
        raise LookupError(f"shipped delivery notes that were never issued: {sorted(map(str, missing))}")


@dataclass(frozen=True, slots=True)
class Change:
    """A deed of a person on one note, named by id, or by number and kind. `field` says where, for the refusal."""

    ref: Ref
    command: Command
    kind: SourceKind = SourceKind.DELIVERY_NOTE
    field: str | None = None


async def change(tx: Tx, changes: Sequence[Change]) -> list[Billable | Refusal]:
    """Carries out the deeds in their order, one load and one save. Refuses with NOT_FOUND, SOURCE_ALREADY_USED,
    INVALID_STATE."""
    found = await _load(tx, changes)
    before = {note.billable_id: note for note in found.values()}
    now = dict(before)
    outcomes: list[Billable | Refusal] = []
    for one in changes:
        known = found.get((one.kind, one.ref))
        outcome = _not_found(one) if known is None else _changed(now[known.billable_id], one)
        if isinstance(outcome, Billable):
            now[outcome.billable_id] = outcome
        outcomes.append(outcome)
    await billables.save(tx, [note for key, note in now.items() if note != before[key]])
    return [_stored(outcome, before) for outcome in outcomes]


async def _load(tx: Tx, changes: Sequence[Change]) -> dict[tuple[SourceKind, Ref], Billable]:
    found: dict[tuple[SourceKind, Ref], Billable] = {}
    for kind in SourceKind:
        numbers = {one.ref for one in changes if one.kind is kind and isinstance(one.ref, str)}
        for note in await billables.load_named(tx, kind, numbers, lock=True):
            found[kind, note.number] = note
    for note in await billables.load(tx, [one.ref for one in changes if isinstance(one.ref, UUID)], lock=True):
        found.update({(kind, note.billable_id): note for kind in SourceKind})
    return found


def _changed(note: Billable, change: Change) -> Billable | Refusal:
    events = decide(note, change.command)
    if isinstance(events, Refusal):
        return replace(events, field=change.field)
    for event in events:
        note = evolve(note, event)
    return note


def _stored(outcome: Billable | Refusal, before: Mapping[UUID, Billable]) -> Billable | Refusal:
    """With the version it was saved under."""
    if isinstance(outcome, Refusal) or outcome == before[outcome.billable_id]:
        return outcome
    return replace(outcome, version=outcome.version + 1)


def _not_found(change: Change) -> Refusal:
    return Refusal("NOT_FOUND", {"source": str(change.ref)}, field=change.field, value=str(change.ref))


def _at_office(note: ReceivedNote, offices: Mapping[UUID, UUID | None]) -> ReceivedNote:
    origin = note.billable.returned_from
    if origin is None or origin.note_id not in offices:
        return note
    return replace(note, billable=replace(note.billable, location_id=offices[origin.note_id]))
