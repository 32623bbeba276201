"""Dates as Japanese banks write them: YYMMDD in the years of an era (和暦) that the file does not name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Era(StrEnum):
    """Which era a two-digit year counts in; `AUTO` takes the one that lies nearest to the day of import."""

    AUTO = "auto"
    REIWA = "reiwa"
    HEISEI = "heisei"


class EraProblem(StrEnum):
    """Why six digits are not a date."""

    NOT_A_DATE = "not_a_date"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class _Reign:
    begins: date
    ends: date
    year_zero: int


_REIGNS: Final = {
    Era.REIWA: _Reign(date(2019, 5, 1), date(2089, 12, 31), 2018),
    Era.HEISEI: _Reign(date(1989, 1, 8), date(2019, 4, 30), 1988),
}
_DOUBTFUL_DAYS: Final = 3_660
"""Ten years away from the day of import either way, no statement is likely: ask rather than guess (R16)."""


def era_date(digits: str, *, near: date, era: Era = Era.AUTO) -> date | EraProblem:
    """The day that YYMMDD means: 080531 is 2026-05-31 (Reiwa 8), never 2008 (PAY-012, R16).

    With `AUTO` the era whose date lies nearest to `near` wins, and a date more than ten years away is DOUBTFUL: the
    person who imports then names the era.
    """
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return EraProblem.NOT_A_DATE
    eras = tuple(_REIGNS) if era is Era.AUTO else (era,)
    days = [day for day in (_in_reign(digits, _REIGNS[one]) for one in eras) if day is not None]
    if not days:
        return EraProblem.NOT_A_DATE
    nearest = min(days, key=lambda day: abs((day - near).days))
    if era is Era.AUTO and abs((nearest - near).days) > _DOUBTFUL_DAYS:
        return EraProblem.DOUBTFUL
    return nearest


def _in_reign(digits: str, reign: _Reign) -> date | None:
    try:
        day = date(reign.year_zero + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
    return day if reign.begins <= day <= reign.ends else None
