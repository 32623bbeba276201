"""What ordering stores. Storage, not model: rows become core state in `store` only.

What is queried, filtered or summed is columns and rows; snapshots that are only printed (addresses, headings, totals
per rate) and evidence (raw file cells) are JSONB.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, DateTime, MetaData, Numeric, Table, Text, any_, literal
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
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
    """Base of ordering's tables; every key begins with the maker."""

    maker_id: UUID = Field(primary_key=True)


class Maker(_Table, table=True):
    """Copy of `customers.makers`: the preferences orders depend on."""

    __tablename__ = "makers"

    currency: str = Field(sa_type=Text)
    time_zone: str = Field(sa_type=Text)
    language: str = Field(sa_type=Text)
    price_rounding: str = Field(sa_type=Text)
    price_tax_mode: str = Field(sa_type=Text)
    unshipped_creation: str = Field(sa_type=Text)
    strict_import: bool
    version: int = Field(sa_type=BigInteger)


class Customer(_Table, table=True):
    """Copy of `customers.customers`; addresses are only printed."""

    __tablename__ = "customers"

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    payment_category: str = Field(sa_type=Text)
    shipping_category: str = Field(sa_type=Text)
    wholesale_rate: Decimal | None = Field(sa_type=Numeric)
    credit_limit: Decimal | None = Field(sa_type=Numeric)
    active: bool
    address: Json = Field(sa_type=JSONB)
    ship_tos: Json = Field(sa_type=JSONB)
    version: int = Field(sa_type=BigInteger)


class Sku(_Table, table=True):
    """Copy of `catalog.skus`; `code_key` is the code in capitals, because codes are unique ignoring case."""

    __tablename__ = "skus"

    sku_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    code_key: str = Field(sa_type=Text)
    product_id: UUID
    name: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    prices: Json = Field(sa_type=JSONB)
    tax_id: UUID | None
    wholesale_rate: Decimal | None = Field(sa_type=Numeric)
    planned_from: date | None
    planned_to: date | None
    version: int = Field(sa_type=BigInteger)


class Tax(_Table, table=True):
    """Copy of `catalog.taxes`."""

    __tablename__ = "taxes"

    tax_id: UUID = Field(primary_key=True)
    rate: Decimal = Field(sa_type=Numeric)
    reduced: bool
    rounding: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    standard: bool
    active: bool
    version: int = Field(sa_type=BigInteger)


class CustomerRate(_Table, table=True):
    """Copy of `catalog.customer-rates`."""

    __tablename__ = "customer_rates"

    product_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    wholesale_rate: Decimal = Field(sa_type=Numeric)
    version: int = Field(sa_type=BigInteger)


class Order(_Table, table=True):
    """An order. Amounts are those of the official content; `exposed_amount` is its part of the customer's ordered
    bucket; pieces and billed amounts are counted from deliveries and invoices."""

    __tablename__ = "orders"

    order_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    ordered_at: datetime = Field(sa_type=AWARE)
    ordered_on: date
    customer_id: UUID | None
    customer_code: str = Field(sa_type=Text)
    customer_name: str = Field(sa_type=Text)
    purchase_order_number: str = Field(sa_type=Text)
    wished_on: date | None
    on_hold: bool
    over_limit: bool
    invoiced: str = Field(sa_type=Text)
    warning_codes: list[str] = Field(sa_type=TEXTS)
    net_amount: Decimal = Field(sa_type=Numeric)
    tax_amount: Decimal = Field(sa_type=Numeric)
    grand_total: Decimal = Field(sa_type=Numeric)
    ordered_quantity: int = Field(sa_type=BigInteger)
    shipped_quantity: int = Field(sa_type=BigInteger)
    closed_quantity: int = Field(sa_type=BigInteger)
    billed_quantity: int = Field(sa_type=BigInteger)
    expected_amount: Decimal = Field(sa_type=Numeric)
    billed_amount: Decimal = Field(sa_type=Numeric)
    exempt_quantity: int = Field(sa_type=BigInteger)
    waived_amount: Decimal = Field(sa_type=Numeric)
    exposed_amount: Decimal = Field(sa_type=Numeric)
    content_version: int
    oc_version: int
    confirmed_on: date | None
    buyer: Json | None = Field(sa_type=JSON_OR_NULL)
    heading: Json = Field(sa_type=JSONB)
    entries: list[Json] = Field(sa_type=JSONB)
    warnings: list[Json] = Field(sa_type=JSONB)
    placed_totals: Json = Field(sa_type=JSONB)
    placed_by: str = Field(sa_type=Text)
    placed_at: datetime = Field(sa_type=AWARE)
    placed_note: str = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=AWARE)
    stocked_at: datetime | None = Field(default=None, sa_type=AWARE)
    version: int = Field(sa_type=BigInteger)


