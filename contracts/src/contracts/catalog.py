"""What `catalog` publishes: taxes, SKUs with their product's facts, rates per product and customer; full states."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from contracts.wire import Amount, Part, Percent, State


class TaxState(State, type="catalog.tax.v1", topic="catalog.taxes"):
    """A tax of the maker (CAT-010). `standard` marks the rate that shipping gets when none is given (INT-055)."""

    tax_id: UUID
    code: str
    name: str
    rate: Percent
    reduced: bool
    rounding: str
    country: str
    standard: bool
    active: bool

    def subject(self) -> str:
        return f"tax/{self.tax_id}"

    def key(self) -> str:
        return str(self.tax_id)


class Price(Part):
    """Original price (上代) of an SKU in one currency."""

    currency: str
    amount: Amount


class CountryTax(Part):
    """The tax a product carries when shipped to a country (ISO 3166 alpha-2)."""

    country: str
    tax_id: UUID


class SkuState(State, type="catalog.sku.v1", topic="catalog.skus"):
    """An orderable article with what its product says of it; `wholesale_rate` is the product's own (卸掛率) or None."""

    sku_id: UUID
    code: str
    product_id: UUID
    brand_id: UUID
    brand_code: str
    model_number: str
    name_ja: str
    name_en: str
    state: str
    prices: tuple[Price, ...]
    taxes: tuple[CountryTax, ...]
    wholesale_rate: Percent | None
    planned_from: date | None = None
    planned_to: date | None = None

    def subject(self) -> str:
        return f"sku/{self.sku_id}"

    def key(self) -> str:
        return str(self.sku_id)


class CustomerRateState(State, type="catalog.customer-rate.v1", topic="catalog.customer-rates"):
    """The wholesale rate of one product for one customer (卸先ごとの卸掛率), first in the priority of CAT-052."""

    product_id: UUID
    customer_id: UUID
    wholesale_rate: Percent

    def subject(self) -> str:
        return f"customer-rate/{self.product_id}/{self.customer_id}"

    def key(self) -> str:
        return f"{self.product_id}/{self.customer_id}"
