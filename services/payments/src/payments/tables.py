"""What payments stores. Storage, not model: rows become core state in `store` only.

Copies of foreign facts (makers, customers, delegations) carry the version of their state. What is only shown, never
filtered or summed (reasons, candidates, the evidence of a decision), is JSONB.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, DateTime, MetaData, Numeric, Table, Text, Uuid, any_, literal
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.statements import table_of
from chassis.tables import NAMING

REGISTRY = registry(metadata=MetaData(naming_convention=NAMING))

Row = SqlRow[Any]
"""A row as the database gives it; only `store` and `views` see one."""

AWARE: Any = DateTime(timezone=True)
IDS: Any = ARRAY(Uuid)
JSON: Any = JSONB


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """`column = any(array)`: one bound value however many there are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def columns(model: type[SQLModel]) -> Any:
    """The columns of a table, to select and compare by name."""
    return table_of(model).c


def sql(model: type[SQLModel]) -> Table:
    """The table itself."""
    return table_of(model)


class _Table(SQLModel, registry=REGISTRY):
    """Base of payments' tables; every key begins with the maker."""

    maker_id: UUID = Field(primary_key=True)


class MakerRow(_Table, table=True):
    """Copy of `customers.makers`: what matching and the calendar depend on."""

    __tablename__ = "makers"

    time_zone: str = Field(sa_type=Text)
    default_currency: str = Field(sa_type=Text)
    auto_confirm: bool
    fee_tolerance: Decimal = Field(sa_type=Numeric)
    version: int = Field(sa_type=BigInteger)


class BankAccountRow(_Table, table=True):
    """The maker's bank accounts, out of the same state."""

    __tablename__ = "bank_accounts"

    bank_account_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    bank_code: str = Field(sa_type=Text)
    branch_code: str = Field(sa_type=Text)
    account_kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    active: bool
    version: int = Field(sa_type=BigInteger)


class CustomerRow(_Table, table=True):
    """Copy of `customers.customers`; a deleted one keeps its row, inactive."""

    __tablename__ = "customers"

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    active: bool
    version: int = Field(sa_type=BigInteger)


class PayerNameRow(_Table, table=True):
    """A name a customer pays under, by its keys: from the master (kana, name), or learned from a confirmation."""

    __tablename__ = "payer_names"

    customer_id: UUID = Field(primary_key=True)
    source: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    bare_key: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    line_id: UUID | None = None
    learned_by: str | None = Field(default=None, sa_type=Text)
    learned_at: datetime | None = Field(default=None, sa_type=AWARE)


class DelegationRow(_Table, table=True):
    """Copy of `customers.delegations`; a deleted one has no delegatee."""

    __tablename__ = "delegations"

    delegator_id: UUID = Field(primary_key=True)
    delegatee_id: UUID | None = None
    version: int = Field(sa_type=BigInteger)


class ReceivableRow(_Table, table=True):
    """An open item. `members`: the other customers whose documents the invoice holds."""

    __tablename__ = "receivables"

    invoice_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    number_key: str = Field(sa_type=Text)
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    issued_on: date
    due_on: date
    total: Decimal = Field(sa_type=Numeric)
    allocated: Decimal = Field(sa_type=Numeric)
    discounted: Decimal = Field(sa_type=Numeric)
    slipped: Decimal = Field(sa_type=Numeric)
    open_amount: Decimal = Field(sa_type=Numeric)
    members: list[UUID] = Field(sa_type=IDS)
    voided_on: date | None = None
    version: int


class BankFileRow(_Table, table=True):
    """An imported statement file; its bytes are in `stored_files`."""

    __tablename__ = "bank_files"

    bank_file_id: UUID = Field(primary_key=True)
    bank_account_id: UUID
    file_id: UUID
    name: str = Field(sa_type=Text)
    layout: str = Field(sa_type=Text)
    encoding: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    lines: int
    new_lines: int
    duplicates: int
    outgoing: int
    total: Decimal = Field(sa_type=Numeric)
    imported_at: datetime = Field(sa_type=AWARE)
    imported_by: str = Field(sa_type=Text)


