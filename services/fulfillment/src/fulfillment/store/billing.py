"""Which invoice holds a note or return, which notes are never billed: heads only, for an invoice may name 2,000."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.billing import Billing
from fulfillment.tables import among


class Kind(Enum):
    """The two documents that invoices take."""

    DELIVERY_NOTE = "delivery_note"
    RETURN_NOTE = "return_note"


_TABLES: Mapping[Kind, tuple[type[tables.Table], str]] = {
    Kind.DELIVERY_NOTE: (tables.DeliveryNote, "note_id"),
    Kind.RETURN_NOTE: (tables.ReturnNote, "return_id"),
}


async def load_billing(tx: Tx, kind: Kind, document_ids: Collection[UUID]) -> dict[UUID, Billing]:
    """The documents that exist, locked in the order of their ids."""
    if not document_ids:
        return {}
    model, key = _TABLES[kind]
    t: Any = table_of(model).c
    wanted = select(t[key].label("id"), t.invoice_id).where(t.maker_id == tx.maker_id, among(t[key], document_ids))
    rows = await tx.rows(wanted.order_by(t[key]).with_for_update())
    return {row.id: Billing(row.id, row.invoice_id) for row in rows}


async def save_billing(tx: Tx, kind: Kind, changed: Iterable[Billing]) -> None:
    """Write under the locks of `load_billing`. The document's own version stays: nothing a person edits changed."""
    model, key = _TABLES[kind]
    rows = [{"maker_id": tx.maker_id, key: one.document_id, "invoice_id": one.invoice_id} for one in changed]
    await tx.update(model, rows, key=("maker_id", key))


async def save_reasons(tx: Tx, reasons: Mapping[UUID, str | None]) -> None:
    """Why these delivery notes are not billed, under the locks of `load_billing`; their version stays as well."""
    rows = [
        {"maker_id": tx.maker_id, "note_id": note_id, "non_billable_reason": why} for note_id, why in reasons.items()
    ]
    await tx.update(tables.DeliveryNote, rows, key=("maker_id", "note_id"))
