"""Closing terms of a customer; the dates themselves are the kernel's."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.core.changes import KEEP
from customers.core.terms import (
    CustomerTerms,
    DropTerms,
    SetTerms,
    TermsDropped,
    TermsSet,
    decide,
    evolve,
    term_warnings,
)
from kernel.calendar import BusinessDayRule, ClosingTerms
from services.customers.tests.builders import an_id, happened, problems

NONE_YET = CustomerTerms(an_id(1))


@pytest.mark.req("CUS-051")
def test_terms_are_set_as_a_whole_and_give_closing_and_due_date() -> None:
    [event] = happened(decide(NONE_YET, SetTerms(20, 2, 10)))

    assert event == TermsSet(an_id(1), ClosingTerms(20, 2, 10))
    agreed = evolve(NONE_YET, event).agreed
    assert agreed is not None
    assert agreed.closing_date_for(date(2026, 5, 21)) == date(2026, 6, 20)
    assert agreed.due_date(date(2026, 6, 20)) == date(2026, 8, 10)


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (SetTerms(28, 6, 28), []),
        (SetTerms(0, 0, 0), []),
        (SetTerms(29, 1, 31), [("OUT_OF_RANGE", "/closing_day"), ("OUT_OF_RANGE", "/payment_day")]),
        (SetTerms(-1, 7, 1), [("OUT_OF_RANGE", "/closing_day"), ("OUT_OF_RANGE", "/payment_month_offset")]),
        (SetTerms(closing_day=10), [("REQUIRED", "/payment_month_offset"), ("REQUIRED", "/payment_day")]),
    ],
)
def test_days_are_1_to_28_or_month_end_and_months_0_to_6(command: SetTerms, told: list[tuple[str, str]]) -> None:
    decision = decide(NONE_YET, command)

    assert (problems(decision) if told else []) == told


@pytest.mark.req("CUS-051", "INT-011")
def test_a_change_keeps_the_terms_it_does_not_name() -> None:
    state = CustomerTerms(an_id(1), ClosingTerms(20, 1, 0))

    assert happened(decide(state, SetTerms(business_day_rule=BusinessDayRule.NEXT))) == [
        TermsSet(an_id(1), ClosingTerms(20, 1, 0, BusinessDayRule.NEXT))
    ]
    assert decide(state, SetTerms(closing_day=20)) == []
    assert SetTerms().says_nothing


def test_terms_can_be_dropped_once() -> None:
    state = CustomerTerms(an_id(1), ClosingTerms(20, 1, 0), version=3)

    [event] = happened(decide(state, DropTerms()))

    assert event == TermsDropped(an_id(1), ClosingTerms(20, 1, 0))
    assert evolve(state, event) == CustomerTerms(an_id(1), None, version=3)
    assert decide(NONE_YET, DropTerms()) == []


@pytest.mark.parametrize(
    ("terms", "warns"),
    [
        (ClosingTerms(20, 0, 10), True),
        (ClosingTerms(0, 0, 28), True),
        (ClosingTerms(20, 0, 20), False),
        (ClosingTerms(20, 0, 0), False),
        (ClosingTerms(20, 1, 10), False),
    ],
)
def test_a_due_day_before_its_closing_is_warned_about(terms: ClosingTerms, warns: bool) -> None:
    assert [warning.code for warning in term_warnings(terms)] == (["DUE_BEFORE_CLOSING"] if warns else [])


maybe = st.just(KEEP) | st.integers(-1, 30)


@given(
    st.none() | st.builds(ClosingTerms, st.integers(0, 28), st.integers(0, 6), st.integers(0, 28)), maybe, maybe, maybe
)
def test_accepted_terms_are_what_was_said_over_what_was_agreed(
    before: ClosingTerms | None, closing: object, offset: object, payment: object
) -> None:
    state = CustomerTerms(an_id(1), before)

    decision = decide(state, SetTerms(closing, offset, payment))  # type: ignore[arg-type]

    if isinstance(decision, list):
        for event in decision:
            state = evolve(state, event)
        assert state.agreed is not None
        for said, name in ((closing, "closing_day"), (offset, "payment_month_offset"), (payment, "payment_day")):
            assert getattr(state.agreed, name) == (getattr(before, name) if said is KEEP else said)
