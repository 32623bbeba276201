"""Which columns a master file has and how its rows become commands: said once per master, as data (INT-010, INT-011).

Headers are matched by name in any order, in Japanese or English, after NFKC and case folding. A blank cell keeps what
is there, `#CLEAR` empties it. Every problem of every row is told at once, with row, column, header and value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeVar, cast

from chassis.imports.cells import CellReader, day, folded
from chassis.tabular import Sheet, Written, write_csv
from kernel.refusal import Refusal

T = TypeVar("T")

CLEAR: Final = "#CLEAR"
_MAX_VALUE: Final = 100
_REQUIRED_MARKS: Final = ("*", "(必須)", "(required)")


class Need(Enum):
    """Whether a column must be filled: never, for every row (its key), or only where the row makes something new."""

    NO = "no"
    ROW = "row"
    NEW = "new"


class Cleared(Enum):
    """The value of a cell that says `#CLEAR`."""

    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Column:
    """`headers[0]` stands in the template; the column's own name is accepted as a header too."""

    name: str
    headers: tuple[str, ...]
    read: CellReader
    need: Need = Need.NO
    sample: str = ""

    @property
    def takes_dates(self) -> bool:
        """Excel's date cells belong here; anywhere else they are text that Excel has changed."""
        return self.read is day


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `values` holds what the file gives; a blank cell is absent."""

    number: int
    values: Mapping[str, object]
    places: Mapping[str, tuple[int, str]]
    """Column name → (column number, header as written)."""
    cells: Mapping[str, str]

    def value(self, name: str, *, keep: T, empty: T) -> T:
        """The value given, `keep` for a blank cell, `empty` for `#CLEAR`."""
        given = self.values.get(name, keep)
        return empty if given is Cleared.CLEARED else cast("T", given)

    def refusal(self, code: str, column: str | None = None, **facts: str) -> Refusal:
        """A problem of this row, and of one of its cells."""
        at, header = self.places.get(column or "", (None, None))
        value = self.cells.get(column or "")
        shown = value[:_MAX_VALUE] if value is not None else None
        return Refusal(code, facts, field=header, row=self.number, column=at, value=shown)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that can be read, in file order, and every problem of the others."""

    rows: Sequence[Row]
    refusals: Sequence[Refusal]
    encoding: str
    row_count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file. `key` names the columns that may not repeat together within a file."""

    columns: Sequence[Column]
    key: Sequence[str] = ()

    def read(self, sheet: Sheet) -> Rows | list[Refusal]:
        """All rows, or what is wrong with the headers."""
        places, wrong = self._places(sheet.headers)
        if wrong:
            return wrong
        told = list(sheet.problems)
        spoilt = {(problem.row, problem.column) for problem in told}
        spoilt_rows = {problem.row for problem in told}
        rows: list[Row] = []
        first_rows: dict[tuple[object, ...], int] = {}
        for number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
            row, problems = self._row(number, cells, places, sheet.dates)
            told += (problem for problem in problems if (number, problem.column) not in spoilt)
            if problems or number in spoilt_rows:
                continue
            repeated = self._repeated(row, first_rows)
            if repeated is None:
                rows.append(row)
            else:
                told.append(repeated)
        told.sort(key=lambda problem: (problem.row or 0, problem.column or 0))
        return Rows(rows, told, sheet.encoding, len(sheet.rows))

    def lacking(self, row: Row) -> list[Refusal]:
        """What a row that makes something new does not give."""
        needed = [column.name for column in self.columns if column.need is Need.NEW and column.name not in row.values]
        return [row.refusal("REQUIRED", name) for name in needed]

    def template(self) -> Written:
        """The file to fill in: headers with required marks, and a sample row (INT-010)."""
        marks = {Need.NO: "", Need.ROW: "*", Need.NEW: "*"}
        headers = [f"{column.headers[0]}{marks[column.need]}" for column in self.columns]
        return write_csv(headers, [[column.sample for column in self.columns]])

    def _places(self, headers: Sequence[str]) -> tuple[dict[str, tuple[int, str]], list[Refusal]]:
        known = {folded(word): column.name for column in self.columns for word in (*column.headers, column.name)}
        places: dict[str, tuple[int, str]] = {}
        wrong: list[Refusal] = []
        for at, header in enumerate(headers, start=1):
            name = known.get(_unmarked(header))
            if name is None:
                wrong.append(_header_problem("UNKNOWN_COLUMN", header, at))
            elif name in places:
                wrong.append(_header_problem("DUPLICATE_COLUMN", header, at))
            else:
                places[name] = (at, header)
        missing = [column for column in self.columns if column.need is Need.ROW and column.name not in places]
        wrong += [Refusal("MISSING_COLUMN", {"header": column.headers[0]}, row=1) for column in missing]
        return places, wrong

    def _row(
        self,
        number: int,
        cells: Sequence[str],
        places: Mapping[str, tuple[int, str]],
        dates: frozenset[tuple[int, int]],
    ) -> tuple[Row, list[Refusal]]:
        values: dict[str, object] = {}
        row = Row(number, values, places, {name: cells[at - 1] for name, (at, _) in places.items()})
        problems: list[Refusal] = []
        for column in self.columns:
            if column.name not in places:
                continue
            dated = (number, places[column.name][0]) in dates
            value = _value(column, row.cells[column.name], dated=dated)
            if isinstance(value, Refusal):
                problems.append(replace(row.refusal(value.code, column.name), facts=value.facts))
            elif value is not None:
                values[column.name] = value
        return row, problems

    def _repeated(self, row: Row, first_rows: dict[tuple[object, ...], int]) -> Refusal | None:
        if not self.key:
            return None
        key = tuple(row.values.get(name) for name in self.key)
        first = first_rows.setdefault(key, row.number)
        return None if first == row.number else row.refusal("DUPLICATE_ROW", self.key[0], first_row=str(first))


def _value(column: Column, cell: str, *, dated: bool) -> object:
    """The value, the refusal, or None for a blank cell that keeps what is there."""
    if not cell or cell.isspace():
        return Refusal("REQUIRED") if column.need is Need.ROW else None
    if cell.strip() == CLEAR:
        return Cleared.CLEARED if column.need is Need.NO else Refusal("CLEAR_NOT_ALLOWED")
    if dated and not column.takes_dates:
        return Refusal("CHANGED_BY_EXCEL", {"reason": cell[:_MAX_VALUE]})
    return column.read(cell)


def _unmarked(header: str) -> str:
    header = folded(header)
    for mark in _REQUIRED_MARKS:
        header = header.removesuffix(mark)
    return header.strip()


def _header_problem(code: str, header: str, at: int) -> Refusal:
    shown = header[:_MAX_VALUE]
    return Refusal(code, {"header": shown}, field=shown, row=1, column=at, value=shown)
