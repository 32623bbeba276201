"""The decision on each line (PAY-031): worked examples, ambiguity, the order of rules, and the proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.core.matching import (
    Decision,
    Directory,
    Fit,
    IncomingLine,
    KnownName,
    Lost,
    MatchingRules,
    OpenBook,
    OpenInvoice,
    Rule,
    Verdict,
    decide,
    replayed,
)
from payments.core.matching.proof import from_json, to_json
from services.payments.tests.builders import A, B, C, incoming, invoice_id, open_invoice

RULES = MatchingRules({"JPY": 880}, auto_confirm=True)
NAMES = (KnownName(A, "ヤマダ"), KnownName(B, "スズキ"), KnownName(C, "タナカ"))


def _decide(
    lines: IncomingLine | Sequence[IncomingLine],
    invoices: Sequence[OpenInvoice],
    *,
    names: Sequence[KnownName] = NAMES,
    delegatees: dict[UUID, UUID] | None = None,
    rules: MatchingRules = RULES,
) -> list[Decision]:
    """The decisions; each is checked to follow again from its own stored evidence."""
    several = [lines] if isinstance(lines, IncomingLine) else list(lines)
    decisions = []
    for decision, proof in decide(several, OpenBook(invoices), Directory(names, delegatees), rules):
        assert replayed(from_json(json.loads(json.dumps(to_json(proof))))) == decision
        decisions.append(decision)
    return decisions


def _one(line: IncomingLine, *invoices: OpenInvoice, **options: object) -> Decision:
    return _decide(line, invoices, **options)[0]  # type: ignore[arg-type]


def _codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def _ticked(decision: Decision) -> list[int]:
    return [one.invoice_id.int - 10_000 for one in decision.ticked.shares] if decision.ticked else []


@pytest.mark.req("PAY-031")
def test_a_an_invoice_number_with_its_amount_is_automatic_whatever_the_payer() -> None:
    decision = _one(incoming(5_000, "ﾀﾞﾚｶ", "INV 2026 00007"), open_invoice(7, 5_000), open_invoice(8, 5_000))
    assert (decision.verdict, _ticked(decision), decision.bill_to_id) == (Verdict.AUTO, [7], A)
    assert _codes(decision) == ["INVOICE_NUMBER_FOUND"]


@pytest.mark.req("PAY-031")
@pytest.mark.parametrize(
    "text",
    ["inv-2026-00007", "INV202600007", "請求書 INV-2026-00007 ｵｼﾊﾗｲ", "ＩＮＶ－２０２６－００００７", "INV/2026/00007"],
)
def test_a_number_is_found_however_the_payer_wrote_it(text: str) -> None:
    assert _one(incoming(5_000, "", text), open_invoice(7, 5_000)).verdict is Verdict.AUTO


def test_a_number_of_somebody_elses_invoice_is_offered_not_booked() -> None:
    decision = _one(incoming(5_000, "ｽｽﾞｷ", "INV-2026-00007"), open_invoice(7, 5_000))
    assert decision.verdict is Verdict.SUGGEST
    assert "PAYER_IS_ANOTHER_CUSTOMER" in _codes(decision)


def test_a_number_that_settles_which_of_two_namesakes_paid_is_automatic() -> None:
    names = (KnownName(A, "ヤマダ"), KnownName(B, "ヤマダ"))
    decision = _one(incoming(5_000, "ﾔﾏﾀﾞ", "INV-2026-00007"), open_invoice(7, 5_000, bill_to=B), names=names)
    assert (decision.verdict, decision.customer_id) == (Verdict.AUTO, B)


def test_several_numbers_or_a_fee_beside_a_number_are_suggested() -> None:
    invoices = (open_invoice(7, 5_000), open_invoice(8, 2_000))
    both = _one(incoming(7_000, "ﾔﾏﾀﾞ", "INV-2026-00007 INV-2026-00008"), *invoices)
    short = _one(incoming(4_560, "ﾔﾏﾀﾞ", "INV-2026-00007"), *invoices)
    assert (both.verdict, _ticked(both)) == (Verdict.SUGGEST, [7, 8])
    assert (short.verdict, short.ticked.gap if short.ticked else 0) == (Verdict.SUGGEST, 440)


def test_a_number_with_another_amount_leaves_the_payer_to_decide() -> None:
    decision = _one(incoming(2_000, "ﾔﾏﾀﾞ", "INV-2026-00007"), open_invoice(7, 5_000), open_invoice(8, 2_000))
    assert (decision.verdict, _ticked(decision)) == (Verdict.AUTO, [8])


@pytest.mark.req("PAY-031")
def test_b_a_known_payer_with_one_invoice_of_that_amount_is_automatic() -> None:
    decision = _one(incoming(5_000), open_invoice(1, 5_000), open_invoice(2, 6_000), open_invoice(3, 5_000, bill_to=B))
    assert (decision.verdict, _ticked(decision), decision.customer_id) == (Verdict.AUTO, [1], A)
    assert _codes(decision) == ["PAYER_KNOWN", "ONE_INVOICE_OF_THAT_AMOUNT"]


@pytest.mark.req("PAY-031")
def test_two_invoices_of_that_amount_are_shown_and_none_is_ticked() -> None:
    decision = _one(incoming(5_000), open_invoice(1, 5_000), open_invoice(2, 5_000))
    assert (decision.verdict, decision.ticked) == (Verdict.REVIEW, None)
    assert [one.lost for one in decision.candidates] == [Lost.EQUAL_CANDIDATE] * 2
    assert "SEVERAL_EQUAL_CANDIDATES" in _codes(decision)


@pytest.mark.req("PAY-031")
def test_c_the_only_set_that_adds_up_is_suggested_oldest_first() -> None:
    newer = open_invoice(1, 2_000, due_on=date(2026, 10, 31))
    decision = _one(incoming(5_000), newer, open_invoice(2, 3_000), open_invoice(3, 900))
    assert (decision.verdict, _ticked(decision)) == (Verdict.SUGGEST, [2, 1])
    assert _codes(decision)[-1] == "ONE_SET_OF_INVOICES_ADDS_UP"


@pytest.mark.req("PAY-031")
def test_r17_one_invoice_wins_over_a_set_and_equal_sets_are_none() -> None:
    """R17's figures; where PAY-031 and R17 differ (165,000), PAY-031 wins: shown, none ticked."""
    a = open_invoice(1, 110_000, due_on=date(2026, 7, 31))
    b = open_invoice(2, 55_000, due_on=date(2026, 8, 31))
    c = open_invoice(3, 55_000, due_on=date(2026, 9, 30))
    alone = _one(incoming(110_000), a, b, c)
    assert (alone.verdict, _ticked(alone)) == (Verdict.AUTO, [1])
    assert [(one.rule, one.lost) for one in alone.candidates[1:]] == [(Rule.COMBINATION, Lost.LOWER_RULE)]
    tied = _one(incoming(165_000), a, b, c)
    assert (tied.verdict, tied.ticked, len(tied.candidates)) == (Verdict.REVIEW, None, 2)
    fee = _one(incoming(109_340), a, b, c)
    assert (fee.verdict, _ticked(fee), fee.ticked.gap if fee.ticked else 0) == (Verdict.SUGGEST, [1], 660)


