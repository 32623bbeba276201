"""Numbers as people type them into cells: half-width digits, a leading minus, nothing else (INT-044).

`int()` and `Decimal()` accept full-width digits, underscores, exponents and NaN; a cell may not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from kernel.exact import unsigned_zero

MOST_DIGITS: Final = 18
"""More digits than any amount or quantity of the suite may have; longer input is refused unread."""

_WHOLE: Final = re.compile("-?[0-9]+")
_DECIMAL: Final = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")


class NumberProblem(StrEnum):
    """Why text is not the number asked for."""

    NOT_A_NUMBER = "not_a_number"
    TOO_LONG = "too_long"
    TOO_MANY_DECIMALS = "too_many_decimals"


def whole_number(text: str) -> int | NumberProblem:
    """The integer this text spells, or why not: `1,000`, `１０`, `+1`, `1.0` and blanks are no numbers."""
    if not _WHOLE.fullmatch(text):
        return NumberProblem.NOT_A_NUMBER
    return int(text) if len(text.lstrip("-")) <= MOST_DIGITS else NumberProblem.TOO_LONG


def decimal_number(text: str, *, most_decimals: int) -> Decimal | NumberProblem:
    """The decimal this text spells with a point and at most that many decimals, or why not."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return NumberProblem.NOT_A_NUMBER
    whole, decimals = found.group(1), found.group(2) or ""
    if len(decimals) > most_decimals:
        return NumberProblem.TOO_MANY_DECIMALS
    if len(whole) + len(decimals) > MOST_DIGITS:
        return NumberProblem.TOO_LONG
    return unsigned_zero(Decimal(text))
