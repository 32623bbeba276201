"""What invoicing stores. Storage, not model: rows become core state in `store` only.

What is queried, filtered or summed is columns and rows; what is only printed (issuer, recipient, account, warnings of
an invoice; offices and accounts of a maker) is JSONB. Lines of notes never change, so an invoice does not copy them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, MetaData, Numeric, Text, any_, literal
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.statements import table_of
from chassis.tables import NAMING

REGISTRY = registry(metadata=MetaData(naming_convention=NAMING))
AWARE: Any = DateTime(timezone=True)

Json = dict[str, Any]
Row = SqlRow[Any]
"""A row as the database gives it; only `store` and `views` see one."""


def among(column: Any, values: Collection[object]) -> ColumnElement[bool]:
    """`column = any(array)`: one bound value however many there are."""
    condition: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return condition


def columns(model: type[SQLModel]) -> Any:
    """The columns of a table, to select and compare by name."""
    return table_of(model).c


class Table(SQLModel, registry=REGISTRY):
    """Base of invoicing's tables; every key begins with the maker."""

    maker_id: UUID = Field(primary_key=True)


# ---- Copies of foreign facts: the newer version wins ----


class Maker(Table, table=True):
    """Copy of `customers.makers`; offices and accounts in the maker's order, the first is the default."""

    __tablename__ = "makers"

    name: str = Field(sa_type=Text)
    time_zone: str = Field(sa_type=Text)
    bill_from: str = Field(sa_type=Text)
    locations: list[Json] = Field(sa_type=JSONB)
    bank_accounts: list[Json] = Field(sa_type=JSONB)
    version: int


class Customer(Table, table=True):
    """Copy of `customers.customers`; the address is the one invoices are posted to (CUS-037)."""

    __tablename__ = "customers"

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    department: str = Field(sa_type=Text)
    individual: bool
    currency: str = Field(sa_type=Text)
    postal_code: str = Field(sa_type=Text)
    address1: str = Field(sa_type=Text)
    address2: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    version: int


class Terms(Table, table=True):
    """Copy of `customers.terms`; dropped ones keep a row without contents, so that no older answer brings them back."""

    __tablename__ = "terms"

    customer_id: UUID = Field(primary_key=True)
    closing_day: int | None
    payment_month_offset: int | None
    payment_day: int | None
    business_day_rule: str | None = Field(sa_type=Text)
    version: int


class Delegation(Table, table=True):
    """Copy of `customers.delegations`; a revoked one has no delegatee."""

    __tablename__ = "delegations"

    delegator_id: UUID = Field(primary_key=True)
    delegatee_id: UUID | None
    version: int


class Tax(Table, table=True):
    """Copy of `catalog.taxes`: how a rate rounds and whether it is the reduced one."""

    __tablename__ = "taxes"

    tax_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    rate: Decimal = Field(sa_type=Numeric)
    rounding: str = Field(sa_type=Text)
    reduced: bool
    standard: bool
    active: bool
    version: int


# ---- Billable documents ----


class Billable(Table, table=True):
    """A delivery or return note. `dated_on` is what closing runs look at, `note_*` what a return takes back;
    `order_points` is whose the payment points are, as far as the note says."""

    __tablename__ = "billables"

    billable_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    customer_id: UUID
    currency: str = Field(sa_type=Text)
    dated_on: date
    issued_on: date
    shipped_on: date | None
    location_id: UUID | None
    note_id: UUID | None
    note_number: str | None = Field(sa_type=Text)
    note_delivered_on: date | None
    reason: str = Field(sa_type=Text)
    payment_points: Decimal = Field(sa_type=Numeric)
    order_points: list[list[str]] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    exemption: str = Field(sa_type=Text)
    deferred_past: date | None
    invoice_id: UUID | None
    version: int


class BillableSum(Table, table=True):
    """Without tax and with tax, per order and rate, in the note's order."""

    __tablename__ = "billable_sums"

    billable_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    order_id: UUID
    tax_rate: Decimal = Field(sa_type=Numeric)
    reduced: bool
    exclusive: Decimal = Field(sa_type=Numeric)
    inclusive: Decimal = Field(sa_type=Numeric)


class BillableLine(Table, table=True):
    """A line as it was delivered or came back; printed and read, never summed again."""

    __tablename__ = "billable_lines"

    billable_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    order_id: UUID
    order_number: str = Field(sa_type=Text)
    sku_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    option: str = Field(sa_type=Text)
    quantity: int
    unit_price: Decimal = Field(sa_type=Numeric)
    amount: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal = Field(sa_type=Numeric)
    tax_included: bool
    reduced: bool


class BillableCharge(Table, table=True):
    """An order charge the note took; `tax_rate` is null for payment points."""

    __tablename__ = "billable_charges"

    billable_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal | None = Field(sa_type=Numeric)
    tax_included: bool
    order_id: UUID | None


