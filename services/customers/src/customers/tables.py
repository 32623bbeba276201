"""What customers stores. Storage, not model: rows become core state in `store` only.

What is searched, filtered or compared is columns; addresses that are only printed are JSONB.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, LargeBinary, MetaData, Numeric, Table, Text, any_, literal
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.statements import table_of
from chassis.tables import NAMING

REGISTRY = registry(metadata=MetaData(naming_convention=NAMING))

Json = dict[str, Any]
Row = SqlRow[Any]
"""A row as the database gives it; only `store` and `views` see one."""

AWARE: Any = DateTime(timezone=True)  # SQLModel's stub takes only classes, `timestamptz` needs an instance
TEXTS: Any = ARRAY(Text)
JSON_OR_NULL: Any = JSONB(none_as_null=True)


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
    """Base of customers' tables; every key begins with the maker."""

    maker_id: UUID = Field(primary_key=True)


class MakerRow(_Table, table=True):
    """A maker's preferences; `version` also counts changes of its locations and bank accounts."""

    __tablename__ = "makers"

    name: str = Field(sa_type=Text)
    time_zone: str = Field(sa_type=Text)
    languages: list[str] = Field(sa_type=TEXTS)
    default_language: str = Field(sa_type=Text)
    currencies: list[str] = Field(sa_type=TEXTS)
    default_currency: str = Field(sa_type=Text)
    price_rounding: str = Field(sa_type=Text)
    price_tax_mode: str = Field(sa_type=Text)
    unshipped_creation: str = Field(sa_type=Text)
    bill_from: str = Field(sa_type=Text)
    strict_import: bool
    auto_confirm_matches: bool
    bank_fee_tolerance: Decimal = Field(sa_type=Numeric)
    customer_prefix: str = Field(sa_type=Text)
    version: int


class LocationRow(_Table, table=True):
    """`position` keeps the maker's order; the first location is the default."""

    __tablename__ = "locations"

    location_id: UUID = Field(primary_key=True)
    position: int
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    address: Json = Field(sa_type=JSONB)
    registration_number: str | None = Field(default=None, sa_type=Text)


class BankAccountRow(_Table, table=True):
    __tablename__ = "bank_accounts"

    bank_account_id: UUID = Field(primary_key=True)
    position: int
    code: str = Field(sa_type=Text)
    bank_code: str = Field(sa_type=Text)
    bank_name: str = Field(sa_type=Text)
    branch_code: str = Field(sa_type=Text)
    branch_name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    number: str = Field(sa_type=Text)
    holder_kana: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    bic: str = Field(sa_type=Text)
    iban: str = Field(sa_type=Text)
    active: bool


class MemberRow(_Table, table=True):
    __tablename__ = "members"

    membership_id: UUID = Field(primary_key=True)
    email: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_type=TEXTS)
    active: bool
    version: int


class CustomerRow(_Table, table=True):
    """A customer. `code_key`, `search_text` and the two likeness keys are computed by the core, never typed."""

    __tablename__ = "customers"

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    code_key: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    postal_code: str = Field(sa_type=Text)
    address1: str = Field(sa_type=Text)
    address2: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    department: str = Field(sa_type=Text)
    kana: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    mailing_address: Json | None = Field(default=None, sa_type=JSON_OR_NULL)
    payment_category: str = Field(sa_type=Text)
    shipping_category: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    wholesale_rate: Decimal | None = Field(default=None, sa_type=Numeric)
    credit_limit: Decimal | None = Field(default=None, sa_type=Numeric)
    active: bool
    hold_reason: str | None = Field(default=None, sa_type=Text)
    hold_actor: str | None = Field(default=None, sa_type=Text)
    hold_since: datetime | None = Field(default=None, sa_type=AWARE)
    search_text: str = Field(sa_type=Text)
    name_phone_key: str | None = Field(default=None, sa_type=Text)
    email_key: str | None = Field(default=None, sa_type=Text)
    changed_at: datetime = Field(sa_type=AWARE)
    version: int


class ShipToRow(_Table, table=True):
    """A destination; number 0 is the master's own."""

    __tablename__ = "ship_tos"

    customer_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    address: Json = Field(sa_type=JSONB)


class HoldDeedRow(_Table, table=True):
    """Who held or released a customer, when and why: append-only (CUS-064)."""

    __tablename__ = "hold_deeds"

    deed_id: UUID = Field(primary_key=True)
    customer_id: UUID
    deed: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    done_by: str = Field(sa_type=Text)
    done_at: datetime = Field(sa_type=AWARE)


class TermsRow(_Table, table=True):
    """Closing terms; all four empty after they were dropped, so that the version goes on counting."""

    __tablename__ = "terms"

    customer_id: UUID = Field(primary_key=True)
    closing_day: int | None = None
    payment_month_offset: int | None = None
    payment_day: int | None = None
    business_day_rule: str | None = Field(default=None, sa_type=Text)
    version: int


class DelegationRow(_Table, table=True):
    """Whom a delegator's documents are billed to; empty after a revocation, so that the version goes on counting."""

    __tablename__ = "billing_delegations"

    delegator_id: UUID = Field(primary_key=True)
    delegatee_id: UUID | None = None
    version: int


class CodeCounterRow(_Table, table=True):
    """The number given last under a prefix of generated customer codes."""

    __tablename__ = "code_counters"

    prefix: str = Field(sa_type=Text, primary_key=True)
    last: int


class FileImportRow(_Table, table=True):
    """A file that was applied: its bytes are kept by the chassis."""

    __tablename__ = "file_imports"

    import_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    file_id: UUID
    sha256: bytes = Field(sa_type=LargeBinary)
    counts: Json = Field(sa_type=JSONB)
    done_by: str = Field(sa_type=Text)
    done_at: datetime = Field(sa_type=AWARE)