@pytest.mark.req("PAY-031", "PAY-039")
def test_r13_a_known_bank_fee_is_suggested_another_gap_goes_to_review() -> None:
    invoice = open_invoice(1, 500_000)
    fee = _one(incoming(499_560), invoice)
    assert (fee.verdict, fee.ticked.shares[0].fee if fee.ticked else 0) == (Verdict.SUGGEST, 440)
    gap = _one(incoming(499_500), invoice)
    assert (gap.verdict, gap.ticked, gap.candidates[0].lost) == (Verdict.REVIEW, None, Lost.UNKNOWN_FEE)
    assert "GAP_IS_NO_KNOWN_FEE" in _codes(gap)


@pytest.mark.req("PAY-039")
@pytest.mark.parametrize(("tolerance", "verdict"), [(0, Verdict.REVIEW), (439, Verdict.REVIEW), (440, Verdict.SUGGEST)])
def test_the_tolerance_of_the_maker_bounds_the_fee(tolerance: int, verdict: Verdict) -> None:
    rules = MatchingRules({"JPY": tolerance}, auto_confirm=True)
    assert _one(incoming(32_560), open_invoice(1, 33_000), rules=rules).verdict is verdict


def test_a_fee_below_a_set_of_invoices_is_suggested_on_the_newest() -> None:
    newest = open_invoice(2, 4_000, due_on=date(2026, 10, 31))
    decision = _one(incoming(8_340), open_invoice(1, 5_000), newest)
    assert decision.verdict is Verdict.SUGGEST
    assert decision.ticked is not None
    assert [(share.amount, share.fee) for share in decision.ticked.shares] == [(5_000, 0), (3_340, 660)]


