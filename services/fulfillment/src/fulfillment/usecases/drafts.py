"""Writing delivery notes from unshipped SKUs, one by one or by a run over all that is open (FUL-003, FUL-033)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import TypeAlias

from chassis.tx import Tx
from fulfillment import announce
from fulfillment.core import delivery_note
from fulfillment.core.delivery_note import (
    DeliveryNote,
    NoteEvent,
    NoteIssued,
    NoteShipped,
    NoteState,
    orders_of,
    quantities_by_order,
)
from fulfillment.core.drafting import DraftNote, draft, split_by_destination
from fulfillment.core.holds import hold_problems
from fulfillment.core.numbering import DocumentType
from fulfillment.core.parts import Broken, Refused
from fulfillment.core.unshipped import QuantitiesShipped
from fulfillment.store import notes as store
from fulfillment.store.selection import Selection, select_open
from fulfillment.usecases.desk import Asked, Desk, meet, open_desk
from fulfillment.usecases.folder import Outcome
from fulfillment.usecases.numbers import draw
from kernel.refusal import Refusal

Happened: TypeAlias = tuple[NoteEvent, DeliveryNote]
"""An event with the note after it."""

MOST_NOTES = 1_000
"""A run that would write more is refused: the selection is to be narrowed."""


@dataclass(frozen=True, slots=True)
class CreateNote:
    """Write a note and go on as far as `advance` says (DRAFT, ISSUED, SHIPPED), all or nothing.

    `issued_on` None is today, `shipped_on` None is the day of issue.
    """

    wish: DraftNote
    advance: NoteState = NoteState.DRAFT
    issued_on: date | None = None
    shipped_on: date | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Write notes for everything open that is selected; `note` is what each of them shall be, its lines aside."""

    selection: Selection
    note: CreateNote


async def create(tx: Tx, commands: Sequence[CreateNote], asked: Asked = None) -> list[Outcome]:
    """Write notes in order, each seeing what the earlier ones reserved.

    Refuses what `drafting.draft` refuses and, when it is to be issued, CUSTOMER_ON_HOLD and ORDER_ON_HOLD (FUL-030).
    """
    refs = {line.order for command in commands for line in command.wish.lines}
    await meet(tx, refs, asked)
    return await _create(tx, await open_desk(tx, refs), commands)


async def run(tx: Tx, command: Run, asked: Asked = None) -> list[Outcome]:
    """One note per customer, destination and currency for all open quantities selected (FUL-033).

    Refuses NOTHING_OPEN, TOO_MANY_LINES, TOO_MANY_NOTES as a whole.
    """
    selected = await select_open(tx, command.selection)
    if isinstance(selected, Refusal):
        return [(selected,)]
    await meet(tx, set(selected), asked)
    desk = await open_desk(tx, set(selected))
    free = {
        order_id: {line_id: line.free for line_id, line in desk.order(order_id).lines.items() if line_id in line_ids}
        for order_id, line_ids in selected.items()
    }
    quantities = {order_id: {line: free for line, free in lines.items() if free} for order_id, lines in free.items()}
    asks = split_by_destination(desk.book, quantities)
    if not 1 <= len(asks) <= MOST_NOTES:
        code = "TOO_MANY_NOTES" if asks else "NOTHING_OPEN"
        return [(Refusal(code, {"count": str(len(asks)), "limit": str(MOST_NOTES)}),)]
    wish = command.note.wish
    return await _create(tx, desk, [replace(command.note, wish=replace(wish, lines=lines)) for lines in asks])


async def _create(tx: Tx, desk: Desk, commands: Sequence[CreateNote]) -> list[Outcome]:
    drafts = [_drafted(tx, desk, command) for command in commands]
    await desk.save(tx)
    pairs = zip(drafts, commands, strict=True)
    written = [(note, command) for note, command in pairs if isinstance(note, DeliveryNote)]
    advancing = [(note, command) for note, command in written if command.advance is not NoteState.DRAFT]
    issue_dates = [command.issued_on or desk.book.today for _, command in advancing]
    numbers = await draw(tx, DocumentType.DELIVERY_NOTE, issue_dates)
    now = {note.note_id: note for note, _ in written}
    journeys = [
        _advanced(note, command, number, issued_on)
        for (note, command), number, issued_on in zip(advancing, numbers, issue_dates, strict=True)
    ]
    now.update((steps[-1][1].note_id, steps[-1][1]) for steps in journeys)
    await store.insert_notes(tx, list(now.values()))
    tx.announce(announce.note_messages(tx.maker_id, _step_by_step(journeys)))
    return [now[one.note_id] if isinstance(one, DeliveryNote) else one for one in drafts]


def _step_by_step(journeys: Sequence[Sequence[Happened]]) -> list[Happened]:
    """All notes issued, then all that shipped: who listens takes neighbours of one kind in one statement."""
    return [step for steps in zip_longest(*journeys) for step in steps if step is not None]


def _drafted(tx: Tx, desk: Desk, command: CreateNote) -> Outcome:
    """The draft; its quantities are moved at the desk as far as the note will go, so the next one sees them."""
    drafted = draft(desk.book, command.wish, tx.new_id)
    if isinstance(drafted, tuple):
        return drafted
    if command.advance is not NoteState.DRAFT:
        holds = _holds(desk, drafted.note)
        if holds:
            return holds
    desk.do(*drafted.allocations, *drafted.takings)
    if command.advance is NoteState.SHIPPED:
        desk.do(*shipments(drafted.note))
    return drafted.note


def _holds(desk: Desk, note: DeliveryNote) -> Refused:
    return hold_problems(desk.book.customers[note.customer_id], desk.held(orders_of(note)))


def shipments(note: DeliveryNote) -> list[QuantitiesShipped]:
    """What leaves of each order when the note ships."""
    return [QuantitiesShipped(order_id, pieces) for order_id, pieces in quantities_by_order(note).items()]


def _advanced(note: DeliveryNote, command: CreateNote, number: str, issued_on: date) -> list[Happened]:
    """Issue, and ship if asked; the holds were checked when the draft was decided."""
    issued = delivery_note.issue(note, number=number, issued_on=issued_on, holds=())
    if not isinstance(issued, NoteIssued):
        raise Broken(f"note {note.note_id} drew a number and cannot be issued")
    note = delivery_note.evolve(note, issued)
    if command.advance is NoteState.ISSUED:
        return [(issued, note)]
    shipped = delivery_note.ship(note, shipped_on=command.shipped_on or issued_on, holds=())
    if not isinstance(shipped, NoteShipped):
        raise Broken(f"note {note.note_id} was issued and cannot ship")
    return [(issued, note), (shipped, delivery_note.evolve(note, shipped))]
