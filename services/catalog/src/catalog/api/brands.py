"""Brands and taxes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from catalog.api.names import Code20, Country, Names
from catalog.usecases import brands
from catalog.usecases.brands import AddBrand, AddTax, ChangeBrand, ChangeTax
from catalog.views import reads
from catalog.views.models import BrandView, TaxView
from chassis.http import Edge, Listing, Page, RequestModel, Router, TaxPercentText, Text, needs
from chassis.http import problem_responses as problems
from kernel.money import Rounding

router = Router()
_BRAND_CODES = ("CODE_TAKEN",)
_TAX_CODES = ("CODE_TAKEN", "NAME_TAKEN", "STANDARD_TAX_TAKEN")

Reader = Annotated[Edge, needs("catalog.read", "catalog.write")]
Writer = Annotated[Edge, needs("catalog.write")]


class BrandRequest(RequestModel):
    """A new brand; the code is `A-Z 0-9 _ -`, at most 20 characters, unique per maker."""

    code: Code20
    names: Names


class BrandChange(RequestModel):
    """What is left out stays."""

    names: Names | None = None
    archived: bool | None = None


class TaxRequest(RequestModel):
    """A new tax; `rate` in percent. One active tax per country may be the standard one."""

    code: Code20
    name: Annotated[str, Text(100)]
    rate: TaxPercentText
    reduced: bool = False
    rounding: Rounding = Rounding.FLOOR
    country: Country = "JP"
    standard: bool = False


class TaxChange(RequestModel):
    """What is left out stays. A new rate holds for what is priced from now on."""

    name: Annotated[str, Text(100)] | None = None
    rate: TaxPercentText | None = None
    rounding: Rounding | None = None
    standard: bool | None = None
    active: bool | None = None


@router.post("/v1/brands", status_code=201, responses=problems(*_BRAND_CODES))
async def add_brand(body: BrandRequest, edge: Writer) -> BrandView:
    command = AddBrand(body.code, {**body.names})
    return await edge.one(lambda tx: brands.add_brands(tx, [command]), view=BrandView.of)


@router.patch("/v1/brands/{brand_id}", responses=problems(*_BRAND_CODES))
async def change_brand(brand_id: UUID, body: BrandChange, edge: Writer) -> BrandView:
    names = None if body.names is None else {**body.names}
    command = ChangeBrand(brand_id, names, body.archived, edge.expected_version)
    return await edge.one(lambda tx: brands.change_brand(tx, command), view=BrandView.of)


@router.get("/v1/brands")
async def list_brands(page: Annotated[Page, Query()], edge: Reader) -> Listing[BrandView]:
    return await edge.page(lambda tx: reads.list_brands(tx, page))


@router.post("/v1/taxes", status_code=201, responses=problems(*_TAX_CODES))
async def add_tax(body: TaxRequest, edge: Writer) -> TaxView:
    command = AddTax(
        body.code, body.name, body.rate, body.reduced, body.rounding, body.country, body.standard
    )  # fmt: skip
    return await edge.one(lambda tx: brands.add_taxes(tx, [command]), view=TaxView.of)


@router.patch("/v1/taxes/{tax_id}", responses=problems(*_TAX_CODES))
async def change_tax(tax_id: UUID, body: TaxChange, edge: Writer) -> TaxView:
    command = ChangeTax(
        tax_id, body.name, body.rate, body.rounding, body.standard, body.active, edge.expected_version
    )  # fmt: skip
    return await edge.one(lambda tx: brands.change_tax(tx, command), view=TaxView.of)


@router.get("/v1/taxes")
async def list_taxes(page: Annotated[Page, Query()], edge: Reader) -> Listing[TaxView]:
    return await edge.page(lambda tx: reads.list_taxes(tx, page))