@pytest.mark.req("PAY-031")
def test_e_a_known_payer_without_a_fitting_invoice_is_reviewed_with_the_customer_named() -> None:
    decision = _one(incoming(78_519), open_invoice(1, 77_519))
    assert (decision.verdict, decision.customer_id, decision.ticked) == (Verdict.REVIEW, A, None)
    assert [(one.rule, one.lost) for one in decision.candidates] == [(Rule.CUSTOMER, Lost.NO_INVOICE_FITS)]


@pytest.mark.req("PAY-033")
def test_a_name_that_fits_two_customers_is_offered_and_never_applied() -> None:
    names = (KnownName(A, "タマノイ"), KnownName(B, "タマノイ"))
    decision = _one(incoming(5_000, "ﾀﾏﾉｲ"), open_invoice(1, 5_000), names=names)
    assert (decision.verdict, decision.customer_id, decision.ticked) == (Verdict.REVIEW, None, None)
    assert {one.customer_id for one in decision.candidates} == {A, B}


@pytest.mark.req("PAY-033")
def test_an_alias_learned_for_one_customer_is_used_and_for_two_is_not() -> None:
    learned = (*NAMES, KnownName(A, "ﾊﾞｲﾔ-", learned=True))
    known = _one(incoming(5_000, "ﾊﾞｲﾔｰ"), open_invoice(1, 5_000), names=learned)
    assert (known.verdict, known.reasons[0].facts["by"]) == (Verdict.AUTO, Fit.ALIAS.value)
    twice = (*learned, KnownName(B, "ﾊﾞｲﾔ-", learned=True))
    assert _one(incoming(5_000, "ﾊﾞｲﾔｰ"), open_invoice(1, 5_000), names=twice).verdict is Verdict.REVIEW


def test_two_customers_of_that_amount_and_no_name_are_both_shown() -> None:
    """DOMAIN_RULES 2.2: two owe 55,000, one nameless line of 55,000."""
    decision = _one(incoming(55_000, ""), open_invoice(1, 55_000), open_invoice(2, 55_000, bill_to=B))
    assert (decision.verdict, decision.ticked) == (Verdict.REVIEW, None)
    assert [one.shares[0].bill_to_id for one in decision.candidates] == [A, B]
    assert {one.lost for one in decision.candidates} == {Lost.PAYER_UNKNOWN}


def test_a_cut_name_is_suggested_not_booked() -> None:
    names = (KnownName(A, "ヤマダショウテントウキョウホンテン"),)
    decision = _one(incoming(5_000, "ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝﾄｳｷﾖ"), open_invoice(1, 5_000), names=names)
    assert (decision.verdict, decision.customer_id) == (Verdict.SUGGEST, A)
    short = _one(incoming(5_000, "ｶ)ﾔﾏﾀﾞｼﾖｳ"), open_invoice(1, 5_000), names=names)
    assert short.customer_id is None


def test_a_name_cut_inside_a_voiced_letter_still_fits() -> None:
    names = (KnownName(A, "ヤマダショウテントウキョウダイイチエイギョウショガ"),)
    cut = "ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝﾄｳｷﾖｳﾀﾞｲｲﾁｴｲｷﾞﾖｳｼﾖｶ"
    assert _one(incoming(5_000, cut), open_invoice(1, 5_000), names=names).customer_id == A


@pytest.mark.req("PAY-036")
def test_a_delegators_name_suggests_the_invoices_that_hold_its_documents() -> None:
    own = open_invoice(1, 5_000, bill_to=B, members=(A, C))
    other = open_invoice(2, 5_000, bill_to=B, members=(C,))
    decision = _one(incoming(5_000), own, other, delegatees={A: B})
    assert (decision.verdict, _ticked(decision)) == (Verdict.SUGGEST, [1])
    assert (decision.customer_id, decision.bill_to_id) == (A, B)
    assert _codes(decision)[-1] == "DELEGATOR_PAYS"


