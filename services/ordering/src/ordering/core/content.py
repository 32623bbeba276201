"""What an order is made of: lines, charges and their totals (ORD-012, ORD-017, ORD-067, INT-048…055).

A content is frozen with its totals at the moment of the deed; later changes of prices, rates or taxes never touch it
(CAT-056, GEN-012).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.money import Currency, Money, Rate, Rounding, total, wholesale_price
from kernel.rates import applicable_rate
from kernel.tax import TaxBreakdown, TaxSums
from ordering.core.market import Market, TaxTable


class RateSource(StrEnum):
    """Why a line has its wholesale rate (CAT-052); `manual` and `net` stay when a customer is assigned later."""

    PRODUCT_CUSTOMER = "product_customer"
    PRODUCT = "product"
    CUSTOMER = "customer"
    NONE = "none"
    NET = "net"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an order. `unit_price` is the rounded wholesale price of one piece; amount = unit price × quantity."""

    line_id: UUID
    line_no: int
    sku_id: UUID | None
    product_id: UUID | None
    sku_code: str
    product_name: str
    option: str
    quantity: int
    original_price: Money
    rate: Rate
    rate_source: RateSource
    unit_price: Money
    tax_rate: Rate
    tax_included: bool
    reduced: bool
    planned_from: date | None = None
    planned_to: date | None = None
    ship_to_number: int = 0

    @property
    def amount(self) -> Money:
        return self.unit_price * self.quantity

    def priced(self, rate: Rate, source: RateSource, rounding: Rounding) -> Line:
        """The line at another wholesale rate, its unit price rounded anew (CAT-051)."""
        price = wholesale_price(self.original_price, rate, rounding)
        return replace(self, rate=rate, rate_source=source, unit_price=price)


class ChargeKind(StrEnum):
    """What an order-level amount is (ARCHITECTURE §5)."""

    SHIPPING = "shipping"
    FEE = "fee"
    OTHER_COST = "other_cost"
    COUPON = "coupon"
    POINTS = "points"
    PAYMENT_POINTS = "payment_points"


DEDUCTIONS: Final = frozenset({ChargeKind.COUPON, ChargeKind.POINTS, ChargeKind.PAYMENT_POINTS})
"""Always stored negative (INT-053, INT-054)."""


@dataclass(frozen=True, slots=True)
class ChargeEntry:
    """An order-level amount as it was entered, tax-inclusive and signed: in a rate's bucket, in the proration bucket
    (`prorated`, no rate yet) or as payment points (no rate at all) (ORD-067)."""

    kind: ChargeKind
    amount: Money
    rate: Rate | None = None
    prorated: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """What is owed beside the goods: one per kind and rate, prorated shares included; `payment_points` have no rate."""

    charge_id: UUID
    kind: ChargeKind
    name: str
    tax_rate: Rate | None
    amount: Money
    tax_included: bool = True


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a content. `items` is the sum of line amounts as priced; `payment_points` is zero or negative and
    reduces only what is due (INT-053)."""

    breakdown: TaxBreakdown
    items: Money
    payment_points: Money

    @property
    def grand_total(self) -> Money:
        return self.breakdown.gross + self.payment_points


@dataclass(frozen=True, slots=True)
class Content:
    """Lines and charges of one version: 0 as placed, n as changed with OC version n."""

    version: int
    lines: tuple[Line, ...]
    charges: tuple[Charge, ...]
    totals: Totals

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)


def content_of(
    version: int, lines: Sequence[Line], charges: Sequence[Charge], *, currency: Currency, taxes: TaxTable
) -> Content:
    """The content with its totals, tax computed once per rate (GEN-003)."""
    return Content(version, tuple(lines), tuple(charges), totals_of(lines, charges, currency=currency, taxes=taxes))


def totals_of(lines: Iterable[Line], charges: Iterable[Charge], *, currency: Currency, taxes: TaxTable) -> Totals:
    """Items + fees + other costs - points, tax per rate (ORD-017, INT-055)."""
    extras = list(charges)
    goods = [(line.tax_rate, line.tax_included, line.amount) for line in lines]
    by_rate = sums_by_rate([*goods, *_taxable(extras)], currency)
    ordered = sorted(by_rate.values(), key=_rate, reverse=True)
    return Totals(
        breakdown=TaxBreakdown(tuple(taxes.taxed(sums) for sums in ordered), currency),
        items=total((amount for _, _, amount in goods), currency),
        payment_points=total((charge.amount for charge in extras if charge.tax_rate is None), currency),
    )


def sums_by_rate(amounts: Iterable[tuple[Rate, bool, Money]], currency: Currency) -> dict[Rate, TaxSums]:
    """Per tax rate what was entered without tax and what was entered with it, from (rate, tax included, amount). A
    rate with nothing on either side (lines of quantity 0) is left out."""
    exclusive: dict[Rate, list[Money]] = defaultdict(list)
    inclusive: dict[Rate, list[Money]] = defaultdict(list)
    for rate, tax_included, amount in amounts:
        (inclusive if tax_included else exclusive)[rate].append(amount)
    rates = exclusive.keys() | inclusive.keys()
    sums = {rate: (total(exclusive[rate], currency), total(inclusive[rate], currency)) for rate in rates}
    return {rate: TaxSums(rate, e, i) for rate, (e, i) in sums.items() if e or i}


def _taxable(charges: Iterable[Charge]) -> list[tuple[Rate, bool, Money]]:
    """Payment points carry no rate: they reduce what is due, not what is taxed (INT-053)."""
    return [(one.tax_rate, one.tax_included, one.amount) for one in charges if one.tax_rate is not None]


def chosen_rate(
    product_id: UUID, *, product_rate: Rate | None, customer: tuple[UUID, Rate | None] | None, market: Market
) -> tuple[Rate, RateSource]:
    """The wholesale rate and where it comes from: product for this customer, product, customer, 100 % (CAT-052)."""
    own = market.customer_rates.get((product_id, customer[0])) if customer else None
    customers = customer[1] if customer else None
    rate = applicable_rate(product_customer=own, product=product_rate, customer=customers)
    if own is not None:
        return rate, RateSource.PRODUCT_CUSTOMER
    if product_rate is not None:
        return rate, RateSource.PRODUCT
    return rate, RateSource.CUSTOMER if customers is not None else RateSource.NONE


def charge_names(language: str) -> Mapping[ChargeKind, str]:
    """What charges are called on documents in that language; Japanese unless it is English."""
    return _NAMES["en" if language == "en" else "ja"]


_NAMES: Final[Mapping[str, Mapping[ChargeKind, str]]] = {
    "ja": {
        ChargeKind.SHIPPING: "発送料",
        ChargeKind.FEE: "手数料",
        ChargeKind.OTHER_COST: "その他費用",
        ChargeKind.COUPON: "クーポン割引",
        ChargeKind.POINTS: "ポイント",
        ChargeKind.PAYMENT_POINTS: "ポイント支払い",
    },
    "en": {
        ChargeKind.SHIPPING: "Shipping",
        ChargeKind.FEE: "Fee",
        ChargeKind.OTHER_COST: "Other cost",
        ChargeKind.COUPON: "Coupon",
        ChargeKind.POINTS: "Points",
        ChargeKind.PAYMENT_POINTS: "Points paid",
    },
}


def _rate(sums: TaxSums) -> Rate:
    return sums.rate
