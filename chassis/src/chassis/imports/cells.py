"""Readers of single cells: text in, a value or the refusal out. Blank cells and `#CLEAR` never get here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from kernel.numbers import NumberProblem, decimal_number, whole_number
from kernel.refusal import Refusal
from kernel.text import BadText, clean, clean_lines

CellReader: TypeAlias = Callable[[str], object]
"""`(cell) → value | Refusal`."""

_FULL_WIDTH: Final = re.compile("[０-９．－]")
_EXCEL_DAYS: Final = re.compile(r"[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-[0-9]{2}")
_DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?: 00:00:00)?")
_PLAIN_DAY: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ERA_DAY: Final = re.compile(r"(令和|平成|昭和|R|H|S)([0-9]{1,2}|元)[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_ERAS: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999


def text(longest: int, *, lines: bool = False) -> CellReader:
    """Text of at most `longest` characters, NFC, no control characters (GEN-015)."""

    def read(cell: str) -> object:
        try:
            cleaned = clean_lines(cell) if lines else clean(cell)
        except BadText as bad:
            return Refusal("BAD_CHARS", {"position": str(bad.position), "character": f"U+{bad.code_point:04X}"})
        return cleaned if len(cleaned) <= longest else Refusal("TOO_LONG", {"limit": str(longest)})

    return read


def code(longest: int, pattern: str = r"[\x21-\x7e]+", wording: str = "half-width letters and digits") -> CellReader:
    """A business code: as typed, leading zeros kept; refused when Excel has made a date or an exponent of it."""
    as_text, allowed = text(longest), re.compile(pattern)

    def read(cell: str) -> object:
        value = as_text(cell)
        if isinstance(value, Refusal):
            return value
        if _EXCEL_DAYS.fullmatch(str(value)):
            return Refusal("CHANGED_BY_EXCEL", {"reason": str(value)})
        return value if allowed.fullmatch(str(value)) else Refusal("BAD_FORMAT", {"expected": wording})

    return read


def whole(lowest: int, highest: int) -> CellReader:
    """A whole number within bounds; full-width digits are read, separators and decimals are refused."""

    def read(cell: str) -> object:
        number = whole_number(_half_width(cell))
        if isinstance(number, NumberProblem) and number is not NumberProblem.TOO_LONG:
            return Refusal("NOT_A_NUMBER")
        if isinstance(number, NumberProblem) or not lowest <= number <= highest:
            return Refusal("OUT_OF_RANGE", {"range": f"{lowest} – {highest}"})
        return number

    return read


def decimal(lowest: Decimal | int, highest: Decimal | int, *, decimals: int) -> CellReader:
    """A decimal within bounds, with a point and at most that many decimals; no separators, no exponent."""

    def read(cell: str) -> object:
        number = decimal_number(_half_width(cell), most_decimals=decimals)
        if number is NumberProblem.NOT_A_NUMBER:
            return Refusal("NOT_A_NUMBER")
        if number is NumberProblem.TOO_MANY_DECIMALS:
            return Refusal("TOO_MANY_DECIMALS", {"limit": str(decimals)})
        if number is NumberProblem.TOO_LONG or not lowest <= number <= highest:
            return Refusal("OUT_OF_RANGE", {"range": f"{lowest} – {highest}"})
        return number

    return read


def percent(*, decimals: int = 2) -> CellReader:
    """A rate in percent, 0 to 100 (GEN-018)."""
    return decimal(0, 100, decimals=decimals)


def day(cell: str) -> object:
    """A day: 2026-11-22, 2026/2/3, 20261122, 令和8年11月22日, R8.11.22; a two-digit year needs its era."""
    cell = unicodedata.normalize("NFKC", cell).strip()
    found = _DAY.fullmatch(cell) or _PLAIN_DAY.fullmatch(cell)
    if found is not None:
        return _day(int(found.group(1)), found.group(2), found.group(3))
    era = _ERA_DAY.fullmatch(cell)
    if era is None:
        return Refusal("BAD_DATE")
    year = 1 if era.group(2) == "元" else int(era.group(2))
    return _day(_ERAS[era.group(1)] + year, era.group(3), era.group(4)) if year else Refusal("BAD_DATE")


def choice(choices: Mapping[str, object]) -> CellReader:
    """One of some words, compared after NFKC and case folding."""
    known = {folded(word): value for word, value in choices.items()}

    def read(cell: str) -> object:
        value = known.get(folded(cell))
        return value if value is not None else Refusal("BAD_CHOICE", {"allowed": ", ".join(choices)})

    return read


def yes_no() -> CellReader:
    """yes/no as people write it: yes no, true false, 1 0, はい いいえ, 有 無, ○ ×."""
    yes, no = ("yes", "true", "1", "y", "はい", "有", "○"), ("no", "false", "0", "n", "いいえ", "無", "×")
    return choice({**dict.fromkeys(yes, True), **dict.fromkeys(no, False)})


def folded(word: str) -> str:
    """What makes two headers or choices the same: NFKC, case folded, blanks trimmed."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _half_width(cell: str) -> str:
    cell = cell.strip()
    return unicodedata.normalize("NFKC", cell) if _FULL_WIDTH.search(cell) else cell


def _day(year: int, month: str, day_of_month: str) -> object:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Refusal("BAD_DATE")
    try:
        return date(year, int(month), int(day_of_month))
    except ValueError:
        return Refusal("BAD_DATE")
