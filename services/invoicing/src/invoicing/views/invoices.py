"""Invoices as people and programs read them: lists, totals, and one invoice whole with the proof of its tax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.document import InvoiceDocument
from invoicing.core.invoice import Invoice, InvoiceState
from invoicing.core.printed import Variant
from invoicing.tables import Row, columns
from invoicing.views import invoice_parts as parts
from invoicing.views.common import (
    Direction,
    TracedRateView,
    WarningView,
    beyond,
    chosen,
    traced_rate_view,
    warning_view,
)


class InvoiceFilters(Page):
    """Filters of lists and totals; all given ones apply together. `overdue_on`: open and due before that day."""

    bill_to_id: UUID | None = None
    state: InvoiceState | None = None
    number: Annotated[str, Text(50)] | None = None
    currency: Annotated[str, Text(3)] | None = None
    issued_from: BusinessDate | None = None
    issued_to: BusinessDate | None = None
    closing_from: BusinessDate | None = None
    closing_to: BusinessDate | None = None
    due_from: BusinessDate | None = None
    due_to: BusinessDate | None = None
    overdue_on: BusinessDate | None = None
    run_id: UUID | None = None


class InvoiceSearch(InvoiceFilters):
    """A page of invoices by issue date."""

    sort: Direction = "newest_first"


class InvoiceView(View):
    """An invoice in a list. `pdf` is `ready` when the paper is kept, `pending` while it is being printed."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    bill_to_code: str
    bill_to_name: str
    currency: str
    issued_on: date
    closing_date: date | None
    due_on: date
    net: AmountText
    tax: AmountText
    payment_points: AmountText
    total: AmountText
    brought_forward: AmountText
    billing_amount: AmountText
    open_amount: AmountText
    state: InvoiceState
    qualified: bool
    run_id: UUID | None
    pdf: str
    version: int


class InvoiceDocumentView(InvoiceView):
    """One invoice with everything its paper says but the lines of its notes."""

    per_rate: tuple[TracedRateView, ...]
    issuer: parts.IssuerView
    recipient: parts.RecipientView
    members: tuple[parts.MemberView, ...]
    sources: tuple[parts.SourceView, ...]
    orders: tuple[parts.OrderShareView, ...]
    fees: tuple[parts.FeeView, ...]
    bank_account: parts.BankAccountView | None
    period_from: date | None
    period_to: date | None
    header_comment: str
    footer_comment: str
    internal_note: str
    warnings: tuple[WarningView, ...]
    replaces_id: UUID | None
    replaces_number: str | None
    voided_on: date | None
    void_reason: str | None
    pdf_sha256: str | None


class InvoiceDetailView(InvoiceDocumentView):
    """One invoice whole."""

    lines: tuple[parts.LineView, ...]


class TotalsView(View):
    """What the invoices that match add up to in one currency; voided ones are left out unless asked for."""

    currency: str
    invoices: int
    net: AmountText
    tax: AmountText
    total: AmountText
    open_amount: AmountText


class AllTotalsView(View):
    """Totals per currency."""

    totals: tuple[TotalsView, ...]


async def list_invoices(tx: Tx, search: InvoiceSearch) -> tuple[Sequence[InvoiceView], str | None]:
    """One page, by issue date."""
    i = columns(tables.Invoice)
    conditions, order = beyond(i.issued_on, i.invoice_id, search.after(tx.maker_id, date, UUID), search.sort)
    wanted = _select().where(i.maker_id == tx.maker_id, *_filters(search), *conditions)
    rows = await tx.rows(wanted.order_by(*order).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.issued_on, row.invoice_id))
    return [InvoiceView(**_head(row)) for row in shown], cursor


async def total_invoices(tx: Tx, filters: InvoiceFilters) -> AllTotalsView:
    """The sums of everything that matches, whatever the page."""
    i = columns(tables.Invoice)
    sums = [func.sum(i[name]).label(name) for name in ("net", "tax", "total", "open_amount")]
    wanted = select(i.currency, func.count().label("invoices"), *sums).where(i.maker_id == tx.maker_id)
    counted = [] if filters.state is not None else [i.state != InvoiceState.VOID.value]
    rows = await tx.rows(wanted.where(*_filters(filters), *counted).group_by(i.currency).order_by(i.currency))
    return AllTotalsView(totals=tuple(TotalsView(**row._mapping) for row in rows))


async def find_head(tx: Tx, invoice_id: UUID) -> Row | None:
    """The row of one invoice with its paper, for `detail_view`."""
    i = columns(tables.Invoice)
    return await tx.one_or_none(_select().where(i.maker_id == tx.maker_id, i.invoice_id == invoice_id))


