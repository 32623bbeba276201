"""Credit notes of invoicing, shown beside the balance."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.tx import Tx
from payments import tables
from payments.core.credit_note import CreditNote


async def insert_credit_notes(tx: Tx, issued: Sequence[CreditNote]) -> None:
    """New credit notes."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "credit_note_id": one.credit_note_id,
            "number": one.number,
            "kind": one.kind,
            "bill_to_id": one.bill_to_id,
            "currency": one.amount.currency.code,
            "amount": one.amount.amount,
            "issued_on": one.issued_on,
            "overpayment_id": one.overpayment_id,
        }
        for one in issued
    ]
    await tx.insert(tables.CreditNoteRow, rows)
