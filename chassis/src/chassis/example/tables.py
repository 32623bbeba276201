"""Storage. Every key contains the maker; constraint names follow STYLE 2.7 through the naming convention."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, DateTime, Identity, MetaData, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """The base of this service's tables: a metadata of its own, so that services can share a process."""


class OrderRow(Row, table=True):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    maker_id: UUID = Field(primary_key=True)
    order_id: UUID = Field(primary_key=True)
    customer_id: UUID
    number: str = Field(sa_type=Text)
    amount: Decimal = Field(sa_type=Numeric)
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    extra: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    ordered_on: date
    struck: bool
    scan: bytes | None = None
    noted_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int


class BuyerRow(Row, table=True):
    """A copy of a foreign state."""

    __tablename__ = "buyers"

    maker_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)


class TallyRow(Row, table=True):
    __tablename__ = "tallies"

    maker_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    orders: int
    amount: Decimal = Field(sa_type=Numeric)


class HeardRow(Row, table=True):
    """What was applied, in the order it was applied."""

    __tablename__ = "heard"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    maker_id: UUID
    key: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    sequence: int = Field(sa_type=BigInteger)
    event_id: UUID
    type: str = Field(sa_type=Text)
