"""The report of an order import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.http.models import RowProblem
from kernel.refusal import Refusal
from ordering.core.nextengine.importing import Imported, Rejected, Verdict
from ordering.core.nextengine.layouts import Field
from ordering.core.order import Order
from ordering.core.states import OrderState
from ordering.views.models import ImportedOrderView, OrderImportReport, OrderRowProblem, WarningView
from ordering.views.orders import Told, warning_views

MOST_ERRORS = 1_000


def report(
    verdicts: Sequence[Verdict],
    problems: Sequence[tuple[str, Refusal]],
    counts: Mapping[str, int],
    *,
    file: tuple[str, str, int],
    dry_run: bool,
    told: Told,
) -> OrderImportReport:
    """What the import did; `file` is layout, encoding and number of rows."""
    layout, encoding, rows = file
    outcomes = {verdict.read.number: _outcome(verdict) for verdict in verdicts}
    shown = problems[:MOST_ERRORS]
    sentences = told([problem for _, problem in shown])
    return OrderImportReport(
        dry_run=dry_run,
        applied=not dry_run and any(isinstance(verdict, Imported) for verdict in verdicts),
        layout=layout,
        encoding=encoding,
        rows=rows,
        counts=dict(counts),
        orders=tuple(_order(verdict, told) for verdict in verdicts),
        errors=tuple(
            _problem(number, outcomes[number], sentence) for (number, _), sentence in zip(shown, sentences, strict=True)
        ),
        error_count=len(problems),
    )


def _outcome(verdict: Verdict) -> str:
    if isinstance(verdict, Imported):
        return "held" if verdict.order.state is OrderState.NEEDS_ATTENTION else "imported"
    return "rejected" if isinstance(verdict, Rejected) else "skipped"


def _order(verdict: Verdict, told: Told) -> ImportedOrderView:
    order: Order | None = verdict.order if isinstance(verdict, Imported) else None
    order_id: UUID | None = order.order_id if order else None
    warnings: tuple[WarningView, ...] = warning_views(order.warnings, told) if order else ()
    return ImportedOrderView(
        number=verdict.read.number,
        outcome=_outcome(verdict),
        order_id=order_id,
        state=order.state.value if order else None,
        customer_code=order.customer_code if order else verdict.read.text(Field.CUSTOMER_CODE),
        lines=len(verdict.read.lines),
        grand_total=order.grand_total.amount if order else None,
        warnings=warnings,
    )


def _problem(number: str, outcome: str, told: RowProblem) -> OrderRowProblem:
    return OrderRowProblem(**told.model_dump(), order_number=number, outcome=outcome)
