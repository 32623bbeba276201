"""What `invoicing` tells: invoices issued and voided, notes that are never billed, credit notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from contracts.parts import RateSums
from contracts.wire import Amount, Event, Part


class InvoiceSource(Part):
    """A document an invoice consumed; kind: delivery_note or return_note."""

    kind: str
    source_id: UUID
    number: str
    customer_id: UUID


class OrderShare(Part):
    """How much of an invoice (tax included) belongs to one order; Σ shares = total of the invoice before slips.
    `returned` is what came back of the order, positive, and is already taken off `amount`."""

    order_id: UUID
    customer_id: UUID
    amount: Amount
    returned: Amount = Decimal(0)


class _BillToEvent(Event, topic="invoicing.events"):
    bill_to_id: UUID

    def key(self) -> str:
        return str(self.bill_to_id)


class InvoiceIssued(_BillToEvent, type="invoicing.invoice-issued.v1"):
    """An invoice exists. `total` is its own, with tax; `billing_amount` adds the brought-forward balance (INV-151)."""

    invoice_id: UUID
    number: str
    bill_to_code: str
    currency: str
    issued_on: date
    closing_date: date | None
    due_on: date
    per_rate: tuple[RateSums, ...]
    net: Amount
    tax: Amount
    payment_points: Amount
    total: Amount
    brought_forward: Amount
    billing_amount: Amount
    sources: tuple[InvoiceSource, ...]
    orders: tuple[OrderShare, ...]

    def subject(self) -> str:
        return f"invoice/{self.invoice_id}"


class InvoiceVoided(_BillToEvent, type="invoicing.invoice-voided.v1"):
    """An unpaid invoice was voided: its sources are free again, the balance falls by its total."""

    invoice_id: UUID
    number: str
    currency: str
    voided_on: date
    reason: str
    total: Amount
    sources: tuple[InvoiceSource, ...]
    orders: tuple[OrderShare, ...]

    def subject(self) -> str:
        return f"invoice/{self.invoice_id}"


class CreditNoteIssued(_BillToEvent, type="invoicing.credit-note-issued.v1"):
    """A credit note exists; kind overpayment is untaxed and answers payments' `overpayment-recorded` (PAY-051)."""

    credit_note_id: UUID
    number: str
    kind: str
    currency: str
    issued_on: date
    amount: Amount
    overpayment_id: UUID | None

    def subject(self) -> str:
        return f"credit-note/{self.credit_note_id}"


class _NoteEvent(Event, topic="invoicing.events"):
    """About one delivery or return note; `orders` is what each order would owe of it, tax included, in `currency`."""

    customer_id: UUID
    billable_id: UUID
    kind: str
    number: str
    currency: str
    orders: tuple[OrderShare, ...]

    def key(self) -> str:
        return str(self.customer_id)

    def subject(self) -> str:
        return f"billable/{self.billable_id}"


class BillableExempted(_NoteEvent, type="invoicing.billable-exempted.v1"):
    """A note will not be billed, or a return not deducted, until that is lifted (FUL-022)."""

    reason: str


class BillableExemptionLifted(_NoteEvent, type="invoicing.billable-exemption-lifted.v1"):
    """A note is to be billed after all, or a return deducted (FUL-022)."""
