"""Closing runs as people read them: the preview, what a run did, and the runs of the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.http import AmountText, BusinessDate, Page, View
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.billable import SourceKind
from invoicing.core.closing import Account, BillToOut, ClosingPreview, ExcludedSource, SourceOut
from invoicing.core.parties import Party
from invoicing.core.proposal import BilledSource, InvoiceProposal
from invoicing.tables import Row, columns
from invoicing.views.common import Direction, RateView, WarningView, beyond, rate_view, warning_view

MOST_LISTED = 1_000
"""Notes and customers left out are counted in full and listed up to this number."""


class AccountView(View):
    """A bill-to in one currency."""

    bill_to_id: UUID
    currency: str


class ProposedSourceView(View):
    """A note that would be billed; `late` when its own period was closed before."""

    kind: SourceKind
    source_id: UUID
    number: str
    customer_id: UUID
    customer_code: str
    dated_on: date
    late: bool


class ProposedInvoiceView(View):
    """An invoice as the run would issue it."""

    bill_to_id: UUID
    bill_to_code: str
    bill_to_name: str
    currency: str
    members: tuple[str, ...]
    issued_on: date
    due_on: date
    period_from: date | None
    period_to: date | None
    qualified: bool
    per_rate: tuple[RateView, ...]
    net: AmountText
    tax: AmountText
    payment_points: AmountText
    total: AmountText
    sources: tuple[ProposedSourceView, ...]
    warnings: tuple[WarningView, ...]


class ExcludedSourceView(View):
    """A note of a customer in the run that stays out, and why."""

    kind: SourceKind
    source_id: UUID
    number: str
    customer_id: UUID
    bill_to_id: UUID
    dated_on: date
    reason: SourceOut


class ExcludedBillToView(View):
    """A customer that stays out as a whole, why, and how many unbilled notes wait."""

    customer_id: UUID
    reason: BillToOut
    waiting_notes: int


class ClosingView(View):
    """What is in, what is out and why. `counts` has every reason in full; lists end at 1,000."""

    closing_date: date
    issued_on: date
    seal: str
    totals: dict[str, str]
    counts: dict[str, int]
    closed_empty: tuple[AccountView, ...]
    already_closed: tuple[AccountView, ...]
    sources_out: tuple[ExcludedSourceView, ...]
    bill_tos_out: tuple[ExcludedBillToView, ...]


class PreviewView(ClosingView):
    """What a run would do now; give `seal` to the run to get exactly this or a refusal."""

    invoices: tuple[ProposedInvoiceView, ...]


class CreatedInvoiceView(View):
    """An invoice the run issued."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    bill_to_code: str
    currency: str
    due_on: date
    net: AmountText
    tax: AmountText
    total: AmountText
    sources: int
    warnings: tuple[WarningView, ...]


class RunView(ClosingView):
    """What a run did; `run_id` is null when nothing was left to close: a rerun creates nothing."""

    run_id: UUID | None
    invoices: tuple[CreatedInvoiceView, ...]


class PastRunView(View):
    """A run of the past, as it was written."""

    run_id: UUID
    closing_date: date
    issued_on: date
    seal: str
    selection: tuple[UUID, ...] | None
    invoices: int
    notes: int
    accounts: int
    totals: dict[str, str]
    run_at: datetime
    run_by: str


class RunSearch(Page):
    """Filters of the list of runs."""

    closing_from: BusinessDate | None = None
    closing_to: BusinessDate | None = None
    sort: Direction = "newest_first"


def preview_view(preview: ClosingPreview) -> PreviewView:
    return PreviewView(**closing_parts(preview), invoices=tuple(_proposed(one) for one in preview.proposals))


def closing_parts(preview: ClosingPreview) -> Mapping[str, Any]:
    """What preview and run have in common."""
    return {
        "closing_date": preview.command.closing_date,
        "issued_on": preview.command.issued_on,
        "seal": preview.seal,
        "totals": preview.totals,
        "counts": _counts(preview),
        "closed_empty": tuple(_account(one) for one in preview.empty),
        "already_closed": tuple(_account(one) for one in preview.already_closed),
        "sources_out": tuple(_excluded(one) for one in preview.sources_out[:MOST_LISTED]),
        "bill_tos_out": tuple(
            ExcludedBillToView(customer_id=one.customer_id, reason=one.reason, waiting_notes=one.waiting)
            for one in preview.bill_tos_out[:MOST_LISTED]
        ),
    }


