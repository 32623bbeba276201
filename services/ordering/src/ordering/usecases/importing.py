"""Import of NextEngine files: read whole, decided order by order, kept in bulk; a dry run is the same, rolled back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chassis.tabular import Sheet
from chassis.tabular.csv_text import decoded, delimiter_of
from chassis.tx import Tx
from kernel.money import JPY, Rate
from kernel.refusal import Refusal
from ordering.announce import messages
from ordering.core.events import History
from ordering.core.market import Market
from ordering.core.nextengine.headers import Recognised, recognise
from ordering.core.nextengine.importing import (
    Imported,
    ImportFacts,
    ImportOptions,
    Rejected,
    Skipped,
    Verdict,
    decide,
)
from ordering.core.nextengine.layouts import Cell, Field
from ordering.core.nextengine.reading import FileRow, ReadFile, ReadOrder, read_file
from ordering.core.states import OrderState
from ordering.store.evidence import SourceFile, save_sources
from ordering.store.exposures import lock_exposures, move_ordered, moves
from ordering.store.market import Wanted
from ordering.store.orders import insert_orders, taken_numbers
from ordering.usecases.desk import signed
from ordering.usecases.masters import Answers, the_market

_EXCEL = "xlsx"


@dataclass(frozen=True, slots=True)
class OrderFile:
    """An uploaded order file: its bytes, and what could be read of them. `sheet_problems` are cells that cannot be
    trusted; none of their rows is taken."""

    name: str
    content: bytes
    encoding: str
    headers: Sequence[str]
    read: ReadFile
    sheet_problems: Sequence[Refusal]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the user wants the file imported; `strict` None = as the maker's preference says (ORD-064)."""

    price_is_net: bool = False
    strict: bool | None = None
    all_or_nothing: bool = False
    gifts: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A verdict per order in file order, and every problem by row and column."""

    verdicts: Sequence[Verdict]
    problems: Sequence[tuple[str, Refusal]]
    """With the order number each belongs to."""

    @property
    def counts(self) -> dict[str, int]:
        """Orders imported, held, skipped and rejected: every order of the file is in one of them (INT-046)."""
        states = [verdict.order.state for verdict in self.verdicts if isinstance(verdict, Imported)]
        return {
            "imported": sum(state is not OrderState.NEEDS_ATTENTION for state in states),
            "held": sum(state is OrderState.NEEDS_ATTENTION for state in states),
            "skipped": sum(isinstance(verdict, Skipped) for verdict in self.verdicts),
            "rejected": sum(isinstance(verdict, Rejected) for verdict in self.verdicts),
        }


def read_orders(sheet: Sheet, content: bytes, name: str, *, lenient_dates: bool) -> OrderFile | tuple[Refusal, ...]:
    """Recognises the layout and reads every row; or what is wrong with the headers. Takes as long as the file is."""
    recognised = recognise(sheet.headers)
    if isinstance(recognised, tuple):
        return recognised
    widths = {} if sheet.encoding == _EXCEL else _narrow_rows(content, sheet)
    dates = _Dates(recognised, sheet)
    rows = [
        FileRow(number, dates.spelled(number, cells[: widths.get(number, len(cells))]))
        for number, cells in zip(sheet.row_numbers, sheet.rows, strict=True)
    ]
    read = read_file(recognised, rows, lenient_dates=lenient_dates)
    return OrderFile(name, content, sheet.encoding, sheet.headers, _with(read, sheet.problems), sheet.problems)


async def import_orders(tx: Tx, file: OrderFile, wishes: Wishes, answers: Answers | None = None) -> ImportResult:
    """Imports what can be imported. Raises MastersMissing before anything is written."""
    market = await the_market(tx, _wanted(file.read), answers)
    strict = market.preferences.strict_import if wishes.strict is None else wishes.strict
    options = ImportOptions(wishes.price_is_net, strict, wishes.all_or_nothing, wishes.gifts)
    verdicts = decide(file.read, options, await _facts(tx, file.read, market))
    await _keep(tx, file, verdicts)
    return ImportResult(verdicts, _problems(verdicts))


async def _facts(tx: Tx, read: ReadFile, market: Market) -> ImportFacts:
    limits = {customer.customer_id: customer.credit_limit for customer in market.customers.values()}
    exposures = await lock_exposures(tx, [(customer_id, JPY) for customer_id in limits], limits)
    return ImportFacts(
        market=market,
        taken=await taken_numbers(tx, [order.number for order in read.orders if order.number]),
        exposures={customer_id: exposure for (customer_id, currency), exposure in exposures.items() if currency == JPY},
        signed=signed(tx),
        new_id=tx.new_id,
    )


async def _keep(tx: Tx, file: OrderFile, verdicts: Sequence[Verdict]) -> None:
    imported = [verdict for verdict in verdicts if isinstance(verdict, Imported)]
    if not imported:
        return
    file_id = await tx.store_file(file.content, name=file.name, media_type="application/octet-stream")
    histories = [History.placed(verdict.order) for verdict in imported]
    await insert_orders(tx, [history.after for history in histories])
    source = SourceFile(file_id, file.read.layout.name, file.headers)
    await save_sources(tx, source, [(verdict.order.order_id, verdict.read) for verdict in imported])
    await move_ordered(tx, moves(histories))
    tx.announce(messages(tx.maker_id, histories))


def _wanted(read: ReadFile) -> Wanted:
    return Wanted(
        sku_codes={line.text(Field.SKU_CODE) for order in read.orders for line in order.lines} - {""},
        customer_codes={order.text(Field.CUSTOMER_CODE) for order in read.orders} - {""},
        tax_rates=_tax_rates(read),
    )


def _tax_rates(read: ReadFile) -> set[Rate]:
    percents = {line.number(Field.TAX_RATE) for order in read.orders for line in order.lines}
    entered = {entry.rate for order in read.orders for entry in order.buckets.entries}
    return {Rate.of(percent) for percent in percents if percent is not None} | {rate for rate in entered if rate}


def _problems(verdicts: Sequence[Verdict]) -> list[tuple[str, Refusal]]:
    told: list[tuple[str, Refusal]] = []
    for verdict in verdicts:
        if isinstance(verdict, Rejected):
            told += [(verdict.read.number, problem) for problem in verdict.problems]
        elif isinstance(verdict, Skipped):
            told.append((verdict.read.number, verdict.problem))
    return sorted(told, key=_row_and_column)


def _row_and_column(told: tuple[str, Refusal]) -> tuple[int, int]:
    return told[1].row or 0, told[1].column or 0


def _narrow_rows(content: bytes, sheet: Sheet) -> Mapping[int, int]:
    """Records with fewer cells than the header: the table reader fills them up, the layout refuses them (INT-042)."""
    text, _ = decoded(content, sheet.encoding.replace("_", "-"))
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    width = len(sheet.headers)
    return {number: len(cells) for number, cells in enumerate(records, start=1) if len(cells) < width}


class _Dates:
    """Spells Excel's date cells as the layout writes them; in other columns they stay as they are."""

    def __init__(self, recognised: Recognised, sheet: Sheet) -> None:
        kinds = {place.position + 1: place.column.cell for place in recognised.placements}
        self._dates = {
            place: kinds[place[1]] for place in sheet.dates if kinds.get(place[1]) in (Cell.DATE, Cell.DATETIME)
        }

    def spelled(self, number: int, cells: Sequence[str]) -> Sequence[str]:
        if not self._dates:
            return cells
        return [self._one(cell, self._dates.get((number, at))) for at, cell in enumerate(cells, start=1)]

    def _one(self, cell: str, kind: Cell | None) -> str:
        if kind is None:
            return cell
        day, _, time = cell.replace("-", "/").partition(" ")
        return day if kind is Cell.DATE and time in ("", "00:00:00") else f"{day} {time or '00:00:00'}"


def _with(read: ReadFile, problems: Sequence[Refusal]) -> ReadFile:
    """Adds what the table reader found to the orders of those rows; too many cells are the layout's COLUMN_COUNT."""
    if not problems:
        return read
    by_row: dict[int, list[Refusal]] = {}
    for problem in problems:
        told = replace(problem, code="COLUMN_COUNT") if problem.code == "TOO_MANY_CELLS" else problem
        by_row.setdefault(problem.row or 0, []).append(told)
    orders = tuple(replace(order, problems=(*order.problems, *_of_rows(order, by_row))) for order in read.orders)
    return replace(read, orders=orders)


def _of_rows(order: ReadOrder, by_row: Mapping[int, Sequence[Refusal]]) -> list[Refusal]:
    return [problem for line in order.lines for problem in by_row.get(line.row.number, ())]
