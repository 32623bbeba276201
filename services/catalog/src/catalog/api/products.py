"""Products and SKUs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, UploadFile
from pydantic import Field
from starlette.responses import Response

from catalog.api.names import Code20, Code30, Country, Currency, Names
from catalog.core.product import Product, ProductState, Sku, SkuState
from catalog.usecases import importing, products
from catalog.usecases.products import PutProduct
from catalog.views import reads
from catalog.views.models import ProductView, SkuRowView
from catalog.views.reads import ProductSearch, SkuSearch
from chassis import imports
from chassis.http import (
    Batch,
    BusinessDate,
    Edge,
    Listing,
    PercentText,
    PriceText,
    RequestModel,
    Results,
    Router,
    Text,
    download_responses,
    needs,
)
from chassis.http import problem_responses as problems
from chassis.imports import ImportReport, import_file

router = Router()
_NOBODY = UUID(int=0)
_CODES = (
    "AXIS_VALUES",
    "BRAND_ARCHIVED",
    "CATALOG_REQUIRED",
    "CURRENCY_NOT_ENABLED",
    "DUPLICATE_SKU",
    "MODEL_NUMBER_TAKEN",
    "SKU_CODE_TAKEN",
    "TEMPLATE_IN_USE",
    "UNKNOWN_BRAND",
    "UNKNOWN_TAX",
)
Reader = Annotated[Edge, needs("catalog.read", "catalog.write")]
Writer = Annotated[Edge, needs("catalog.write")]
Grams = Annotated[int, Field(ge=0, le=10_000_000)]
Prices = Annotated[dict[Currency, PriceText], Field(max_length=23)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class SkuRequest(RequestModel):
    """One value code per axis, in the order of `axes`. `prices` only where they differ from the product's."""

    code: Code30
    values: Annotated[list[Code30], Field(min_length=1, max_length=10)]
    prices: Prices = Field(default_factory=dict)
    partition_price: PriceText | None = None
    net_weight_g: Grams | None = None
    gross_weight_g: Grams | None = None
    state: SkuState = SkuState.ON_SALE

    def sku(self) -> Sku:
        return Sku(
            sku_id=_NOBODY,
            code=self.code,
            values=tuple(self.values),
            prices=self.prices,
            partition_price=self.partition_price,
            net_weight_g=self.net_weight_g,
            gross_weight_g=self.gross_weight_g,
            state=self.state,
        )


class ProductRequest(RequestModel):
    """A product as it shall be. `taxes`: tax code by country. SKUs that exist and are not named stay."""

    brand: Code20
    model_number: Code30
    names: Names
    axes: Annotated[list[Code30], Field(min_length=1, max_length=20)]
    prices: Prices = Field(default_factory=dict)
    taxes: Annotated[dict[Country, Code20], Field(max_length=250)] = Field(default_factory=dict)
    wholesale_rate: PercentText | None = None
    partition_price: PriceText | None = None
    hs_code: Annotated[str, Text(14, blank=True)] = ""
    material: Annotated[str, Text(500, blank=True)] = ""
    country_of_origin: Annotated[str, Text(2, blank=True)] = ""
    net_weight_g: Grams | None = None
    gross_weight_g: Grams | None = None
    planned_from: BusinessDate | None = None
    planned_to: BusinessDate | None = None
    minimum_quantity: Count = 1
    lot_size: Count = 1
    state: ProductState = ProductState.ACTIVE
    skus: Annotated[list[SkuRequest], Field(max_length=1000)] = Field(default_factory=list)

    def command(self, product_id: UUID | None = None, expected_version: int | None = None) -> PutProduct:
        return PutProduct(self._draft(), self.brand, {**self.taxes}, product_id, expected_version)

    def _draft(self) -> Product:
        return Product(
            product_id=_NOBODY,
            brand_id=_NOBODY,
            model_number=self.model_number,
            names={**self.names},
            axes=tuple(self.axes),
            prices=self.prices,
            wholesale_rate=self.wholesale_rate,
            partition_price=self.partition_price,
            hs_code=self.hs_code,
            material=self.material,
            country_of_origin=self.country_of_origin,
            net_weight_g=self.net_weight_g,
            gross_weight_g=self.gross_weight_g,
            planned_from=self.planned_from,
            planned_to=self.planned_to,
            minimum_quantity=self.minimum_quantity,
            lot_size=self.lot_size,
            state=self.state,
            skus=tuple(sku.sku() for sku in self.skus),
        )


@router.post("/v1/products", status_code=201, responses=problems(*_CODES))
async def add_product(body: ProductRequest, edge: Writer) -> ProductView:
    return await edge.one(lambda tx: products.put(tx, [body.command()]), view=ProductView.of)


@router.post("/v1/product-batches", responses=problems(*_CODES))
async def add_products(body: Batch[ProductRequest], edge: Writer) -> Results[ProductView]:
    return await edge.many(lambda tx: products.put(tx, [one.command() for one in body]), view=ProductView.of)


@router.put("/v1/products/{product_id}", responses=problems(*_CODES))
async def replace_product(product_id: UUID, body: ProductRequest, edge: Writer) -> ProductView:
    command = body.command(product_id, edge.expected_version)
    return await edge.one(lambda tx: products.put(tx, [command]), view=ProductView.of)


@router.post("/v1/products/{product_id}/archiving", responses=problems("PRODUCT_IN_CATALOG"))
async def archive_product(product_id: UUID, edge: Writer) -> ProductView:
    expected = edge.expected_version
    return await edge.one(lambda tx: products.archive(tx, product_id, expected_version=expected), view=ProductView.of)


@router.get("/v1/products")
async def list_products(search: Annotated[ProductSearch, Query()], edge: Reader) -> Listing[ProductView]:
    return await edge.page(lambda tx: reads.list_products(tx, search))


@router.get("/v1/products/{product_id}")
async def get_product(product_id: UUID, edge: Reader) -> ProductView:
    return await edge.read(lambda tx: reads.product(tx, product_id))


@router.get("/v1/skus")
async def list_skus(search: Annotated[SkuSearch, Query()], edge: Reader) -> Listing[SkuRowView]:
    return await edge.page(lambda tx: reads.list_skus(tx, search))


@router.post("/v1/product-imports", responses=problems(*imports.CODES, "BAD_TAX_RATE", "PRODUCT_ROWS_DIFFER", *_CODES))
async def import_products(
    file: UploadFile, edge: Writer, dry_run: bool = False, good_rows_only: bool = False, encoding: str | None = None
) -> ImportReport:
    """CSV or Excel, one row per SKU, product columns repeated; `dry_run` is the preview."""
    return await import_file(
        edge, file, importing.PRODUCTS, importing.import_products,
        dry_run=dry_run, good_rows_only=good_rows_only, encoding=encoding,
    )  # fmt: skip


@router.get("/v1/product-import-templates/csv", responses=download_responses("text/csv"))
async def product_template(edge: Reader) -> Response:
    """The file to fill in, with required marks and a sample row."""
    return _csv(importing.PRODUCTS.template().content, "products.csv")


@router.get("/v1/customer-rate-import-templates/csv", responses=download_responses("text/csv"))
async def rate_template(edge: Reader) -> Response:
    """The file to fill in, with required marks and a sample row."""
    return _csv(importing.CUSTOMER_RATES.template().content, "customer_rates.csv")


def _csv(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
