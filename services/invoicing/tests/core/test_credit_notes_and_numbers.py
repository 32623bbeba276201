"""Credit notes for overpayments and the form of document numbers (INV-071, INV-072, INV-091, INV-092)."""

from __future__ import annotations

from datetime import date

import pytest

from invoicing.core.credit_note import CreditNote, CreditNoteKind, CreditNoteState, Overpayment, issue, void
from invoicing.core.numbering import CREDIT_NOTE, INVOICE, document_number, series
from kernel.refusal import Refusal
from services.invoicing.tests.builders import id_of, yen

OVERPAYMENT = Overpayment(id_of("over"), id_of("K1"), date(2026, 9, 1), yen(2_000))


def credit_note() -> CreditNote:
    return issue(OVERPAYMENT, credit_note_id=id_of("CN1"), number="CN202609-00001").credit_note


@pytest.mark.req("INV-070", "INV-071")
def test_an_overpayment_is_answered_by_an_untaxed_credit_note_of_its_amount_and_day() -> None:
    issued = credit_note()

    assert (issued.kind, issued.amount, issued.issued_on) == (CreditNoteKind.OVERPAYMENT, yen(2_000), date(2026, 9, 1))
    assert (issued.bill_to_id, issued.overpayment_id) == (id_of("K1"), id_of("over"))


@pytest.mark.req("INV-072")
def test_an_open_credit_note_is_voided_once() -> None:
    gone = void(credit_note(), date(2026, 9, 2))

    assert isinstance(gone, CreditNote)
    assert (gone.state, gone.voided_on) == (CreditNoteState.VOID, date(2026, 9, 2))
    assert isinstance(void(gone, date(2026, 9, 3)), Refusal)


@pytest.mark.req("INV-091", "INV-092")
@pytest.mark.parametrize(
    ("code", "day", "running", "number"),
    [
        (INVOICE, date(2026, 5, 31), 1, "INV202605-00001"),
        (INVOICE, date(2026, 6, 1), 99_999, "INV202606-99999"),
        (INVOICE, date(2026, 6, 1), 100_000, "INV202606-100000"),
        (CREDIT_NOTE, date(2026, 12, 1), 7, "CN202612-00007"),
    ],
)
def test_numbers_follow_the_issue_month_and_widen_when_they_overflow(
    code: str, day: date, running: int, number: str
) -> None:
    assert document_number(code, day, running) == number
    assert number.startswith(series(code, day))
