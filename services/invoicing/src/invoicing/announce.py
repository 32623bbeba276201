"""The complete list of what invoicing publishes: core events → messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from contracts.invoicing import BillableExempted, BillableExemptionLifted, InvoiceSource, OrderShare
from contracts.invoicing import CreditNoteIssued as CreditNoteIssuedMessage
from contracts.invoicing import InvoiceIssued as InvoiceIssuedMessage
from contracts.invoicing import InvoiceVoided as InvoiceVoidedMessage
from contracts.parts import RateSums
from contracts.wire import Message
from invoicing.core.billable import (
    Billable,
    Billed,
    Deferred,
    Exempted,
    ExemptionLifted,
    Released,
)
from invoicing.core.billable import Event as BillableEvent
from invoicing.core.credit_note import CreditNoteIssued
from invoicing.core.document import InvoiceDocument
from invoicing.core.invoice import Event, InvoiceIssued, InvoiceVoided, OpenAmountChanged, Voiding
from invoicing.core.shares import OrderShare as ShareOfOrder
from invoicing.core.shares import shares_of

Happened: TypeAlias = tuple[Event, InvoiceDocument]
"""An event with the paper of its invoice."""


def invoices(maker_id: UUID, happened: Iterable[Happened]) -> list[Message]:
    """What the world hears of invoices. Money is payments' own news: an open amount that moved is not announced."""
    return [Message(maker_id, body) for event, document in happened for body in _told(event, document)]


def billables(maker_id: UUID, happened: Iterable[tuple[BillableEvent, Billable]]) -> list[Message]:
    """What the world hears of single notes; that they are on an invoice, or free again, the invoice tells."""
    return [Message(maker_id, body) for event, note in happened for body in _told_of_note(event, note)]


def credit_notes(maker_id: UUID, happened: Iterable[CreditNoteIssued]) -> list[Message]:
    """What the world hears of credit notes."""
    return [Message(maker_id, _credit_note_issued(event)) for event in happened]


def _told(event: Event, document: InvoiceDocument) -> Sequence[InvoiceIssuedMessage | InvoiceVoidedMessage]:
    match event:
        case InvoiceIssued():
            return [_issued(document)]
        case InvoiceVoided(voiding):
            return [_voided(document, voiding)]
        case OpenAmountChanged():
            return []
        case _:
            assert_never(event)


def _told_of_note(event: BillableEvent, note: Billable) -> Sequence[BillableExempted | BillableExemptionLifted]:
    match event:
        case Exempted(reason):
            return [BillableExempted(**_note(note), reason=reason)]
        case ExemptionLifted():
            return [BillableExemptionLifted(**_note(note))]
        case Deferred() | Billed() | Released():
            return []
        case _:
            assert_never(event)


def _note(note: Billable) -> dict[str, Any]:
    return {
        "customer_id": note.customer_id,
        "billable_id": note.billable_id,
        "kind": note.kind.value,
        "number": note.number,
        "currency": note.currency.code,
        "orders": _shares(shares_of(note)),
    }


def _issued(document: InvoiceDocument) -> InvoiceIssuedMessage:
    amounts, dates = document.amounts, document.dates
    return InvoiceIssuedMessage(
        bill_to_id=document.recipient.customer_id,
        invoice_id=document.invoice_id,
        number=document.number,
        bill_to_code=document.recipient.code,
        currency=amounts.currency.code,
        issued_on=dates.issued_on,
        closing_date=dates.closing_date,
        due_on=dates.due_on,
        per_rate=_per_rate(document),
        net=amounts.net.amount,
        tax=amounts.tax.amount,
        payment_points=amounts.payment_points.amount,
        total=amounts.total.amount,
        brought_forward=amounts.brought_forward.amount,
        billing_amount=amounts.billing_amount.amount,
        sources=_sources(document),
        orders=_shares(document.orders),
    )


def _voided(document: InvoiceDocument, voiding: Voiding) -> InvoiceVoidedMessage:
    return InvoiceVoidedMessage(
        bill_to_id=document.recipient.customer_id,
        invoice_id=document.invoice_id,
        number=document.number,
        currency=document.amounts.currency.code,
        voided_on=voiding.voided_on,
        reason=voiding.reason,
        total=document.amounts.total.amount,
        sources=_sources(document),
        orders=_shares(document.orders),
    )


def _per_rate(document: InvoiceDocument) -> tuple[RateSums, ...]:
    return tuple(
        RateSums(
            tax_rate=one.taxed.rate.percent,
            reduced=one.taxed.reduced,
            exclusive_sum=one.taxed.exclusive.amount,
            inclusive_sum=one.taxed.inclusive.amount,
            net=one.taxed.net.amount,
            tax=one.taxed.tax.amount,
            gross=one.taxed.gross.amount,
        )
        for one in document.amounts.per_rate
    )


def _sources(document: InvoiceDocument) -> tuple[InvoiceSource, ...]:
    return tuple(
        InvoiceSource(kind=one.kind.value, source_id=one.source_id, number=one.number, customer_id=one.customer_id)
        for one in document.sources
    )


def _shares(shares: Iterable[ShareOfOrder]) -> tuple[OrderShare, ...]:
    return tuple(
        OrderShare(
            order_id=one.order_id,
            customer_id=one.customer_id,
            amount=one.amount.amount,
            returned=one.returned.amount,
        )
        for one in shares
    )


def _credit_note_issued(event: CreditNoteIssued) -> CreditNoteIssuedMessage:
    note = event.credit_note
    return CreditNoteIssuedMessage(
        bill_to_id=note.bill_to_id,
        credit_note_id=note.credit_note_id,
        number=note.number,
        kind=note.kind.value,
        currency=note.amount.currency.code,
        issued_on=note.issued_on,
        amount=note.amount.amount,
        overpayment_id=note.overpayment_id,
    )
