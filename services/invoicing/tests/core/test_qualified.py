"""What makes an invoice a qualified one, and what is warned about before issuing (INV-007, INV-081, R21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from invoicing.core.calculation import InvoiceAmounts, calculate
from invoicing.core.parties import Location, PostalAddress
from invoicing.core.qualified import IssueFacts, findings, is_qualified, refusals
from kernel.money import JPY, Currency
from services.invoicing.tests.builders import ACCOUNT, HEAD_OFFICE, TAXES, id_of, maker, party, sums

AMOUNTS = calculate([sums(10, 1_000)], currency=JPY, rules=TAXES)
GOOD = IssueFacts(
    maker=maker(),
    bill_to=party("K1"),
    location=HEAD_OFFICE,
    bank_account=ACCOUNT,
    issued_on=date(2026, 6, 30),
    due_on=date(2026, 7, 31),
    locations=frozenset({HEAD_OFFICE.location_id}),
    amounts=AMOUNTS,
)


def dollars() -> InvoiceAmounts:
    return calculate([sums(10, 1_000, currency=Currency.of("USD"))], currency=Currency.of("USD"), rules=TAXES)


def codes(facts: IssueFacts) -> list[str]:
    return [finding.code for finding in findings(facts)]


def test_a_complete_invoice_has_nothing_to_warn_about() -> None:
    assert codes(GOOD) == []
    assert is_qualified(findings(GOOD))


@pytest.mark.req("INV-080", "INV-081")
@pytest.mark.parametrize("location", [None, replace(HEAD_OFFICE, registration_number=None)])
def test_without_a_registration_number_it_is_no_qualified_invoice_but_still_an_invoice(
    location: Location | None,
) -> None:
    facts = replace(GOOD, location=location)

    assert codes(facts) == ["REG_NO_MISSING"]
    assert not is_qualified(findings(facts))
    assert [refusal.code for refusal in refusals(findings(facts))] == ["REG_NO_MISSING"]


@pytest.mark.parametrize(
    ("number", "code", "qualified"),
    [("T8700110005901", None, True), ("T1234567890123", "REG_NO_CHECK_DIGIT", True), ("T123", "REG_NO_FORMAT", False)],
)
def test_a_wrong_check_digit_warns_and_a_wrong_form_disqualifies(
    number: str, code: str | None, qualified: bool
) -> None:
    facts = replace(GOOD, location=replace(HEAD_OFFICE, registration_number=number))

    assert codes(facts) == ([code] if code else [])
    assert is_qualified(findings(facts)) is qualified


@pytest.mark.req("INV-042")
def test_tax_in_a_foreign_currency_without_yen_is_not_qualified() -> None:
    assert codes(replace(GOOD, amounts=dollars())) == ["YEN_TAX_MISSING"]
    assert not is_qualified(findings(replace(GOOD, amounts=dollars())))


@pytest.mark.req("INV-007")
def test_missing_address_bank_and_an_early_due_date_are_warned_about() -> None:
    facts = replace(
        GOOD,
        bill_to=replace(party("K1"), address=PostalAddress()),
        bank_account=None,
        due_on=date(2026, 6, 29),
        locations=frozenset({HEAD_OFFICE.location_id, id_of("osaka")}),
    )

    assert codes(facts) == ["ADDRESS_MISSING", "BANK_MISSING", "DUE_BEFORE_ISSUE", "LOCATION_MIX"]


@pytest.mark.req("INV-081")
def test_a_document_that_lacks_a_required_item_may_not_be_called_qualified() -> None:
    facts = replace(
        GOOD,
        maker=replace(maker(), name=""),
        bill_to=replace(party("K1"), name=""),
        amounts=calculate([], currency=JPY, rules=TAXES),
    )

    missing = [finding.facts["item"] for finding in findings(facts) if finding.code == "QUALIFIED_ITEM_MISSING"]

    assert missing == ["issuer_name", "recipient_name", "tax_per_rate"]
    assert not is_qualified(findings(facts))
