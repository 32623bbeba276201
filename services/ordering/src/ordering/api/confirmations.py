"""Order confirmations (OC): make, adjust, confirm; one by one and in bulk (ORD-070…079)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chassis.http import Batch, Edge, Results, Router, needs, problem_responses
from ordering.api.masters import with_masters
from ordering.api.requests import ConfirmRequest, NamedConfirmRequest, NamedOcRequest, OcRequest
from ordering.api.waiting import until_all_stocked, until_stocked
from ordering.usecases import deeds
from ordering.usecases.confirmations import create_ocs
from ordering.views import orders as views
from ordering.views.models import OrderSummary, OrderView

router = Router()

OC = (
    "INVALID_STATE", "NOT_FOUND", "CONFLICT", "UNKNOWN_LINE", "AMBIGUOUS_LINE", "LINE_CHANGED_TWICE", "BAD_TAX_RATE",
    "BAD_PERIOD", "EMPTY_ORDER", "AMOUNT_TOO_LARGE", "NEGATIVE_TOTAL", "UNKNOWN_SKU", "PRODUCT_NOT_ORDERABLE",
    "NO_PRICE", "APPROVAL_REQUIRED", "CREDIT_LIMIT_EXCEEDED", "RATE_MISSING", "TOO_MANY_DECIMALS", "REQUIRED",
    "NAME_ONE", "NOT_PRORATABLE",
)  # fmt: skip
CONFIRMING = ("INVALID_STATE", "NOT_FOUND", "CONFLICT", "APPROVAL_REQUIRED", "CREDIT_LIMIT_EXCEEDED", "RATE_MISSING")
Confirming = Annotated[Edge, needs("oc.write")]


@router.post("/v1/orders/{order_id}/order-confirmation", status_code=201, responses=problem_responses(*OC))
@until_stocked
async def create_order_confirmation(order_id: UUID, body: OcRequest, edge: Confirming) -> OrderView:
    """Makes the next version of the order's confirmation, adjusted and confirmed in the same deed where asked."""
    command = body.command(order_id, edge.expected_version)
    return await with_masters(
        edge,
        lambda answers: edge.one(
            lambda tx: create_ocs(tx, [command], answers), lambda order: views.order_view(order, edge.told)
        ),
    )


@router.post("/v1/order-confirmations", responses=problem_responses(*OC))
@until_all_stocked
async def create_order_confirmations(body: Batch[NamedOcRequest], edge: Confirming) -> Results[OrderSummary]:
    """Makes confirmations of up to 1,000 orders; orders in other states are refused and listed (ORD-077)."""
    commands = [one.one() for one in body]
    return await with_masters(
        edge, lambda answers: edge.many(lambda tx: create_ocs(tx, commands, answers), views.summary)
    )


@router.post("/v1/orders/{order_id}/confirmation", responses=problem_responses(*CONFIRMING))
@until_stocked
async def confirm_order(order_id: UUID, body: ConfirmRequest, edge: Confirming) -> OrderView:
    """Fixes the OC's content; in automatic mode the order is converted at once (ORD-074, ORD-080)."""
    command = body.command(order_id, edge.expected_version)
    return await edge.one(lambda tx: deeds.confirm(tx, [command]), lambda order: views.order_view(order, edge.told))


@router.post("/v1/confirmations", responses=problem_responses(*CONFIRMING))
@until_all_stocked
async def confirm_orders(body: Batch[NamedConfirmRequest], edge: Confirming) -> Results[OrderSummary]:
    """Fixes the OCs of up to 1,000 orders."""
    return await edge.many(lambda tx: deeds.confirm(tx, [one.one() for one in body]), views.summary)
