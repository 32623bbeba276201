"""Which invoice holds an issued note or return, as invoicing tells it (FUL-022, FUL-073).

Invoicing owns the billing right from the issue on; this only follows. Each fact names its invoice, so a late or
repeated release by another invoice changes nothing. Invoices of different addressees have no common order: of two
that took a document the one made later holds it (their ids ascend), for the earlier one's void is only still to come.

Whether invoicing exempts a note is a fact beside that, told in its own order: a note may be heard of as billed before
the lifting of its exemption is. While an invoice holds it, it counts as invoiced.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Billing:
    """The invoice that holds the document now; None: it is free."""

    document_id: UUID
    invoice_id: UUID | None


def taken(billing: Billing, invoice_id: UUID) -> Billing:
    """An invoice took the document; a repeat changes nothing, nor does one made before the invoice that holds it."""
    held_by = billing.invoice_id
    return billing if held_by is not None and held_by > invoice_id else Billing(billing.document_id, invoice_id)


def freed(billing: Billing, invoice_id: UUID) -> Billing:
    """That invoice was voided; unless another one holds the document by now, it is free."""
    return Billing(billing.document_id, None) if billing.invoice_id == invoice_id else billing
