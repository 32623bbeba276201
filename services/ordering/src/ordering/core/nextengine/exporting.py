"""Which orders fit a layout, and the rows they become (ORD-066, INT-060…063).

Cells are judged by the import's own grammar (`cells`), so that whatever leaves here can come in again. An order that
does not fit is refused whole with every reason; nothing of it is ever shortened or replaced (INT-062).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kernel.money import JPY, Rate
from kernel.refusal import Refusal
from ordering.core.content import ChargeKind, RateSource
from ordering.core.nextengine.buckets import read_buckets
from ordering.core.nextengine.cells import Wrong, read_cell
from ordering.core.nextengine.layouts import Cell, Column, Field, Layout
from ordering.core.nextengine.writing import (
    Cells,
    Entry,
    Price,
    Spelling,
    WrittenOrder,
    entries_of,
    sums_of,
    write_order,
)
from ordering.core.order import Order
from ordering.core.order_warning import OrderWarning
from ordering.core.states import OrderState

NOT_EXPORTED: Final = frozenset({OrderState.NEEDS_ATTENTION, OrderState.CANCELLED})
"""Orders are exported from PLACED on, cancelled ones never (INT-063)."""
_RATES: Final = frozenset({Rate.of(0), Rate.of(8), Rate.of(10)})
_OWN_PRICES: Final = frozenset({RateSource.MANUAL, RateSource.NET})
_SHOWN: Final = 100
_SAME_LETTERS: Final = str.maketrans(
    {"\u00c5": "\u212b", "\u51de": "\ufa15", "\u8612": "\ufa20", "\u2014": "\u2015", "\u00a0": " "}
)
"""Letters that CP932 has under another code point. The first three are what NFC makes of its own Å, 凞 and 蘒."""
_GAPS: Final = frozenset("\uf8f0\uf8f1\uf8f2\uf8f3")
"""Python writes these as single bytes that no reader of CP932 takes, ours neither."""
_TOTALS: Final = {
    ChargeKind.FEE: Field.FEE,
    ChargeKind.POINTS: Field.POINTS,
    ChargeKind.PAYMENT_POINTS: Field.POINTS,
    ChargeKind.OTHER_COST: Field.OTHER_COST,
    ChargeKind.COUPON: Field.OTHER_COST,
}

FileLine = tuple[Entry, ...]
"""One row of the file, a cell for every column of the layout."""


@dataclass(frozen=True, slots=True)
class Exported:
    """An order that fits: a row per line, and what the receiver should know although nothing is wrong."""

    order: Order
    rows: tuple[FileLine, ...]
    warnings: tuple[OrderWarning, ...]


def export(order: Order, layout: Layout, spelling: Spelling) -> Exported | tuple[Refusal, ...]:
    """The rows of the order, or every reason why it does not fit. A refusal names column and header, and as its row
    the number of the line it is about."""
    written = _encodable(write_order(order, spelling))
    problems = [
        *_order_problems(order),
        *_head_problems(order, written, layout),
        *_line_problems(order, written, layout),
    ]
    if problems:
        return tuple(problems)
    rows = tuple(tuple({**written.head, **line}[column.field] for column in layout.columns) for line in written.lines)
    return Exported(order, rows, tuple(_warnings(order, written, layout, spelling)))


def _order_problems(order: Order) -> Iterator[Refusal]:
    if order.state in NOT_EXPORTED:
        yield Refusal("STATE_NOT_EXPORTED", {"state": order.state.value}, value=order.state.value)
    if order.currency != JPY:
        yield Refusal("NOT_JPY", {"currency": order.currency.code}, value=order.currency.code)
    rates = {entry.rate for entry in entries_of(order) if entry.rate is not None}
    for rate in sorted(rates - _RATES):
        yield Refusal("TAX_RATE_NOT_EXPORTABLE", {"rate": str(rate)}, value=str(rate))


def _head_problems(order: Order, written: WrittenOrder, layout: Layout) -> Iterator[Refusal]:
    for column in _judged(order, layout):
        if column.of_order:
            yield from _cell_problems(column, written.head, None)


def _line_problems(order: Order, written: WrittenOrder, layout: Layout) -> Iterator[Refusal]:
    columns = [column for column in _judged(order, layout) if not column.of_order]
    for line, cells in zip(order.content.lines, written.lines, strict=True):
        for column in columns:
            if column.field is not Field.TAX_RATE:
                yield from _cell_problems(column, cells, line.line_no)
            elif line.tax_rate not in _RATES:
                rate = str(line.tax_rate)
                yield _at(column, Wrong("TAX_RATE_NOT_EXPORTABLE", (("rate", rate),)), rate, line.line_no)


def _judged(order: Order, layout: Layout) -> Sequence[Column]:
    # Amounts of another currency are no yen, whatever their digits look like: NOT_JPY says it once for all of them.
    is_yen = order.currency == JPY
    return [column for column in layout.columns if is_yen or column.cell is not Cell.NUMBER]


def _cell_problems(column: Column, cells: Cells, line_no: int | None) -> Iterator[Refusal]:
    text = str(cells[column.field])
    if not text:
        if column.must_be_filled:
            yield _at(column, Wrong("NO_SKU_CODE" if column.field is Field.SKU_CODE else "REQUIRED"), "", line_no)
        return
    value = read_cell(column, text, lenient_dates=False)
    if isinstance(value, Wrong):
        yield _at(column, value, text, line_no)
    missing = _first_missing(text)
    if missing is not None:
        facts = (("position", str(missing + 1)), ("character", f"U+{ord(text[missing]):04X}"))
        yield _at(column, Wrong("NOT_ENCODABLE", facts), text, line_no)


def _at(column: Column, wrong: Wrong, text: str, line_no: int | None) -> Refusal:
    facts = {**dict(wrong.facts), "header": column.header}
    return Refusal(wrong.code, facts, column.header, line_no, column.number, text[:_SHOWN])


def _encodable(written: WrittenOrder) -> WrittenOrder:
    return WrittenOrder(_translated(written.head), [_translated(line) for line in written.lines])


def _translated(cells: Cells) -> dict[Field, Entry]:
    return {field: cell.translate(_SAME_LETTERS) if isinstance(cell, str) else cell for field, cell in cells.items()}


def _first_missing(text: str) -> int | None:
    """Where the first character stands that CP932 lacks."""
    if _is_in_cp932(text):
        return None
    return next(at for at, letter in enumerate(text) if not _is_in_cp932(letter))


def _is_in_cp932(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return text.isascii() or _GAPS.isdisjoint(text)


def _warnings(order: Order, written: WrittenOrder, layout: Layout, spelling: Spelling) -> Iterator[OrderWarning]:
    lines = order.content.lines
    own = [str(line.line_no) for line in lines if line.rate_source in _OWN_PRICES or line.sku_id is None]
    if own and spelling.price is Price.ORIGINAL:
        yield OrderWarning("RATE_NOT_EXPORTED", {"lines": ", ".join(own)})
    merged = _merged(order, written, layout)
    if merged:
        yield OrderWarning("BUCKETS_MERGED", {"columns": ", ".join(merged)})


def _merged(order: Order, written: WrittenOrder, layout: Layout) -> list[str]:
    """The totals that a reader of this layout will not take apart as the order has them (INT-050, INT-051)."""
    amounts = {column.field for column in layout.columns if column.of_order and column.cell is Cell.NUMBER}
    numbers = {field: cell for field, cell in written.head.items() if field in amounts and isinstance(cell, int)}
    read = read_buckets(numbers)
    if isinstance(read, tuple):
        raise ValueError("totals are the sums of their parts")
    meant = [entry for entry in entries_of(order) if entry.kind is not ChargeKind.SHIPPING]
    different = sums_of(meant, JPY).items() ^ sums_of(read.entries, JPY).items()
    fields = {_TOTALS[kind] for (kind, _, _), _ in different}
    return [column.header for column in layout.columns if column.field in fields]
