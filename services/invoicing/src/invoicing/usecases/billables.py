"""Notes and returns come in from fulfillment; people defer or exempt them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.tx import Tx
from invoicing.core.billable import Billable, BillableState, Command, ReceivedNote, SourceKind, decide, evolve
from invoicing.store import billables
from invoicing.usecases.common import Ref
from kernel.refusal import Refusal


async def receive(tx: Tx, notes: Sequence[ReceivedNote]) -> None:
    """Keep delivery notes whose billing right came with their event."""
    await billables.add(tx, notes)


async def receive_returns(tx: Tx, returns: Sequence[ReceivedNote]) -> Mapping[UUID, UUID]:
    """Keep return notes: at the office of their delivery notes, and never deducted where those are never billed.

    Returns, by return, the delivery notes that have not come; nothing is kept of those returns."""
    origins = {one.billable.billable_id: one.billable.returned_from for one in returns}
    note_ids = {origin.note_id for origin in origins.values() if origin}
    known = {note.billable_id: note for note in await billables.load(tx, note_ids, lock=True)}
    missing = {key: origin.note_id for key, origin in origins.items() if origin and origin.note_id not in known}
    kept = [one for one in returns if one.billable.billable_id not in missing]
    await billables.add(tx, [_like_its_origin(one, known) for one in kept])
    return missing


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


def _like_its_origin(returned: ReceivedNote, notes: Mapping[UUID, Billable]) -> ReceivedNote:
    origin = returned.billable.returned_from
    if origin is None:
        return returned
    note = notes[origin.note_id]
    billable = replace(returned.billable, location_id=note.location_id)
    if note.state is BillableState.NON_BILLABLE:
        billable = replace(billable, state=note.state, exemption=note.exemption)
    return replace(returned, billable=billable)
