"""Customer rates."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, UploadFile

from catalog.api.names import Code20, Code30
from catalog.usecases import importing, rates
from catalog.usecases.rates import PutRate
from catalog.views import reads
from catalog.views.models import CustomerRateView
from catalog.views.reads import RateSearch
from chassis import imports
from chassis.http import Batch, Edge, Listing, PercentText, RequestModel, Results, Router, Text, needs
from chassis.http import problem_responses as problems
from chassis.imports import ImportReport, import_file

router = Router()
_CODES = ("AMBIGUOUS_PRODUCT", "UNKNOWN_CUSTOMER", "UNKNOWN_PRODUCT")
Reader = Annotated[Edge, needs("catalog.read", "catalog.write")]
Writer = Annotated[Edge, needs("catalog.write")]


class RateRequest(RequestModel):
    """The product by id or model number, the customer by id or code; `wholesale_rate` null takes the rate away."""

    wholesale_rate: PercentText | None
    product_id: UUID | None = None
    brand: Code20 | None = None
    model_number: Code30 | None = None
    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(10)] | None = None

    def command(self) -> PutRate:
        return PutRate(
            self.wholesale_rate, self.product_id, self.brand, self.model_number, self.customer_id, self.customer_code
        )


@router.post("/v1/customer-rates", responses=problems(*_CODES))
async def put_rates(body: Batch[RateRequest], edge: Writer) -> Results[CustomerRateView]:
    return await edge.many(lambda tx: rates.put(tx, [one.command() for one in body]), view=CustomerRateView.of)


@router.get("/v1/customer-rates")
async def list_rates(search: Annotated[RateSearch, Query()], edge: Reader) -> Listing[CustomerRateView]:
    return await edge.page(lambda tx: reads.list_rates(tx, search))


@router.post("/v1/customer-rate-imports", responses=problems(*imports.CODES, *_CODES))
async def import_rates(
    file: UploadFile, edge: Writer, dry_run: bool = False, good_rows_only: bool = False, encoding: str | None = None
) -> ImportReport:
    """CSV or Excel: model number, customer code, rate; `dry_run` is the preview."""
    return await import_file(
        edge, file, importing.CUSTOMER_RATES, importing.import_customer_rates,
        dry_run=dry_run, good_rows_only=good_rows_only, encoding=encoding,
    )  # fmt: skip
