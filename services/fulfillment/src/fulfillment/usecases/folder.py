"""The folder of delivery notes a call works on: locked once, folded forward, saved once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias, TypeVar
from uuid import UUID

from chassis.tx import Tx
from fulfillment import announce
from fulfillment.core import delivery_note
from fulfillment.core.delivery_note import DeliveryNote, NoteEvent
from fulfillment.core.parts import NoteId, Refused
from fulfillment.store import notes as store
from kernel.refusal import Refusal

NoteRef: TypeAlias = UUID | str
"""A note's id, or its number."""

Outcome: TypeAlias = DeliveryNote | Refused


@dataclass(frozen=True, slots=True)
class NamedNote:
    """A deed on one note; `on` is its business date (None: today), `version` what the caller read (None: any)."""

    note: NoteRef
    on: date | None = None
    version: int | None = None


C = TypeVar("C", bound=NamedNote)


@dataclass(frozen=True, slots=True)
class Folder:
    """`now` moves with every event; a note named twice in one call meets its own new state the second time."""

    before: Mapping[NoteId, DeliveryNote]
    now: dict[NoteId, DeliveryNote]
    numbers: Mapping[str, NoteId]
    happened: list[tuple[NoteEvent, DeliveryNote]] = field(default_factory=list)

    def find(self, ref: NoteRef, version: int | None = None) -> Outcome:
        """The note as it is now. Refuses NOT_FOUND, and CONFLICT when the caller read another version (GEN-006)."""
        note_id = self.numbers.get(ref) if isinstance(ref, str) else NoteId(ref)
        note = None if note_id is None else self.now.get(note_id)
        if note is None:
            return (Refusal("NOT_FOUND", {"note": str(ref)}, value=str(ref)),)
        if version not in (None, note.version):
            return (Refusal("CONFLICT", {"version": str(note.version)}),)
        return note

    def do(self, event: NoteEvent) -> DeliveryNote:
        """Let the event count; the note after it, as it will be stored."""
        version = self.before[event.note_id].version + 1
        note = replace(delivery_note.evolve(self.now[event.note_id], event), version=version)
        self.now[event.note_id] = note
        self.happened.append((event, note))
        return note

    async def save(self, tx: Tx) -> None:
        """Write what changed and tell others."""
        await store.save_notes(tx, self.before, self.now.values())
        tx.announce(announce.note_messages(tx.maker_id, self.happened))


async def open_folder(tx: Tx, refs: Iterable[NoteRef]) -> Folder:
    """Lock the notes of these ids and numbers."""
    before = await store.load_notes(tx, set(refs))
    numbers = {note.number: note_id for note_id, note in before.items() if note.number is not None}
    return Folder(before, dict(before), numbers)


async def each(
    tx: Tx, commands: Sequence[C], decide: Callable[[DeliveryNote, C], NoteEvent | Refused]
) -> list[Outcome]:
    """One deed on each note named, decided in order, saved and told at once."""
    folder = await open_folder(tx, (command.note for command in commands))
    outcomes = fold(folder, commands, decide)
    await folder.save(tx)
    return outcomes


def fold(
    folder: Folder, commands: Sequence[C], decide: Callable[[DeliveryNote, C], NoteEvent | Refused]
) -> list[Outcome]:
    """What becomes of each command, in order."""
    outcomes: list[Outcome] = []
    for command in commands:
        note = folder.find(command.note, command.version)
        event = note if isinstance(note, tuple) else decide(note, command)
        outcomes.append(event if isinstance(event, tuple) else folder.do(event))
    return outcomes
