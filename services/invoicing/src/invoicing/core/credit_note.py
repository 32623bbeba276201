"""Credit notes (クレジットノート) for overpayments: untaxed, one per overpayment (INV-070 to INV-072, PAY-051)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.money import Money
from kernel.refusal import Refusal


class CreditNoteKind(StrEnum):
    """Why the customer is owed something; more kinds come with their own documents (INV-071)."""

    OVERPAYMENT = "overpayment"


class CreditNoteState(StrEnum):
    """OPEN until it is used on an invoice or paid out; VOID when the overpayment itself was reversed."""

    OPEN = "OPEN"
    VOID = "VOID"


TRANSITIONS: Final[Mapping[tuple[CreditNoteState, str], CreditNoteState]] = {
    (CreditNoteState.OPEN, "void"): CreditNoteState.VOID,
}
"""The part of INV-072 that overpayments need."""


@dataclass(frozen=True, slots=True)
class CreditNote:
    """An amount owed to a bill-to. `amount` is positive and carries no tax."""

    credit_note_id: UUID
    number: str
    kind: CreditNoteKind
    bill_to_id: UUID
    issued_on: date
    amount: Money
    overpayment_id: UUID
    state: CreditNoteState = CreditNoteState.OPEN
    voided_on: date | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Overpayment:
    """What payments recorded."""

    overpayment_id: UUID
    bill_to_id: UUID
    recorded_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class CreditNoteIssued:
    credit_note: CreditNote


def issue(overpayment: Overpayment, *, credit_note_id: UUID, number: str) -> CreditNoteIssued:
    """The credit note that answers an overpayment, dated on the day it was recorded."""
    return CreditNoteIssued(
        CreditNote(
            credit_note_id=credit_note_id,
            number=number,
            kind=CreditNoteKind.OVERPAYMENT,
            bill_to_id=overpayment.bill_to_id,
            issued_on=overpayment.recorded_on,
            amount=overpayment.amount,
            overpayment_id=overpayment.overpayment_id,
        )
    )


def void(credit_note: CreditNote, voided_on: date) -> CreditNote | Refusal:
    """The note no longer counts. Refuses with INVALID_STATE when it is not open."""
    state = TRANSITIONS.get((credit_note.state, "void"))
    if state is None:
        return Refusal("INVALID_STATE", {"credit_note": credit_note.number, "state": credit_note.state.value})
    return replace(credit_note, state=state, voided_on=voided_on)
