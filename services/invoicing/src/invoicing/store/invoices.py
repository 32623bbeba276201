"""Issued invoices: the document is written once in six bulk statements, its standing (paid, voided) by version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from invoicing import tables
from invoicing.core.billable import SourceKind
from invoicing.core.calculation import InvoiceAmounts, RateTax
from invoicing.core.document import (
    InvoiceDocument,
    InvoiceSource,
    Issuer,
    Member,
    Recipient,
    Replaced,
    Wording,
)
from invoicing.core.invoice import Invoice, InvoiceState, Voiding
from invoicing.core.proposal import Dates, Fee, FeeKind
from invoicing.core.qualified import Finding
from invoicing.core.shares import OrderShare
from invoicing.store.parts import address_json, address_of, bank_account_json, bank_account_of, sums_of
from invoicing.tables import Json, Row, among, columns
from kernel.calendar import Period
from kernel.money import Currency, Money, Rate, Rounding
from kernel.tax import TaxedSums


async def add(tx: Tx, issued: Sequence[tuple[InvoiceDocument, Invoice]]) -> None:
    """Write new invoices. Raises a unique violation of `uq_invoice_sources_live` when a source is on another one."""
    documents = [document for document, _ in issued]
    await tx.insert(tables.Invoice, [_invoice_row(tx, document, invoice) for document, invoice in issued])
    await tx.insert(tables.InvoiceRate, [row for one in documents for row in _rate_rows(tx, one)])
    await tx.insert(tables.InvoiceSource, [row for one in documents for row in _source_rows(tx, one)])
    await tx.insert(tables.InvoiceOrder, [row for one in documents for row in _order_rows(tx, one)])
    await tx.insert(tables.InvoiceFee, [row for one in documents for row in _fee_rows(tx, one)])


async def load(tx: Tx, invoice_ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Invoice]:
    """Where invoices stand; one read, however many."""
    i = columns(tables.Invoice)
    standing = (i.invoice_id, i.number, i.bill_to_id, i.issued_on, i.currency, i.total, i.open_amount, i.state)
    wanted = select(*standing, i.voided_on, i.void_reason, i.version).where(
        i.maker_id == tx.maker_id, among(i.invoice_id, invoice_ids)
    )
    rows = await tx.rows(wanted.order_by(i.invoice_id).with_for_update() if lock else wanted)
    return {row.invoice_id: _invoice(row) for row in rows}


async def save(tx: Tx, changed: Iterable[Invoice]) -> None:
    """Write where invoices stand now. Raises Stale when somebody else changed one since it was read."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "invoice_id": one.invoice_id,
            "open_amount": one.open_amount.amount,
            "state": one.state.value,
            "voided_on": one.voiding.voided_on if one.voiding else None,
            "void_reason": one.voiding.reason if one.voiding else None,
            "version": one.version,
        }
        for one in changed
    ]
    await tx.update(tables.Invoice, rows, key=("maker_id", "invoice_id"), expect_version="version")


async def load_documents(tx: Tx, invoice_ids: Collection[UUID]) -> dict[UUID, InvoiceDocument]:
    """The papers of invoices, without the lines of their notes: five reads, however many."""
    i = columns(tables.Invoice)
    rows = await tx.rows(select(*i).where(i.maker_id == tx.maker_id, among(i.invoice_id, invoice_ids)))
    rates = await _children(tx, tables.InvoiceRate, invoice_ids)
    sources = await _children(tx, tables.InvoiceSource, invoice_ids)
    orders = await _children(tx, tables.InvoiceOrder, invoice_ids)
    fees = await _children(tx, tables.InvoiceFee, invoice_ids)
    return {
        row.invoice_id: _document(
            row,
            rates=rates.get(row.invoice_id, []),
            sources=sources.get(row.invoice_id, []),
            orders=orders.get(row.invoice_id, []),
            fees=fees.get(row.invoice_id, []),
        )
        for row in rows
    }


async def numbers_of(tx: Tx, refs: Collection[UUID | str]) -> dict[UUID, str]:
    """Invoices by id or number: their ids and numbers."""
    i = columns(tables.Invoice)
    ids = [ref for ref in refs if isinstance(ref, UUID)]
    numbers = [ref for ref in refs if isinstance(ref, str)]
    named = among(i.invoice_id, ids) | among(i.number, numbers)
    rows = await tx.rows(select(i.invoice_id, i.number).where(i.maker_id == tx.maker_id, named))
    return {row.invoice_id: row.number for row in rows}


