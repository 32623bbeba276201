"""Web catalogs: making, opening, closing, filling, inviting."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from catalog.api.names import Code20, Code30, Names
from catalog.core.web_catalog import AddProducts, Command, Disinvite, Invite, Move, RemoveProducts
from catalog.usecases import web_catalogs
from catalog.usecases.web_catalogs import MakeCatalog
from catalog.views import reads
from catalog.views.models import WebCatalogView
from chassis.http import BusinessDate, Edge, Listing, Page, RequestModel, Router, needs
from chassis.http import problem_responses as problems

router = Router()
_CODES = ("INVALID_STATE", "PRODUCT_NOT_ORDERABLE", "UNKNOWN_CUSTOMER")
Ids = Annotated[list[UUID], Field(min_length=1, max_length=1000)]
Reader = Annotated[Edge, needs("catalog.read", "catalog.write")]
Writer = Annotated[Edge, needs("catalog.write")]


class CatalogRequest(RequestModel):
    """A new catalog of a brand; `opened` opens it at once."""

    brand: Code20
    code: Code30
    names: Names
    opens_on: BusinessDate | None = None
    closes_on: BusinessDate | None = None
    opened: bool = False


class Products(RequestModel):
    products: Ids


class Customers(RequestModel):
    customers: Ids


@router.post("/v1/web-catalogs", status_code=201, responses=problems("UNKNOWN_BRAND", "BRAND_ARCHIVED", "CODE_TAKEN"))
async def make_catalog(body: CatalogRequest, edge: Writer) -> WebCatalogView:
    names = {**body.names}
    command = MakeCatalog(body.brand, body.code, names, body.opens_on, body.closes_on, body.opened)
    return await edge.one(lambda tx: web_catalogs.make(tx, command), view=WebCatalogView.of)


@router.get("/v1/web-catalogs")
async def list_catalogs(page: Annotated[Page, Query()], edge: Reader) -> Listing[WebCatalogView]:
    return await edge.page(lambda tx: reads.list_catalogs(tx, page))


@router.get("/v1/web-catalogs/{catalog_id}")
async def get_catalog(catalog_id: UUID, edge: Reader) -> WebCatalogView:
    return await edge.read(lambda tx: reads.web_catalog(tx, catalog_id))


@router.post("/v1/web-catalogs/{catalog_id}/opening", responses=problems(*_CODES))
async def open_catalog(catalog_id: UUID, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, Move("open"))


@router.post("/v1/web-catalogs/{catalog_id}/closing", responses=problems(*_CODES))
async def close_catalog(catalog_id: UUID, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, Move("close"))


@router.post("/v1/web-catalogs/{catalog_id}/archiving", responses=problems(*_CODES))
async def archive_catalog(catalog_id: UUID, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, Move("archive"))


@router.post("/v1/web-catalogs/{catalog_id}/products", responses=problems(*_CODES))
async def show_products(catalog_id: UUID, body: Products, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, AddProducts(frozenset(body.products)))


@router.post("/v1/web-catalogs/{catalog_id}/product-removals", responses=problems(*_CODES))
async def hide_products(catalog_id: UUID, body: Products, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, RemoveProducts(frozenset(body.products)))


@router.post("/v1/web-catalogs/{catalog_id}/customers", responses=problems(*_CODES))
async def invite_customers(catalog_id: UUID, body: Customers, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, Invite(frozenset(body.customers)))


@router.post("/v1/web-catalogs/{catalog_id}/customer-removals", responses=problems(*_CODES))
async def disinvite_customers(catalog_id: UUID, body: Customers, edge: Writer) -> WebCatalogView:
    return await _change(edge, catalog_id, Disinvite(frozenset(body.customers)))


async def _change(edge: Edge, catalog_id: UUID, command: Command) -> WebCatalogView:
    expected = edge.expected_version
    return await edge.one(
        lambda tx: web_catalogs.change(tx, catalog_id, command, expected_version=expected), view=WebCatalogView.of
    )
