"""The paper of an invoice as JSON for the press: the stored snapshot and the lines of its notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson

from chassis.tx import Tx
from invoicing.core.printed import Variant, paper_of
from invoicing.store import invoices
from invoicing.views.paper import note_details


@dataclass(frozen=True, slots=True)
class ReadyToPrint:
    """What the press needs, and what the file is called."""

    json: str
    day: date
    name: str


async def ready_to_print(tx: Tx, invoice_id: UUID, variant: Variant) -> ReadyToPrint | None:
    """The paper of an invoice of this maker, worked out from what was stored at issue."""
    document = (await invoices.load_documents(tx, [invoice_id])).get(invoice_id)
    if document is None:
        return None
    voiding = (await invoices.load(tx, [invoice_id]))[invoice_id].voiding if variant is Variant.VOID else None
    details = await note_details(tx, [source.source_id for source in document.sources], document.amounts.currency)
    paper = orjson.dumps(paper_of(document, details, voiding)).decode()
    suffix = "" if variant is Variant.ORIGINAL else "-void"
    return ReadyToPrint(paper, document.dates.issued_on, f"{document.number}{suffix}.pdf")
