"""The return note (返品伝票): goods of one shipped note that came back, to be deducted from an invoice (FUL-070).

Quantities and amounts are positive; price, rate and tax are those of the shipped line (FUL-071). The pieces count as
returned from the draft on, so two returns never claim the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from fulfillment.core.delivery_note import DeliveryNote, Goods, PiecesReturned
from fulfillment.core.parts import Broken, CustomerId, NoteId, NoteLineId, Refused, ReturnId
from kernel.money import Currency, Money, total
from kernel.refusal import Refusal


class ReturnState(StrEnum):
    """APPLIED: an invoice deducted it (FUL-073)."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    APPLIED = "APPLIED"


class ReturnDeed(StrEnum):
    """What people do to a return note; applying and releasing are invoicing's (see billing)."""

    ISSUE = "issue"
    DELETE = "delete"


TRANSITIONS: Mapping[tuple[ReturnState, ReturnDeed], ReturnState | None] = MappingProxyType(
    {
        (ReturnState.DRAFT, ReturnDeed.ISSUE): ReturnState.ISSUED,
        (ReturnState.DRAFT, ReturnDeed.DELETE): None,
    }
)
"""The deeds of people as data; None: the draft is gone. Any other is refused with INVALID_STATE."""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Pieces of one line of the delivery note."""

    line_id: UUID
    note_line_id: NoteLineId
    goods: Goods
    quantity: int

    @property
    def amount(self) -> Money:
        """Positive; the invoice deducts it."""
        return self.goods.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class ReturnNote:
    """Goods of one delivery note that came back on `returned_on`. `restock`: they can be sold again."""

    return_id: ReturnId
    note_id: NoteId
    note_number: str
    customer_id: CustomerId
    customer_code: str
    currency: Currency
    delivery_date: date
    returned_on: date
    reason: str
    condition: str
    restock: bool
    lines: tuple[ReturnLine, ...]
    number: str | None = None
    issued_on: date | None = None
    invoice_id: UUID | None = None
    version: int = 1

    @property
    def state(self) -> ReturnState:
        """Follows from the number and from the invoice that holds it (FUL-073)."""
        if self.number is None:
            return ReturnState.DRAFT
        return ReturnState.ISSUED if self.invoice_id is None else ReturnState.APPLIED

    @property
    def amount(self) -> Money:
        """The sum of its lines as entered, without regard to tax."""
        return total((line.amount for line in self.lines), self.currency)


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """What a person says about goods that came back."""

    returned_on: date
    reason: str
    condition: str = ""
    restock: bool = False


@dataclass(frozen=True, slots=True)
class ReturnDrafted:
    """A draft exists; its pieces count as returned."""

    return_note: ReturnNote


@dataclass(frozen=True, slots=True)
class ReturnIssued:
    """The return got its number; its billing right passes to invoicing with this."""

    return_id: ReturnId
    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class ReturnDeleted:
    """The draft is gone; its pieces may be returned again."""

    return_id: ReturnId


def draft(
    note: DeliveryNote, returned: PiecesReturned, terms: ReturnTerms, new_id: Callable[[], UUID]
) -> ReturnDrafted | Refused:
    """Write a return note for pieces the delivery note let go (`delivery_note.take_back`).

    Refuses REASON_REQUIRED.
    """
    if not terms.reason:
        return (Refusal("REASON_REQUIRED", {"note": note.number or ""}, field="/reason"),)
    if note.number is None:
        raise Broken(f"note {note.note_id} has pieces returned and no number")
    goods = {line.line_id: line.goods for line in note.lines}
    lines = tuple(ReturnLine(new_id(), line_id, goods[line_id], n) for line_id, n in returned.pieces.items())
    return ReturnDrafted(
        ReturnNote(
            return_id=ReturnId(new_id()),
            note_id=note.note_id,
            note_number=note.number,
            customer_id=note.customer_id,
            customer_code=note.customer_code,
            currency=note.currency,
            delivery_date=note.particulars.delivery_date,
            returned_on=terms.returned_on,
            reason=terms.reason,
            condition=terms.condition,
            restock=terms.restock,
            lines=lines,
        )
    )


def issue_problems(return_note: ReturnNote) -> Refused:
    """Why the return cannot be issued: INVALID_STATE. Holds do not matter (FUL-030)."""
    return _state_problem(return_note, ReturnDeed.ISSUE)


def issue(return_note: ReturnNote, *, number: str, issued_on: date) -> ReturnIssued | Refused:
    """Give the draft its number. Numbers are gap-free, so ask `issue_problems` before drawing one."""
    return issue_problems(return_note) or ReturnIssued(return_note.return_id, number, issued_on)


def delete(return_note: ReturnNote) -> ReturnDeleted | Refused:
    """Take a draft away. Refuses INVALID_STATE."""
    return _state_problem(return_note, ReturnDeed.DELETE) or ReturnDeleted(return_note.return_id)


def given_back(return_note: ReturnNote) -> PiecesReturned:
    """What the delivery note gets back when the draft return is deleted."""
    pieces = {line.note_line_id: -line.quantity for line in return_note.lines}
    return PiecesReturned(return_note.note_id, pieces)


def evolve(return_note: ReturnNote, event: ReturnIssued) -> ReturnNote:
    """The return after the event."""
    return replace(return_note, number=event.number, issued_on=event.issued_on)


def _state_problem(return_note: ReturnNote, deed: ReturnDeed) -> Refused:
    if (return_note.state, deed) in TRANSITIONS:
        return ()
    allowed = ", ".join(d for state, d in TRANSITIONS if state is return_note.state)
    document = return_note.number or str(return_note.return_id)
    facts = {"document": document, "state": return_note.state, "deed": deed, "allowed": allowed}
    return (Refusal("INVALID_STATE", facts),)
