"""What becomes of delivery notes after they are written: issued, shipped, delivered, revised, exempted, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.tx import Tx
from fulfillment.core import charges, delivery_note
from fulfillment.core.charges import ChargesReleased, ChargesTaken
from fulfillment.core.delivery_note import (
    DeliveryNote,
    DraftDeleted,
    ExemptionLifted,
    NoteEvent,
    NoteExempted,
    NoteIssued,
    NoteShipped,
    NoteState,
    Particulars,
    orders_of,
    quantities_by_order,
)
from fulfillment.core.holds import hold_problems
from fulfillment.core.numbering import DocumentType
from fulfillment.core.parts import Address, Broken, Maker, NoteId, Refused
from fulfillment.core.unshipped import QuantitiesReleased
from fulfillment.store import facts, orders
from fulfillment.store import notes as store
from fulfillment.usecases.desk import Asked, Desk, business_day, meet, open_desk
from fulfillment.usecases.drafts import shipments
from fulfillment.usecases.folder import C, Folder, NamedNote, Outcome, each, fold, open_folder
from fulfillment.usecases.numbers import draw
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ExemptNote(NamedNote):
    """Mark a draft as Non-billable."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReviseNote(NamedNote):
    """Rewrite what is given of a draft; None leaves as it is."""

    delivery_date: date | None = None
    ship_to: Address | None = None
    location: UUID | str | None = None
    memo: str | None = None
    comment: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None


async def issue(tx: Tx, commands: Sequence[NamedNote], asked: Asked = None) -> list[Outcome]:
    """Give drafts their numbers. Refuses NOT_FOUND, CONFLICT, INVALID_STATE, CUSTOMER_ON_HOLD, ORDER_ON_HOLD."""
    folder = await open_folder(tx, (command.note for command in commands))
    holds = await _holds(tx, folder, asked)
    day = await business_day(tx)
    issuing: dict[NoteId, date] = {}
    decided = [_granted(folder, command, holds, issuing, day) for command in commands]
    numbers = await draw(tx, DocumentType.DELIVERY_NOTE, list(issuing.values()))
    for (note_id, issued_on), number in zip(issuing.items(), numbers, strict=True):
        issued = delivery_note.issue(folder.now[note_id], number=number, issued_on=issued_on, holds=())
        if not isinstance(issued, NoteIssued):
            raise Broken(f"note {note_id} drew a number and cannot be issued")
        folder.do(issued)
    await folder.save(tx)
    return [one if isinstance(one, tuple) else folder.now[one] for one in decided]


def _granted(
    folder: Folder, command: NamedNote, holds: dict[NoteId, Refused], issuing: dict[NoteId, date], day: date
) -> NoteId | Refused:
    """Whether the note may be issued; a note already granted in this call counts as issued."""
    note = folder.find(command.note, command.version)
    if isinstance(note, tuple):
        return note
    now = replace(note, state=NoteState.ISSUED) if note.note_id in issuing else note
    problems = delivery_note.issue_problems(now, holds[note.note_id])
    if problems:
        return problems
    issuing[note.note_id] = command.on or day
    return note.note_id


async def _holds(tx: Tx, folder: Folder, asked: Asked) -> dict[NoteId, Refused]:
    order_ids = {order_id for note in folder.now.values() for order_id in orders_of(note)}
    await meet(tx, order_ids, asked)
    customers = await facts.load_customers(tx, {note.customer_id for note in folder.now.values()})
    held = await orders.held_orders(tx, order_ids)
    found: dict[NoteId, Refused] = {}
    for note in folder.now.values():
        numbers = [held[order_id] for order_id in orders_of(note) if order_id in held]
        customer = customers.get(note.customer_id)
        unknown = Refusal("UNKNOWN_CUSTOMER", {"customer": note.customer_code})
        found[note.note_id] = (unknown,) if customer is None else hold_problems(customer, numbers)
    return found


async def ship(tx: Tx, commands: Sequence[NamedNote], asked: Asked = None) -> list[Outcome]:
    """Let goods leave. Refuses NOT_FOUND, CONFLICT, INVALID_STATE, CUSTOMER_ON_HOLD, ORDER_ON_HOLD (FUL-030)."""
    folder = await open_folder(tx, (command.note for command in commands))
    holds = await _holds(tx, folder, asked)
    desk = await open_desk(tx, {order_id for note in folder.now.values() for order_id in orders_of(note)})

    def shipped(note: DeliveryNote, command: NamedNote) -> NoteShipped | Refused:
        event = delivery_note.ship(note, shipped_on=command.on or desk.book.today, holds=holds[note.note_id])
        if isinstance(event, NoteShipped):
            desk.do(*shipments(note))
        return event

    outcomes = fold(folder, commands, shipped)
    await desk.save(tx)
    await folder.save(tx)
    return outcomes


