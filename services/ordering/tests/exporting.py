"""Orders out into a file and in again, without a database: the real CSV in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from chassis import tabular
from kernel.money import JPY
from kernel.refusal import Refusal
from ordering.core.content import Line
from ordering.core.market import Market
from ordering.core.nextengine.exporting import Exported, export
from ordering.core.nextengine.importing import Imported, ImportFacts, ImportOptions, decide
from ordering.core.nextengine.layouts import INVOICE_READY, Field, Layout
from ordering.core.nextengine.writing import Slot, Spelling, entries_of, sums_of
from ordering.core.order import Order
from ordering.usecases.exporting import OrderExport, write_export
from ordering.usecases.importing import read_orders
from ordering.views.exports import Picked
from services.ordering.tests.builders import an_id, ids, signed

TOKYO = Spelling(ZoneInfo("Asia/Tokyo"))


def exported(order: Order, layout: Layout = INVOICE_READY, spelling: Spelling = TOKYO) -> Exported:
    """What an order that must fit becomes."""
    outcome = export(order, layout, spelling)
    assert isinstance(outcome, Exported), outcome
    return outcome


def refused(order: Order, layout: Layout = INVOICE_READY, spelling: Spelling = TOKYO) -> list[tuple[object, ...]]:
    """Code, header and line number of every reason why an order does not fit."""
    outcome = export(order, layout, spelling)
    assert isinstance(outcome, tuple), outcome
    return [(problem.code, problem.field, problem.row) for problem in outcome]


def cells(order: Order, layout: Layout = INVOICE_READY, spelling: Spelling = TOKYO) -> dict[Field, object]:
    """The first row of an order, by meaning."""
    row = exported(order, layout, spelling).rows[0]
    return dict(zip([column.field for column in layout.columns], row, strict=True))


def the_file(outcomes: Sequence[Exported], layout: Layout = INVOICE_READY) -> bytes:
    """The bytes that would be downloaded."""
    decided = OrderExport(layout.name, Picked([], [], None), [(one.order, one) for one in outcomes])
    content = write_export(decided)
    assert not isinstance(content, Refusal), content
    return content


def imported_again(content: bytes, market: Market, options: ImportOptions | None = None) -> dict[str, Order]:
    """The orders of a file in a tenant that has these masters and no order yet."""
    sheet = tabular.read(content, encoding="cp932")
    assert not isinstance(sheet, list), sheet
    file = read_orders(sheet, content, "orders.csv", lenient_dates=False)
    assert not isinstance(file, tuple), file
    fresh = ids(2_000_000)
    facts = ImportFacts(market, frozenset(), {}, signed(), lambda: next(fresh))
    verdicts = decide(file.read, options or ImportOptions(), facts)
    assert all(isinstance(verdict, Imported) for verdict in verdicts), verdicts
    return {verdict.order.number: verdict.order for verdict in verdicts if isinstance(verdict, Imported)}


def lines_of(order: Order) -> list[Line]:
    """The lines by what they say, without ids and numbered anew."""
    return [replace(line, line_id=an_id(1), line_no=at) for at, line in enumerate(order.content.lines, start=1)]


def buckets_of(order: Order) -> dict[Slot, object]:
    """The order-level amounts per kind, rate and proration."""
    return dict(sums_of(entries_of(order), JPY))
