"""Routes of unshipped SKUs, short closes and order charges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.http import (
    Batch,
    BusinessDate,
    Edge,
    Listing,
    RequestModel,
    Results,
    Router,
    needs,
    problem_responses,
)
from chassis.tx import Tx
from fulfillment.api.requests import LineNumber, OrderPart, Pieces, Reason, SkuCode
from fulfillment.core.asks import LineAsk, OrderRef
from fulfillment.core.parts import OrderLineId
from fulfillment.usecases import closures
from fulfillment.usecases.closures import Closed, CloseShort
from fulfillment.usecases.desk import business_day
from fulfillment.views import charges as charge_views
from fulfillment.views import closures as closure_views
from fulfillment.views import unshipped as views
from fulfillment.views.charges import ChargePage, OrderChargeView
from fulfillment.views.closures import ClosureItem, ClosurePage, ClosureView
from fulfillment.views.unshipped import CustomersPage, UnshippedCustomerView, UnshippedPage, UnshippedSkuView

router = Router()

Reading = Annotated[Edge, needs("delivery.read")]
Writing = Annotated[Edge, needs("delivery.write")]

CLOSING = (
    "AMBIGUOUS_LINE",
    "NOTHING_OPEN",
    "ORDER_NOT_CONVERTED",
    "QTY_EXCEEDS_OPEN",
    "REASON_REQUIRED",
    "UNKNOWN_LINE",
    "UNKNOWN_ORDER",
)


class CloseLineRequest(RequestModel):
    """Pieces of one line or SKU of the order; without quantity: all that is free."""

    line_id: UUID | None = None
    line_no: LineNumber | None = None
    sku_code: SkuCode | None = None
    quantity: Pieces | None = None

    def ask(self, order: OrderRef, field: str) -> LineAsk:
        line_id = None if self.line_id is None else OrderLineId(self.line_id)
        return LineAsk(order, self.quantity, line_id, self.line_no, self.sku_code, field)


class CloseShortRequest(OrderPart):
    """Close quantities of one order for good (FUL-015); without lines: everything free."""

    lines: list[CloseLineRequest] = Field(default_factory=list, max_length=10_000)
    reason: Reason
    closed_on: BusinessDate | None = None

    def command(self) -> CloseShort:
        lines = tuple(line.ask(self.order, f"/lines/{at}") for at, line in enumerate(self.lines))
        return CloseShort(self.order, self.reason, lines, self.closed_on)


@router.get("/v1/unshipped-skus")
async def list_unshipped_skus(page: Annotated[UnshippedPage, Query()], edge: Reading) -> Listing[UnshippedSkuView]:
    async def reader(tx: Tx) -> tuple[Sequence[UnshippedSkuView], str | None]:
        return await views.skus(tx, page, await business_day(tx))

    return await edge.page(reader)


@router.get("/v1/unshipped-customers")
async def list_unshipped_customers(
    page: Annotated[CustomersPage, Query()], edge: Reading
) -> Listing[UnshippedCustomerView]:
    """The unshipped list added up per customer and currency."""

    async def reader(tx: Tx) -> tuple[Sequence[UnshippedCustomerView], str | None]:
        return await views.customers(tx, page, await business_day(tx))

    return await edge.page(reader)


@router.get("/v1/unshipped-closures")
async def list_unshipped_closures(page: Annotated[ClosurePage, Query()], edge: Reading) -> Listing[ClosureItem]:
    return await edge.page(lambda tx: closure_views.closures(tx, page))


@router.post("/v1/unshipped-closures", responses=problem_responses(*CLOSING))
async def close_unshipped_skus(body: Batch[CloseShortRequest], edge: Writing) -> Results[ClosureView]:
    """Irreversible; quantities on draft or issued notes are not free."""
    commands = [one.command() for one in body]
    return await edge.many(lambda tx: closures.close(tx, commands), _closure)


@router.get("/v1/order-charges")
async def list_order_charges(page: Annotated[ChargePage, Query()], edge: Reading) -> Listing[OrderChargeView]:
    return await edge.page(lambda tx: charge_views.charges(tx, page))


def _closure(closed: Closed) -> ClosureView:
    return closure_views.closure(closed.event, closed.order)
