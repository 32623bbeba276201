"""The database says what `tables.py` says, and its named constraints bite."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from chassis.clock import now
from chassis.database import Database
from chassis.testing.migrations import differences
from invoicing import tables
from services.invoicing.tests.builders import id_of

TERMS: Mapping[str, object] = {
    "customer_id": id_of("K1"),
    "closing_day": 0,
    "payment_month_offset": 1,
    "payment_day": 0,
    "business_day_rule": "none",
    "version": 1,
}
NOTE: Mapping[str, object] = {
    "billable_id": id_of("DN1"),
    "kind": "delivery_note",
    "number": "DN1",
    "customer_id": id_of("K1"),
    "currency": "JPY",
    "dated_on": date(2026, 6, 15),
    "issued_on": date(2026, 6, 15),
    "shipped_on": None,
    "location_id": None,
    "note_id": None,
    "note_number": None,
    "note_delivered_on": None,
    "reason": "",
    "payment_points": Decimal(0),
    "order_points": [],
    "state": "UNBILLED",
    "exemption": "",
    "deferred_past": None,
    "invoice_id": None,
    "version": 1,
}
INVOICE: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "number": "INV1",
    "bill_to_id": id_of("K1"),
    "bill_to_code": "K1",
    "bill_to_name": "K1",
    "currency": "JPY",
    "issued_on": date(2026, 6, 30),
    "closing_date": None,
    "due_on": date(2026, 7, 31),
    "net": Decimal(100),
    "tax": Decimal(10),
    "payment_points": Decimal(0),
    "total": Decimal(110),
    "brought_forward": Decimal(0),
    "open_amount": Decimal(110),
    "state": "ISSUED",
    "qualified": True,
    "run_id": None,
    "replaces_id": None,
    "replaces_number": None,
    "voided_on": None,
    "void_reason": None,
    "header_comment": "",
    "footer_comment": "",
    "internal_note": "",
    "snapshot": {},
    "issued_at": now(),
    "issued_by": "tester",
    "version": 1,
}
SOURCE: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "position": 1,
    "source_id": id_of("DN1"),
    "kind": "delivery_note",
    "number": "DN1",
    "customer_id": id_of("K1"),
    "dated_on": date(2026, 6, 15),
    "late": False,
    "live": True,
}
PAPER: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "variant": "original",
    "state": "pending",
    "file_id": None,
    "sha256": None,
    "attempts": 0,
    "retry_at": now(),
    "error": None,
}
RATE: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "tax_rate": Decimal(10),
    "reduced": False,
    "rounding": "floor",
    **dict.fromkeys(("exclusive", "inclusive", "returned_exclusive", "returned_inclusive"), Decimal(0)),
    **dict.fromkeys(("net", "tax", "gross"), Decimal(0)),
}
ORDER: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "position": 1,
    "order_id": id_of("O"),
    "customer_id": id_of("K1"),
    "amount": Decimal(0),
    "returned": Decimal(0),
}
FEE: Mapping[str, object] = {
    "invoice_id": id_of("INV1"),
    "position": 1,
    "kind": "other",
    "name": "x",
    "amount": Decimal(0),
    "tax_rate": Decimal(10),
}
CLOSING: Mapping[str, object] = {
    "bill_to_id": id_of("K1"),
    "currency": "JPY",
    "closing_date": date(2026, 6, 30),
    "run_id": id_of("run"),
}
RUN: Mapping[str, object] = {
    "run_id": id_of("run"),
    "closing_date": date(2026, 6, 30),
    "issued_on": date(2026, 6, 30),
    "selection": None,
    "seal": "",
    "invoices": 0,
    "notes": 0,
    "accounts": 1,
    "totals": {},
    "run_at": now(),
    "run_by": "tester",
}
CREDIT: Mapping[str, object] = {
    "credit_note_id": id_of("CN1"),
    "number": "CN1",
    "kind": "overpayment",
    "bill_to_id": id_of("K1"),
    "currency": "JPY",
    "amount": Decimal(10),
    "issued_on": date(2026, 9, 1),
    "overpayment_id": id_of("over"),
    "state": "OPEN",
    "voided_on": None,
    "version": 1,
}


async def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    assert await differences(database, tables.REGISTRY.metadata) == []


async def write(database: Database, maker_id: UUID, *rows: tuple[type[tables.Table], Mapping[str, object]]) -> None:
    async with database.transaction(maker_id) as tx:
        for table, row in rows:
            await tx.insert(table, [{"maker_id": maker_id, **row}])


Table = type[tables.Table]
Given = list[tuple[Table, Mapping[str, Any]]]
HELD: Given = [(tables.Billable, NOTE), (tables.Invoice, INVOICE)]


@pytest.mark.parametrize(
    ("constraint", "given", "table", "row"),
    [
        ("ck_terms_whole", [], tables.Terms, {**TERMS, "closing_day": None}),
        ("ck_billables_kind", [], tables.Billable, {**NOTE, "kind": "letter"}),
        ("ck_billables_state", [], tables.Billable, {**NOTE, "state": "LOST"}),
        ("ck_billables_held", [], tables.Billable, {**NOTE, "state": "INVOICED"}),
        ("ck_billables_held", [], tables.Billable, {**NOTE, "invoice_id": id_of("INV1")}),
        ("uq_billables_number", [(tables.Billable, NOTE)], tables.Billable, {**NOTE, "billable_id": id_of("DN2")}),
        ("ck_invoices_state", [], tables.Invoice, {**INVOICE, "state": "LOST"}),
        ("ck_invoices_open", [], tables.Invoice, {**INVOICE, "open_amount": Decimal(111)}),
        ("ck_invoices_void", [], tables.Invoice, {**INVOICE, "state": "VOID"}),
        ("uq_invoices_number", [(tables.Invoice, INVOICE)], tables.Invoice, {**INVOICE, "invoice_id": id_of("INV2")}),
        ("fk_invoice_rates_invoice", [], tables.InvoiceRate, RATE),
        ("fk_invoice_orders_invoice", [], tables.InvoiceOrder, ORDER),
        ("fk_invoice_fees_invoice", [], tables.InvoiceFee, FEE),
        ("fk_invoice_papers_invoice", [], tables.InvoicePaper, PAPER),
        ("fk_invoice_sources_invoice", [(tables.Billable, NOTE)], tables.InvoiceSource, SOURCE),
        ("fk_invoice_sources_billable", [(tables.Invoice, INVOICE)], tables.InvoiceSource, SOURCE),
        ("ck_invoice_papers_variant", HELD, tables.InvoicePaper, {**PAPER, "variant": "copy"}),
        ("ck_invoice_papers_state", HELD, tables.InvoicePaper, {**PAPER, "state": "lost"}),
        ("ck_invoice_papers_file", HELD, tables.InvoicePaper, {**PAPER, "state": "ready"}),
        ("fk_closings_run", [], tables.Closing, CLOSING),
        ("pk_closings", [(tables.ClosingRun, RUN), (tables.Closing, CLOSING)], tables.Closing, CLOSING),
        ("ck_credit_notes_state", [], tables.CreditNote, {**CREDIT, "state": "LOST"}),
        ("ck_credit_notes_amount", [], tables.CreditNote, {**CREDIT, "amount": Decimal(0)}),
        (
            "uq_credit_notes_number",
            [(tables.CreditNote, CREDIT)],
            tables.CreditNote,
            {**CREDIT, "credit_note_id": id_of("CN2"), "overpayment_id": id_of("other")},
        ),
        (
            "uq_credit_notes_overpayment",
            [(tables.CreditNote, CREDIT)],
            tables.CreditNote,
            {**CREDIT, "credit_note_id": id_of("CN2"), "number": "CN2"},
        ),
        (
            "uq_invoice_sources_live",
            [*HELD, (tables.InvoiceSource, SOURCE)],
            tables.InvoiceSource,
            {**SOURCE, "position": 2},
        ),
    ],
)
async def test_the_database_itself_refuses(
    database: Database, maker_id: UUID, constraint: str, given: Given, table: Table, row: Mapping[str, object]
) -> None:
    await write(database, maker_id, *given)

    with pytest.raises(IntegrityError, match=constraint):
        await write(database, maker_id, (table, row))


@pytest.mark.req("INV-027")
async def test_a_source_of_a_voided_invoice_may_be_on_another_one(database: Database, maker_id: UUID) -> None:
    await write(database, maker_id, *HELD, (tables.InvoiceSource, {**SOURCE, "live": False}))

    await write(database, maker_id, (tables.InvoiceSource, {**SOURCE, "position": 2}))
