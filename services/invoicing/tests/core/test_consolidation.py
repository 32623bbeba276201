"""Invoices put together by hand: every problem at once, and what comes out when there is none (INV §2, §3, §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from invoicing.core.billable import Billable, BillableState
from invoicing.core.consolidation import ChosenSource, Compose, ComposeFacts, FeeEntry, compose
from invoicing.core.parties import BankAccount, BillFrom, Location, Maker, Party, PostalAddress
from invoicing.core.proposal import FeeKind, InvoiceProposal
from kernel.calendar import ClosingTerms
from kernel.money import Currency, Rate
from services.invoicing.tests.builders import (
    ACCOUNT,
    HEAD_OFFICE,
    TAXES,
    id_of,
    maker,
    note,
    party,
    returned,
    yen,
)

USD = Currency.of("USD")
P, A, B, C = party("P"), party("A", billed_to="P"), party("B", billed_to="P"), party("C")
ASK = Compose(issued_on=date(2026, 6, 15))


def composed(
    *notes: Billable | None,
    command: Compose = ASK,
    bill_to: Party = P,
    members: Sequence[Party] = (P, A, B),
    issuer: Maker | None = None,
) -> InvoiceProposal | set[tuple[str, str | None]]:
    """The proposal, or the problems as (code, field)."""
    chosen = [
        ChosenSource(f"/delivery_notes/{index}", one.number if one else "DN?", one) for index, one in enumerate(notes)
    ]
    facts = ComposeFacts(bill_to, {one.customer_id: one for one in members}, issuer or maker(), TAXES)
    made = compose(command, chosen, facts)
    return {(one.code, one.field) for one in made} if isinstance(made, list) else made


def made(result: InvoiceProposal | set[tuple[str, str | None]]) -> InvoiceProposal:
    assert isinstance(result, InvoiceProposal)
    return result


@pytest.mark.req("INV-002", "INV-011")
def test_notes_of_two_delegators_go_on_one_invoice_to_the_delegatee() -> None:
    invoice = made(composed(note("DN2", "B"), note("DN1", "A")))

    assert [source.billable.number for source in invoice.sources] == ["DN1", "DN2"]
    assert (invoice.bill_to.code, invoice.amounts.total) == ("P", yen(2_200))


@pytest.mark.req("INV-011")
def test_a_note_of_another_buyer_is_refused() -> None:
    assert composed(note("DN1", "A"), note("DN3", "C")) == {("SOURCE_NOT_IN_GROUP", "/delivery_notes/1")}


@pytest.mark.req("INV-010")
def test_only_a_delegatee_can_be_the_addressee() -> None:
    assert composed(note("DN1", "A"), bill_to=A, members=(A,)) == {("NOT_A_DELEGATEE", "/bill_to")}


@pytest.mark.req("INV-014")
def test_a_delegator_may_get_an_individual_invoice_for_its_own_notes() -> None:
    individual = replace(ASK, individual=True)

    assert made(composed(note("DN1", "A"), command=individual, bill_to=A, members=(A,))).bill_to.code == "A"
    assert composed(note("DN2", "A"), command=individual) == {("SOURCE_NOT_IN_GROUP", "/delivery_notes/0")}


@pytest.mark.req("INV-005")
def test_a_customer_without_delegators_is_billed_for_itself() -> None:
    assert made(composed(note("DN1", "C"), bill_to=C, members=(C,))).bill_to.code == "C"


@pytest.mark.req("INV-027", "INV-040", "FUL-022", "FUL-034", "GEN-010")
def test_all_problems_of_all_sources_are_told_at_once() -> None:
    problems = composed(
        note("DN1", "A", shipped_on=date(2026, 6, 1)),
        note("DN2", "A", state=BillableState.INVOICED, shipped_on=date(2026, 6, 1)),
        note("DN3", "C", state=BillableState.NON_BILLABLE, shipped_on=date(2026, 6, 1)),
        note("DN4", "A"),
        note("DN5", "A", currency=USD, shipped_on=date(2026, 6, 1)),
        note("DN1", "A", shipped_on=date(2026, 6, 1)),
        None,
        issuer=maker(bill_from=BillFrom.SHIPPED),
        command=replace(ASK, due_on=date(2026, 6, 14), bank_account_id=id_of("nobody's")),
    )

    assert problems == {
        ("SOURCE_ALREADY_USED", "/delivery_notes/1"),
        ("SOURCE_NOT_IN_GROUP", "/delivery_notes/2"),
        ("SOURCE_NOT_BILLABLE", "/delivery_notes/2"),
        ("SOURCE_NOT_SHIPPED", "/delivery_notes/3"),
        ("MIXED_CURRENCY", "/delivery_notes/4"),
        ("SOURCE_REPEATED", "/delivery_notes/5"),
        ("SOURCE_NOT_FOUND", "/delivery_notes/6"),
        ("DUE_BEFORE_ISSUE", "/due_on"),
        ("BANK_ACCOUNT_UNKNOWN", "/bank_account_id"),
    }


@pytest.mark.req("INV-142")
def test_an_invoice_of_nothing_is_refused() -> None:
    assert composed() == {("EMPTY_INVOICE", "/delivery_notes")}


@pytest.mark.req("INV-025")
@pytest.mark.parametrize(("count", "too_many"), [(1_999, False), (2_000, False), (2_001, True)])
def test_an_invoice_has_at_most_2000_sources(count: int, too_many: bool) -> None:
    result = composed(*(note(f"DN{number}", "A", amounts={10: 1}) for number in range(count)))

    assert (result == {("TOO_MANY_SOURCES", "/delivery_notes")}) is too_many


@pytest.mark.req("INV-152")
def test_more_returns_than_goods_are_refused() -> None:
    goods, back = note("DN1", "A", amounts={10: 100}), returned("RT1", "A", amounts={10: 101})

    assert composed(goods, back) == {("NEGATIVE_TOTAL", "/delivery_notes")}


def test_an_amount_over_the_limit_is_refused() -> None:
    assert composed(note("DN1", "A", amounts={0: 999_999_999_999}), note("DN2", "A", amounts={0: 1})) == {
        ("AMOUNT_TOO_LARGE", "/delivery_notes")
    }
    assert made(composed(note("DN1", "A", amounts={0: 999_999_999_999})))


def test_two_issuers_are_never_merged() -> None:
    other = Location(id_of("sub"), "子会社", PostalAddress(address1="神戸"), "T1234567890123")
    issuer = maker(locations=(HEAD_OFFICE, other))

    assert composed(note("DN1", "A"), note("DN2", "A", location_id=other.location_id), issuer=issuer) == {
        ("ISSUER_MIX", "/delivery_notes")
    }


@pytest.mark.req("INV-084")
def test_two_offices_of_one_issuer_are_a_warning() -> None:
    office = Location(id_of("osaka"), "大阪", PostalAddress(address1="大阪"), HEAD_OFFICE.registration_number)
    issuer = maker(locations=(HEAD_OFFICE, office))

    invoice = made(composed(note("DN1", "A"), note("DN2", "A", location_id=office.location_id), issuer=issuer))

    assert [warning.code for warning in invoice.warnings] == ["LOCATION_MIX"]


@pytest.mark.req("INV-135", "CUS-051")
def test_the_due_date_follows_the_addressees_terms_unless_set() -> None:
    customer = party("C", terms=ClosingTerms(10, 2, 5))

    by_terms = made(composed(note("DN1", "C"), bill_to=customer, members=(customer,)))
    asked = replace(ASK, due_on=date(2026, 6, 15))

    assert by_terms.dates.due_on == date(2026, 9, 5)
    assert made(composed(note("DN1", "A"), command=asked)).dates.due_on == date(2026, 6, 15)


def test_without_terms_the_due_date_must_be_given() -> None:
    customer = party("C", terms=None)

    assert composed(note("DN1", "C"), bill_to=customer, members=(customer,)) == {("DUE_DATE_REQUIRED", "/due_on")}


@pytest.mark.req("INV-127")
def test_the_bank_account_fits_the_currency() -> None:
    dollars = BankAccount(id_of("usd"), "1", "B", "1", "H", "1", "1", "X", "USD")
    issuer = maker(bank_accounts=(dollars, ACCOUNT))

    assert made(composed(note("DN1", "A"), issuer=issuer)).bank_account == ACCOUNT
    assert composed(note("DN1", "A"), issuer=issuer, command=replace(ASK, bank_account_id=dollars.bank_account_id)) == {
        ("BANK_CURRENCY", "/bank_account_id")
    }


@pytest.mark.req("INV-120", "INV-122", "INV-132", "INV-153")
def test_fees_and_the_seller_borne_bank_fee_are_taxed_with_the_notes() -> None:
    fees = (
        FeeEntry(FeeKind.SHIPPING, "送料", Decimal(800), Rate.of(10)),
        FeeEntry(FeeKind.OTHER, "値引", Decimal(-500), Rate.of(10)),
        FeeEntry(FeeKind.BANK_FEE, "振込手数料", Decimal(-400), Rate.of(10)),
    )

    invoice = made(composed(note("DN1", "A", amounts={10: 6_000}), command=replace(ASK, fees=fees)))

    assert (invoice.amounts.net, invoice.amounts.total) == (yen(5_900), yen(6_490))
    assert [share.amount for share in invoice.orders] == [yen(6_490)]


@pytest.mark.req("INV-040")
def test_the_sources_fix_the_currency_and_fees_follow_it() -> None:
    fees = (FeeEntry(FeeKind.OTHER, "fee", Decimal("1.5"), Rate.of(0)),)

    assert composed(note("DN1", "A"), command=replace(ASK, currency="USD", fees=fees)) == {
        ("MIXED_CURRENCY", "/currency"),
        ("TOO_MANY_DECIMALS", "/fees/0/amount"),
    }
    assert made(composed(note("DN1", "A", currency=USD), command=replace(ASK, currency="USD", fees=fees)))


@pytest.mark.req("INV-081")
def test_a_maker_that_issues_qualified_invoices_only_is_refused_without_a_number() -> None:
    issuer = maker(locations=(replace(HEAD_OFFICE, registration_number=None),))

    assert made(composed(note("DN1", "A"), issuer=issuer)).qualified is False
    assert composed(note("DN1", "A"), issuer=issuer, command=replace(ASK, require_qualified=True)) == {
        ("REG_NO_MISSING", None)
    }
