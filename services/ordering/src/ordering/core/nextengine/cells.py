"""The grammar of one cell (INT-042, INT-044): what it means, or the code of what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeAlias, assert_never

from kernel.numbers import NumberProblem, whole_number
from kernel.refusal import Refusal
from kernel.text import BadText, clean, clean_lines
from ordering.core.nextengine.layouts import Cell, Column

Value: TypeAlias = str | int | date | datetime

_NOT_CODE: Final = re.compile(r"[^A-Za-z0-9_-]")
_DATETIME: Final = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})")
_LOOSE_DATETIME: Final = re.compile(
    r"([0-9]{4})[/-]([0-9]{1,2})[/-]([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_DATE: Final = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2})")
_LOOSE_DATE: Final = re.compile(r"([0-9]{4})[/-]([0-9]{1,2})[/-]([0-9]{1,2})(?:[ T]0{1,2}:00(?::00)?)?")
_YEARS: Final = range(1900, 3000)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a cell, and the rule it breaks."""

    code: str
    facts: tuple[tuple[str, str], ...] = ()

    def at(self, *, row: int, column: int, header: str, value: str) -> Refusal:
        """The problem at its place in the file."""
        return Refusal(self.code, dict(self.facts), field=header, row=row, column=column, value=value)


_BAD_DATETIME: Final = Wrong("BAD_DATETIME", (("format", "YYYY/MM/DD hh:mm:ss"),))
_BAD_DATE: Final = Wrong("BAD_DATE", (("format", "YYYY/MM/DD"),))


def read_cell(column: Column, text: str, *, lenient_dates: bool) -> Value | Wrong:
    """The meaning of a cell that is not blank."""
    match column.cell:
        case Cell.NUMBER:
            return _number(column, text)
        case Cell.TEXT:
            return _text(column, text)
        case Cell.LINES:
            return _lines(column, text)
        case Cell.CODE:
            return _code(column, text)
        case Cell.DATETIME:
            return _datetime(text, _LOOSE_DATETIME if lenient_dates else _DATETIME)
        case Cell.DATE:
            return _date(text, _LOOSE_DATE if lenient_dates else _DATE)
        case Cell.TAX_RATE:
            return _tax_rate(column, text)
        case _:
            assert_never(column.cell)


def _number(column: Column, text: str) -> int | Wrong:
    number = whole_number(text.strip(" "))
    if number is NumberProblem.NOT_A_NUMBER:
        return Wrong("NOT_A_NUMBER")
    if isinstance(number, int) and column.least <= number <= column.most:
        return number
    return Wrong("OUT_OF_RANGE", (("range", f"{column.least} – {column.most}"),))


def _text(column: Column, text: str) -> str | Wrong:
    try:
        return _within(column, clean(text))
    except BadText as bad:
        return _bad_character(bad.position, bad.code_point)


def _lines(column: Column, text: str) -> str | Wrong:
    try:
        return _within(column, clean_lines(text))
    except BadText as bad:
        return _bad_character(bad.position, bad.code_point)


def _within(column: Column, text: str) -> str | Wrong:
    if len(text) > column.most:
        return Wrong("TOO_LONG", (("limit", str(column.most)), ("length", str(len(text)))))
    return text


def _code(column: Column, text: str) -> str | Wrong:
    code = text.strip(" ")
    strange = _NOT_CODE.search(code)
    return _bad_character(strange.start() + 1, ord(strange.group())) if strange else _within(column, code)


def _bad_character(position: int, code_point: int) -> Wrong:
    return Wrong("BAD_CHARS", (("position", str(position)), ("character", f"U+{code_point:04X}")))


def _tax_rate(column: Column, text: str) -> int | Wrong:
    rate = _within(column, text.strip(" "))
    if isinstance(rate, Wrong):
        return rate
    number = whole_number(rate)
    return number if isinstance(number, int) and number >= 0 else Wrong("BAD_TAX_RATE", (("rate", rate),))


def _datetime(text: str, grammar: re.Pattern[str]) -> datetime | Wrong:
    found = grammar.fullmatch(text.strip(" "))
    if found is None:
        return _BAD_DATETIME
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        # Naive on purpose: the file means the maker's zone, which the caller knows (INT-061 no. 3).
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return _BAD_DATETIME
    return moment if moment.year in _YEARS else _BAD_DATETIME


def _date(text: str, grammar: re.Pattern[str]) -> date | Wrong:
    found = grammar.fullmatch(text.strip(" "))
    if found is None:
        return _BAD_DATE
    year, month, day = (int(part) for part in found.groups())
    try:
        wished = date(year, month, day)
    except ValueError:
        return _BAD_DATE
    return wished if wished.year in _YEARS else _BAD_DATE
