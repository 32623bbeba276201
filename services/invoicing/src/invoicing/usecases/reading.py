"""Reads that need both the stored aggregate and the rows around it."""

from __future__ import annotations

from uuid import UUID

from chassis.tx import Tx
from invoicing.store import invoices
from invoicing.views.invoice_parts import line_views
from invoicing.views.invoices import InvoiceDetailView, InvoiceDocumentView, detail_view, document_view, find_head


async def find_invoice(tx: Tx, invoice_id: UUID) -> InvoiceDetailView | None:
    """One invoice whole, or None."""
    row = await find_head(tx, invoice_id)
    if row is None:
        return None
    document = (await invoices.load_documents(tx, [invoice_id]))[invoice_id]
    return detail_view(row, document, await line_views(tx, document))


async def invoice_after(tx: Tx, invoice_id: UUID) -> InvoiceDocumentView:
    """One invoice after a deed on it, without its lines. Raises LookupError when it does not exist."""
    row = await find_head(tx, invoice_id)
    if row is None:
        raise LookupError(f"invoice {invoice_id} was just written and is not there")
    return document_view(row, (await invoices.load_documents(tx, [invoice_id]))[invoice_id])