class InvoiceStandingView(View):
    """Where an invoice stands after a deed."""

    invoice_id: UUID
    number: str
    state: InvoiceState
    total: AmountText
    open_amount: AmountText
    voided_on: date | None
    version: int


def standing_view(invoice: Invoice) -> InvoiceStandingView:
    return InvoiceStandingView(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        state=invoice.state,
        total=invoice.total.amount,
        open_amount=invoice.open_amount.amount,
        voided_on=invoice.voiding.voided_on if invoice.voiding else None,
        version=invoice.version,
    )


def _select() -> Select[Any]:
    i, p = columns(tables.Invoice), columns(tables.InvoicePaper)
    original = (p.maker_id == i.maker_id) & (p.invoice_id == i.invoice_id) & (p.variant == Variant.ORIGINAL.value)
    joined = i.maker_id.table.outerjoin(p.maker_id.table, original)
    return select(*i, p.state.label("pdf"), p.sha256.label("pdf_sha256")).select_from(joined)


def _filters(search: InvoiceFilters) -> list[ColumnElement[bool]]:
    i = columns(tables.Invoice)
    unpaid = (i.open_amount > 0) & (i.state != InvoiceState.VOID.value)
    return chosen(
        (search.bill_to_id, lambda value: i.bill_to_id == value),
        (search.state, lambda value: i.state == value),
        (search.number, lambda value: i.number == value),
        (search.currency, lambda value: i.currency == value),
        (search.issued_from, lambda value: i.issued_on >= value),
        (search.issued_to, lambda value: i.issued_on <= value),
        (search.closing_from, lambda value: i.closing_date >= value),
        (search.closing_to, lambda value: i.closing_date <= value),
        (search.due_from, lambda value: i.due_on >= value),
        (search.due_to, lambda value: i.due_on <= value),
        (search.overdue_on, lambda value: unpaid & (i.due_on < value)),
        (search.run_id, lambda value: i.run_id == value),
    )


def _head(row: Row) -> Mapping[str, Any]:
    return {
        "invoice_id": row.invoice_id,
        "number": row.number,
        "bill_to_id": row.bill_to_id,
        "bill_to_code": row.bill_to_code,
        "bill_to_name": row.bill_to_name,
        "currency": row.currency,
        "issued_on": row.issued_on,
        "closing_date": row.closing_date,
        "due_on": row.due_on,
        "net": row.net,
        "tax": row.tax,
        "payment_points": row.payment_points,
        "total": row.total,
        "brought_forward": row.brought_forward,
        "billing_amount": row.total + row.brought_forward,
        "open_amount": row.open_amount,
        "state": InvoiceState(row.state),
        "qualified": row.qualified,
        "run_id": row.run_id,
        "pdf": row.pdf or "pending",
        "version": row.version,
    }


def document_view(row: Row, document: InvoiceDocument) -> InvoiceDocumentView:
    """One invoice without the lines of its notes, which may be ten thousand."""
    return InvoiceDocumentView(**_document(row, document))


def detail_view(row: Row, document: InvoiceDocument, lines: Sequence[parts.LineView]) -> InvoiceDetailView:
    """One invoice whole."""
    return InvoiceDetailView(**_document(row, document), lines=tuple(lines))


def _document(row: Row, document: InvoiceDocument) -> Mapping[str, Any]:
    period = document.dates.period
    return {
        **_head(row),
        "per_rate": tuple(traced_rate_view(one) for one in document.amounts.per_rate),
        "issuer": parts.issuer_view(document.issuer),
        "recipient": parts.recipient_view(document.recipient),
        "members": tuple(parts.member_view(one) for one in document.members),
        "sources": tuple(parts.source_view(one) for one in document.sources),
        "orders": tuple(parts.order_view(one) for one in document.orders),
        "fees": tuple(parts.fee_view(one) for one in document.fees),
        "bank_account": parts.bank_account_view(document.bank_account) if document.bank_account else None,
        "period_from": period.first if period else None,
        "period_to": period.last if period else None,
        "header_comment": row.header_comment,
        "footer_comment": row.footer_comment,
        "internal_note": row.internal_note,
        "warnings": tuple(warning_view(one) for one in document.warnings),
        "replaces_id": row.replaces_id,
        "replaces_number": row.replaces_number,
        "voided_on": row.voided_on,
        "void_reason": row.void_reason,
        "pdf_sha256": row.pdf_sha256.hex() if row.pdf_sha256 else None,
    }