@pytest.mark.req("PAY-036")
def test_a_delegator_without_fitting_invoice_names_its_delegatee() -> None:
    decision = _one(incoming(1), open_invoice(1, 5_000, bill_to=B, members=(A,)), delegatees={A: B})
    assert (decision.verdict, decision.customer_id, decision.bill_to_id) == (Verdict.REVIEW, A, B)


@pytest.mark.req("PAY-031", "PAY-034")
def test_an_automatic_confirmation_counts_at_once_for_the_next_line() -> None:
    lines = [incoming(5_000), replace(incoming(5_000), line_id=UUID(int=2))]
    first, second = _decide(lines, [open_invoice(1, 5_000)])
    assert (first.verdict, second.verdict) == (Verdict.AUTO, Verdict.REVIEW)
    off = MatchingRules({"JPY": 880}, auto_confirm=False)
    assert [one.verdict for one in _decide(lines, [open_invoice(1, 5_000)], rules=off)] == [Verdict.AUTO] * 2


@pytest.mark.req("PAY-037")
def test_only_invoices_of_the_same_currency_are_looked_at() -> None:
    decision = _one(incoming(5_000, currency="USD"), open_invoice(1, 5_000))
    assert decision.verdict is Verdict.REVIEW
    dollars = _one(incoming(5_000, currency="USD"), open_invoice(1, 5_000, currency="USD"))
    assert dollars.verdict is Verdict.AUTO


def test_outside_japan_any_gap_within_the_tolerance_may_be_a_fee() -> None:
    rules = MatchingRules({"USD": 1_500})
    decision = _one(incoming(98_766, currency="USD"), open_invoice(1, 100_000, currency="USD"), rules=rules)
    assert (decision.verdict, decision.reasons[-1].facts["gap"]) == (Verdict.SUGGEST, "12.34")


def test_a_cancellation_is_never_matched() -> None:
    decision = _one(incoming(5_000, cancels=True), open_invoice(1, 5_000))
    assert (decision.verdict, decision.candidates) == (Verdict.REVIEW, ())


def test_settled_and_negative_invoices_are_not_candidates() -> None:
    decision = _one(incoming(5_000), open_invoice(1, 0), open_invoice(2, -5_000))
    assert decision.reasons[-1].code == "NO_INVOICE_FITS"


def test_sets_among_many_invoices_are_decided_again_from_the_proof() -> None:
    invoices = [open_invoice(at, 1_000 + 37 * at * at, due_on=date(2026, 1, 1)) for at in range(1, 60)]
    wanted = sum(one.open for one in invoices[:5])
    decision = _one(incoming(wanted), *invoices)
    assert decision.verdict in (Verdict.SUGGEST, Verdict.REVIEW)
    assert invoice_id(1) in {share.invoice_id for one in decision.candidates for share in one.shares}


AMOUNTS = st.integers(1, 40).map(lambda units: units * 110)


@given(
    invoices=st.lists(st.tuples(AMOUNTS, st.sampled_from([A, B]), st.booleans()), max_size=12),
    lines=st.lists(st.tuples(AMOUNTS, st.sampled_from(["ﾔﾏﾀﾞ", "ｽｽﾞｷ", "ﾀﾞﾚｶ", ""])), max_size=6),
)
def test_a_decision_never_overdraws_and_always_follows_from_its_proof(
    invoices: list[tuple[int, UUID, bool]], lines: list[tuple[int, str]]
) -> None:
    opened = [
        open_invoice(at, amount, bill_to=bill_to, members=(C,) if delegated else ())
        for at, (amount, bill_to, delegated) in enumerate(invoices)
    ]
    left = {one.invoice_id: one.open for one in opened}
    coming = [replace(incoming(amount, payer), line_id=UUID(int=at)) for at, (amount, payer) in enumerate(lines)]
    for line, decision in zip(coming, _decide(coming, opened), strict=True):
        if decision.ticked is None:
            assert decision.verdict is Verdict.REVIEW
            continue
        assert sum(share.amount for share in decision.ticked.shares) == line.amount
        for share in decision.ticked.shares:
            assert share.amount + share.fee == left[share.invoice_id]
            if decision.verdict is Verdict.AUTO:
                left[share.invoice_id] = 0
