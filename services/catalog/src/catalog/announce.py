"""The complete list of what catalog tells others: full states of taxes, SKUs and customer rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from catalog.core.brand import Brand, Tax
from catalog.core.product import Product, Sku, price_of
from catalog.core.rate import CustomerRate
from contracts.catalog import CountryTax, CustomerRateState, Price, SkuState, TaxState
from contracts.wire import Message


def taxes(maker_id: UUID, saved: Iterable[Tax]) -> Iterator[Message]:
    """The present state of each tax; `version` is the stored one."""
    for tax in saved:
        yield Message(maker_id, tax_state(tax), version=tax.version)


def tax_state(tax: Tax) -> TaxState:
    return TaxState(
        tax_id=tax.tax_id,
        code=tax.code,
        name=tax.name,
        rate=tax.rate,
        reduced=tax.reduced,
        rounding=tax.rounding.value,
        country=tax.country,
        standard=tax.standard,
        active=tax.active,
    )


def products(maker_id: UUID, saved: Iterable[Product], brands: Mapping[UUID, Brand]) -> Iterator[Message]:
    """Every SKU of each product: what the product says stands in all of them."""
    for product in saved:
        for sku in product.skus:
            yield Message(maker_id, sku_state(product, sku, brands[product.brand_id]), version=product.version)


def sku_state(product: Product, sku: Sku, brand: Brand) -> SkuState:
    """An SKU of an archived product is told as discontinued."""
    currencies = sorted(product.prices.keys() | sku.prices.keys())
    prices = [(currency, price_of(product, sku, currency)) for currency in currencies]
    return SkuState(
        sku_id=sku.sku_id,
        code=sku.code,
        product_id=product.product_id,
        brand_id=brand.brand_id,
        brand_code=brand.code,
        model_number=product.model_number,
        name_ja=product.names.get("ja", ""),
        name_en=product.names.get("en", ""),
        state=sku.state.value if product.state.value == "ACTIVE" else "discontinued",
        prices=tuple(Price(currency=currency, amount=price) for currency, price in prices if price is not None),
        taxes=tuple(CountryTax(country=country, tax_id=tax) for country, tax in sorted(product.taxes.items())),
        wholesale_rate=product.wholesale_rate,
        planned_from=product.planned_from,
        planned_to=product.planned_to,
    )


def customer_rates(maker_id: UUID, saved: Iterable[CustomerRate]) -> Iterator[Message]:
    """A rate, or its tombstone when it was taken away."""
    for rate in saved:
        gone = rate.wholesale_rate is None
        state = CustomerRateState(
            product_id=rate.product_id, customer_id=rate.customer_id, wholesale_rate=rate.wholesale_rate or 0
        )
        yield Message(maker_id, state, version=rate.version, tombstone=gone)
