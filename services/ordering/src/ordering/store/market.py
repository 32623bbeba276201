"""Copies of foreign facts: written by their state topics or answers of their owners, read together as a market."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from chassis.tx import Tx
from kernel.money import JPY, Currency, Rate, Rounding
from ordering import tables
from ordering.core.market import Address, Customer, Market, Preferences, Sku, Tax, TaxTable
from ordering.store.parts import address_json, address_of, rate_of
from ordering.tables import Row, among, columns

DEFAULTS: Final = Preferences(
    currency=JPY,
    time_zone=ZoneInfo("Asia/Tokyo"),
    price_rounding=Rounding.FLOOR,
    prices_include_tax=False,
    converts_at_confirmation=True,
    strict_import=False,
    known=False,
)
"""Until the maker's state arrives (GEN-004, CAT-017, CAT-051, ORD-080)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which masters a decision needs. Codes of SKUs count ignoring case."""

    sku_codes: Collection[str] = ()
    sku_ids: Collection[UUID] = ()
    customer_codes: Collection[str] = ()
    customer_ids: Collection[UUID] = ()
    tax_rates: Collection[Rate] = ()


@dataclass(frozen=True, slots=True)
class CustomerRate:
    """A product's wholesale rate for one customer."""

    product_id: UUID
    customer_id: UUID
    rate: Rate


async def load_market(tx: Tx, wanted: Wanted) -> Market:
    """The maker's preferences and taxes, and the wanted masters as far as they are known."""
    skus = await load_skus(tx, codes=wanted.sku_codes, ids=wanted.sku_ids)
    customers = await load_customers(tx, codes=wanted.customer_codes, ids=wanted.customer_ids)
    return Market(
        preferences=await load_preferences(tx),
        taxes=await load_taxes(tx),
        skus={sku.code.upper(): sku for sku in skus},
        customers={customer.code: customer for customer in customers},
        customer_rates=await _load_rates(tx, skus, customers),
    )


async def load_preferences(tx: Tx) -> Preferences:
    """The maker's preferences, or the defaults while they are unknown."""
    row = await tx.one_or_none(select(tables.sql(tables.Maker)).where(columns(tables.Maker).maker_id == tx.maker_id))
    if row is None:
        return DEFAULTS
    return Preferences(
        currency=Currency.of(row.currency),
        time_zone=ZoneInfo(row.time_zone),
        price_rounding=Rounding(row.price_rounding),
        prices_include_tax=row.price_tax_mode == "inclusive",
        converts_at_confirmation=row.unshipped_creation == "automatic",
        strict_import=row.strict_import,
        language=row.language,
    )


async def load_taxes(tx: Tx) -> TaxTable:
    """All taxes of the maker; a handful."""
    rows = await tx.rows(select(tables.sql(tables.Tax)).where(columns(tables.Tax).maker_id == tx.maker_id))
    return TaxTable.of(
        Tax(
            tax_id=row.tax_id,
            rate=Rate.of(row.rate),
            reduced=row.reduced,
            rounding=Rounding(row.rounding),
            country=row.country,
            standard=row.standard,
            active=row.active,
        )
        for row in rows
    )


async def load_skus(tx: Tx, *, codes: Collection[str] = (), ids: Collection[UUID] = ()) -> list[Sku]:
    """The SKUs of these codes and ids; of several copies with one code the newest comes last."""
    if not codes and not ids:
        return []
    t = columns(tables.Sku)
    named = or_(among(t.code_key, {code.upper() for code in codes}), among(t.sku_id, ids))
    found = select(tables.sql(tables.Sku)).where(t.maker_id == tx.maker_id, named).order_by(t.version)
    return [_sku_of(row) for row in await tx.rows(found)]


async def load_customers(tx: Tx, *, codes: Collection[str] = (), ids: Collection[UUID] = ()) -> list[Customer]:
    """The customers of these codes and ids."""
    if not codes and not ids:
        return []
    t = columns(tables.Customer)
    named = or_(among(t.code, codes), among(t.customer_id, ids))
    found = select(tables.sql(tables.Customer)).where(t.maker_id == tx.maker_id, named).order_by(t.version)
    return [_customer_of(row) for row in await tx.rows(found)]


async def save_preferences(tx: Tx, preferences: Preferences, *, version: int) -> None:
    """Keep the maker's preferences unless newer ones are kept."""
    row = {
        "maker_id": tx.maker_id,
        "currency": preferences.currency.code,
        "time_zone": preferences.time_zone.key,
        "language": preferences.language,
        "price_rounding": preferences.price_rounding.value,
        "price_tax_mode": "inclusive" if preferences.prices_include_tax else "exclusive",
        "unshipped_creation": "automatic" if preferences.converts_at_confirmation else "manual",
        "strict_import": preferences.strict_import,
        "version": version,
    }
    await tx.upsert(tables.Maker, [row], key=("maker_id",), where_newer="version")


