"""What catalog stores. Names, prices and taxes per product are JSONB by language, currency and country."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    any_,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.statements import table_of
from chassis.tables import NAMING

Json = dict[str, Any]


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """`column = any(array)`: one bound value however many there are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def sql(model: type[SQLModel]) -> Table:
    """The table of a model."""
    return table_of(model)


def amounts(stored: Mapping[str, str]) -> dict[str, Decimal]:
    """Prices by currency as JSON keeps them."""
    return {currency: Decimal(amount) for currency, amount in stored.items()}


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _texts() -> Any:
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


def _key(name: str, columns: list[str], table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(columns, [f"{table}.{column}" for column in columns], name=name)


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """The base of catalog's tables; every key begins with the maker."""

    maker_id: UUID = Field(primary_key=True)


class MakerRow(Row, table=True):
    """Copy of `customers.makers`: what products must fit."""

    __tablename__ = "makers"

    default_language: str = Field(sa_type=Text)
    currencies: list[str] = _texts()
    version: int = Field(sa_type=BigInteger)


class CustomerRow(Row, table=True):
    """Copy of `customers.customers`: who a rate or an invitation may be for."""

    __tablename__ = "customers"
    __table_args__ = (Index("ix_customers_code", "maker_id", "code"),)

    customer_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)


class BrandRow(Row, table=True):
    __tablename__ = "brands"
    __table_args__ = (UniqueConstraint("maker_id", "code", name="uq_brands_code"),)

    brand_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    names: Json = _json()
    archived: bool
    version: int


class TaxRow(Row, table=True):
    __tablename__ = "taxes"
    __table_args__ = (
        UniqueConstraint("maker_id", "code", name="uq_taxes_code"),
        UniqueConstraint("maker_id", "name", name="uq_taxes_name"),
        CheckConstraint("rate between 0 and 100", name="rate"),
        CheckConstraint("rounding in ('floor', 'half_up', 'ceil')", name="rounding"),
        Index("uq_taxes_standard", "maker_id", "country", unique=True, postgresql_where=text("standard and active")),
    )

    tax_id: UUID = Field(primary_key=True)
    code: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    rate: Decimal = Field(sa_type=Numeric)
    reduced: bool
    rounding: str = Field(sa_type=Text)
    country: str = Field(sa_type=Text)
    standard: bool
    active: bool
    version: int


class WebCatalogRow(Row, table=True):
    __tablename__ = "web_catalogs"
    __table_args__ = (
        UniqueConstraint("maker_id", "code", name="uq_web_catalogs_code"),
        CheckConstraint("state in ('DRAFT', 'OPEN', 'CLOSED', 'ARCHIVED')", name="state"),
        CheckConstraint("closes_on >= opens_on", name="period"),
        _key("fk_web_catalogs_brand", ["maker_id", "brand_id"], "brands"),
        Index("ix_web_catalogs_brand", "maker_id", "brand_id"),
    )

    catalog_id: UUID = Field(primary_key=True)
    brand_id: UUID
    code: str = Field(sa_type=Text)
    names: Json = _json()
    state: str = Field(sa_type=Text)
    opens_on: date | None = None
    closes_on: date | None = None
    version: int


class CatalogCustomerRow(Row, table=True):
    """Who is invited to look at a catalog."""

    __tablename__ = "catalog_customers"
    __table_args__ = (_key("fk_catalog_customers_catalog", ["maker_id", "catalog_id"], "web_catalogs"),)

    catalog_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)


class ProductRow(Row, table=True):
    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("maker_id", "brand_id", "model_number", name="uq_products_model_number"),
        CheckConstraint("wholesale_rate between 0 and 100", name="wholesale_rate"),
        CheckConstraint("partition_price >= 0", name="partition_price"),
        CheckConstraint("minimum_quantity >= 1", name="minimum_quantity"),
        CheckConstraint("lot_size >= 1", name="lot_size"),
        CheckConstraint("state in ('DRAFT', 'ACTIVE', 'ARCHIVED')", name="state"),
        CheckConstraint("planned_to >= planned_from", name="planned"),
        _key("fk_products_brand", ["maker_id", "brand_id"], "brands"),
        Index("ix_products_model_number", "maker_id", "model_number"),
    )

    product_id: UUID = Field(primary_key=True)
    brand_id: UUID
    model_number: str = Field(sa_type=Text)
    names: Json = _json()
    axes: list[str] = _texts()
    prices: Json = _json()
    taxes: Json = _json()
    wholesale_rate: Decimal | None = Field(default=None, sa_type=Numeric)
    partition_price: Decimal | None = Field(default=None, sa_type=Numeric)
    hs_code: str = Field(sa_type=Text)
    material: str = Field(sa_type=Text)
    country_of_origin: str = Field(sa_type=Text)
    net_weight_g: int | None = None
    gross_weight_g: int | None = None
    planned_from: date | None = None
    planned_to: date | None = None
    minimum_quantity: int
    lot_size: int
    state: str = Field(sa_type=Text)
    version: int


class CatalogProductRow(Row, table=True):
    """Which products a catalog shows."""

    __tablename__ = "catalog_products"
    __table_args__ = (
        _key("fk_catalog_products_catalog", ["maker_id", "catalog_id"], "web_catalogs"),
        _key("fk_catalog_products_product", ["maker_id", "product_id"], "products"),
        Index("ix_catalog_products_product", "maker_id", "product_id"),
    )

    catalog_id: UUID = Field(primary_key=True)
    product_id: UUID = Field(primary_key=True)


class SkuRow(Row, table=True):
    """`code_key` is the code in upper case: unique per maker ignoring case (CAT-023)."""

    __tablename__ = "skus"
    __table_args__ = (
        UniqueConstraint("maker_id", "code_key", name="uq_skus_code_key"),
        UniqueConstraint("maker_id", "product_id", "axis_values", name="uq_skus_axis_values"),
        CheckConstraint("code_key = upper(code)", name="code_key"),
        CheckConstraint("partition_price >= 0", name="partition_price"),
        CheckConstraint("state in ('on_sale', 'suspended', 'discontinued')", name="state"),
        _key("fk_skus_product", ["maker_id", "product_id"], "products"),
    )

    sku_id: UUID = Field(primary_key=True)
    product_id: UUID
    position: int
    code: str = Field(sa_type=Text)
    code_key: str = Field(sa_type=Text)
    axis_values: list[str] = _texts()
    prices: Json = _json()
    partition_price: Decimal | None = Field(default=None, sa_type=Numeric)
    net_weight_g: int | None = None
    gross_weight_g: int | None = None
    state: str = Field(sa_type=Text)


class AxisValueRow(Row, table=True):
    """A colour, a size, …: registered per brand, with its labels (CAT-021)."""

    __tablename__ = "axis_values"
    __table_args__ = (_key("fk_axis_values_brand", ["maker_id", "brand_id"], "brands"),)

    brand_id: UUID = Field(primary_key=True)
    axis: str = Field(sa_type=Text, primary_key=True)
    code: str = Field(sa_type=Text, primary_key=True)
    labels: Json = _json()
    position: int


class CustomerRateRow(Row, table=True):
    """`wholesale_rate` null: the rate was taken away; the row keeps the version for those who copied it."""

    __tablename__ = "customer_rates"
    __table_args__ = (
        CheckConstraint("wholesale_rate between 0 and 100", name="wholesale_rate"),
        _key("fk_customer_rates_product", ["maker_id", "product_id"], "products"),
        Index("ix_customer_rates_customer", "maker_id", "customer_id"),
    )

    product_id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    wholesale_rate: Decimal | None = Field(default=None, sa_type=Numeric)
    version: int
