"""Orders: place, list, read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query

from chassis.http import Batch, Edge, Listing, Refused, Results, Router, needs, problem_responses
from chassis.tx import Tx
from kernel.refusal import Refusal
from ordering.api.masters import with_masters
from ordering.api.requests import PlaceOrderRequest
from ordering.store.orders import load_orders
from ordering.usecases.placing import place_orders
from ordering.views import orders as views
from ordering.views.models import ConfirmationDocument, DeedView, OrderSummary, OrderView, SourceView
from ordering.views.orders import OrderSearch

router = Router()
T = TypeVar("T")

PLACING = (
    "UNKNOWN_CUSTOMER", "CUSTOMER_INACTIVE", "UNKNOWN_SKU", "PRODUCT_NOT_ORDERABLE", "NO_PRICE", "BAD_TAX_RATE",
    "UNKNOWN_SHIP_TO", "BAD_PERIOD", "DUPLICATE_ORDER_NO", "PRORATE_EXCEEDS", "AMOUNT_TOO_LARGE", "NEGATIVE_TOTAL",
    "EMPTY_ORDER", "CURRENCY_UNSUPPORTED", "NOT_PRORATABLE", "TOO_MANY_DECIMALS", "REQUIRED", "NAME_ONE",
)  # fmt: skip
Reading = Annotated[Edge, needs("order.read")]
Writing = Annotated[Edge, needs("order.write")]


@router.post("/v1/orders", status_code=201, responses=problem_responses(*PLACING))
async def place_order(body: PlaceOrderRequest, edge: Writing) -> OrderView:
    """Places one order. Over the credit limit it is accepted with a warning and waits for an override (ORD-016)."""
    _may_price(edge, [body])
    return await with_masters(
        edge,
        lambda answers: edge.one(
            lambda tx: place_orders(tx, [body.asked()], answers), lambda order: views.order_view(order, edge.told)
        ),
    )


@router.post("/v1/order-batches", responses=problem_responses(*PLACING))
async def place_many(body: Batch[PlaceOrderRequest], edge: Writing) -> Results[OrderSummary]:
    """Places up to 1,000 orders; refused ones are reported, the others stand."""
    _may_price(edge, body)
    asked = [one.asked() for one in body]
    return await with_masters(
        edge, lambda answers: edge.many(lambda tx: place_orders(tx, asked, answers), views.summary)
    )


@router.get("/v1/orders")
async def list_orders(search: Annotated[OrderSearch, Query()], edge: Reading) -> Listing[OrderSummary]:
    """Orders, newest first unless sorted otherwise."""
    return await edge.page(lambda tx: views.list_orders(tx, search))


@router.get("/v1/orders/{order_id}")
async def get_order(order_id: UUID, edge: Reading) -> OrderView:
    """One order with lines, charges, totals per rate, warnings, OC versions and delivery progress."""

    async def reader(tx: Tx) -> OrderView | None:
        order = (await load_orders(tx, [order_id], lock=False)).get(order_id)
        return views.order_view(order, edge.told) if order else None

    return await edge.read(reader)


@router.get("/v1/orders/{order_id}/order-confirmations")
async def list_order_confirmations(order_id: UUID, edge: Reading) -> Listing[ConfirmationDocument]:
    """Every version of the order's confirmation, oldest first, each with what it shows (ORD-073)."""

    async def reader(tx: Tx) -> tuple[list[ConfirmationDocument], None]:
        orders = await load_orders(tx, [order_id], lock=False)
        return views.confirmation_documents(_found(orders.get(order_id))), None

    return await edge.page(reader)


@router.get("/v1/orders/{order_id}/deeds")
async def list_deeds(order_id: UUID, edge: Reading) -> Listing[DeedView]:
    """Overrides, holds, cancellations and the like with their reasons, oldest first."""

    async def reader(tx: Tx) -> tuple[list[DeedView], None]:
        return _found(await views.list_deeds(tx, order_id)), None

    return await edge.page(reader)


@router.get("/v1/orders/{order_id}/source")
async def get_source(order_id: UUID, edge: Reading) -> SourceView:
    """The file rows an imported order was made from, cell by cell (INT-056)."""
    return await edge.read(lambda tx: views.find_source(tx, order_id))


def _found(what: T | None) -> T:
    if what is None:
        raise Refused(Refusal("NOT_FOUND"))
    return what


def _may_price(edge: Edge, orders: Sequence[PlaceOrderRequest]) -> None:
    if any(order.overrides for order in orders) and not edge.caller.may("order.price"):
        raise Refused(Refusal("FORBIDDEN", {"permission": "order.price"}))
