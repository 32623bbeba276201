"""Invoices: put together by hand, read, printed, voided."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field
from starlette.responses import Response

from chassis.http import (
    Batch,
    BusinessDate,
    Edge,
    Listing,
    MoneyText,
    PriceText,
    RequestModel,
    Results,
    Router,
    TaxPercentText,
    Text,
    download_responses,
    needs,
    problem_responses,
)
from chassis.tx import Tx
from invoicing.api.asking import asking
from invoicing.api.papers import printed
from invoicing.api.requests import Reason, RefText, WordingRequest
from invoicing.core.billable import SourceKind
from invoicing.core.consolidation import FeeEntry
from invoicing.core.invoice import Invoice
from invoicing.core.printed import Variant
from invoicing.core.proposal import FeeKind
from invoicing.usecases import invoices, reading
from invoicing.usecases.common import named
from invoicing.usecases.invoices import ComposeInvoice, NamedSource, VoidInvoice
from invoicing.usecases.issuing import Issued
from invoicing.usecases.knowing import Knowledge
from invoicing.views import invoices as views
from invoicing.views.invoices import (
    AllTotalsView,
    InvoiceDetailView,
    InvoiceDocumentView,
    InvoiceFilters,
    InvoiceSearch,
    InvoiceStandingView,
    InvoiceView,
)
from kernel.money import Rate

router = Router()
_COMPOSE = problem_responses(
    "AMOUNT_TOO_LARGE",
    "BANK_ACCOUNT_UNKNOWN",
    "BANK_CURRENCY",
    "DUE_BEFORE_ISSUE",
    "DUE_DATE_REQUIRED",
    "EMPTY_INVOICE",
    "FACTS_MISSING",
    "ISSUER_MIX",
    "MIXED_CURRENCY",
    "NEGATIVE_TOTAL",
    "NOT_A_DELEGATEE",
    "QUALIFIED_ITEM_MISSING",
    "REG_NO_FORMAT",
    "REG_NO_MISSING",
    "REPLACES_UNKNOWN",
    "SOURCE_ALREADY_USED",
    "SOURCE_NOT_BILLABLE",
    "SOURCE_NOT_FOUND",
    "SOURCE_NOT_IN_GROUP",
    "SOURCE_NOT_SHIPPED",
    "SOURCE_REPEATED",
    "TOO_MANY_DECIMALS",
    "TOO_MANY_SOURCES",
    "UNKNOWN_CUSTOMER",
    "YEN_TAX_MISSING",
)
_VOID = problem_responses("NOT_FOUND", "HAS_PAYMENTS", "VOID_BEFORE_ISSUE", "INVALID_STATE", "CONFLICT")

Reading = Annotated[Edge, needs("invoice.read")]
Issuing = Annotated[Edge, needs("invoice.issue")]
Voiding = Annotated[Edge, needs("invoice.void")]
Sources = Annotated[list[RefText], Field(max_length=10_000)]


class FeeRequest(RequestModel):
    """An amount of the invoice itself, without tax; a discount is negative (INV-120, INV-122)."""

    kind: Literal[FeeKind.SHIPPING, FeeKind.OTHER] = FeeKind.OTHER
    name: Annotated[str, Text(255)]
    amount: MoneyText
    tax_rate: TaxPercentText

    def entry(self) -> FeeEntry:
        return FeeEntry(self.kind, self.name, self.amount, Rate.of(self.tax_rate))


class BankFeeRequest(RequestModel):
    """The transfer fee the seller bears, without tax; taken off the invoice (INV-132, INV-133)."""

    amount: PriceText
    tax_rate: TaxPercentText
    name: Annotated[str, Text(255)] = "振込手数料（弊社負担）"

    def entry(self) -> FeeEntry:
        return FeeEntry(FeeKind.BANK_FEE, self.name, -self.amount, Rate.of(self.tax_rate))


class ComposeRequest(WordingRequest):
    """A consolidated invoice from delivery notes and returns to the billing delegatee (INV §6)."""

    bill_to: RefText
    delivery_notes: Sources = Field(default_factory=list)
    return_notes: Sources = Field(default_factory=list)
    issued_on: BusinessDate | None = None
    closing_date: BusinessDate | None = None
    due_on: BusinessDate | None = None
    currency: Annotated[str, Text(3)] | None = None
    bank_account_id: UUID | None = None
    fees: Annotated[list[FeeRequest], Field(max_length=100)] = Field(default_factory=list)
    bank_fee: BankFeeRequest | None = None
    individual: bool = False
    require_qualified: bool = False
    replaces: RefText | None = None

    def command(self, at: str = "") -> ComposeInvoice:
        fees = [fee.entry() for fee in self.fees] + ([self.bank_fee.entry()] if self.bank_fee else [])
        return ComposeInvoice(
            bill_to=named(self.bill_to),
            sources=(
                *_named(self.delivery_notes, SourceKind.DELIVERY_NOTE, f"{at}/delivery_notes"),
                *_named(self.return_notes, SourceKind.RETURN_NOTE, f"{at}/return_notes"),
            ),
            issued_on=self.issued_on,
            closing_date=self.closing_date,
            due_on=self.due_on,
            currency=self.currency,
            bank_account_id=self.bank_account_id,
            fees=tuple(fees),
            individual=self.individual,
            require_qualified=self.require_qualified,
            replaces=named(self.replaces) if self.replaces else None,
            wording=self.wording(),
        )


class VoidRequest(RequestModel):
    """Take an unpaid invoice back, and why."""

    reason: Reason
    voided_on: BusinessDate | None = None


class VoidingRequest(VoidRequest):
    """One invoice of many, by id or number."""

    invoice: RefText


def _named(names: list[str], kind: SourceKind, at: str) -> list[NamedSource]:
    return [NamedSource(kind, named(name), f"{at}/{index}") for index, name in enumerate(names)]


@router.post("/v1/invoices", status_code=201, responses=_COMPOSE)
async def issue_invoice(body: ComposeRequest, request: Request, edge: Issuing) -> InvoiceDocumentView:
    async def issue(known: Knowledge) -> InvoiceDocumentView:
        return await edge.one(lambda tx: invoices.compose_and_issue(tx, [body.command()], known), view=_issued)

    return await asking(request, edge, issue)


@router.post("/v1/invoice-batches", responses=_COMPOSE)
async def issue_invoices(body: Batch[ComposeRequest], request: Request, edge: Issuing) -> Results[InvoiceStandingView]:
    commands = [one.command(f"/{index}") for index, one in enumerate(body)]

    async def issue(known: Knowledge) -> Results[InvoiceStandingView]:
        return await edge.many(lambda tx: invoices.compose_and_issue(tx, commands, known), view=_standing)

    return await asking(request, edge, issue)


@router.get("/v1/invoices")
async def list_invoices(search: Annotated[InvoiceSearch, Query()], edge: Reading) -> Listing[InvoiceView]:
    return await edge.page(lambda tx: views.list_invoices(tx, search))


@router.get("/v1/invoice-totals")
async def total_invoices(filters: Annotated[InvoiceFilters, Query()], edge: Reading) -> AllTotalsView:
    return await edge.read(lambda tx: views.total_invoices(tx, filters))


@router.get("/v1/invoices/{invoice_id}", responses=problem_responses("NOT_FOUND"))
async def get_invoice(invoice_id: UUID, edge: Reading) -> InvoiceDetailView:
    return await edge.read(lambda tx: reading.find_invoice(tx, invoice_id))


@router.get(
    "/v1/invoices/{invoice_id}/pdf",
    responses={**problem_responses("NOT_FOUND"), **download_responses("application/pdf")},
)
async def get_invoice_pdf(
    invoice_id: UUID, request: Request, edge: Reading, variant: Variant = Variant.ORIGINAL
) -> Response:
    return await edge.download(await printed(request, edge.maker_id, invoice_id, variant))


@router.post("/v1/invoices/{invoice_id}/voiding", responses=_VOID)
async def void_invoice(invoice_id: UUID, body: VoidRequest, edge: Voiding) -> InvoiceDocumentView:
    command = VoidInvoice(invoice_id, body.reason, body.voided_on, edge.expected_version)
    return await edge.one(lambda tx: invoices.void(tx, [command]), view=_voided)


@router.post("/v1/invoice-voidings", responses=_VOID)
async def void_invoices(body: Batch[VoidingRequest], edge: Voiding) -> Results[InvoiceStandingView]:
    commands = [
        VoidInvoice(named(one.invoice), one.reason, one.voided_on, field=f"/{index}/invoice")
        for index, one in enumerate(body)
    ]
    return await edge.many(lambda tx: invoices.void(tx, commands), view=views.standing_view)


async def _issued(tx: Tx, issued: Issued) -> InvoiceDocumentView:
    return await reading.invoice_after(tx, issued.invoice.invoice_id)


async def _voided(tx: Tx, invoice: Invoice) -> InvoiceDocumentView:
    return await reading.invoice_after(tx, invoice.invoice_id)


def _standing(issued: Issued) -> InvoiceStandingView:
    return views.standing_view(issued.invoice)
