"""Closing terms, due dates and business dates (CUS-051, GEN-004, R8, R9)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import (
    MONTH_END,
    BusinessCalendar,
    BusinessDayRule,
    ClosingTerms,
    Period,
    business_date,
    closing_day_change,
)

NEXT_MONTH_END = ClosingTerms(20, 1, MONTH_END)
DAY = timedelta(days=1)

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
closing_days = st.integers(0, 28)
terms = st.builds(ClosingTerms, closing_days, st.integers(0, 6), st.integers(0, 28), st.sampled_from(BusinessDayRule))


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("closing_terms", "delivered", "closing", "due"),
    [
        (ClosingTerms(MONTH_END, 1, MONTH_END), date(2026, 5, 20), date(2026, 5, 31), date(2026, 6, 30)),
        (ClosingTerms(20, 2, 10), date(2026, 5, 21), date(2026, 6, 20), date(2026, 8, 10)),
        (NEXT_MONTH_END, date(2026, 2, 20), date(2026, 2, 20), date(2026, 3, 31)),
        (NEXT_MONTH_END, date(2026, 2, 21), date(2026, 3, 20), date(2026, 4, 30)),
        (NEXT_MONTH_END, date(2026, 12, 21), date(2027, 1, 20), date(2027, 2, 28)),
        (ClosingTerms(10, 0, MONTH_END), date(2026, 5, 10), date(2026, 5, 10), date(2026, 5, 31)),
    ],
)
def test_a_delivery_closes_and_falls_due_by_the_customers_terms(
    closing_terms: ClosingTerms, delivered: date, closing: date, due: date
) -> None:
    assert closing_terms.closing_date_for(delivered) == closing
    assert closing_terms.due_date(closing) == due


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("delivered", "closing", "due"),
    [
        (date(2012, 5, 4), date(2012, 5, 10), date(2012, 6, 29)),
        (date(2012, 5, 10), date(2012, 5, 10), date(2012, 6, 29)),
        (date(2012, 5, 18), date(2012, 6, 10), date(2012, 7, 31)),
        (date(2012, 6, 8), date(2012, 6, 10), date(2012, 7, 31)),
    ],
)
def test_closing_on_the_10th_and_paying_at_the_end_of_the_next_month(delivered: date, closing: date, due: date) -> None:
    closing_terms = ClosingTerms(10, 1, MONTH_END, BusinessDayRule.PREVIOUS)

    assert closing_terms.closing_date_for(delivered) == closing
    assert closing_terms.due_date(closing) == due


@pytest.mark.req("CUS-051")
def test_the_month_end_follows_the_calendar_and_does_not_drift() -> None:
    month_end = ClosingTerms(MONTH_END, 1, MONTH_END)

    assert month_end.closing_date_for(date(2026, 2, 1)) == date(2026, 2, 28)
    assert month_end.closing_date_for(date(2028, 2, 29)) == date(2028, 2, 29)
    assert month_end.closing_date_for(date(2026, 3, 1)) == date(2026, 3, 31)
    assert month_end.due_date(date(2026, 2, 28)) == date(2026, 3, 31)


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (BusinessDayRule.NONE, date(2026, 5, 31)),
        (BusinessDayRule.PREVIOUS, date(2026, 5, 29)),
        (BusinessDayRule.NEXT, date(2026, 6, 1)),
    ],
)
def test_a_due_date_on_a_sunday_moves_as_agreed(rule: BusinessDayRule, due: date) -> None:
    assert ClosingTerms(20, 1, MONTH_END, rule).due_date(date(2026, 4, 20)) == due


@pytest.mark.req("CUS-051")
def test_holidays_of_the_calendar_move_the_due_date_too() -> None:
    calendar = BusinessCalendar(frozenset({date(2026, 6, 1), date(2026, 5, 29)}))

    assert ClosingTerms(20, 1, 0, BusinessDayRule.NEXT).due_date(date(2026, 4, 20), calendar) == date(2026, 6, 2)
    assert ClosingTerms(20, 1, 0, BusinessDayRule.PREVIOUS).due_date(date(2026, 4, 20), calendar) == date(2026, 5, 28)


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("closing_day", "offset", "payment_day"), [(29, 1, 0), (-1, 1, 0), (20, 7, 0), (20, -1, 0), (20, 1, 29)]
)
def test_days_after_the_28th_and_offsets_over_six_months_are_no_terms(
    closing_day: int, offset: int, payment_day: int
) -> None:
    with pytest.raises(ValueError, match=r"1 to 28|0 to 6"):
        ClosingTerms(closing_day, offset, payment_day)


@pytest.mark.req("CUS-051")
@given(terms, days)
def test_a_day_closes_on_or_after_itself_and_a_closing_date_is_inside_its_period(
    closing_terms: ClosingTerms, day: date
) -> None:
    closing = closing_terms.closing_date_for(day)

    assert day <= closing < day + 31 * DAY
    assert closing_terms.is_closing_date(closing)
    assert closing_terms.closing_date_for(closing) == closing
    assert day == closing or not closing_terms.is_closing_date(day)


@pytest.mark.req("CUS-051")
@given(terms, days)
def test_periods_tile_the_calendar(closing_terms: ClosingTerms, day: date) -> None:
    period = closing_terms.period_of(day)
    following = closing_terms.period_of(period.last + DAY)

    assert period.first <= day <= period.last
    assert following.first == period.last + DAY
    assert 28 <= period.days <= 31
    assert closing_terms.closing_date_for(period.first) == period.last
    assert closing_terms.period_of(period.first - DAY).last == period.first - DAY


def test_closing_on_the_20th_becomes_the_month_end_by_one_long_or_two_periods() -> None:
    change = closing_day_change(date(2026, 6, 20), ClosingTerms(MONTH_END, 1, MONTH_END))

    assert change.long == Period(date(2026, 6, 21), date(2026, 7, 31))
    assert change.long.days == 41
    assert (change.short, change.then) == (
        Period(date(2026, 6, 21), date(2026, 6, 30)),
        Period(date(2026, 7, 1), date(2026, 7, 31)),
    )


@given(terms, terms, days)
def test_a_change_of_the_closing_day_leaves_no_gap_and_no_overlap(
    old: ClosingTerms, new: ClosingTerms, day: date
) -> None:
    last_closed = old.closing_date_for(day)

    change = closing_day_change(last_closed, new)

    assert change.short.first == change.long.first == last_closed + DAY
    assert change.then.first == change.short.last + DAY
    assert change.long.last == change.then.last
    assert new.is_closing_date(change.short.last)
    assert new.is_closing_date(change.then.last)


def test_a_business_day_is_neither_weekend_nor_holiday() -> None:
    calendar = BusinessCalendar(frozenset({date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)}))

    assert calendar.previous(date(2026, 5, 6)) == date(2026, 5, 1)
    assert calendar.next(date(2026, 5, 2)) == date(2026, 5, 7)
    assert calendar.next(date(2026, 5, 7)) == calendar.previous(date(2026, 5, 7)) == date(2026, 5, 7)


def test_the_business_date_is_the_makers_date() -> None:
    last_second = datetime(2026, 5, 20, 14, 59, 59, tzinfo=UTC)

    assert business_date(last_second, "Asia/Tokyo") == date(2026, 5, 20)
    assert business_date(last_second + timedelta(seconds=1), "Asia/Tokyo") == date(2026, 5, 21)
    assert business_date(last_second.astimezone(timezone(timedelta(hours=-8))), "Asia/Tokyo") == date(2026, 5, 20)


def test_an_instant_without_a_time_zone_has_no_business_date() -> None:
    with pytest.raises(ValueError, match="time zone"):
        business_date(datetime(2026, 5, 20), "Asia/Tokyo")  # noqa: DTZ001  # the naive one is the case