async def list_runs(tx: Tx, search: RunSearch) -> tuple[Sequence[PastRunView], str | None]:
    """One page, by closing date."""
    r = columns(tables.ClosingRun)
    conditions, order = beyond(r.closing_date, r.run_id, search.after(tx.maker_id, date, UUID), search.sort)
    wanted = select(*r).where(r.maker_id == tx.maker_id, *conditions)
    if search.closing_from:
        wanted = wanted.where(r.closing_date >= search.closing_from)
    if search.closing_to:
        wanted = wanted.where(r.closing_date <= search.closing_to)
    rows = await tx.rows(wanted.order_by(*order).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.closing_date, row.run_id))
    return [_past(row) for row in shown], cursor


async def find_run(tx: Tx, run_id: UUID) -> PastRunView | None:
    """One run of the past, or None; its invoices are listed by `run_id`."""
    r = columns(tables.ClosingRun)
    row = await tx.one_or_none(select(*r).where(r.maker_id == tx.maker_id, r.run_id == run_id))
    return None if row is None else _past(row)


def _counts(preview: ClosingPreview) -> dict[str, int]:
    sources = [source for proposal in preview.proposals for source in proposal.sources]
    counts = {
        "invoices": len(preview.proposals),
        "notes": sum(not source.billable.is_return for source in sources),
        "returns": sum(source.billable.is_return for source in sources),
        "late": sum(source.late for source in sources),
        "closed_empty": len(preview.empty),
        "already_closed": len(preview.already_closed),
    }
    for source in preview.sources_out:
        counts[f"out:{source.reason}"] = counts.get(f"out:{source.reason}", 0) + 1
    for one in preview.bill_tos_out:
        counts[f"out:{one.reason}"] = counts.get(f"out:{one.reason}", 0) + one.waiting
    return counts


def _account(account: Account) -> AccountView:
    return AccountView(bill_to_id=account[0], currency=account[1])


def _excluded(one: ExcludedSource) -> ExcludedSourceView:
    note = one.billable
    return ExcludedSourceView(
        kind=note.kind,
        source_id=note.billable_id,
        number=note.number,
        customer_id=note.customer_id,
        bill_to_id=one.bill_to_id,
        dated_on=note.dated_on,
        reason=one.reason,
    )


def _proposed(one: InvoiceProposal) -> ProposedInvoiceView:
    amounts, period = one.amounts, one.dates.period
    return ProposedInvoiceView(
        bill_to_id=one.bill_to.customer_id,
        bill_to_code=one.bill_to.code,
        bill_to_name=one.bill_to.name,
        currency=amounts.currency.code,
        members=tuple(_code(member) for member in one.members),
        issued_on=one.dates.issued_on,
        due_on=one.dates.due_on,
        period_from=period.first if period else None,
        period_to=period.last if period else None,
        qualified=one.qualified,
        per_rate=tuple(rate_view(rate) for rate in amounts.per_rate),
        net=amounts.net.amount,
        tax=amounts.tax.amount,
        payment_points=amounts.payment_points.amount,
        total=amounts.total.amount,
        sources=tuple(_proposed_source(source) for source in one.sources),
        warnings=tuple(warning_view(warning) for warning in one.warnings),
    )


def _code(member: Party) -> str:
    return member.code


def _proposed_source(source: BilledSource) -> ProposedSourceView:
    note = source.billable
    return ProposedSourceView(
        kind=note.kind,
        source_id=note.billable_id,
        number=note.number,
        customer_id=note.customer_id,
        customer_code=source.customer.code,
        dated_on=note.dated_on,
        late=source.late,
    )


def _past(row: Row) -> PastRunView:
    return PastRunView(
        run_id=row.run_id,
        closing_date=row.closing_date,
        issued_on=row.issued_on,
        seal=row.seal,
        selection=None if row.selection is None else tuple(UUID(one) for one in row.selection),
        invoices=row.invoices,
        notes=row.notes,
        accounts=row.accounts,
        totals=row.totals,
        run_at=row.run_at,
        run_by=row.run_by,
    )
