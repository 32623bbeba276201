"""Lists: SQL → answers, with filters and cursors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row, Select, select, tuple_

from catalog.announce import sku_state
from catalog.store import masters, products
from catalog.store.parts import among, amounts, sql
from catalog.store.web_catalogs import load_catalogs
from catalog.tables import BrandRow, CustomerRateRow, ProductRow, SkuRow, WebCatalogRow
from catalog.views.models import (
    CustomerRateView,
    ProductView,
    SkuRowView,
    StateView,
    WebCatalogView,
)
from chassis.http import Page
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
    found = (await products.load_products(tx, [product_id])).get(product_id)
    return None if found is None else ProductView.of(found)


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
    loaded = await products.load_products(tx, [row.product_id for row in rows])
    return [ProductView.of(loaded[row.product_id]) for row in rows], cursor


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
    found = (await load_catalogs(tx, [catalog_id])).get(catalog_id)
    return None if found is None else WebCatalogView.of(found)


async def list_catalogs(tx: Tx, page: Page) -> tuple[Sequence[WebCatalogView], str | None]:
    """By code."""
    t = sql(WebCatalogRow).c
    query = select(t.catalog_id, t.code).where(t.maker_id == tx.maker_id)
    rows, cursor = await _page(tx, page, query, t.code, t.catalog_id, str)
    loaded = await load_catalogs(tx, [row.catalog_id for row in rows])
    return [WebCatalogView.of(loaded[row.catalog_id]) for row in rows], cursor


async def sku_states(tx: Tx, *, codes: Sequence[str], ids: Sequence[UUID]) -> list[StateView]:
    """The announced states of SKUs by code or id; unknown ones are missing."""
    s = sql(SkuRow).c
    keys = {code.upper() for code in codes}
    rows = await tx.rows(
        select(s.sku_id, s.product_id).where(s.maker_id == tx.maker_id, among(s.code_key, keys) | among(s.sku_id, ids))
    )
    wanted = {row.sku_id for row in rows}
    brands = {brand.brand_id: brand for brand in await masters.brands(tx)}
    loaded = await products.load_products(tx, {row.product_id for row in rows})
    return [
        StateView(version=one.version, state=sku_state(one, sku, brands[one.brand_id]).model_dump(mode="json"))
        for one in loaded.values()
        for sku in one.skus
        if sku.sku_id in wanted
    ]


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
