"""The invoice: issued once, immutable but for what is paid on it, voided while nothing is (INV §14).

Everything it says is a snapshot of the moment of issue (GEN-012); what changes afterwards is its state and open amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from invoicing.core.document import InvoiceDocument, Issue, document_of
from kernel.money import Money
from kernel.refusal import Refusal


class InvoiceState(StrEnum):
    """Where an invoice is; overdue is derived from open amount and due date, not a state."""

    ISSUED = "ISSUED"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    VOID = "VOID"


class Happening(StrEnum):
    """What can happen to an invoice."""

    ISSUE = "issue"
    ALLOCATE = "allocate"
    REVERSE = "reverse"
    VOID = "void"


_S, _H = InvoiceState, Happening
TRANSITIONS: Final[Mapping[tuple[InvoiceState | None, Happening], frozenset[InvoiceState]]] = {
    (None, _H.ISSUE): frozenset({_S.ISSUED, _S.PAID}),
    (_S.ISSUED, _H.ALLOCATE): frozenset({_S.PARTLY_PAID, _S.PAID}),
    (_S.PARTLY_PAID, _H.ALLOCATE): frozenset({_S.PARTLY_PAID, _S.PAID}),
    (_S.PARTLY_PAID, _H.REVERSE): frozenset({_S.ISSUED, _S.PARTLY_PAID}),
    (_S.PAID, _H.REVERSE): frozenset({_S.ISSUED, _S.PARTLY_PAID}),
    (_S.ISSUED, _H.VOID): frozenset({_S.VOID}),
    (_S.PAID, _H.VOID): frozenset({_S.VOID}),
    (_S.VOID, _H.ALLOCATE): frozenset({_S.VOID}),
    (_S.VOID, _H.REVERSE): frozenset({_S.VOID}),
}
"""The state machine of INV §14 as data. PAID → VOID is for an invoice of zero alone, which nobody ever paid; money that
payments allocated before it heard of a void moves the open amount, never the state."""


@dataclass(frozen=True, slots=True)
class Voiding:
    """When and why an invoice was taken back."""

    voided_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """What decisions about an issued invoice need; its paper is the `InvoiceDocument` of the same id."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    issued_on: date
    total: Money
    open_amount: Money
    state: InvoiceState
    voiding: Voiding | None = None
    version: int = 1

    @property
    def has_payments(self) -> bool:
        """Something was allocated to it and not reversed."""
        return self.open_amount != self.total


@dataclass(frozen=True, slots=True)
class Allocate:
    """Payments settled part of it; `open_amount` is what payments says is left."""

    open_amount: Money


@dataclass(frozen=True, slots=True)
class Reverse:
    """An allocation was taken back."""

    open_amount: Money


@dataclass(frozen=True, slots=True)
class Void:
    """Take the invoice back; its sources become free."""

    voided_on: date
    reason: str


Command: TypeAlias = Allocate | Reverse | Void


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """An invoice came into being, with everything its paper says."""

    document: InvoiceDocument


@dataclass(frozen=True, slots=True)
class OpenAmountChanged:
    """Money came or went."""

    state: InvoiceState
    open_amount: Money


@dataclass(frozen=True, slots=True)
class InvoiceVoided:
    """The invoice counts no longer; its number stays used (INV-092)."""

    voiding: Voiding


Event: TypeAlias = InvoiceIssued | OpenAmountChanged | InvoiceVoided


def issue(command: Issue) -> InvoiceIssued:
    """The invoice that was proposed, frozen (GEN-012)."""
    return InvoiceIssued(document_of(command))


def decide(invoice: Invoice, command: Command) -> list[Event] | Refusal:
    """What the command does. Refuses with HAS_PAYMENTS, VOID_BEFORE_ISSUE, or INVALID_STATE where the machine has no
    such step."""
    match command:
        case Void(voided_on, reason):
            return _void(invoice, Voiding(voided_on, reason))
        case Allocate(open_amount):
            return _settle(invoice, Happening.ALLOCATE, open_amount)
        case Reverse(open_amount):
            return _settle(invoice, Happening.REVERSE, open_amount)
        case _:
            assert_never(command)


def evolve(invoice: Invoice | None, event: Event) -> Invoice:
    """The invoice after the event. Raises ValueError when something happens to an invoice that does not exist."""
    match event:
        case InvoiceIssued(document):
            return _issued(document)
        case OpenAmountChanged(state, open_amount):
            return replace(_existing(invoice), state=state, open_amount=open_amount)
        case InvoiceVoided(voiding):
            return replace(_existing(invoice), state=InvoiceState.VOID, voiding=voiding)
        case _:
            assert_never(event)


def _issued(document: InvoiceDocument) -> Invoice:
    """An invoice of zero is paid at once (INV-152)."""
    total = document.amounts.total
    state = InvoiceState.ISSUED if total else InvoiceState.PAID
    bill_to_id, issued_on = document.recipient.customer_id, document.dates.issued_on
    return Invoice(document.invoice_id, document.number, bill_to_id, issued_on, total, total, state)


def _void(invoice: Invoice, voiding: Voiding) -> list[Event] | Refusal:
    if invoice.state is not InvoiceState.VOID and invoice.has_payments:
        return Refusal("HAS_PAYMENTS", {"invoice": invoice.number, "open": str(invoice.open_amount)})
    if (invoice.state, Happening.VOID) not in TRANSITIONS:
        return Refusal("INVALID_STATE", {"invoice": invoice.number, "state": invoice.state.value})
    if voiding.voided_on < invoice.issued_on:
        dates = {"issued_on": invoice.issued_on.isoformat(), "voided_on": voiding.voided_on.isoformat()}
        return Refusal("VOID_BEFORE_ISSUE", {"invoice": invoice.number, **dates})
    return [InvoiceVoided(voiding)]


def _settle(invoice: Invoice, happening: Happening, open_amount: Money) -> list[Event] | Refusal:
    state = _state_at(invoice, open_amount)
    if state not in TRANSITIONS.get((invoice.state, happening), frozenset()):
        facts = {"invoice": invoice.number, "state": invoice.state.value, "open": str(open_amount)}
        return Refusal("INVALID_STATE", facts)
    return [OpenAmountChanged(state, open_amount)]


def _state_at(invoice: Invoice, open_amount: Money) -> InvoiceState:
    if invoice.state is InvoiceState.VOID:
        return InvoiceState.VOID
    if not open_amount:
        return InvoiceState.PAID
    return InvoiceState.ISSUED if open_amount == invoice.total else InvoiceState.PARTLY_PAID


def _existing(invoice: Invoice | None) -> Invoice:
    if invoice is None:
        raise ValueError("there is no invoice yet")
    return invoice