async def _children(tx: Tx, table: type[tables.Table], invoice_ids: Collection[UUID]) -> dict[UUID, list[Row]]:
    t = columns(table)
    order = t.position if "position" in t else t.tax_rate.desc()
    wanted = select(*t).where(t.maker_id == tx.maker_id, among(t.invoice_id, invoice_ids))
    found: dict[UUID, list[Row]] = {}
    for row in await tx.rows(wanted.order_by(t.invoice_id, order)):
        found.setdefault(row.invoice_id, []).append(row)
    return found


# ---- Rows to core ----


def _invoice(row: Row) -> Invoice:
    currency = Currency.of(row.currency)
    voiding = None if row.voided_on is None else Voiding(row.voided_on, row.void_reason)
    return Invoice(
        invoice_id=row.invoice_id,
        number=row.number,
        bill_to_id=row.bill_to_id,
        issued_on=row.issued_on,
        total=Money(row.total, currency),
        open_amount=Money(row.open_amount, currency),
        state=InvoiceState(row.state),
        voiding=voiding,
        version=row.version,
    )


def _document(
    row: Row, *, rates: Sequence[Row], sources: Sequence[Row], orders: Sequence[Row], fees: Sequence[Row]
) -> InvoiceDocument:
    currency, snapshot = Currency.of(row.currency), row.snapshot
    account = snapshot["bank_account"]
    return InvoiceDocument(
        invoice_id=row.invoice_id,
        number=row.number,
        qualified=row.qualified,
        issuer=_issuer(snapshot["issuer"]),
        recipient=_recipient(row),
        members=tuple(Member(UUID(one["customer_id"]), one["code"], one["name"]) for one in snapshot["members"]),
        dates=Dates(row.issued_on, row.due_on, row.closing_date, _period(snapshot["period"])),
        amounts=InvoiceAmounts(
            per_rate=tuple(_rate(rate, currency) for rate in rates),
            payment_points=Money(row.payment_points, currency),
            brought_forward=Money(row.brought_forward, currency),
        ),
        sources=tuple(_source(source) for source in sources),
        orders=tuple(
            OrderShare(one.order_id, one.customer_id, Money(one.amount, currency), Money(one.returned, currency))
            for one in orders
        ),
        fees=tuple(
            Fee(FeeKind(fee.kind), fee.name, Money(fee.amount, currency), Rate.of(fee.tax_rate)) for fee in fees
        ),
        bank_account=None if account is None else bank_account_of(account),
        warnings=tuple(Finding(one["code"], one["facts"]) for one in snapshot["warnings"]),
        wording=Wording(row.header_comment, row.footer_comment, row.internal_note),
        run_id=row.run_id,
        replaces=None if row.replaces_id is None else Replaced(row.replaces_id, row.replaces_number),
    )


def _issuer(stored: Json) -> Issuer:
    return Issuer(stored["name"], stored["location_name"], address_of(stored["address"]), stored["registration_number"])


def _recipient(row: Row) -> Recipient:
    stored = row.snapshot["recipient"]
    return Recipient(
        customer_id=row.bill_to_id,
        code=row.bill_to_code,
        name=row.bill_to_name,
        department=stored["department"],
        individual=stored["individual"],
        address=address_of(stored["address"]),
    )


def _period(stored: Sequence[str] | None) -> Period | None:
    return None if stored is None else Period(date.fromisoformat(stored[0]), date.fromisoformat(stored[1]))


def _rate(row: Row, currency: Currency) -> RateTax:
    taxed = TaxedSums(
        rate=Rate.of(row.tax_rate),
        reduced=row.reduced,
        exclusive=Money(row.exclusive, currency),
        inclusive=Money(row.inclusive, currency),
        net=Money(row.net, currency),
        tax=Money(row.tax, currency),
        gross=Money(row.gross, currency),
    )
    returned = sums_of(row.tax_rate, row.returned_exclusive, row.returned_inclusive, currency, reduced=row.reduced)
    return RateTax(taxed, Rounding(row.rounding), returned)


def _source(row: Row) -> InvoiceSource:
    return InvoiceSource(SourceKind(row.kind), row.source_id, row.number, row.customer_id, row.dated_on, row.late)


