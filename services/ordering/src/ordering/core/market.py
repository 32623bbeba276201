"""What ordering knows from other services when it decides: the maker's preferences, its taxes, SKUs, customers and
rates. Copies of foreign facts, read only; their owners are `customers` and `catalog`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.money import Currency, Money, Rate, Rounding
from kernel.tax import TaxedSums, TaxSums, tax_of

HOME_COUNTRY: Final = "JP"
UNTAXED: Final = Rate.of(0)
ON_SALE: Final = "on_sale"


@dataclass(frozen=True, slots=True)
class Preferences:
    """A maker's settings as far as orders depend on them (CAT-017, ORD-080, CAT-051). `known` is false for the
    defaults that stand in until the maker's state arrives."""

    currency: Currency
    time_zone: ZoneInfo
    price_rounding: Rounding
    prices_include_tax: bool
    converts_at_confirmation: bool
    strict_import: bool
    language: str = "ja"
    known: bool = True


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax of the maker (CAT-010)."""

    tax_id: UUID
    rate: Rate
    reduced: bool
    rounding: Rounding
    country: str
    standard: bool
    active: bool


@dataclass(frozen=True, slots=True)
class TaxTable:
    """The maker's taxes, asked by id or by rate. Of several active taxes with one rate the reduced one counts
    (INT-047: `8` means the reduced 8 %), then the standard, then the oldest; 0 % needs no tax of the maker.

    `by_rate` has the active ones only. `in_use` has an inactive one too where no active one has its rate: products and
    orders keep a tax that was deactivated, and it rounds as it always did (CAT-016).
    """

    by_id: Mapping[UUID, Tax]
    by_rate: Mapping[Rate, Tax]
    in_use: Mapping[Rate, Tax]
    standard: Rate

    @staticmethod
    def of(taxes: Iterable[Tax]) -> TaxTable:
        """The table of these taxes. Shipping takes the standard rate; without one the highest, without any 0."""
        every = list(taxes)
        home = sorted((tax for tax in every if tax.country == HOME_COUNTRY), key=_preference, reverse=True)
        active = [tax for tax in home if tax.active]
        by_rate = {tax.rate: tax for tax in active}
        in_use = {tax.rate: tax for tax in home} | by_rate
        standard = [tax.rate for tax in active if tax.standard]
        fallback = max(by_rate, default=UNTAXED)
        return TaxTable({tax.tax_id: tax for tax in every}, by_rate, in_use, standard[0] if standard else fallback)

    def knows(self, rate: Rate) -> bool:
        """Whether a line or charge may carry this rate."""
        return rate == UNTAXED or rate in self.by_rate

    def is_reduced(self, rate: Rate) -> bool:
        """Whether the rate is printed with the mark ※ (CAT-011)."""
        tax = self.in_use.get(rate)
        return tax is not None and tax.reduced

    def taxed(self, sums: TaxSums) -> TaxedSums:
        """The tax of one rate of a document, with that tax's own rounding and mark (CAT-011, CAT-014)."""
        tax = self.in_use.get(sums.rate)
        if tax is None:
            return tax_of(sums, Rounding.FLOOR)
        return tax_of(replace(sums, reduced=True) if tax.reduced else sums, tax.rounding)


@dataclass(frozen=True, slots=True)
class Sku:
    """An orderable article. `tax_id` is the product's tax for Japan; prices by currency code, decimals exact."""

    sku_id: UUID
    code: str
    product_id: UUID
    name: str
    state: str
    prices: Mapping[str, Decimal]
    tax_id: UUID | None
    wholesale_rate: Rate | None
    planned_from: date | None = None
    planned_to: date | None = None

    @property
    def is_orderable(self) -> bool:
        return self.state == ON_SALE


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the customer master, as kept there."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A wholesale customer (卸先). `credit_limit` in the maker's default currency, None = unlimited (CUS-060)."""

    customer_id: UUID
    code: str
    address: Address
    destination: Address
    email: str
    payment_category: str
    shipping_category: str
    wholesale_rate: Rate | None
    credit_limit: Decimal | None
    active: bool
    ship_tos: Mapping[int, Address] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Market:
    """Everything foreign one decision may need. SKUs by upper-case code (unique ignoring case, CAT-023), customers by
    code, both by id too; rates by product and customer."""

    preferences: Preferences
    taxes: TaxTable
    skus: Mapping[str, Sku] = field(default_factory=dict)
    customers: Mapping[str, Customer] = field(default_factory=dict)
    customer_rates: Mapping[tuple[UUID, UUID], Rate] = field(default_factory=dict)
    skus_by_id: Mapping[UUID, Sku] = field(init=False)
    customers_by_id: Mapping[UUID, Customer] = field(init=False)

    def __post_init__(self) -> None:
        skus = {sku.sku_id: sku for sku in self.skus.values()}
        customers = {customer.customer_id: customer for customer in self.customers.values()}
        # A frozen value with slots fills its derived fields once, here.
        object.__setattr__(self, "skus_by_id", skus)
        object.__setattr__(self, "customers_by_id", customers)

    def sku(self, code: str) -> Sku | None:
        return self.skus.get(code.upper())

    def tax_rate_of(self, sku: Sku) -> Rate:
        """The product's Japanese tax, untaxed when none is set (CAT-012, INT-047)."""
        tax = self.taxes.by_id.get(sku.tax_id) if sku.tax_id else None
        return tax.rate if tax else UNTAXED

    def price_of(self, sku: Sku, currency: Currency) -> Money | None:
        """The original price in that currency; there is no conversion (CAT-055)."""
        price = sku.prices.get(currency.code)
        return None if price is None else Money(price, currency)


def _preference(tax: Tax) -> tuple[bool, bool, UUID]:
    """Smallest for the one that counts; ids ascend with time."""
    return not tax.reduced, not tax.standard, tax.tax_id
