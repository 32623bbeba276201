"""The answers of catalog's routes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from catalog.core.brand import Brand, Tax
from catalog.core.product import Product, Sku
from catalog.core.rate import CustomerRate
from catalog.core.web_catalog import WebCatalog
from chassis.http import AmountText, View


class BrandView(View):
    brand_id: UUID
    code: str
    names: dict[str, str]
    archived: bool
    version: int

    @staticmethod
    def of(brand: Brand) -> BrandView:
        return BrandView(
            brand_id=brand.brand_id,
            code=brand.code,
            names=dict(brand.names),
            archived=brand.archived,
            version=brand.version,
        )


class TaxView(View):
    """`rate` in percent."""

    tax_id: UUID
    code: str
    name: str
    rate: AmountText
    reduced: bool
    rounding: str
    country: str
    standard: bool
    active: bool
    version: int

    @staticmethod
    def of(tax: Tax) -> TaxView:
        return TaxView(
            tax_id=tax.tax_id,
            code=tax.code,
            name=tax.name,
            rate=tax.rate,
            reduced=tax.reduced,
            rounding=tax.rounding.value,
            country=tax.country,
            standard=tax.standard,
            active=tax.active,
            version=tax.version,
        )


class WebCatalogView(View):
    catalog_id: UUID
    brand_id: UUID
    code: str
    names: dict[str, str]
    state: str
    opens_on: date | None
    closes_on: date | None
    products: list[UUID]
    customers: list[UUID]
    version: int

    @staticmethod
    def of(catalog: WebCatalog) -> WebCatalogView:
        return WebCatalogView(
            catalog_id=catalog.catalog_id,
            brand_id=catalog.brand_id,
            code=catalog.code,
            names=dict(catalog.names),
            state=catalog.state.value,
            opens_on=catalog.opens_on,
            closes_on=catalog.closes_on,
            products=sorted(catalog.products),
            customers=sorted(catalog.customers),
            version=catalog.version,
        )


class SkuView(View):
    """`prices`, partition price and weights where they are the SKU's own; else the product's hold."""

    sku_id: UUID
    code: str
    values: list[str]
    prices: dict[str, AmountText]
    partition_price: AmountText | None
    net_weight_g: int | None
    gross_weight_g: int | None
    state: str

    @staticmethod
    def of(sku: Sku) -> SkuView:
        return SkuView(
            sku_id=sku.sku_id,
            code=sku.code,
            values=list(sku.values),
            prices=dict(sku.prices),
            partition_price=sku.partition_price,
            net_weight_g=sku.net_weight_g,
            gross_weight_g=sku.gross_weight_g,
            state=sku.state.value,
        )


class ProductView(View):
    """Original prices by currency, tax ids by country, rates in percent, weights in grams."""

    product_id: UUID
    brand_id: UUID
    model_number: str
    names: dict[str, str]
    axes: list[str]
    prices: dict[str, AmountText]
    taxes: dict[str, UUID]
    wholesale_rate: AmountText | None
    partition_price: AmountText | None
    hs_code: str
    material: str
    country_of_origin: str
    net_weight_g: int | None
    gross_weight_g: int | None
    planned_from: date | None
    planned_to: date | None
    minimum_quantity: int
    lot_size: int
    state: str
    skus: list[SkuView]
    version: int

    @staticmethod
    def of(product: Product) -> ProductView:
        return ProductView(
            product_id=product.product_id,
            brand_id=product.brand_id,
            model_number=product.model_number,
            names=dict(product.names),
            axes=list(product.axes),
            prices=dict(product.prices),
            taxes=dict(product.taxes),
            wholesale_rate=product.wholesale_rate,
            partition_price=product.partition_price,
            hs_code=product.hs_code,
            material=product.material,
            country_of_origin=product.country_of_origin,
            net_weight_g=product.net_weight_g,
            gross_weight_g=product.gross_weight_g,
            planned_from=product.planned_from,
            planned_to=product.planned_to,
            minimum_quantity=product.minimum_quantity,
            lot_size=product.lot_size,
            state=product.state.value,
            skus=[SkuView.of(sku) for sku in product.skus],
            version=product.version,
        )


class SkuRowView(View):
    """An SKU in a list, with what its product says."""

    sku_id: UUID
    code: str
    product_id: UUID
    brand_id: UUID
    model_number: str
    names: dict[str, str]
    values: list[str]
    prices: dict[str, AmountText]
    wholesale_rate: AmountText | None
    state: str
    product_state: str


class CustomerRateView(View):
    """`wholesale_rate` in percent; null: there is none (any more)."""

    product_id: UUID
    customer_id: UUID
    wholesale_rate: AmountText | None
    version: int

    @staticmethod
    def of(rate: CustomerRate) -> CustomerRateView:
        return CustomerRateView(
            product_id=rate.product_id,
            customer_id=rate.customer_id,
            wholesale_rate=rate.wholesale_rate,
            version=rate.version,
        )


class StateView(View):
    """A full state as it is announced, for services that ask before the message has come."""

    version: int
    state: Mapping[str, object]
