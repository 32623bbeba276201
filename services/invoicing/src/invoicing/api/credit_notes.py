"""Credit notes are read here; what makes them is an overpayment that payments recorded."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.http import Edge, Listing, Router, needs, problem_responses
from invoicing.views import credit_notes as views
from invoicing.views.credit_notes import CreditNoteSearch, CreditNoteView

router = Router()

Reading = Annotated[Edge, needs("invoice.read")]


@router.get("/v1/credit-notes")
async def list_credit_notes(search: Annotated[CreditNoteSearch, Query()], edge: Reading) -> Listing[CreditNoteView]:
    return await edge.page(lambda tx: views.list_credit_notes(tx, search))


@router.get("/v1/credit-notes/{credit_note_id}", responses=problem_responses("NOT_FOUND"))
async def get_credit_note(credit_note_id: UUID, edge: Reading) -> CreditNoteView:
    return await edge.read(lambda tx: views.find_credit_note(tx, credit_note_id))
