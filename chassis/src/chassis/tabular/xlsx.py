"""The rows of an .xlsx, read as a stream into text, cell by cell addressed: a stray cell at XFD1048576 costs one cell.

Own reader, because what must be refused is exactly what the libraries hide: calamine reads a formula without value and
an error cell as blank, serial 60 as a day, and a far-off cell aborts the process (docs/adr/0021-reading-tables.md).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from chassis.tabular.package import Names, Package, damaged, unsafe
from chassis.tabular.sheet import MAX_CELL, Collector, Limits, Sheet, Unreadable, too_many_columns, too_many_rows
from chassis.tabular.workbook import Workbook, kind_of, part_of, plain, read_workbook
from kernel.refusal import Refusal

_REFERENCE: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_LETTERS: Final = re.compile(r"[A-Z]{1,3}")
_DIGITS: Final = "0123456789"
_LONGEST_RAW: Final = 8 * MAX_CELL
_SAFE_DIGITS: Final = 15
"""Excel keeps no more digits of a number than this."""
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_LAST_ROW: Final = 1_048_576
_LAST_SERIAL: Final = 2_958_466
_PHANTOM_DAY: Final = 60
_DAY_SECONDS: Final = 86_400


def read_xlsx(content: bytes, limits: Limits, sheet_name: str | None = None) -> Sheet:
    """The table of one worksheet. Raises Unreadable."""
    package = Package.opened(content, limits)
    if package.expands:
        raise _bomb(package, limits)
    kind = kind_of(package)
    if kind != "xlsx":
        raise Unreadable(Refusal("FILE_NOT_A_TABLE", {"kind": kind}))
    workbook = read_workbook(package)
    reader = _Rows(workbook, limits)
    package.parse(part_of(workbook, sheet_name), reader.started, reader.ended, reader.text)
    return reader.sheet()


def _bomb(package: Package, limits: Limits) -> Unreadable:
    """Why a package that unpacks to too much is refused: too many rows, if that can be told from its first part."""
    name = next((name for name in sorted(package.names) if name.startswith("xl/worksheets/sheet")), None)
    rows = 0
    if name is not None:
        for chunk in package.chunks(name):
            rows += len(_ROW.findall(chunk))
            if rows > limits.rows + 1:
                return too_many_rows(limits)
    return unsafe("it expands too much")


class _Rows:
    """Handlers for the elements of a worksheet; one row is kept at a time. A million cells take 2 s: mind each line."""

    __slots__ = (
        "_cells", "_collector", "_column", "_columns", "_dates", "_formula", "_given", "_left", "_limits", "_merges",
        "_names", "_number", "_raw", "_reading", "_taking", "_valued", "_workbook",
    )  # fmt: skip

    def __init__(self, workbook: Workbook, limits: Limits) -> None:
        self._workbook = workbook
        self._limits = limits
        self._collector = Collector(limits)
        self._dates: set[tuple[int, int]] = set()
        self._merges: list[str] = []
        self._names = Names()
        self._columns = _Columns()
        self._left = limits.cells
        self._number = self._column = 0
        self._given: dict[str, str] = {}
        self._raw = ""
        self._cells: list[str] = []
        self._taking = self._reading = self._formula = self._valued = False

    def started(self, name: str, given: dict[str, str]) -> None:
        name = self._names[name]
        if name == "c":
            self._given, self._raw = given, ""
            self._formula = self._valued = self._taking = False
        elif name == "v" or name == "t":
            self._taking = self._valued = not self._reading
        elif name == "row":
            self._start_row(given)
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._reading = True
        elif name == "mergeCell":
            self._merges.append(given.get("ref", ""))

    def text(self, text: str) -> None:
        if self._taking:
            self._raw += text
            if len(self._raw) > _LONGEST_RAW:
                raise unsafe("a cell without end")

    def ended(self, name: str) -> None:
        name = self._names[name]
        if name == "c":
            self._end_cell()
        elif name == "v" or name == "t":
            self._taking = False
        elif name == "row":
            self._collector.add(self._number, self._cells)
            self._cells = []
        elif name == "rPh":
            self._reading = False

    def sheet(self) -> Sheet:
        for reference in self._merges:
            self._merged(reference)
        return self._collector.sheet("xlsx", frozenset(self._dates))

    def _start_row(self, given: dict[str, str]) -> None:
        number = given.get("r", "")
        self._number = int(number) if number.isdecimal() and len(number) < 8 else self._number + 1
        self._column = 0
        self._cells = []
        if not 0 < self._number <= _LAST_ROW:
            raise damaged("row number")

    def _end_cell(self) -> None:
        given, raw = self._given, self._raw
        reference = given.get("r")
        self._column = self._columns[reference.rstrip(_DIGITS)] if reference else self._column + 1
        if raw:
            self._put(self._value(given, raw))
        elif self._formula and not (self._valued and given.get("t") == "str"):
            self._problem("FORMULA_WITHOUT_VALUE", None)
            self._put("=")  # a row that holds nothing else is not blank

    def _put(self, text: str) -> None:
        column, cells = self._column, self._cells
        if column > self._limits.columns:
            raise too_many_columns(self._limits, self._number)
        self._left -= 1
        if self._left < 0:
            raise Unreadable(Refusal("FILE_TOO_LARGE", {"limit": f"{self._limits.cells:,}", "unit": "cells"}))
        missing = column - len(cells) - 1
        if missing == 0:
            cells.append(text)
        elif missing > 0:
            cells.extend([""] * missing)
            cells.append(text)
        else:
            cells[column - 1] = text

    def _value(self, given: dict[str, str], raw: str) -> str:
        match given.get("t", "n"):
            case "n":
                return self._number_text(given, raw.strip())
            case "s":
                return self._shared(raw)
            case "str" | "inlineStr":
                return self._bounded(plain(raw))
            case "b":
                return "TRUE" if raw.strip() in ("1", "true") else "FALSE"
            case "e":
                self._problem("EXCEL_ERROR_VALUE", raw, error=raw[:20])
                return raw
            case "d":
                self._dates.add((self._number, self._column))
                return raw.replace("T", " ").removesuffix(" 00:00:00")
            case kind:
                raise damaged(f"cell type {kind[:20]}")

    def _shared(self, raw: str) -> str:
        index = raw.strip()
        if not index.isdecimal() or len(index) > 9 or int(index) >= len(self._workbook.texts):
            raise damaged("shared string")
        return self._bounded(self._workbook.texts[int(index)])

    def _bounded(self, text: str) -> str:
        if len(text) > MAX_CELL:
            self._problem("TOO_LONG", text, limit=str(MAX_CELL))
        return text

    def _number_text(self, given: dict[str, str], raw: str) -> str:
        dated = given.get("s", "0") in self._workbook.date_styles
        if not dated and len(raw) <= _SAFE_DIGITS and raw.isdecimal():
            return str(int(raw))
        try:
            number = Decimal(raw) if len(raw) <= 40 else Decimal("NaN")
        except InvalidOperation as error:
            raise damaged("number") from error
        if not number.is_finite() or abs(number.adjusted()) > 30:
            self._problem("NOT_A_NUMBER", raw)
            return raw
        if dated:
            return self._moment(number, raw)
        if number == number.to_integral_value() and abs(number) >= 10**_SAFE_DIGITS:
            self._problem("CHANGED_BY_EXCEL", raw, reason="more than 15 digits")
            return format(number.quantize(Decimal(1)), "f") if number.adjusted() < 20 else raw
        return as_shown(number)

    def _moment(self, serial: Decimal, raw: str) -> str:
        self._dates.add((self._number, self._column))
        moment = moment_of(serial, from_1904=self._workbook.from_1904)
        if moment is None:
            self._problem("BAD_DATE", raw)
            return raw
        return moment

    def _merged(self, reference: str) -> None:
        top_left = _REFERENCE.match(reference)
        row = int(top_left.group(2)) if top_left else None
        column = self._columns[top_left.group(1)] if top_left else None
        self._collector.problems.append(Refusal("MERGED_CELLS", {"range": reference[:30]}, row=row, column=column))

    def _problem(self, code: str, value: str | None, **facts: str) -> None:
        shown = None if value is None else value[:100]
        header = self._collector.header_of(self._column)
        problem = Refusal(code, facts, field=header, row=self._number, column=self._column, value=shown)
        self._collector.problems.append(problem)


class _Columns(dict[str, int]):
    """`columns["AB"]` → 28, each worked out once. Raises Unreadable for what is no column."""

    def __missing__(self, letters: str) -> int:
        if not _LETTERS.fullmatch(letters):
            raise damaged("cell reference")
        column = 0
        for letter in letters:
            column = column * 26 + ord(letter) - 64
        self[letters] = column
        return column


def as_shown(number: Decimal) -> str:
    """The number with Excel's 15 digits and no exponent: 0.30000000000000004 is 0.3 to whoever typed it."""
    shown = Decimal(format(number, ".15g"))
    if shown == shown.to_integral_value():
        return format(shown.quantize(Decimal(1)), "f")
    return format(shown.normalize(), "f")


def moment_of(serial: Decimal, *, from_1904: bool) -> str | None:
    """A date serial as `2026-11-22`, `2026-11-22 10:00:00` or, below 1, `10:00:00`; None for no day that ever was.

    In the 1900 system serial 60 is the 29 February 1900 that Lotus invented; the days before it count from 1 January.
    """
    days = int(serial)
    seconds = int((serial - days) * _DAY_SECONDS + Decimal("0.5"))
    if serial < 0 or days >= _LAST_SERIAL - (1462 if from_1904 else 0) or (days == _PHANTOM_DAY and not from_1904):
        return None
    days, seconds = days + seconds // _DAY_SECONDS, seconds % _DAY_SECONDS
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if days == 0 and not from_1904:
        return clock
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if days > _PHANTOM_DAY else 31)
    day = (first + timedelta(days=days)).isoformat()
    return f"{day} {clock}" if seconds else day