async def deliver(tx: Tx, commands: Sequence[NamedNote]) -> list[Outcome]:
    """Record proof of delivery. Refuses NOT_FOUND, CONFLICT, INVALID_STATE."""
    day = await business_day(tx)
    return await each(tx, commands, lambda note, command: delivery_note.deliver(note, delivered_on=command.on or day))


async def exempt(tx: Tx, commands: Sequence[ExemptNote]) -> list[Outcome]:
    """Mark drafts as Non-billable (FUL-022); their charges are free again. Refuses NOT_FOUND, CONFLICT,
    REASON_REQUIRED, INVALID_STATE."""

    def exempted(desk: Desk, note: DeliveryNote, command: ExemptNote) -> NoteExempted | Refused:
        event = delivery_note.exempt(note, reason=command.reason)
        if isinstance(event, NoteExempted):
            desk.do(*_releases(desk, note))
        return event

    return await _each_at_desk(tx, commands, exempted)


async def lift(tx: Tx, commands: Sequence[NamedNote]) -> list[Outcome]:
    """Make drafts billable again, with the free charges of their orders. Refuses NOT_FOUND, CONFLICT, INVALID_STATE."""

    def lifted(desk: Desk, note: DeliveryNote, _: NamedNote) -> ExemptionLifted | Refused:
        event = delivery_note.lift(note, [desk.stock.charges[order_id] for order_id in orders_of(note)])
        if isinstance(event, ExemptionLifted):
            desk.do(*_takings(event))
        return event

    return await _each_at_desk(tx, commands, lifted)


async def _each_at_desk(
    tx: Tx, commands: Sequence[C], decide: Callable[[Desk, DeliveryNote, C], NoteEvent | Refused]
) -> list[Outcome]:
    folder = await open_folder(tx, (command.note for command in commands))
    desk = await open_desk(tx, {order_id for note in folder.now.values() for order_id in orders_of(note)})
    outcomes = fold(folder, commands, lambda note, command: decide(desk, note, command))
    await desk.save(tx)
    await folder.save(tx)
    return outcomes


def _releases(desk: Desk, note: DeliveryNote) -> list[ChargesReleased]:
    return [charges.release(desk.stock.charges[order_id], note.note_id) for order_id in orders_of(note)]


def _takings(lifted: ExemptionLifted) -> list[ChargesTaken]:
    return [ChargesTaken(taken.order_id, lifted.note_id, (taken.charge.charge_id,)) for taken in lifted.charges]


async def revise(tx: Tx, commands: Sequence[ReviseNote]) -> list[Outcome]:
    """Rewrite drafts (FUL-026). Refuses NOT_FOUND, CONFLICT, INVALID_STATE, UNKNOWN_LOCATION."""
    maker = await facts.load_maker(tx)
    return await each(tx, commands, _revising(maker))


def _revising(maker: Maker) -> Callable[[DeliveryNote, ReviseNote], NoteEvent | Refused]:
    def revised(note: DeliveryNote, command: ReviseNote) -> NoteEvent | Refused:
        particulars = _rewritten(note.particulars, command, maker)
        return particulars if isinstance(particulars, tuple) else delivery_note.revise(note, particulars)

    return revised


def _rewritten(particulars: Particulars, command: ReviseNote, maker: Maker) -> Particulars | Refused:
    names = ("delivery_date", "ship_to", "memo", "comment", "carrier", "tracking_number")
    given = {name: getattr(command, name) for name in names}
    changed = {name: value for name, value in given.items() if value is not None}
    if command.location is None:
        return replace(particulars, **changed)
    location = maker.location(command.location)
    return location if isinstance(location, tuple) else replace(particulars, **changed, location=location)


async def delete(tx: Tx, commands: Sequence[NamedNote]) -> list[Outcome]:
    """Take drafts away; quantities and charges are free again. Refuses NOT_FOUND, CONFLICT, INVALID_STATE."""
    folder = await open_folder(tx, (command.note for command in commands))
    desk = await open_desk(tx, {order_id for note in folder.now.values() for order_id in orders_of(note)})
    outcomes = [_deleted(folder, desk, command) for command in commands]
    await desk.save(tx)
    await store.delete_notes(tx, (note.note_id for note in outcomes if isinstance(note, DeliveryNote)))
    return outcomes


def _deleted(folder: Folder, desk: Desk, command: NamedNote) -> Outcome:
    note = folder.find(command.note, command.version)
    if isinstance(note, tuple):
        return note
    event = delivery_note.delete(note)
    if not isinstance(event, DraftDeleted):
        return event
    del folder.now[event.note_id]
    desk.do(*(QuantitiesReleased(order_id, pieces) for order_id, pieces in quantities_by_order(note).items()))
    desk.do(*_releases(desk, note))
    return note
