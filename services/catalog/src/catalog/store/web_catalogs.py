"""Web catalogs with what they show and who may look."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from catalog.core.web_catalog import CatalogState, WebCatalog
from catalog.tables import CatalogCustomerRow, CatalogProductRow, WebCatalogRow, among, sql
from chassis.tx import Tx


async def codes(tx: Tx) -> dict[str, UUID]:
    """Codes of all catalogs of the maker."""
    t = sql(WebCatalogRow).c
    rows = await tx.rows(select(t.code, t.catalog_id).where(t.maker_id == tx.maker_id))
    return {row.code: row.catalog_id for row in rows}


async def load_catalogs(tx: Tx, ids: Collection[UUID]) -> dict[UUID, WebCatalog]:
    """Catalogs by id; unknown ids are missing."""
    t, p, c = sql(WebCatalogRow), sql(CatalogProductRow).c, sql(CatalogCustomerRow).c
    rows = await tx.rows(select(t).where(t.c.maker_id == tx.maker_id, among(t.c.catalog_id, ids)))
    products = await tx.rows(
        select(p.catalog_id, p.product_id).where(p.maker_id == tx.maker_id, among(p.catalog_id, ids))
    )
    customers = await tx.rows(
        select(c.catalog_id, c.customer_id).where(c.maker_id == tx.maker_id, among(c.catalog_id, ids))
    )
    return {
        row.catalog_id: WebCatalog(
            catalog_id=row.catalog_id,
            brand_id=row.brand_id,
            code=row.code,
            names=row.names,
            state=CatalogState(row.state),
            opens_on=row.opens_on,
            closes_on=row.closes_on,
            products=frozenset(one.product_id for one in products if one.catalog_id == row.catalog_id),
            customers=frozenset(one.customer_id for one in customers if one.catalog_id == row.catalog_id),
            version=row.version,
        )
        for row in rows
    }


async def save_catalog(tx: Tx, before: WebCatalog | None, after: WebCatalog) -> None:
    """Writes what changed. Raises Stale when somebody else was faster."""
    row = _row(tx, after)
    if before is None:
        await tx.insert(WebCatalogRow, [row | {"version": 1}])
    else:
        await tx.update(WebCatalogRow, [row], key=["catalog_id"], expect_version="version")
    shown = before.products if before else frozenset()
    looking = before.customers if before else frozenset()
    key = {"maker_id": tx.maker_id, "catalog_id": after.catalog_id}
    await tx.insert(CatalogProductRow, [key | {"product_id": one} for one in sorted(after.products - shown)])
    await tx.delete(CatalogProductRow, [key | {"product_id": one} for one in sorted(shown - after.products)])
    await tx.insert(CatalogCustomerRow, [key | {"customer_id": one} for one in sorted(after.customers - looking)])
    await tx.delete(CatalogCustomerRow, [key | {"customer_id": one} for one in sorted(looking - after.customers)])


def _row(tx: Tx, catalog: WebCatalog) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "catalog_id": catalog.catalog_id,
        "brand_id": catalog.brand_id,
        "code": catalog.code,
        "names": dict(catalog.names),
        "state": catalog.state.value,
        "opens_on": catalog.opens_on,
        "closes_on": catalog.closes_on,
        "version": catalog.version,
    }
