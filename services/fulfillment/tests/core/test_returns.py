"""Return notes: from shipped notes only, positive amounts at the shipped price, deducted once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fulfillment.core.asks import LineAsk
from fulfillment.core.billing import Billing, freed, taken
from fulfillment.core.delivery_note import DeliveryNote, PiecesReturned
from fulfillment.core.parts import Broken
from fulfillment.core.returns import (
    ReturnDeleted,
    ReturnDrafted,
    ReturnIssued,
    ReturnNote,
    ReturnState,
    ReturnTerms,
    delete,
    draft,
    evolve,
    given_back,
    issue,
)
from kernel.money import JPY, Money
from kernel.refusal import Refusal
from services.fulfillment.tests.builders import TODAY, a_line, a_note, an_id, an_order, ids, shipped

TERMS = ReturnTerms(TODAY, "誤納品")


def a_shipped_note() -> DeliveryNote:
    return shipped(a_note(an_order(100, a_line(1, price="2168")), LineAsk("W-100", 12 - 2, line_no=1)))


def a_return(note: DeliveryNote, pieces: int = 3) -> ReturnNote:
    line = note.lines[0].line_id
    outcome = draft(note, PiecesReturned(note.note_id, {line: pieces}), TERMS, ids())
    assert isinstance(outcome, ReturnDrafted)
    return outcome.return_note


@pytest.mark.req("FUL-070", "FUL-071")
def test_goods_come_back_at_the_price_and_tax_they_were_shipped_at() -> None:
    note = a_shipped_note()
    returned = a_return(note)
    assert (returned.state, returned.note_number, returned.reason) == (ReturnState.DRAFT, "DN202606-00001", "誤納品")
    assert (returned.lines[0].goods, returned.amount) == (note.lines[0].goods, Money.of("6504", JPY))


@pytest.mark.req("FUL-071")
def test_a_return_needs_a_reason() -> None:
    note = a_shipped_note()
    line = note.lines[0].line_id
    outcome = draft(note, PiecesReturned(note.note_id, {line: 1}), replace(TERMS, reason=""), ids())
    assert outcome == (Refusal("REASON_REQUIRED", {"note": "DN202606-00001"}, field="/reason"),)


@pytest.mark.req("FUL-073")
def test_a_return_goes_from_draft_over_issue_to_the_invoice_that_deducts_it() -> None:
    returned = a_return(a_shipped_note())
    event = issue(returned, number="RN202606-00001", issued_on=TODAY)
    assert event == ReturnIssued(returned.return_id, "RN202606-00001", TODAY)
    after = evolve(returned, event)
    assert after.state is ReturnState.ISSUED
    assert replace(after, invoice_id=an_id(9)).state is ReturnState.APPLIED


@pytest.mark.req("FUL-073")
def test_only_a_draft_is_issued_or_deleted() -> None:
    returned = a_return(a_shipped_note())
    assert delete(returned) == ReturnDeleted(returned.return_id)
    numbered = evolve(returned, ReturnIssued(returned.return_id, "RN202606-00001", TODAY))
    facts = {"document": "RN202606-00001", "state": "ISSUED", "allowed": ""}
    assert delete(numbered) == (Refusal("INVALID_STATE", {**facts, "deed": "delete"}),)
    again = issue(numbered, number="RN202606-00002", issued_on=TODAY)
    assert again == (Refusal("INVALID_STATE", {**facts, "deed": "issue"}),)


def test_a_deleted_draft_gives_its_pieces_back_to_the_note() -> None:
    note = a_shipped_note()
    assert given_back(a_return(note)) == PiecesReturned(note.note_id, {note.lines[0].line_id: -3})


def test_a_return_from_a_note_without_number_is_a_bug() -> None:
    note = a_note(an_order())
    with pytest.raises(Broken):
        draft(note, PiecesReturned(note.note_id, {}), TERMS, ids())


@pytest.mark.req("FUL-072")
def test_the_invoice_that_took_a_document_is_the_only_one_that_frees_it() -> None:
    first, second = an_id(1), an_id(2)
    free = Billing(an_id(9), None)
    assert taken(free, first) == taken(taken(free, first), first) == Billing(an_id(9), first)
    assert freed(taken(free, first), first) == free
    assert freed(taken(free, second), first) == Billing(an_id(9), second)
    assert freed(free, first) == free
