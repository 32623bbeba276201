"""Notes and returns come in from fulfillment; people defer or exempt them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from chassis.tx import Tx
from invoicing import announce
from invoicing.core.billable import (
    Billable,
    BillableState,
    Command,
    Event,
    Exempt,
    Exempted,
    LiftExemption,
    ReceivedNote,
    SourceKind,
    carried_along,
    decide,
    evolve,
)
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
    """Carries out the deeds in their order, one load and one save; unbilled returns go with their exempt note. Refuses
    with NOT_FOUND, SOURCE_ALREADY_USED, INVALID_STATE."""
    found = await _load(tx, changes)
    pile = await _pile(tx, found.values(), changes)
    outcomes: list[Billable | Refusal] = []
    for one in changes:
        known = found.get((one.kind, one.ref))
        outcomes.append(_not_found(one) if known is None else _changed(pile, known.billable_id, one))
    await billables.save(tx, [note for key, note in pile.now.items() if note != pile.before[key]])
    tx.announce(announce.billables(tx.maker_id, pile.happened))
    return [_stored(outcome, pile.before) for outcome in outcomes]


@dataclass(frozen=True, slots=True)
class _Pile:
    """Notes under lock, and by note the returns that go with it; `now` moves with every event."""

    before: Mapping[UUID, Billable]
    now: dict[UUID, Billable]
    returns: Mapping[UUID, Sequence[UUID]]
    happened: list[tuple[Event, Billable]] = field(default_factory=list)

    def do(self, billable_id: UUID, event: Event) -> None:
        note = self.now[billable_id]
        self._happen(billable_id, event)
        for return_id in self.returns.get(billable_id, ()):
            for along in carried_along(self.now[return_id], note, event):
                self._happen(return_id, along)

    def _happen(self, billable_id: UUID, event: Event) -> None:
        self.now[billable_id] = evolve(self.now[billable_id], event)
        self.happened.append((event, self.now[billable_id]))


async def _pile(tx: Tx, found: Iterable[Billable], changes: Sequence[Change]) -> _Pile:
    """Delivery notes are locked before returns, as where invoices are composed."""
    before = {note.billable_id: note for note in found}
    returns: dict[UUID, list[UUID]] = {}
    if any(isinstance(one.command, Exempt | LiftExemption) for one in changes):
        note_ids = [key for key, note in before.items() if not note.is_return]
        for returned in await billables.load_returns_of(tx, note_ids):
            before[returned.billable_id] = returned
            if returned.returned_from is not None:
                returns.setdefault(returned.returned_from.note_id, []).append(returned.billable_id)
    return _Pile(before, dict(before), returns)


async def release(tx: Tx, invoice_ids: Sequence[UUID]) -> None:
    """Voided invoices let their notes go; a return whose note was exempted meanwhile is not deducted any more."""
    await billables.release(tx, invoice_ids)
    returns = await billables.load_returns_on(tx, invoice_ids)
    note_ids = {one.returned_from.note_id for one in returns if one.returned_from}
    notes = {note.billable_id: note for note in await billables.load(tx, note_ids)}
    free = [_exempt_with_its_note(one, notes) for one in returns if one.state is BillableState.UNBILLED]
    exempt = [one for one in free if one.state is BillableState.NON_BILLABLE]
    await billables.save(tx, exempt)
    tx.announce(announce.billables(tx.maker_id, [(Exempted(one.exemption), one) for one in exempt]))


async def _load(tx: Tx, changes: Sequence[Change]) -> dict[tuple[SourceKind, Ref], Billable]:
    found: dict[tuple[SourceKind, Ref], Billable] = {}
    for kind in SourceKind:
        numbers = {one.ref for one in changes if one.kind is kind and isinstance(one.ref, str)}
        for note in await billables.load_named(tx, kind, numbers, lock=True):
            found[kind, note.number] = note
    for note in await billables.load(tx, [one.ref for one in changes if isinstance(one.ref, UUID)], lock=True):
        found.update({(kind, note.billable_id): note for kind in SourceKind})
    return found


def _changed(pile: _Pile, billable_id: UUID, change: Change) -> Billable | Refusal:
    events = decide(pile.now[billable_id], change.command)
    if isinstance(events, Refusal):
        return replace(events, field=change.field)
    for event in events:
        pile.do(billable_id, event)
    return pile.now[billable_id]


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
    return replace(returned, billable=_exempt_with_its_note(billable, notes))


def _exempt_with_its_note(returned: Billable, notes: Mapping[UUID, Billable]) -> Billable:
    note = notes.get(returned.returned_from.note_id) if returned.returned_from else None
    if note is None or note.state is not BillableState.NON_BILLABLE:
        return returned
    return replace(returned, state=note.state, exemption=note.exemption)
