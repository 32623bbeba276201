"""A table as read from a file: headers, rows of text, and the problems of single cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from kernel.refusal import Refusal

MAX_CELL: Final = 32_767
"""Excel's own limit of characters in one cell."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be at most (INT-013)."""

    bytes: int = 20 * 1024 * 1024
    rows: int = 50_000
    columns: int = 200
    cells: int = 2_000_000
    unpacked: int = 100 * 1024 * 1024
    ratio: int = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows hold one text per header, blank where the file has nothing. Row 1 is the header, columns count from 1.

    `row_numbers[i]` is where `rows[i]` stands in the file (CSV records, Excel rows), `widths[i]` how many cells it had
    there. `problems` are cells that cannot be trusted (a formula without value, an error, a merge): an importer adds
    its own and takes none of their rows. `dates` are the (row number, column) of Excel cells that held a date.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    row_numbers: Sequence[int]
    encoding: str
    problems: Sequence[Refusal] = ()
    dates: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    widths: Sequence[int] = ()


class Unreadable(Exception):
    """The file as a whole cannot be taken; carries why."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(refusals[0].code)
        self.refusals = list(refusals)


def too_many_rows(limits: Limits) -> Unreadable:
    return Unreadable(Refusal("FILE_TOO_LARGE", {"limit": f"{limits.rows:,}", "unit": "rows"}))


def too_many_columns(limits: Limits, row: int) -> Unreadable:
    return Unreadable(Refusal("FILE_TOO_MANY_COLUMNS", {"limit": str(limits.columns)}, row=row))


class Collector:
    """Takes records one by one and makes the sheet: the first is the header, blank ones are passed over."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._headers: list[str] | None = None
        self._rows: list[list[str]] = []
        self._numbers: list[int] = []
        self._widths: list[int] = []
        self.problems: list[Refusal] = []

    def add(self, number: int, cells: list[str]) -> None:
        """One record; `cells` becomes the sheet's own. Raises Unreadable past the limits."""
        if all(not cell or cell.isspace() for cell in cells):
            return
        if self._headers is None:
            self._headers = self._header(number, cells)
            return
        if len(self._rows) >= self._limits.rows:
            raise too_many_rows(self._limits)
        width = len(self._headers)
        self._widths.append(len(cells))
        if len(cells) > width:
            self._overhang(number, cells, width)
            del cells[width:]
        elif len(cells) < width:
            cells.extend([""] * (width - len(cells)))
        self._rows.append(cells)
        self._numbers.append(number)

    def sheet(self, encoding: str, dates: frozenset[tuple[int, int]] = frozenset()) -> Sheet:
        """All of it. Raises Unreadable when there is no row under the header."""
        if self._headers is None or not self._rows:
            raise Unreadable(Refusal("FILE_EMPTY"))
        ordered = sorted(self.problems, key=lambda problem: (problem.row or 0, problem.column or 0))
        return Sheet(self._headers, self._rows, self._numbers, encoding, ordered, dates, self._widths)

    def header_of(self, column: int) -> str | None:
        """The header above a column, counted from 1."""
        headers = self._headers or []
        return headers[column - 1] if column <= len(headers) else None

    def _header(self, number: int, cells: list[str]) -> list[str]:
        headers = [cell.strip() for cell in cells]
        while headers and not headers[-1]:
            headers.pop()
        if len(headers) > self._limits.columns:
            raise too_many_columns(self._limits, number)
        return headers

    def _overhang(self, number: int, cells: list[str], width: int) -> None:
        over = next((at for at in range(width, len(cells)) if cells[at].strip()), None)
        if over is not None:
            self.problems.append(Refusal("TOO_MANY_CELLS", row=number, column=over + 1, value=cells[over][:100]))
