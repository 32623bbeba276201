"""Closing runs: preview, run, and the runs of the past."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from chassis.http import BusinessDate, Edge, Listing, Router, Text, needs, problem_responses
from invoicing.api.asking import asking
from invoicing.api.lag import refuse_while_behind
from invoicing.api.requests import RefText, WordingRequest
from invoicing.usecases import closing
from invoicing.usecases.closing import AskClosing, RunReport
from invoicing.usecases.common import named
from invoicing.usecases.issuing import Issued
from invoicing.usecases.knowing import Knowledge
from invoicing.views import closings as views
from invoicing.views.closings import CreatedInvoiceView, PastRunView, PreviewView, RunSearch, RunView
from invoicing.views.common import warning_view

router = Router()

Reading = Annotated[Edge, needs("invoice.read")]
Issuing = Annotated[Edge, needs("invoice.issue")]


class PreviewRequest(WordingRequest):
    """A closing date; all customers whose terms close on it, or only those named by id or code."""

    closing_date: BusinessDate
    issued_on: BusinessDate | None = None
    customers: Annotated[list[RefText], Field(min_length=1, max_length=10_000)] | None = None
    require_qualified: bool = False

    def ask(self, seal: str | None = None) -> AskClosing:
        customers = None if self.customers is None else [named(one) for one in self.customers]
        return AskClosing(
            closing_date=self.closing_date,
            issued_on=self.issued_on,
            customers=customers,
            require_qualified=self.require_qualified,
            seal=seal,
            wording=self.wording(),
        )


class RunRequest(PreviewRequest):
    """The same, carried out; with the `seal` of a preview it comes out exactly so or is refused."""

    seal: Annotated[str, Text(64, pattern="[0-9a-f]{64}", wording="the seal of a preview")] | None = None


@router.post("/v1/closing-runs/preview", responses=problem_responses("UNKNOWN_CUSTOMER", "FACTS_MISSING"))
async def preview_closing(body: PreviewRequest, request: Request, edge: Issuing) -> PreviewView:
    async def preview(known: Knowledge) -> PreviewView:
        return await edge.one(lambda tx: closing.preview(tx, body.ask(), known), view=views.preview_view, dry_run=True)

    return await asking(request, edge, preview)


@router.post(
    "/v1/closing-runs",
    status_code=201,
    responses=problem_responses("UNKNOWN_CUSTOMER", "FACTS_MISSING", "PREVIEW_CHANGED", "EVENTS_LAG", "UNAVAILABLE"),
)
async def run_closing(body: RunRequest, request: Request, edge: Issuing) -> RunView:
    await refuse_while_behind(request.app)

    async def run(known: Knowledge) -> RunView:
        return await edge.one(lambda tx: closing.run(tx, body.ask(body.seal), known), view=_report)

    return await asking(request, edge, run)


@router.get("/v1/closing-runs")
async def list_closing_runs(search: Annotated[RunSearch, Query()], edge: Reading) -> Listing[PastRunView]:
    return await edge.page(lambda tx: views.list_runs(tx, search))


@router.get("/v1/closing-runs/{run_id}", responses=problem_responses("NOT_FOUND"))
async def get_closing_run(run_id: UUID, edge: Reading) -> PastRunView:
    return await edge.read(lambda tx: views.find_run(tx, run_id))


def _report(report: RunReport) -> RunView:
    return RunView(
        **views.closing_parts(report.preview),
        run_id=report.run_id,
        invoices=tuple(_created(issued) for issued in report.issued),
    )


def _created(issued: Issued) -> CreatedInvoiceView:
    document = issued.document
    return CreatedInvoiceView(
        invoice_id=document.invoice_id,
        number=document.number,
        bill_to_id=document.recipient.customer_id,
        bill_to_code=document.recipient.code,
        currency=document.amounts.currency.code,
        due_on=document.dates.due_on,
        net=document.amounts.net.amount,
        tax=document.amounts.tax.amount,
        total=document.amounts.total.amount,
        sources=len(document.sources),
        warnings=tuple(warning_view(one) for one in document.warnings),
    )
