"""What fulfillment stores. Storage, not model: rows become core state in `store` only.

Snapshots that are only printed (addresses, locations) are JSONB; what is filtered or summed is columns.
`open_quantity`, `billing_status` and a return's `state` are computed by PostgreSQL, so that they cannot lie.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Text,
    any_,
    literal,
    or_,
    select,
)
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


def among(column: Any, values: Collection[object]) -> ColumnElement[bool]:
    """`column = any(array)`: one bound value however many there are."""
    condition: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return condition


def named(id_column: Any, number_column: Any, refs: Collection[UUID | str]) -> ColumnElement[bool]:
    """Rows named by their id or by their business number."""
    ids = [ref for ref in refs if isinstance(ref, UUID)]
    return or_(among(id_column, ids), among(number_column, [ref for ref in refs if isinstance(ref, str)]))


class Table(SQLModel, registry=REGISTRY):
    """Base of fulfillment's tables."""

    maker_id: UUID = Field(primary_key=True)


class Maker(Table, table=True):
    """Copy of `customers.makers`; `locations` in the maker's order, the first is the default."""

    __tablename__ = "makers"

    time_zone: str = Field(sa_type=Text)
    bill_from: str = Field(sa_type=Text)
    locations: list[Json] = Field(sa_type=JSONB)
    version: int = Field(sa_type=BigInteger)


class Customer(Table, table=True):
    """Copy of `customers.customers`."""

    __tablename__ = "customers"

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    on_hold: bool
    ship_tos: Json = Field(sa_type=JSONB)
    version: int = Field(sa_type=BigInteger)


class UnshippedOrder(Table, table=True):
    """A confirmed order; its row lock serialises everything that moves its quantities or charges."""

    __tablename__ = "unshipped_orders"

    order_id: UUID = Field(primary_key=True)
    number: str = Field(sa_type=Text)
    customer_id: UUID
    customer_code: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    oc_version: int
    converted: bool
    on_hold: bool
    ship_to: Json = Field(sa_type=JSONB)
    stocked_at: datetime = Field(sa_type=DateTime(timezone=True))


class UnshippedSku(Table, table=True):
    """A line of a confirmed order; 0 ≤ allocated + shipped + closed ≤ ordered."""

    __tablename__ = "unshipped_skus"

    line_id: UUID = Field(primary_key=True)
    order_id: UUID
    customer_id: UUID
    line_no: int
    sku_id: UUID | None
    sku_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    option: str = Field(sa_type=Text)
    ordered: int
    original_price: Decimal = Field(sa_type=Numeric)
    wholesale_rate: Decimal = Field(sa_type=Numeric)
    unit_price: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal = Field(sa_type=Numeric)
    tax_included: bool
    reduced: bool
    planned_from: date | None
    planned_to: date | None
    ship_to_number: int
    allocated: int
    shipped: int
    closed: int
    open_quantity: int = Field(sa_column=Column(Integer, Computed("ordered - shipped - closed", persisted=True)))


class OrderCharge(Table, table=True):
    """An order charge; `taken_by` is the one note that carries it."""

    __tablename__ = "order_charges"

    charge_id: UUID = Field(primary_key=True)
    order_id: UUID
    position: int
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    tax_rate: Decimal | None = Field(sa_type=Numeric)
    amount: Decimal = Field(sa_type=Numeric)
    tax_included: bool
    taken_by: UUID | None


class UnshippedClosure(Table, table=True):
    """A short close of one order line, kept for good (FUL-015)."""

    __tablename__ = "unshipped_closures"

    closure_id: UUID = Field(primary_key=True)
    order_id: UUID
    line_id: UUID
    quantity: int
    closed_on: date
    reason: str = Field(sa_type=Text)
    closed_by: str = Field(sa_type=Text)
    closed_at: datetime = Field(sa_type=DateTime(timezone=True))


class DeliveryNote(Table, table=True):
    """A delivery note; number and dates follow its state by CHECK."""

    __tablename__ = "delivery_notes"

    note_id: UUID = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    number: str | None = Field(sa_type=Text)
    customer_id: UUID
    customer_code: str = Field(sa_type=Text)
    customer_name: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    location: Json | None = Field(sa_type=JSONB(none_as_null=True))
    ship_to: Json = Field(sa_type=JSONB)
    delivery_on: date
    issued_on: date | None
    shipped_on: date | None
    delivered_on: date | None
    non_billable_reason: str | None = Field(sa_type=Text)
    invoice_id: UUID | None
    billing_status: str = Field(sa_column=Column(Text, Computed("…", persisted=True)))
    memo: str = Field(sa_type=Text)
    comment: str = Field(sa_type=Text)
    carrier: str = Field(sa_type=Text)
    tracking_number: str = Field(sa_type=Text)
    version: int
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class DeliveryNoteLine(Table, table=True):
    """A line of a note; 0 ≤ returned ≤ quantity. Its charges are the `order_charges` taken by the note."""

    __tablename__ = "delivery_note_lines"

    line_id: UUID = Field(primary_key=True)
    note_id: UUID
    line_no: int
    order_id: UUID
    order_number: str = Field(sa_type=Text)
    order_line_id: UUID
    sku_code: str = Field(sa_type=Text)
    product_name: str = Field(sa_type=Text)
    option: str = Field(sa_type=Text)
    quantity: int
    unit_price: Decimal = Field(sa_type=Numeric)
    tax_rate: Decimal = Field(sa_type=Numeric)
    tax_included: bool
    reduced: bool
    returned: int


class ReturnNote(Table, table=True):
    """A return note."""

    __tablename__ = "return_notes"

    return_id: UUID = Field(primary_key=True)
    number: str | None = Field(sa_type=Text)
    note_id: UUID
    note_number: str = Field(sa_type=Text)
    customer_id: UUID
    customer_code: str = Field(sa_type=Text)
    currency: str = Field(sa_type=Text)
    delivery_on: date
    returned_on: date
    issued_on: date | None
    reason: str = Field(sa_type=Text)
    condition: str = Field(sa_type=Text)
    restock: bool
    invoice_id: UUID | None
    state: str = Field(sa_column=Column(Text, Computed("…", persisted=True)))
    version: int
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class ReturnNoteLine(Table, table=True):
    """Pieces of one line of the delivery note; what they are stands there."""

    __tablename__ = "return_note_lines"

    line_id: UUID = Field(primary_key=True)
    return_id: UUID
    line_no: int
    note_line_id: UUID
    quantity: int


def coded(customer_id_column: Any, maker_id: UUID, code: str) -> ColumnElement[bool]:
    """Rows of the customer with this code; a code belongs to one customer of a maker for good."""
    customer = table_of(Customer).c
    named_so = select(customer.customer_id).where(customer.maker_id == maker_id, customer.code == code)
    condition: ColumnElement[bool] = customer_id_column.in_(named_so)
    return condition
