"""Return notes: written from shipped notes, issued, deleted as drafts (FUL-070 to FUL-073)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from chassis.tx import Tx
from fulfillment import announce
from fulfillment.core import delivery_note
from fulfillment.core import returns as core
from fulfillment.core.asks import ReturnAsk, pick_returned
from fulfillment.core.delivery_note import PiecesReturned
from fulfillment.core.numbering import DocumentType
from fulfillment.core.parts import Broken, Refused, ReturnId
from fulfillment.core.returns import ReturnDeleted, ReturnIssued, ReturnNote, ReturnState, ReturnTerms
from fulfillment.store import returns as store
from fulfillment.usecases.desk import business_day
from fulfillment.usecases.folder import Folder, NoteRef, open_folder
from fulfillment.usecases.numbers import draw
from kernel.refusal import Refusal

Outcome: TypeAlias = ReturnNote | Refused


@dataclass(frozen=True, slots=True)
class CreateReturn:
    """Goods of one note that came back; no lines: all of it. Dates not given: today; the issue: the day they came."""

    note: NoteRef
    reason: str
    lines: tuple[ReturnAsk, ...] = ()
    returned_on: date | None = None
    condition: str = ""
    restock: bool = False
    advance: ReturnState = ReturnState.DRAFT
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class NamedReturn:
    """A deed on one return; `on` is its business date (None: today), `version` what the caller read (None: any)."""

    return_id: UUID
    on: date | None = None
    version: int | None = None


async def create(tx: Tx, commands: Sequence[CreateReturn]) -> list[Outcome]:
    """Write return notes in order, each seeing what the earlier ones took back; issue those that are to be issued.

    Refuses NOT_FOUND, INVALID_STATE, RETURN_EXCEEDS, UNKNOWN_NOTE_LINE, AMBIGUOUS_NOTE_LINE, NOTHING_TO_RETURN,
    REASON_REQUIRED. Holds do not matter (FUL-030).
    """
    folder = await open_folder(tx, (command.note for command in commands))
    day = await business_day(tx)
    drafts = [_drafted(tx, folder, command, day) for command in commands]
    await folder.save(tx)
    now = {one.return_id: one for one in drafts if isinstance(one, ReturnNote)}
    issuing = {
        one.return_id: command.issued_on or one.returned_on
        for one, command in zip(drafts, commands, strict=True)
        if isinstance(one, ReturnNote) and command.advance is ReturnState.ISSUED
    }
    happened = await _number(tx, now, issuing)
    await store.insert_returns(tx, list(now.values()))
    tx.announce(announce.return_messages(tx.maker_id, happened))
    return [now[one.return_id] if isinstance(one, ReturnNote) else one for one in drafts]


def _drafted(tx: Tx, folder: Folder, command: CreateReturn, day: date) -> Outcome:
    note = folder.find(command.note)
    if isinstance(note, tuple):
        return note
    pieces = pick_returned(note, command.lines or (ReturnAsk(),))
    if isinstance(pieces, tuple):
        return pieces
    returned = delivery_note.take_back(note, pieces)
    if not isinstance(returned, PiecesReturned):
        return returned
    returned_on = command.returned_on or day
    terms = ReturnTerms(returned_on, command.reason, command.condition, command.restock)
    drafted = core.draft(note, returned, terms, tx.new_id)
    if isinstance(drafted, tuple):
        return drafted
    folder.do(returned)
    return drafted.return_note


async def issue(tx: Tx, commands: Sequence[NamedReturn]) -> list[Outcome]:
    """Give drafts their numbers. Refuses NOT_FOUND, CONFLICT, INVALID_STATE."""
    before = await store.load_returns(tx, {command.return_id for command in commands})
    day = await business_day(tx)
    now, issuing = dict(before), dict[ReturnId, date]()
    decided = [_granted(now, command, issuing, day) for command in commands]
    happened = await _number(tx, now, issuing)
    await store.save_returns(tx, before, now.values())
    tx.announce(announce.return_messages(tx.maker_id, happened))
    stored = {return_id: replace(now[return_id], version=before[return_id].version + 1) for return_id in issuing}
    return [one if isinstance(one, tuple) else stored[one] for one in decided]


def _granted(
    now: dict[ReturnId, ReturnNote], command: NamedReturn, issuing: dict[ReturnId, date], day: date
) -> ReturnId | Refused:
    found = _find(now, command)
    if isinstance(found, tuple):
        return found
    if found.return_id in issuing:
        facts = {"document": str(found.return_id), "state": ReturnState.ISSUED, "deed": "issue", "allowed": "–"}
        return (Refusal("INVALID_STATE", facts),)
    problems = core.issue_problems(found)
    if problems:
        return problems
    issuing[found.return_id] = command.on or day
    return found.return_id


async def _number(
    tx: Tx, now: dict[ReturnId, ReturnNote], issuing: dict[ReturnId, date]
) -> list[tuple[ReturnIssued, ReturnNote]]:
    """Number and issue these returns, which may be issued."""
    numbers = await draw(tx, DocumentType.RETURN_NOTE, list(issuing.values()))
    happened: list[tuple[ReturnIssued, ReturnNote]] = []
    for (return_id, issued_on), number in zip(issuing.items(), numbers, strict=True):
        issued = core.issue(now[return_id], number=number, issued_on=issued_on)
        if not isinstance(issued, ReturnIssued):
            raise Broken(f"return {return_id} drew a number and cannot be issued")
        now[return_id] = core.evolve(now[return_id], issued)
        happened.append((issued, now[return_id]))
    return happened


async def delete(tx: Tx, commands: Sequence[NamedReturn]) -> list[Outcome]:
    """Take drafts away; their pieces may come back on another return. Refuses NOT_FOUND, CONFLICT, INVALID_STATE."""
    now = await store.load_returns(tx, {command.return_id for command in commands})
    folder = await open_folder(tx, {one.note_id for one in now.values()})
    outcomes = [_deleted(now, folder, command) for command in commands]
    await folder.save(tx)
    await store.delete_returns(tx, (one.return_id for one in outcomes if isinstance(one, ReturnNote)))
    return outcomes


def _deleted(now: dict[ReturnId, ReturnNote], folder: Folder, command: NamedReturn) -> Outcome:
    found = _find(now, command)
    if isinstance(found, tuple):
        return found
    event = core.delete(found)
    if not isinstance(event, ReturnDeleted):
        return event
    folder.do(core.given_back(now.pop(event.return_id)))
    return found


def _find(now: dict[ReturnId, ReturnNote], command: NamedReturn) -> ReturnNote | Refused:
    found = now.get(ReturnId(command.return_id))
    if found is None:
        return (Refusal("NOT_FOUND", value=str(command.return_id)),)
    if command.version not in (None, found.version):
        return (Refusal("CONFLICT", {"version": str(found.version)}),)
    return found