class OrderLine(_Table, table=True):
    """A line of one content version of an order: 0 as placed, n as OC version n changed it. Only the lines of the
    confirmed content have pieces shipped or closed."""

    __tablename__ = "order_lines"

    order_id: UUID = Field(primary_key=True)
    content_version: int = Field(primary_key=True)
    line_id: UUID = Field(primary_key=True)
    line_no: int
    sku_id: UUID | None
    product_id: UUID | None
    sku_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    option: str = Field(sa_type=Text)
    quantity: int = Field(sa_type=BigInteger)
    original_price: Decimal = Field(sa_type=Numeric)
    wholesale_rate: Decimal = Field(sa_type=Numeric)
    rate_source: str = Field(sa_type=Text)
    unit_price: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal = Field(sa_type=Numeric)
    tax_included: bool
    reduced: bool
    planned_from: date | None
    planned_to: date | None
    ship_to_number: int
    shipped: int = Field(sa_type=BigInteger)
    closed: int = Field(sa_type=BigInteger)


class OrderCharge(_Table, table=True):
    """A charge of one content version of an order; payment points have no rate."""

    __tablename__ = "order_charges"

    order_id: UUID = Field(primary_key=True)
    content_version: int = Field(primary_key=True)
    charge_id: UUID = Field(primary_key=True)
    position: int
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    tax_rate: Decimal | None = Field(sa_type=Numeric)
    amount: Decimal = Field(sa_type=Numeric)
    tax_included: bool


class OrderConfirmation(_Table, table=True):
    """A version of an order's confirmation. `totals` stand where the version brought a content of its own."""

    __tablename__ = "order_confirmations"

    order_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    content_version: int
    approval_required: bool
    totals: Json | None = Field(sa_type=JSON_OR_NULL)
    created: Json = Field(sa_type=JSONB)
    approved: Json | None = Field(sa_type=JSON_OR_NULL)
    rejected: Json | None = Field(sa_type=JSON_OR_NULL)
    confirmed: Json | None = Field(sa_type=JSON_OR_NULL)
    confirmed_on: date | None


class OrderDeed(_Table, table=True):
    """What somebody did to an order beside placing and confirming it, and why; only ever added to (GEN-013)."""

    __tablename__ = "order_deeds"

    deed_id: UUID = Field(primary_key=True)
    order_id: UUID
    deed: str = Field(sa_type=Text)
    done_by: str = Field(sa_type=Text)
    done_at: datetime = Field(sa_type=AWARE)
    note: str = Field(sa_type=Text)


class OrderSource(_Table, table=True):
    """The file rows an imported order was made from, cell by cell (INT-056)."""

    __tablename__ = "order_sources"

    order_id: UUID = Field(primary_key=True)
    file_id: UUID
    layout: str = Field(sa_type=Text)
    headers: list[str] = Field(sa_type=JSONB)
    row_numbers: list[int] = Field(sa_type=JSONB)
    cells: list[list[str]] = Field(sa_type=JSONB)


class CustomerExposure(_Table, table=True):
    """What a customer owes in one currency: its ordered bucket, and the posted balance payments told last. The row
    lock serialises credit checks of the customer."""

    __tablename__ = "customer_exposures"

    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text, primary_key=True)
    ordered_amount: Decimal = Field(sa_type=Numeric)
    posted_amount: Decimal = Field(sa_type=Numeric)
    posted_sequence: int = Field(sa_type=BigInteger)


class NoteShare(_Table, table=True):
    """How many pieces of an order left on a delivery note."""

    __tablename__ = "note_shares"

    note_id: UUID = Field(primary_key=True)
    order_id: UUID = Field(primary_key=True)
    quantity: int = Field(sa_type=BigInteger)


class InvoicedNote(_Table, table=True):
    """A delivery note that stands on an issued invoice; goes away when the invoice is voided."""

    __tablename__ = "invoiced_notes"

    note_id: UUID = Field(primary_key=True)
    invoice_id: UUID


class NoteExemption(_Table, table=True):
    """Whether a delivery note is never billed, as told last, and what it is worth of an order. Kept when it is lifted:
    the note's shipment may still be on its way."""

    __tablename__ = "note_exemptions"

    note_id: UUID = Field(primary_key=True)
    order_id: UUID = Field(primary_key=True)
    exempt: bool
    amount: Decimal = Field(sa_type=Numeric)
