"""Business days, closing terms (締め払い) and the business date of an instant (GEN-004, CUS-051)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, assert_never
from zoneinfo import ZoneInfo

MONTH_END: Final = 0
"""A closing or payment day of 0 means the last calendar day of the month."""

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


class BusinessDayRule(StrEnum):
    """Where a due date goes that falls on a holiday; `none` leaves it there (CUS-051)."""

    NONE = "none"
    PREVIOUS = "previous"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days banks and warehouses work: Monday to Friday, less the holidays named."""

    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Neither Saturday nor Sunday nor a holiday."""
        return day.weekday() < _SATURDAY and day not in self.holidays

    def previous(self, day: date) -> date:
        """The day itself if it is a business day, else the last one before it."""
        while not self.is_business_day(day):
            day -= _DAY
        return day

    def next(self, day: date) -> date:
        """The day itself if it is a business day, else the first one after it."""
        while not self.is_business_day(day):
            day += _DAY
        return day


WEEKDAYS: Final = BusinessCalendar()


@dataclass(frozen=True, slots=True)
class Period:
    """A closing period, both ends included; `last` is the closing date."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many calendar days it has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class ClosingTerms:
    """When a customer's deliveries are billed together and when that bill is due (CUS-051).

    `closing_day` and `payment_day` are 1 to 28 or MONTH_END, `payment_month_offset` 0 to 6 months after the closing
    month. Raises ValueError on other numbers.
    """

    closing_day: int
    payment_month_offset: int
    payment_day: int
    business_day_rule: BusinessDayRule = BusinessDayRule.NONE

    def __post_init__(self) -> None:
        if not (0 <= self.closing_day <= 28 and 0 <= self.payment_day <= 28):
            raise ValueError("closing and payment day are 1 to 28, or 0 for the end of the month")
        if not 0 <= self.payment_month_offset <= 6:
            raise ValueError("the payment month is 0 to 6 months after the closing month")

    def closing_date_for(self, day: date) -> date:
        """The closing date whose period holds this day; a closing date is inside its own period."""
        closing = _day_of_month(day, months_later=0, day_number=self.closing_day)
        return closing if day <= closing else _day_of_month(day, months_later=1, day_number=self.closing_day)

    def is_closing_date(self, day: date) -> bool:
        """Whether a period ends on this day."""
        return self.closing_date_for(day) == day

    def period_of(self, day: date) -> Period:
        """The closing period this day belongs to; the periods of one customer tile the calendar."""
        last = self.closing_date_for(day)
        before = _day_of_month(last, months_later=-1, day_number=self.closing_day)
        return Period(before + _DAY, last)

    def due_date(self, closing: date, calendar: BusinessCalendar | None = None) -> date:
        """When the bill closed on that date is due, moved off holidays by the business-day rule.

        Without a calendar only Saturdays and Sundays are holidays.
        """
        due = _day_of_month(closing, months_later=self.payment_month_offset, day_number=self.payment_day)
        days = WEEKDAYS if calendar is None else calendar
        match self.business_day_rule:
            case BusinessDayRule.NONE:
                return due
            case BusinessDayRule.PREVIOUS:
                return days.previous(due)
            case BusinessDayRule.NEXT:
                return days.next(due)
            case _:
                assert_never(self.business_day_rule)


@dataclass(frozen=True, slots=True)
class ClosingDayChange:
    """The two legal cuts when a closing day changes: one long period, or a short one and then the first full one."""

    long: Period
    short: Period
    then: Period


def closing_day_change(last_closed: date, new: ClosingTerms) -> ClosingDayChange:
    """The periods to choose from after `last_closed`, the last closing date under the old terms (R9).

    Either way every day from the next day on is in exactly one period and later periods follow the new terms.
    """
    first = last_closed + _DAY
    then = new.period_of(new.closing_date_for(first) + _DAY)
    return ClosingDayChange(Period(first, then.last), Period(first, then.first - _DAY), then)


def business_date(instant: datetime, time_zone: str) -> date:
    """The calendar date of an instant where the maker is (GEN-004). Raises ValueError on a naive datetime,
    zoneinfo.ZoneInfoNotFoundError on an unknown zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its time zone")
    return instant.astimezone(_zone(time_zone)).date()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _day_of_month(day: date, *, months_later: int, day_number: int) -> date:
    years, month = divmod(day.month - 1 + months_later, 12)
    year = day.year + years
    return date(year, month + 1, day_number or monthrange(year, month + 1)[1])