class BankLineRow(_Table, table=True):
    """An incoming amount: a line of a file (`method` bank_transfer) or a payment entered by hand."""

    __tablename__ = "bank_lines"

    line_id: UUID = Field(primary_key=True)
    bank_file_id: UUID | None = None
    bank_account_id: UUID | None = None
    row_no: int | None = None
    fingerprint: str | None = Field(default=None, sa_type=Text)
    method: str = Field(sa_type=Text)
    value_date: date
    amount: Decimal = Field(sa_type=Numeric)
    currency: str = Field(sa_type=Text)
    payer: str = Field(sa_type=Text)
    payer_code: str = Field(sa_type=Text)
    description: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    sending_bank: str = Field(sa_type=Text)
    memo: str = Field(sa_type=Text)
    cancels: bool
    state: str = Field(sa_type=Text)
    decision: str | None = Field(default=None, sa_type=Text)
    reasons: list[Any] = Field(sa_type=JSON)
    candidates: list[Any] = Field(sa_type=JSON)
    customer_id: UUID | None = None
    bill_to_id: UUID | None = None
    held: Decimal = Field(sa_type=Numeric)
    held_for_id: UUID | None = None
    free_amount: Decimal = Field(sa_type=Numeric)
    ignore_reason: str | None = Field(default=None, sa_type=Text)
    recorded_at: datetime = Field(sa_type=AWARE)
    recorded_by: str = Field(sa_type=Text)
    version: int


class MatchProofRow(_Table, table=True):
    """The evidence of one decision on a line, kept for ever."""

    __tablename__ = "match_proofs"

    proof_id: UUID = Field(primary_key=True)
    line_id: UUID
    decision: str = Field(sa_type=Text)
    rule_version: str = Field(sa_type=Text)
    evidence: dict[str, Any] = Field(sa_type=JSON)
    outcome: dict[str, Any] = Field(sa_type=JSON)
    decided_at: datetime = Field(sa_type=AWARE)


class AllocationRow(_Table, table=True):
    """A part of a line given to an invoice; taken back ones stay, with the day they were."""

    __tablename__ = "allocations"

    allocation_id: UUID = Field(primary_key=True)
    line_id: UUID
    invoice_id: UUID
    invoice_number: str = Field(sa_type=Text)
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    fee_discount: Decimal = Field(sa_type=Numeric)
    shortage_slip: Decimal = Field(sa_type=Numeric)
    from_advance: Decimal = Field(sa_type=Numeric)
    advance_of: UUID | None = None
    slip_id: UUID | None = None
    booked_on: date
    recorded_at: datetime = Field(sa_type=AWARE)
    recorded_by: str = Field(sa_type=Text)
    reversed_on: date | None = None
    reversed_at: datetime | None = Field(default=None, sa_type=AWARE)
    reversed_by: str | None = Field(default=None, sa_type=Text)


class OverpaymentRow(_Table, table=True):
    """Money kept beyond what was owed; `credit_note_*` arrive with invoicing's answer."""

    __tablename__ = "overpayments"

    overpayment_id: UUID = Field(primary_key=True)
    line_id: UUID
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    from_advance: Decimal = Field(sa_type=Numeric)
    advance_of: UUID | None = None
    booked_on: date
    reversed_on: date | None = None


class ShortageSlipRow(_Table, table=True):
    """The rest of an invoice settled with a difference."""

    __tablename__ = "shortage_slips"

    slip_id: UUID = Field(primary_key=True)
    allocation_id: UUID
    line_id: UUID
    invoice_id: UUID
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    state: str = Field(sa_type=Text)
    created_on: date
    closed_on: date | None = None


class CreditNoteRow(_Table, table=True):
    """A credit note of invoicing, shown beside the balance."""

    __tablename__ = "credit_notes"

    credit_note_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    bill_to_id: UUID
    currency: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    issued_on: date
    overpayment_id: UUID | None = None


class LedgerEntryRow(_Table, table=True):
    """One movement: debit and credit of the same positive amount. Never changed, never deleted."""

    __tablename__ = "ledger_entries"

    entry_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    debit: str = Field(sa_type=Text)
    credit: str = Field(sa_type=Text)
    debit_customer_id: UUID | None = None
    credit_customer_id: UUID | None = None
    amount: Decimal = Field(sa_type=Numeric)
    currency: str = Field(sa_type=Text)
    booked_on: date
    invoice_id: UUID | None = None
    line_id: UUID | None = None
    allocation_id: UUID | None = None
    recorded_at: datetime = Field(sa_type=AWARE)
    recorded_by: str = Field(sa_type=Text)


class BalanceRow(_Table, table=True):
    """What the ledger says about one customer and currency, kept up to date with every entry."""

    __tablename__ = "balances"

    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text, primary_key=True)
    open_invoices: Decimal = Field(sa_type=Numeric)
    open_slips: Decimal = Field(sa_type=Numeric)
    credit_notes: Decimal = Field(sa_type=Numeric)
    advances: Decimal = Field(sa_type=Numeric)
    changed_at: datetime = Field(sa_type=AWARE)
    version: int


class StatementProfileRow(_Table, table=True):
    """How the CSV statements of a bank are laid out (PAY-011)."""

    __tablename__ = "statement_profiles"

    profile_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    bank_account_id: UUID | None = None
    mapping: dict[str, Any] = Field(sa_type=JSON)
    version: int
