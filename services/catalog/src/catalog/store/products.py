"""Products with their SKUs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from catalog.core.product import Product, ProductState, Sku, SkuState
from catalog.tables import CatalogProductRow, ProductRow, SkuRow, WebCatalogRow, among, amounts, sql
from chassis.tx import Tx


async def load_products(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Product]:
    """Products by id, SKUs in their order; unknown ids are missing."""
    p, s = sql(ProductRow), sql(SkuRow)
    products = await tx.rows(select(p).where(p.c.maker_id == tx.maker_id, among(p.c.product_id, ids)))
    skus = await tx.rows(
        select(s).where(s.c.maker_id == tx.maker_id, among(s.c.product_id, ids)).order_by(s.c.product_id, s.c.position)
    )
    by_product: dict[UUID, list[Sku]] = defaultdict(list)
    for row in skus:
        by_product[row.product_id].append(_sku(row))
    return {row.product_id: _product(row, by_product[row.product_id]) for row in products}


async def ids_by_model_number(
    tx: Tx, models: Collection[str], *, brand_id: UUID | None = None
) -> dict[tuple[UUID, str], UUID]:
    """Product ids by (brand, model number)."""
    t = sql(ProductRow).c
    query = select(t.brand_id, t.model_number, t.product_id).where(
        t.maker_id == tx.maker_id, among(t.model_number, models)
    )
    rows = await tx.rows(query if brand_id is None else query.where(t.brand_id == brand_id))
    return {(row.brand_id, row.model_number): row.product_id for row in rows}


async def owners_of_codes(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """Which product has an SKU of this code, by code in upper case."""
    t = sql(SkuRow).c
    keys = {code.upper() for code in codes}
    rows = await tx.rows(select(t.code_key, t.product_id).where(t.maker_id == tx.maker_id, among(t.code_key, keys)))
    return {row.code_key: row.product_id for row in rows}


async def skus_named(tx: Tx, *, codes: Collection[str], ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Product ids by SKU id, for SKUs named by code (ignoring case) or id."""
    t = sql(SkuRow).c
    keys = {code.upper() for code in codes}
    rows = await tx.rows(
        select(t.sku_id, t.product_id).where(t.maker_id == tx.maker_id, among(t.code_key, keys) | among(t.sku_id, ids))
    )
    return {row.sku_id: row.product_id for row in rows}


async def brands_with_catalog(tx: Tx) -> set[UUID]:
    """Brands that have a web catalog which is not archived (CAT-032)."""
    t = sql(WebCatalogRow).c
    rows = await tx.rows(
        select(t.brand_id).where(t.maker_id == tx.maker_id, t.state != "ARCHIVED").group_by(t.brand_id)
    )
    return {row.brand_id for row in rows}


async def catalogs_showing(tx: Tx, product_id: UUID) -> tuple[str, ...]:
    """Codes of the catalogs that show a product (CAT-033)."""
    c, w = sql(CatalogProductRow).c, sql(WebCatalogRow).c
    rows = await tx.rows(
        select(w.code)
        .where(c.maker_id == tx.maker_id, c.product_id == product_id)
        .where(w.maker_id == c.maker_id, w.catalog_id == c.catalog_id)
        .order_by(w.code)
    )
    return tuple(row.code for row in rows)


async def orderable(tx: Tx, brand_id: UUID, ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these are ACTIVE products of the brand (CAT-038)."""
    t = sql(ProductRow).c
    rows = await tx.rows(
        select(t.product_id).where(
            t.maker_id == tx.maker_id, t.brand_id == brand_id, t.state == "ACTIVE", among(t.product_id, ids)
        )
    )
    return frozenset(row.product_id for row in rows)


async def save_products(tx: Tx, products: Sequence[Product]) -> list[Product]:
    """Writes products and their SKUs; returns them with the version they now have. Raises Stale."""
    new = [product for product in products if product.version == 0]
    changed = [product for product in products if product.version]
    await tx.insert(ProductRow, [_product_row(tx, product) | {"version": 1} for product in new])
    await tx.update(
        ProductRow, [_product_row(tx, one) for one in changed], key=["product_id"], expect_version="version"
    )
    rows = [_sku_row(tx, product, at, sku) for product in products for at, sku in enumerate(product.skus)]
    await tx.upsert(SkuRow, rows, key=["maker_id", "sku_id"])
    return [_saved(product) for product in products]


def _saved(product: Product) -> Product:
    return replace(product, version=product.version + 1)


def _product(row: Row[Any], skus: Sequence[Sku]) -> Product:
    return Product(
        product_id=row.product_id,
        brand_id=row.brand_id,
        model_number=row.model_number,
        names=row.names,
        axes=tuple(row.axes),
        prices=amounts(row.prices),
        taxes={country: UUID(tax) for country, tax in row.taxes.items()},
        wholesale_rate=row.wholesale_rate,
        partition_price=row.partition_price,
        hs_code=row.hs_code,
        material=row.material,
        country_of_origin=row.country_of_origin,
        net_weight_g=row.net_weight_g,
        gross_weight_g=row.gross_weight_g,
        planned_from=row.planned_from,
        planned_to=row.planned_to,
        minimum_quantity=row.minimum_quantity,
        lot_size=row.lot_size,
        state=ProductState(row.state),
        skus=tuple(skus),
        version=row.version,
    )


def _sku(row: Row[Any]) -> Sku:
    values = tuple(row.axis_values)
    return Sku(
        sku_id=row.sku_id,
        code=row.code,
        values=values,
        prices=amounts(row.prices),
        partition_price=row.partition_price,
        net_weight_g=row.net_weight_g,
        gross_weight_g=row.gross_weight_g,
        state=SkuState(row.state),
    )


def _product_row(tx: Tx, product: Product) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "product_id": product.product_id,
        "brand_id": product.brand_id,
        "model_number": product.model_number,
        "names": dict(product.names),
        "axes": list(product.axes),
        "prices": {currency: format(price, "f") for currency, price in product.prices.items()},
        "taxes": {country: str(tax) for country, tax in product.taxes.items()},
        "wholesale_rate": product.wholesale_rate,
        "partition_price": product.partition_price,
        "hs_code": product.hs_code,
        "material": product.material,
        "country_of_origin": product.country_of_origin,
        "net_weight_g": product.net_weight_g,
        "gross_weight_g": product.gross_weight_g,
        "planned_from": product.planned_from,
        "planned_to": product.planned_to,
        "minimum_quantity": product.minimum_quantity,
        "lot_size": product.lot_size,
        "state": product.state.value,
        "version": product.version,
    }


def _sku_row(tx: Tx, product: Product, position: int, sku: Sku) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "sku_id": sku.sku_id,
        "product_id": product.product_id,
        "position": position,
        "code": sku.code,
        "code_key": sku.code.upper(),
        "axis_values": list(sku.values),
        "prices": {currency: format(price, "f") for currency, price in sku.prices.items()},
        "partition_price": sku.partition_price,
        "net_weight_g": sku.net_weight_g,
        "gross_weight_g": sku.gross_weight_g,
        "state": sku.state.value,
    }
