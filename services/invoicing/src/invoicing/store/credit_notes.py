"""Credit notes, one per overpayment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from invoicing import tables
from invoicing.core.credit_note import CreditNote, CreditNoteKind, CreditNoteState
from invoicing.tables import Row, among, columns
from kernel.money import Currency, Money


async def add(tx: Tx, notes: Sequence[CreditNote]) -> None:
    """Write new credit notes. Raises a unique violation when an overpayment has one already."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "credit_note_id": one.credit_note_id,
            "number": one.number,
            "kind": one.kind.value,
            "bill_to_id": one.bill_to_id,
            "currency": one.amount.currency.code,
            "amount": one.amount.amount,
            "issued_on": one.issued_on,
            "overpayment_id": one.overpayment_id,
            "state": one.state.value,
            "voided_on": one.voided_on,
            "version": one.version,
        }
        for one in notes
    ]
    await tx.insert(tables.CreditNote, rows)


async def load_for(tx: Tx, overpayment_ids: Collection[UUID]) -> dict[UUID, CreditNote]:
    """The credit notes of these overpayments, by overpayment."""
    n = columns(tables.CreditNote)
    wanted = select(*n).where(n.maker_id == tx.maker_id, among(n.overpayment_id, overpayment_ids))
    return {row.overpayment_id: _credit_note(row) for row in await tx.rows(wanted)}


async def save(tx: Tx, changed: Iterable[CreditNote]) -> None:
    """Write what may change. Raises Stale when somebody else changed it since it was read."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "credit_note_id": one.credit_note_id,
            "state": one.state.value,
            "voided_on": one.voided_on,
            "version": one.version,
        }
        for one in changed
    ]
    await tx.update(tables.CreditNote, rows, key=("maker_id", "credit_note_id"), expect_version="version")


def _credit_note(row: Row) -> CreditNote:
    return CreditNote(
        credit_note_id=row.credit_note_id,
        number=row.number,
        kind=CreditNoteKind(row.kind),
        bill_to_id=row.bill_to_id,
        issued_on=row.issued_on,
        amount=Money(row.amount, Currency.of(row.currency)),
        overpayment_id=row.overpayment_id,
        state=CreditNoteState(row.state),
        voided_on=row.voided_on,
        version=row.version,
    )