# ---- Core to rows ----


def _invoice_row(tx: Tx, document: InvoiceDocument, invoice: Invoice) -> Json:
    amounts, dates = document.amounts, document.dates
    return {
        "maker_id": tx.maker_id,
        "invoice_id": document.invoice_id,
        "number": document.number,
        "bill_to_id": document.recipient.customer_id,
        "bill_to_code": document.recipient.code,
        "bill_to_name": document.recipient.name,
        "currency": amounts.currency.code,
        "issued_on": dates.issued_on,
        "closing_date": dates.closing_date,
        "due_on": dates.due_on,
        "net": amounts.net.amount,
        "tax": amounts.tax.amount,
        "payment_points": amounts.payment_points.amount,
        "total": amounts.total.amount,
        "brought_forward": amounts.brought_forward.amount,
        "open_amount": invoice.open_amount.amount,
        "state": invoice.state.value,
        "qualified": document.qualified,
        "run_id": document.run_id,
        "replaces_id": document.replaces.invoice_id if document.replaces else None,
        "replaces_number": document.replaces.number if document.replaces else None,
        "voided_on": None,
        "void_reason": None,
        "header_comment": document.wording.header_comment,
        "footer_comment": document.wording.footer_comment,
        "internal_note": document.wording.internal_note,
        "snapshot": _snapshot(document),
        "issued_at": tx.now,
        "issued_by": tx.actor,
        "version": invoice.version,
    }


def _snapshot(document: InvoiceDocument) -> Json:
    """What is only printed."""
    issuer, recipient, period = document.issuer, document.recipient, document.dates.period
    members = [{"customer_id": str(one.customer_id), "code": one.code, "name": one.name} for one in document.members]
    return {
        "issuer": {
            "name": issuer.name,
            "location_name": issuer.location_name,
            "address": address_json(issuer.address),
            "registration_number": issuer.registration_number,
        },
        "recipient": {
            "department": recipient.department,
            "individual": recipient.individual,
            "address": address_json(recipient.address),
        },
        "members": members,
        "period": None if period is None else [period.first.isoformat(), period.last.isoformat()],
        "bank_account": None if document.bank_account is None else bank_account_json(document.bank_account),
        "warnings": [{"code": one.code, "facts": dict(one.facts)} for one in document.warnings],
    }


def _rate_rows(tx: Tx, document: InvoiceDocument) -> Iterable[Json]:
    for one in document.amounts.per_rate:
        yield {
            "maker_id": tx.maker_id,
            "invoice_id": document.invoice_id,
            "tax_rate": one.taxed.rate.percent,
            "reduced": one.taxed.reduced,
            "rounding": one.rounding.value,
            "exclusive": one.taxed.exclusive.amount,
            "inclusive": one.taxed.inclusive.amount,
            "returned_exclusive": one.returned.exclusive.amount,
            "returned_inclusive": one.returned.inclusive.amount,
            "net": one.taxed.net.amount,
            "tax": one.taxed.tax.amount,
            "gross": one.taxed.gross.amount,
        }


def _source_rows(tx: Tx, document: InvoiceDocument) -> Iterable[Json]:
    for position, one in enumerate(document.sources, start=1):
        yield {
            "maker_id": tx.maker_id,
            "invoice_id": document.invoice_id,
            "position": position,
            "source_id": one.source_id,
            "kind": one.kind.value,
            "number": one.number,
            "customer_id": one.customer_id,
            "dated_on": one.dated_on,
            "late": one.late,
            "live": True,
        }


def _order_rows(tx: Tx, document: InvoiceDocument) -> Iterable[Json]:
    for position, one in enumerate(document.orders, start=1):
        yield {
            "maker_id": tx.maker_id,
            "invoice_id": document.invoice_id,
            "position": position,
            "order_id": one.order_id,
            "customer_id": one.customer_id,
            "amount": one.amount.amount,
            "returned": one.returned.amount,
        }


def _fee_rows(tx: Tx, document: InvoiceDocument) -> Iterable[Json]:
    for position, fee in enumerate(document.fees, start=1):
        yield {
            "maker_id": tx.maker_id,
            "invoice_id": document.invoice_id,
            "position": position,
            "kind": fee.kind.value,
            "name": fee.name,
            "amount": fee.amount.amount,
            "tax_rate": fee.tax_rate.percent,
        }
