"""Orders picked for export, and the report of what fits (ORD-066)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ScalarSelect, func, select

from chassis.http import Text, View
from chassis.tx import Tx
from kernel.refusal import Refusal
from ordering import tables
from ordering.core.nextengine.exporting import NOT_EXPORTED, Exported
from ordering.core.nextengine.layouts import LAYOUTS
from ordering.core.nextengine.writing import Price
from ordering.core.order import Order
from ordering.core.states import OrderState
from ordering.tables import among, columns
from ordering.views.models import WarningView
from ordering.views.orders import OrderSearch, Sort, Told, page_of_orders, sort_key, warning_views

MOST_ORDERS: Final = 1_000
MOST_LINES: Final = 10_000
"""Lines read for one file, earlier OC versions among them; the page ends before the order that would be more."""
_STATES: Final = [state.value for state in OrderState if state not in NOT_EXPORTED]

Number = Annotated[str, Text(30)]
SkuCode = Annotated[str, Text(30, pattern=r"[A-Za-z0-9_-]+", wording="half-width letters, digits, - and _")]
LayoutName = Literal["invoice", "ordinary"]


class ExportSearch(OrderSearch):
    """Which orders, by the filters of the order list, and how they are written. Orders named by `number` or
    `numbers` (repeated) are told when they cannot be exported; a filter alone passes over those that are held or
    cancelled. `custom_item_code` stands for lines without SKU code."""

    layout: LayoutName = "invoice"
    numbers: Annotated[list[Number], Field(max_length=MOST_ORDERS)] = Field(default_factory=list)
    price: Price = Price.ORIGINAL
    custom_item_code: SkuCode | None = None
    sort: Annotated[Sort, Field()] = Sort.OLDEST
    limit: Annotated[int, Field(ge=1, le=MOST_ORDERS)] = MOST_ORDERS

    @property
    def named(self) -> list[str]:
        """The numbers the caller gave, each once."""
        return list(dict.fromkeys([*self.numbers, *([self.number] if self.number is not None else [])]))


class FileSearch(ExportSearch):
    """`all_or_nothing`: no file at all unless every order fits."""

    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Picked:
    """The orders of one file in their order, the named ones that are not there, and where the next file begins."""

    order_ids: Sequence[UUID]
    missing: Sequence[str]
    next_cursor: str | None


class ExportProblem(View):
    """One reason why an order does not fit; `line_no` for what is about one line."""

    code: str
    message: str
    line_no: int | None
    column: int | None
    header: str | None
    value: str | None


class ExportedOrder(View):
    """What becomes of one order. `problems` holds the first 1,000, `problem_count` counts them all."""

    number: str
    order_id: UUID | None
    outcome: Literal["exported", "refused"]
    rows: int
    problems: tuple[ExportProblem, ...]
    problem_count: int
    warnings: tuple[WarningView, ...]


class OrderExportReport(View):
    """What an export holds and what it leaves out. `counts` are orders: exported, refused; `next_cursor` is where the
    next file goes on, null when there is none."""

    layout: str
    rows: int
    counts: dict[str, int]
    orders: tuple[ExportedOrder, ...]
    next_cursor: str | None


async def pick_orders(tx: Tx, search: ExportSearch) -> Picked:
    """The orders of one page, cut earlier where their lines are too many for one file."""
    t = columns(tables.Order)
    wanted = page_of_orders(tx, search).add_columns(_line_count().label("lines"))
    wanted = wanted.where(among(t.number, search.named) if search.named else among(t.state, _STATES))
    rows = await tx.rows(wanted)
    fitting = sum(lines <= MOST_LINES for lines in accumulate(row.lines for row in rows))
    page = search.model_copy(update={"limit": max(1, min(search.limit, fitting))})
    shown, cursor = page.cut(rows, tx.maker_id, key=sort_key(search.sort))
    missing = await _missing(tx, search) if search.cursor is None else ()
    return Picked([row.order_id for row in shown], missing, cursor)


def export_report(
    outcomes: Sequence[tuple[Order, Exported | tuple[Refusal, ...]]], picked: Picked, layout: str, told: Told
) -> OrderExportReport:
    """Every order of the page and the missing ones, each with all its reasons and warnings."""
    orders = [_order_view(order, outcome, told) for order, outcome in outcomes]
    orders += [_missing_view(number, told) for number in picked.missing]
    return OrderExportReport(
        layout=layout,
        rows=sum(order.rows for order in orders),
        counts=_counts(orders),
        orders=tuple(orders),
        next_cursor=picked.next_cursor,
    )


def headers_of(layout: str) -> list[str]:
    """The header line of a layout, in the order of its template."""
    return [column.header for column in LAYOUTS[layout].columns]


def _line_count() -> ScalarSelect[Any]:
    t, lines = columns(tables.Order), columns(tables.OrderLine)
    of_order = select(func.count()).where(lines.maker_id == t.maker_id, lines.order_id == t.order_id)
    return of_order.scalar_subquery()


async def _missing(tx: Tx, search: ExportSearch) -> list[str]:
    if not search.named:
        return []
    t = columns(tables.Order)
    rows = await tx.rows(select(t.number).where(t.maker_id == tx.maker_id, among(t.number, search.named)))
    found = {row.number for row in rows}
    return [number for number in search.named if number not in found]


def _counts(orders: Sequence[ExportedOrder]) -> Mapping[str, int]:
    exported = sum(order.outcome == "exported" for order in orders)
    return {"exported": exported, "refused": len(orders) - exported}


def _order_view(order: Order, outcome: Exported | tuple[Refusal, ...], told: Told) -> ExportedOrder:
    if isinstance(outcome, tuple):
        return _refused(order.number, order.order_id, outcome, told)
    return ExportedOrder(
        number=order.number,
        order_id=order.order_id,
        outcome="exported",
        rows=len(outcome.rows),
        problems=(),
        problem_count=0,
        warnings=warning_views(outcome.warnings, told),
    )


def _missing_view(number: str, told: Told) -> ExportedOrder:
    return _refused(number, None, (Refusal("NOT_FOUND", {"order": number}, value=number),), told)


def _refused(number: str, order_id: UUID | None, problems: tuple[Refusal, ...], told: Told) -> ExportedOrder:
    return ExportedOrder(
        number=number,
        order_id=order_id,
        outcome="refused",
        rows=0,
        problems=tuple(
            ExportProblem(
                code=problem.code,
                message=problem.message,
                line_no=problem.row,
                column=problem.column,
                header=problem.header,
                value=problem.value,
            )
            for problem in told(problems)
        ),
        problem_count=len(problems),
        warnings=(),
    )