# ---- Invoices ----


class Invoice(Table, table=True):
    """`snapshot` holds what is only printed: issuer, recipient, members, bank account, period, warnings."""

    __tablename__ = "invoices"

    invoice_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    bill_to_id: UUID
    bill_to_code: str = Field(sa_type=Text)
    bill_to_name: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    issued_on: date
    closing_date: date | None
    due_on: date
    net: Decimal = Field(sa_type=Numeric)
    tax: Decimal = Field(sa_type=Numeric)
    payment_points: Decimal = Field(sa_type=Numeric)
    total: Decimal = Field(sa_type=Numeric)
    brought_forward: Decimal = Field(sa_type=Numeric)
    open_amount: Decimal = Field(sa_type=Numeric)
    state: str = Field(sa_type=Text)
    qualified: bool
    run_id: UUID | None
    replaces_id: UUID | None
    replaces_number: str | None = Field(sa_type=Text)
    voided_on: date | None
    void_reason: str | None = Field(sa_type=Text)
    header_comment: str = Field(sa_type=Text)
    footer_comment: str = Field(sa_type=Text)
    internal_note: str = Field(sa_type=Text)
    snapshot: Json = Field(sa_type=JSONB)
    issued_at: datetime = Field(sa_type=AWARE)
    issued_by: str = Field(sa_type=Text)
    version: int


class InvoiceRate(Table, table=True):
    """One tax rate of an invoice: the base, what came back, and the tax that one rounding made of it."""

    __tablename__ = "invoice_rates"

    invoice_id: UUID = Field(primary_key=True)
    tax_rate: Decimal = Field(sa_type=Numeric, primary_key=True)
    reduced: bool
    rounding: str = Field(sa_type=Text)
    exclusive: Decimal = Field(sa_type=Numeric)
    inclusive: Decimal = Field(sa_type=Numeric)
    returned_exclusive: Decimal = Field(sa_type=Numeric)
    returned_inclusive: Decimal = Field(sa_type=Numeric)
    net: Decimal = Field(sa_type=Numeric)
    tax: Decimal = Field(sa_type=Numeric)
    gross: Decimal = Field(sa_type=Numeric)


class InvoiceSource(Table, table=True):
    """A note on an invoice. While `live` no other invoice can hold it: `uq_invoice_sources_live`."""

    __tablename__ = "invoice_sources"

    invoice_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    source_id: UUID
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    customer_id: UUID
    dated_on: date
    late: bool
    live: bool


class InvoiceOrder(Table, table=True):
    """What one order owes of an invoice; the shares add up to its total. `returned` is already taken off."""

    __tablename__ = "invoice_orders"

    invoice_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    order_id: UUID
    customer_id: UUID
    amount: Decimal = Field(sa_type=Numeric)
    returned: Decimal = Field(sa_type=Numeric)


class InvoiceFee(Table, table=True):
    """An amount of the invoice itself, without tax, signed."""

    __tablename__ = "invoice_fees"

    invoice_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal = Field(sa_type=Numeric)


class InvoicePaper(Table, table=True):
    """A PDF that is asked for or kept: the original, and the copy marked void. Printed once, then only read."""

    __tablename__ = "invoice_papers"

    invoice_id: UUID = Field(primary_key=True)
    variant: str = Field(sa_type=Text, primary_key=True)
    state: str = Field(sa_type=Text)
    file_id: UUID | None
    sha256: bytes | None
    attempts: int
    retry_at: datetime = Field(sa_type=AWARE)
    error: str | None = Field(sa_type=Text)


# ---- Closing runs ----


class ClosingRun(Table, table=True):
    """One run of a closing date, with the seal of what it did."""

    __tablename__ = "closing_runs"

    run_id: UUID = Field(primary_key=True)
    closing_date: date
    issued_on: date
    selection: list[str] | None = Field(sa_type=JSONB)
    seal: str = Field(sa_type=Text)
    invoices: int
    notes: int
    accounts: int
    totals: Json = Field(sa_type=JSONB)
    run_at: datetime = Field(sa_type=AWARE)
    run_by: str = Field(sa_type=Text)


class Closing(Table, table=True):
    """An account that is closed on a date, with or without an invoice; `pk_closings` closes it once."""

    __tablename__ = "closings"

    bill_to_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text, primary_key=True)
    closing_date: date = Field(primary_key=True)
    run_id: UUID


# ---- Credit notes ----


class CreditNote(Table, table=True):
    """One per overpayment: `uq_credit_notes_overpayment`."""

    __tablename__ = "credit_notes"

    credit_note_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    issued_on: date
    overpayment_id: UUID
    state: str = Field(sa_type=Text)
    voided_on: date | None
    version: int
