"""Overpayments that payments recorded are answered by credit notes, once each (PAY-051, INV-071)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from chassis.tx import Tx
from invoicing import announce
from invoicing.core.credit_note import CreditNote, Overpayment, issue, void
from invoicing.core.numbering import CREDIT_NOTE, document_number, series
from invoicing.store import credit_notes


async def answer(tx: Tx, overpayments: Sequence[Overpayment]) -> None:
    """Issue one credit note per overpayment; one that has its note already is passed over."""
    known = await credit_notes.load_for(tx, [one.overpayment_id for one in overpayments])
    fresh = {one.overpayment_id: one for one in overpayments if one.overpayment_id not in known}
    ranked = sorted(fresh.values(), key=lambda one: (series(CREDIT_NOTE, one.recorded_on), one.overpayment_id))
    ids = iter(tx.new_ids(len(ranked)))
    issued = []
    for name, of_month in groupby(ranked, key=lambda one: series(CREDIT_NOTE, one.recorded_on)):
        month = list(of_month)
        for one, running in zip(month, await tx.next_numbers(name, len(month)), strict=True):
            number = document_number(CREDIT_NOTE, one.recorded_on, running)
            issued.append(issue(one, credit_note_id=next(ids), number=number))
    await credit_notes.add(tx, [event.credit_note for event in issued])
    tx.announce(announce.credit_notes(tx.maker_id, issued))


async def take_back(tx: Tx, reversed_: Sequence[tuple[UUID, date]]) -> None:
    """The bank line behind an overpayment was reversed: its credit note is voided if it is still open."""
    known = await credit_notes.load_for(tx, [overpayment_id for overpayment_id, _ in reversed_])
    voided: dict[UUID, CreditNote] = {}
    for overpayment_id, day in reversed_:
        note = known.get(overpayment_id)
        outcome = void(note, day) if note else None
        if isinstance(outcome, CreditNote) and overpayment_id not in voided:
            voided[overpayment_id] = outcome
    await credit_notes.save(tx, list(voided.values()))
