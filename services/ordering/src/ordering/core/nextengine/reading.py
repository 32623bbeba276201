"""Rows become orders: cells read, rows of one number grouped, order-level cells compared (INT-042…046, INT-059).

Reads everything the file alone can tell, with every error of every row; what needs masters is decided in `importing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from kernel.refusal import Refusal
from ordering.core.nextengine.buckets import Buckets, read_buckets
from ordering.core.nextengine.cells import Value, Wrong, read_cell
from ordering.core.nextengine.headers import Placement, Recognised
from ordering.core.nextengine.layouts import Cell, Field, Layout

_BLANKS: Final = " \u3000\t\r\n"
_NO_BUCKETS: Final = Buckets((), ())


@dataclass(frozen=True, slots=True)
class FileRow:
    """One record of the file as it came; `number` counts from 1 with the header line."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One row as far as its line cells could be read; what is absent was blank or wrong."""

    row: FileRow
    values: Mapping[Field, Value]

    def text(self, wanted: Field) -> str:
        value = self.values.get(wanted)
        return value if isinstance(value, str) else ""

    def number(self, wanted: Field) -> int | None:
        value = self.values.get(wanted)
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """All rows of one order number (a row without one stands alone). `problems` hold every error of its cells;
    without any the order can be decided."""

    number: str
    values: Mapping[Field, Value]
    lines: tuple[ReadLine, ...]
    buckets: Buckets
    problems: tuple[Refusal, ...]

    @property
    def first_row(self) -> FileRow:
        return self.lines[0].row

    @property
    def ordered_at(self) -> datetime | None:
        """In the maker's zone, still without saying so."""
        value = self.values.get(Field.ORDERED_AT)
        return value if isinstance(value, datetime) else None

    @property
    def wished_on(self) -> date | None:
        value = self.values.get(Field.WISHED_ON)
        return value if isinstance(value, date) else None

    @property
    def remark(self) -> str:
        """Time slot and remark, one space between when both are there (INT-059)."""
        return " ".join(part for part in (self.text(Field.TIME_SLOT), self.text(Field.REMARK)) if part)

    def text(self, wanted: Field) -> str:
        value = self.values.get(wanted)
        return value if isinstance(value, str) else ""

    def number_of(self, wanted: Field) -> int | None:
        value = self.values.get(wanted)
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file of a recognised layout, its orders in the order of their first rows."""

    layout: Layout
    placements: tuple[Placement, ...]
    orders: tuple[ReadOrder, ...]

    def problem(self, code: str, wanted: Field, row: FileRow, facts: Mapping[str, str]) -> Refusal:
        """A problem of one cell, at its place in this file."""
        return _at(self.placements, code, wanted, row, facts)


@dataclass(slots=True)
class _Order:
    """An order while its rows come in; `first` are the raw order-level cells of its first row."""

    number: str
    first: dict[int, str] | None = None
    lines: list[ReadLine] = field(default_factory=list)
    values: dict[Field, Value] = field(default_factory=dict)
    problems: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """What is the same for all rows. Equal cells of a column are read once: order-level cells repeat in every row."""

    recognised: Recognised
    lenient_dates: bool
    number_at: int
    known: dict[tuple[int, str], Value | Wrong] = field(default_factory=dict)


def read_file(recognised: Recognised, rows: Iterable[FileRow], *, lenient_dates: bool) -> ReadFile:
    """Every order of the file with every problem of its rows. Wholly empty rows are skipped (INT-042)."""
    number_at = next(place.position for place in recognised.placements if place.column.field is Field.ORDER_NUMBER)
    reading = _Reading(recognised, lenient_dates, number_at)
    orders: dict[str, _Order] = {}
    for row in rows:
        cells = [cell.strip(_BLANKS) for cell in row.cells]
        if any(cells):
            number = cells[number_at] if number_at < len(cells) else ""
            # A row without number joins no other; the key cannot be an order number because it holds a blank.
            order = orders.setdefault(number or f"row {row.number}", _Order(number))
            _take(reading, order, row, cells)
    read = tuple(_finished(recognised.placements, order) for order in orders.values())
    return ReadFile(recognised.layout, recognised.placements, read)


def _take(reading: _Reading, order: _Order, row: FileRow, cells: Sequence[str]) -> None:
    width = reading.recognised.width
    if len(cells) < width or any(cells[width:]):
        facts = {"expected": str(width), "found": str(len(cells))}
        order.problems.append(Refusal("COLUMN_COUNT", facts, row=row.number, value=str(len(cells))))
        order.lines.append(ReadLine(row, {}))
        return
    is_first = order.first is None
    first = order.first if order.first is not None else {}
    values: dict[Field, Value] = {}
    for place in reading.recognised.placements:
        column, position = place.column, place.position
        text = cells[position]
        if column.of_order and is_first:
            first[position] = text
        if not text:
            if column.must_be_filled:
                order.problems.append(Refusal("REQUIRED", {}, column.header, row.number, position + 1, ""))
            continue
        value = _known(reading, place, text)
        if isinstance(value, Wrong):
            order.problems.append(value.at(row=row.number, column=position + 1, header=column.header, value=text))
        elif not column.of_order:
            values[column.field] = value
        elif is_first:
            order.values[column.field] = value
        elif first[position] != text:
            facts = {"header": column.header, "first": first[position]}
            order.problems.append(
                Refusal("ORDER_HEADER_MISMATCH", facts, column.header, row.number, position + 1, text)
            )
    order.first = first
    order.lines.append(ReadLine(row, values))


def _known(reading: _Reading, place: Placement, text: str) -> Value | Wrong:
    key = (place.position, text)
    value = reading.known.get(key)
    if value is None:
        value = reading.known[key] = read_cell(place.column, text, lenient_dates=reading.lenient_dates)
    return value


def _finished(placements: Sequence[Placement], order: _Order) -> ReadOrder:
    buckets, problems = _NO_BUCKETS, list(order.problems)
    if not _has_wrong_amounts(placements, order):
        read = read_buckets({name: value for name, value in order.values.items() if isinstance(value, int)})
        if isinstance(read, tuple):
            row = order.lines[0].row
            problems += [
                _at(placements, "SUM_MISMATCH", wrong.total, row, {"sum": str(wrong.breakdown)}) for wrong in read
            ]
        else:
            buckets = read
    problems.sort(key=_row_and_column)
    return ReadOrder(order.number, order.values, tuple(order.lines), buckets, tuple(problems))


def _has_wrong_amounts(placements: Sequence[Placement], order: _Order) -> bool:
    # A wrong part of a breakdown must not be reported a second time as a sum that does not match.
    amounts = {
        place.column.header for place in placements if place.column.of_order and place.column.cell is Cell.NUMBER
    }
    return any(problem.field in amounts for problem in order.problems)


def _at(placements: Sequence[Placement], code: str, wanted: Field, row: FileRow, facts: Mapping[str, str]) -> Refusal:
    place = next((place for place in placements if place.column.field is wanted), None)
    if place is None or place.position >= len(row.cells):
        return Refusal(code, facts, row=row.number)
    value = row.cells[place.position].strip(_BLANKS)
    return Refusal(code, facts, place.column.header, row.number, place.position + 1, value)


def _row_and_column(problem: Refusal) -> tuple[int, int]:
    return problem.row or 0, problem.column or 0
