"""A product (製品) and its SKUs: axes, prices, taxes, rate, delivery date (CAT-020…057).

The template (ordered axes) is fixed once SKUs exist; an SKU is one value for each axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from catalog.core.articles import (
    ARTICLE_CODE,
    AXIS,
    COUNTRY,
    HS_CODE,
    bad_code,
    bad_length,
    bad_names,
    bad_percent,
    bad_prices,
)
from kernel.refusal import Refusal

MOST_AXES: Final = 10
SEPARATOR: Final = "/"


class ProductState(StrEnum):
    """Only ACTIVE products can be put into a catalog or ordered (CAT-038)."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class SkuState(StrEnum):
    """Only `on_sale` is orderable (CAT-026)."""

    ON_SALE = "on_sale"
    SUSPENDED = "suspended"
    DISCONTINUED = "discontinued"


@dataclass(frozen=True, slots=True)
class Sku:
    """An orderable article: one value code per axis, in the template's order.

    Own `prices`, partition price and weights win over the product's; empty or None = the product's.
    """

    sku_id: UUID
    code: str
    values: tuple[str, ...]
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    partition_price: Decimal | None = None
    net_weight_g: int | None = None
    gross_weight_g: int | None = None
    state: SkuState = SkuState.ON_SALE


@dataclass(frozen=True, slots=True)
class Product:
    """The aggregate. Prices by currency; `taxes` tax id by country; rates in percent; weights in grams;
    `partition_price` (仕切り値) in the maker's default currency."""

    product_id: UUID
    brand_id: UUID
    model_number: str
    names: Mapping[str, str]
    axes: tuple[str, ...]
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    taxes: Mapping[str, UUID] = field(default_factory=dict)
    wholesale_rate: Decimal | None = None
    partition_price: Decimal | None = None
    hs_code: str = ""
    material: str = ""
    country_of_origin: str = ""
    net_weight_g: int | None = None
    gross_weight_g: int | None = None
    planned_from: date | None = None
    planned_to: date | None = None
    minimum_quantity: int = 1
    lot_size: int = 1
    state: ProductState = ProductState.ACTIVE
    skus: tuple[Sku, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else a product must fit: the brand's catalogs, taken names and codes, the maker's taxes and currencies.

    `taken_sku_codes` are upper-cased codes of other products' SKUs (CAT-023: unique per maker, ignoring case).
    """

    brand_has_catalog: bool
    default_language: str
    currencies: frozenset[str]
    taxes: frozenset[UUID]
    taken_model_numbers: frozenset[str] = frozenset()
    taken_sku_codes: frozenset[str] = frozenset()


def problems(product: Product, around: Surroundings, *, before: Product | None = None) -> tuple[Refusal, ...]:
    """Everything wrong with a product to be saved; `before` is its saved state when it exists already."""
    found = [*_texts(product, around), *_numbers(product, around), *_template(product, before), *_skus(product, around)]
    if before is None and not around.brand_has_catalog:
        found.append(Refusal("CATALOG_REQUIRED", {}, "/brand_id"))
    if product.model_number in around.taken_model_numbers:
        taken = {"model_number": product.model_number}
        found.append(Refusal("MODEL_NUMBER_TAKEN", taken, "/model_number", value=product.model_number))
    return tuple(found)


def price_of(product: Product, sku: Sku, currency: str) -> Decimal | None:
    """The original price (上代) of an SKU; None = not orderable in that currency (CAT-055)."""
    own = sku.prices.get(currency)
    return product.prices.get(currency) if own is None else own


def archive(product: Product, *, catalogs: tuple[str, ...]) -> Product | Refusal:
    """Out of sale but never gone (CAT-034); PRODUCT_IN_CATALOG while catalogs still show it (CAT-033)."""
    if catalogs:
        return Refusal("PRODUCT_IN_CATALOG", {"catalogs": ", ".join(catalogs)})
    return replace(product, state=ProductState.ARCHIVED)


def _texts(product: Product, around: Surroundings) -> Iterator[Refusal]:
    yield from bad_length(product.model_number, shortest=1, longest=30, path="/model_number")
    yield from bad_names(product.names, default_language=around.default_language)
    yield from bad_length(product.material, shortest=0, longest=500, path="/material")
    if product.hs_code and not HS_CODE.fullmatch(product.hs_code.replace(".", "")):
        yield Refusal("HS_CODE", {}, "/hs_code", value=product.hs_code)
    if product.country_of_origin:
        yield from bad_code(COUNTRY, product.country_of_origin, path="/country_of_origin", allowed="ISO 3166 alpha-2")


def _numbers(product: Product, around: Surroundings) -> Iterator[Refusal]:
    yield from bad_prices(product.prices, path="/prices")
    yield from bad_percent(product.wholesale_rate, path="/wholesale_rate")
    for currency in product.prices.keys() - around.currencies:
        yield Refusal("CURRENCY_NOT_ENABLED", {"currency": currency}, f"/prices/{currency}", value=currency)
    for country, tax in product.taxes.items():
        if tax not in around.taxes:
            yield Refusal("UNKNOWN_TAX", {"tax": str(tax)}, f"/taxes/{country}", value=str(tax))
    for name in ("net_weight_g", "gross_weight_g", "partition_price"):
        value = getattr(product, name)
        if value is not None and value < 0:
            yield Refusal("OUT_OF_RANGE", {"range": "0 –"}, f"/{name}", value=str(value))
    for name in ("minimum_quantity", "lot_size"):
        if getattr(product, name) < 1:
            yield Refusal("OUT_OF_RANGE", {"range": "1 –"}, f"/{name}", value=str(getattr(product, name)))
    if product.planned_from and product.planned_to and product.planned_to < product.planned_from:
        period = {"start": product.planned_from.isoformat(), "end": product.planned_to.isoformat()}
        yield Refusal("BAD_PERIOD", period, "/planned_to")


def _template(product: Product, before: Product | None) -> Iterator[Refusal]:
    if not product.axes:
        yield Refusal("REQUIRED", {}, "/axes")
    if len(product.axes) > MOST_AXES:
        yield Refusal("TOO_MANY_AXES", {"limit": str(MOST_AXES), "count": str(len(product.axes))}, "/axes")
    if len(set(product.axes)) < len(product.axes):
        yield Refusal("DUPLICATE_AXIS", {}, "/axes", value=SEPARATOR.join(product.axes))
    for axis in product.axes:
        yield from bad_code(AXIS, axis, path="/axes", allowed="a-z 0-9 _")
    if before is not None and before.skus and before.axes != product.axes:
        facts = {"template": SEPARATOR.join(before.axes)}
        yield Refusal("TEMPLATE_IN_USE", facts, "/axes", value=SEPARATOR.join(product.axes))


def _skus(product: Product, around: Surroundings) -> Iterator[Refusal]:
    codes: set[str] = set()
    combinations: set[tuple[str, ...]] = set()
    for index, sku in enumerate(product.skus):
        path = f"/skus/{index}"
        yield from bad_code(ARTICLE_CODE, sku.code, path=f"{path}/code", allowed="A-Z a-z 0-9 _ -")
        yield from bad_prices(sku.prices, path=f"{path}/prices")
        if sku.code.upper() in codes or sku.code.upper() in around.taken_sku_codes:
            yield Refusal("SKU_CODE_TAKEN", {"code": sku.code}, f"{path}/code", value=sku.code)
        if len(sku.values) != len(product.axes):
            facts = {"axes": SEPARATOR.join(product.axes), "values": SEPARATOR.join(sku.values)}
            yield Refusal("AXIS_VALUES", facts, f"{path}/values", value=SEPARATOR.join(sku.values))
        elif sku.values in combinations:
            facts = {"values": SEPARATOR.join(sku.values)}
            yield Refusal("DUPLICATE_SKU", facts, f"{path}/values", value=facts["values"])
        codes.add(sku.code.upper())
        combinations.add(sku.values)
