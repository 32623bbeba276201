"""Brands, taxes, axis values, customer rates; and the copies of makers and customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_

from catalog.core.brand import Brand, Tax
from catalog.core.rate import CustomerRate
from catalog.tables import AxisValueRow, BrandRow, CustomerRateRow, CustomerRow, MakerRow, TaxRow, among, sql
from chassis.tx import Stale, Tx
from kernel.money import Rounding


@dataclass(frozen=True, slots=True)
class Preferences:
    """What of a maker's preferences products must fit."""

    default_language: str = "ja"
    currencies: frozenset[str] = frozenset({"JPY"})


@dataclass(frozen=True, slots=True)
class CustomerCopy:
    """A customer as far as catalog knows it."""

    customer_id: UUID
    code: str
    version: int


@dataclass(frozen=True, slots=True)
class AxisValue:
    """A value of an axis of a brand, with its labels by language."""

    brand_id: UUID
    axis: str
    code: str
    labels: Mapping[str, str]


async def preferences(tx: Tx) -> Preferences:
    """The maker's, or the defaults every new maker has until its state arrives."""
    t = sql(MakerRow).c
    row = await tx.one_or_none(select(t.default_language, t.currencies).where(t.maker_id == tx.maker_id))
    return Preferences() if row is None else Preferences(row.default_language, frozenset(row.currencies))


async def copy_maker(tx: Tx, *, default_language: str, currencies: Collection[str], version: int) -> None:
    row = {
        "maker_id": tx.maker_id,
        "default_language": default_language,
        "currencies": sorted(currencies),
        "version": version,
    }
    await tx.upsert(MakerRow, [row], key=["maker_id"], where_newer="version")


async def copy_customers(tx: Tx, customers: Sequence[CustomerCopy]) -> None:
    rows = [
        {"maker_id": tx.maker_id, "customer_id": one.customer_id, "code": one.code, "version": one.version}
        for one in customers
    ]
    await tx.upsert(CustomerRow, rows, key=["maker_id", "customer_id"], where_newer="version")


async def customers_by_code(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    t = sql(CustomerRow).c
    rows = await tx.rows(select(t.code, t.customer_id).where(t.maker_id == tx.maker_id, among(t.code, codes)))
    return {row.code: row.customer_id for row in rows}


async def known_customers(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    t = sql(CustomerRow).c
    rows = await tx.rows(select(t.customer_id).where(t.maker_id == tx.maker_id, among(t.customer_id, ids)))
    return {row.customer_id for row in rows}


async def brands(tx: Tx) -> list[Brand]:
    """All brands of the maker, by code."""
    t = sql(BrandRow)
    rows = await tx.rows(select(t).where(t.c.maker_id == tx.maker_id).order_by(t.c.code))
    return [Brand(row.brand_id, row.code, row.names, row.archived, row.version) for row in rows]


async def add_brands(tx: Tx, new: Sequence[Brand]) -> None:
    await tx.insert(BrandRow, [_brand_row(tx, brand) | {"version": 1} for brand in new])


async def save_brands(tx: Tx, changed: Sequence[Brand]) -> None:
    """Raises Stale when somebody else was faster."""
    await tx.update(BrandRow, [_brand_row(tx, brand) for brand in changed], key=["brand_id"], expect_version="version")


def _brand_row(tx: Tx, brand: Brand) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "brand_id": brand.brand_id,
        "code": brand.code,
        "names": dict(brand.names),
        "archived": brand.archived,
        "version": brand.version,
    }


async def taxes(tx: Tx) -> list[Tax]:
    """All taxes of the maker, by code."""
    t = sql(TaxRow)
    rows = await tx.rows(select(t).where(t.c.maker_id == tx.maker_id).order_by(t.c.code))
    return [
        Tax(
            tax_id=row.tax_id,
            code=row.code,
            name=row.name,
            rate=row.rate,
            reduced=row.reduced,
            rounding=Rounding(row.rounding),
            country=row.country,
            standard=row.standard,
            active=row.active,
            version=row.version,
        )
        for row in rows
    ]


async def add_taxes(tx: Tx, new: Sequence[Tax]) -> None:
    await tx.insert(TaxRow, [_tax_row(tx, tax) | {"version": 1} for tax in new])


async def save_taxes(tx: Tx, changed: Sequence[Tax]) -> None:
    """Raises Stale when somebody else was faster."""
    await tx.update(TaxRow, [_tax_row(tx, tax) for tax in changed], key=["tax_id"], expect_version="version")


def _tax_row(tx: Tx, tax: Tax) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "tax_id": tax.tax_id,
        "code": tax.code,
        "name": tax.name,
        "rate": tax.rate,
        "reduced": tax.reduced,
        "rounding": tax.rounding.value,
        "country": tax.country,
        "standard": tax.standard,
        "active": tax.active,
        "version": tax.version,
    }


async def put_axis_values(tx: Tx, values: Sequence[AxisValue]) -> None:
    """Registers values with their labels; a known value gets the new labels, its place stays."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "brand_id": value.brand_id,
            "axis": value.axis,
            "code": value.code,
            "labels": dict(value.labels),
            "position": position,
        }
        for position, value in enumerate(values)
    ]
    await tx.upsert(AxisValueRow, rows, key=["maker_id", "brand_id", "axis", "code"], update=["labels"])


async def customer_rates(tx: Tx, keys: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], CustomerRate]:
    """Rates by (product, customer); those taken away come back with None and their version."""
    t = sql(CustomerRateRow)
    wanted = tuple_(t.c.product_id, t.c.customer_id).in_(list(keys))
    rows = await tx.rows(select(t).where(t.c.maker_id == tx.maker_id, wanted)) if keys else []
    return {
        (row.product_id, row.customer_id): CustomerRate(
            row.product_id, row.customer_id, row.wholesale_rate, row.version
        )
        for row in rows
    }


async def put_customer_rates(tx: Tx, rates: Sequence[CustomerRate]) -> None:
    """Writes rates; their `version` is the one to store. Raises Stale when somebody else was faster."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "product_id": rate.product_id,
            "customer_id": rate.customer_id,
            "wholesale_rate": rate.wholesale_rate,
            "version": rate.version,
        }
        for rate in rates
    ]
    written = await tx.upsert(
        CustomerRateRow, rows, key=["maker_id", "product_id", "customer_id"], where_newer="version"
    )
    if written != len(rows):
        raise Stale(f"{len(rows) - written} of {len(rows)} customer rates changed since they were read")