async def save_taxes(tx: Tx, taxes: Iterable[tuple[Tax, int]]) -> None:
    """Keep taxes unless newer ones are kept."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "tax_id": tax.tax_id,
            "rate": tax.rate.percent,
            "reduced": tax.reduced,
            "rounding": tax.rounding.value,
            "country": tax.country,
            "standard": tax.standard,
            "active": tax.active,
            "version": version,
        }
        for tax, version in taxes
    ]
    await tx.upsert(tables.Tax, rows, key=("maker_id", "tax_id"), where_newer="version")


async def save_skus(tx: Tx, skus: Iterable[tuple[Sku, int]]) -> None:
    """Keep SKUs unless newer ones are kept."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "sku_id": sku.sku_id,
            "code": sku.code,
            "code_key": sku.code.upper(),
            "product_id": sku.product_id,
            "name": sku.name,
            "state": sku.state,
            "prices": {currency: str(price) for currency, price in sku.prices.items()},
            "tax_id": sku.tax_id,
            "wholesale_rate": sku.wholesale_rate.percent if sku.wholesale_rate else None,
            "planned_from": sku.planned_from,
            "planned_to": sku.planned_to,
            "version": version,
        }
        for sku, version in skus
    ]
    await tx.upsert(tables.Sku, rows, key=("maker_id", "sku_id"), where_newer="version")


async def save_customers(tx: Tx, customers: Iterable[tuple[Customer, int]]) -> None:
    """Keep customers unless newer ones are kept."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": customer.customer_id,
            "code": customer.code,
            "name": customer.address.name,
            "email": customer.email,
            "payment_category": customer.payment_category,
            "shipping_category": customer.shipping_category,
            "wholesale_rate": customer.wholesale_rate.percent if customer.wholesale_rate else None,
            "credit_limit": customer.credit_limit,
            "active": customer.active,
            "address": address_json(customer.address),
            "ship_tos": {
                "0": address_json(customer.destination),
                **{str(number): address_json(address) for number, address in customer.ship_tos.items()},
            },
            "version": version,
        }
        for customer, version in customers
    ]
    await tx.upsert(tables.Customer, rows, key=("maker_id", "customer_id"), where_newer="version")


async def save_rates(tx: Tx, rates: Iterable[tuple[CustomerRate, int]]) -> None:
    """Keep rates unless newer ones are kept."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "product_id": rate.product_id,
            "customer_id": rate.customer_id,
            "wholesale_rate": rate.rate.percent,
            "version": version,
        }
        for rate, version in rates
    ]
    await tx.upsert(tables.CustomerRate, rows, key=("maker_id", "product_id", "customer_id"), where_newer="version")


async def forget_taxes(tx: Tx, tax_ids: Iterable[UUID]) -> None:
    """Follow tombstones."""
    await tx.delete(tables.Tax, [{"maker_id": tx.maker_id, "tax_id": one} for one in tax_ids])


async def forget_skus(tx: Tx, sku_ids: Iterable[UUID]) -> None:
    """Follow tombstones."""
    await tx.delete(tables.Sku, [{"maker_id": tx.maker_id, "sku_id": one} for one in sku_ids])


async def forget_customers(tx: Tx, customer_ids: Iterable[UUID]) -> None:
    """Follow tombstones."""
    await tx.delete(tables.Customer, [{"maker_id": tx.maker_id, "customer_id": one} for one in customer_ids])


async def forget_rates(tx: Tx, keys: Iterable[tuple[UUID, UUID]]) -> None:
    """Follow tombstones."""
    rows = [{"maker_id": tx.maker_id, "product_id": product, "customer_id": customer} for product, customer in keys]
    await tx.delete(tables.CustomerRate, rows)


async def _load_rates(
    tx: Tx, skus: Collection[Sku], customers: Collection[Customer]
) -> Mapping[tuple[UUID, UUID], Rate]:
    if not skus or not customers:
        return {}
    t = columns(tables.CustomerRate)
    found = select(t.product_id, t.customer_id, t.wholesale_rate).where(
        t.maker_id == tx.maker_id,
        among(t.customer_id, {customer.customer_id for customer in customers}),
        among(t.product_id, {sku.product_id for sku in skus}),
    )
    return {(row.product_id, row.customer_id): Rate.of(row.wholesale_rate) for row in await tx.rows(found)}


def _sku_of(row: Row) -> Sku:
    return Sku(
        sku_id=row.sku_id,
        code=row.code,
        product_id=row.product_id,
        name=row.name,
        state=row.state,
        prices={currency: Decimal(price) for currency, price in row.prices.items()},
        tax_id=row.tax_id,
        wholesale_rate=rate_of(row.wholesale_rate),
        planned_from=row.planned_from,
        planned_to=row.planned_to,
    )


def _customer_of(row: Row) -> Customer:
    ship_tos: dict[int, Address] = {int(number): address_of(stored) for number, stored in row.ship_tos.items()}
    return Customer(
        customer_id=row.customer_id,
        code=row.code,
        address=address_of(row.address),
        destination=ship_tos.pop(0),
        email=row.email,
        payment_category=row.payment_category,
        shipping_category=row.shipping_category,
        wholesale_rate=rate_of(row.wholesale_rate),
        credit_limit=row.credit_limit,
        active=row.active,
        ship_tos=ship_tos,
    )
