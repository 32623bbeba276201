"""Lists: SQL → answers, with filters and cursors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row, Select, select, tuple_

from catalog.tables import (
    BrandRow,
    CatalogCustomerRow,
    CatalogProductRow,
    CustomerRateRow,
    ProductRow,
    SkuRow,
    TaxRow,
    WebCatalogRow,
    among,
    amounts,
    sql,
)
from catalog.views.models import (
    BrandView,
    CustomerRateView,
    ProductView,
    SkuRowView,
    SkuView,
    TaxView,
    WebCatalogView,
)
from chassis.http import Page, View
from chassis.tx import Tx

Word = Annotated[str | None, Field(max_length=100)]


class ProductSearch(Page):
    """Products of a brand, a model number, a state."""

    brand: Word = None
    model_number: Word = None
    state: Word = None


class SkuSearch(Page):
    """SKUs by code (whole, ignoring case), product or state."""

    code: Word = None
    product_id: UUID | None = None
    state: Word = None


class RateSearch(Page):
    """Customer rates of a product or a customer."""

    product_id: UUID | None = None
    customer_id: UUID | None = None


async def product(tx: Tx, product_id: UUID) -> ProductView | None:
    """One product; None = there is none in this maker."""
    found = await _products(tx, [product_id])
    return found[0] if found else None


async def list_products(tx: Tx, search: ProductSearch) -> tuple[Sequence[ProductView], str | None]:
    """By model number."""
    p = sql(ProductRow).c
    query = select(p.product_id, p.model_number).where(p.maker_id == tx.maker_id)
    if search.brand is not None:
        b = sql(BrandRow).c
        query = query.where(p.brand_id.in_(select(b.brand_id).where(b.maker_id == tx.maker_id, b.code == search.brand)))
    if search.model_number is not None:
        query = query.where(p.model_number == search.model_number)
    if search.state is not None:
        query = query.where(p.state == search.state)
    rows, cursor = await _page(tx, search, query, p.model_number, p.product_id, str)
    return await _products(tx, [row.product_id for row in rows]), cursor


async def list_skus(tx: Tx, search: SkuSearch) -> tuple[Sequence[SkuRowView], str | None]:
    """By code."""
    s, p = sql(SkuRow).c, sql(ProductRow).c
    query = (
        select(
            s.sku_id, s.code, s.code_key, s.axis_values, s.state, s.prices.label("own_prices"),
            p.product_id, p.brand_id, p.model_number, p.names, p.prices, p.wholesale_rate,
            p.state.label("product_state"),
        )
        .where(s.maker_id == tx.maker_id, p.maker_id == s.maker_id, p.product_id == s.product_id)
    )  # fmt: skip
    if search.code is not None:
        query = query.where(s.code_key == search.code.upper())
    if search.product_id is not None:
        query = query.where(s.product_id == search.product_id)
    if search.state is not None:
        query = query.where(s.state == search.state)
    rows, cursor = await _page(tx, search, query, s.code_key, s.sku_id, str)
    return [_sku(row) for row in rows], cursor


async def list_rates(tx: Tx, search: RateSearch) -> tuple[Sequence[CustomerRateView], str | None]:
    """By product and customer; rates taken away are not listed."""
    t = sql(CustomerRateRow).c
    query = select(t.product_id, t.customer_id, t.wholesale_rate, t.version).where(
        t.maker_id == tx.maker_id, t.wholesale_rate.is_not(None)
    )
    if search.product_id is not None:
        query = query.where(t.product_id == search.product_id)
    if search.customer_id is not None:
        query = query.where(t.customer_id == search.customer_id)
    rows, cursor = await _page(tx, search, query, t.product_id, t.customer_id, UUID)
    return [CustomerRateView(**row._mapping) for row in rows], cursor


async def web_catalog(tx: Tx, catalog_id: UUID) -> WebCatalogView | None:
    """One catalog; None = there is none in this maker."""
    found = await _catalogs(tx, [catalog_id])
    return found[0] if found else None


async def list_catalogs(tx: Tx, page: Page) -> tuple[Sequence[WebCatalogView], str | None]:
    """By code."""
    t = sql(WebCatalogRow).c
    query = select(t.catalog_id, t.code).where(t.maker_id == tx.maker_id)
    rows, cursor = await _page(tx, page, query, t.code, t.catalog_id, str)
    return await _catalogs(tx, [row.catalog_id for row in rows]), cursor


async def list_brands(tx: Tx, page: Page) -> tuple[Sequence[BrandView], str | None]:
    """By code."""
    t = sql(BrandRow)
    query = select(*t.c).where(t.c.maker_id == tx.maker_id)
    rows, cursor = await _page(tx, page, query, t.c.code, t.c.brand_id, str)
    return [BrandView(**_of(BrandView, row)) for row in rows], cursor


async def list_taxes(tx: Tx, page: Page) -> tuple[Sequence[TaxView], str | None]:
    """By code."""
    t = sql(TaxRow)
    query = select(*t.c).where(t.c.maker_id == tx.maker_id)
    rows, cursor = await _page(tx, page, query, t.c.code, t.c.tax_id, str)
    return [TaxView(**_of(TaxView, row)) for row in rows], cursor


async def _products(tx: Tx, ids: Sequence[UUID]) -> list[ProductView]:
    """Whole products, in the order of the ids."""
    p, s = sql(ProductRow), sql(SkuRow)
    rows = await tx.rows(select(p).where(p.c.maker_id == tx.maker_id, among(p.c.product_id, ids)))
    skus = await tx.rows(
        select(s).where(s.c.maker_id == tx.maker_id, among(s.c.product_id, ids)).order_by(s.c.position)
    )
    by_product: dict[UUID, list[SkuView]] = defaultdict(list)
    for sku in skus:
        known = _of(SkuView, sku, values=list(sku.axis_values), prices=amounts(sku.prices))
        by_product[sku.product_id].append(SkuView(**known))
    found = {
        row.product_id: ProductView(
            **_of(ProductView, row, prices=amounts(row.prices), skus=by_product[row.product_id])
        )
        for row in rows
    }
    return [found[product_id] for product_id in ids if product_id in found]


async def _catalogs(tx: Tx, ids: Sequence[UUID]) -> list[WebCatalogView]:
    """Whole catalogs, in the order of the ids."""
    t, p, c = sql(WebCatalogRow), sql(CatalogProductRow).c, sql(CatalogCustomerRow).c
    rows = await tx.rows(select(t).where(t.c.maker_id == tx.maker_id, among(t.c.catalog_id, ids)))
    shown = await tx.rows(select(p.catalog_id, p.product_id).where(p.maker_id == tx.maker_id, among(p.catalog_id, ids)))
    invited = await tx.rows(
        select(c.catalog_id, c.customer_id).where(c.maker_id == tx.maker_id, among(c.catalog_id, ids))
    )
    products: dict[UUID, list[UUID]] = defaultdict(list)
    customers: dict[UUID, list[UUID]] = defaultdict(list)
    for one in shown:
        products[one.catalog_id].append(one.product_id)
    for one in invited:
        customers[one.catalog_id].append(one.customer_id)
    found = {}
    for row in rows:
        lists = {"products": sorted(products[row.catalog_id]), "customers": sorted(customers[row.catalog_id])}
        found[row.catalog_id] = WebCatalogView(**_of(WebCatalogView, row, **lists))
    return [found[catalog_id] for catalog_id in ids if catalog_id in found]


def _of(view: type[View], row: Row[Any], **own: object) -> dict[str, Any]:
    """The row's columns that the view shows, and what it shows beside them."""
    return {name: row._mapping[name] for name in view.model_fields if name not in own} | own


def _sku(row: Row[Any]) -> SkuRowView:
    return SkuRowView(
        sku_id=row.sku_id,
        code=row.code,
        product_id=row.product_id,
        brand_id=row.brand_id,
        model_number=row.model_number,
        names=row.names,
        values=list(row.axis_values),
        prices={**amounts(row.prices), **amounts(row.own_prices)},
        wholesale_rate=row.wholesale_rate,
        state=row.state,
        product_state=row.product_state,
    )


async def _page(
    tx: Tx, page: Page, query: Select[Any], first: Any, second: Any, kind: type[Any]
) -> tuple[Sequence[Row[Any]], str | None]:
    """One page of a query, sorted by two columns."""
    after = page.after(tx.maker_id, kind, UUID)
    if after is not None:
        query = query.where(tuple_(first, second) > after)
    rows = await tx.rows(query.order_by(first, second).limit(page.limit + 1))
    names = (first.name, second.name)
    return page.cut(rows, tx.maker_id, key=lambda row: tuple(row._mapping[name] for name in names))
