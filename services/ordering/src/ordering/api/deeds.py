"""Deeds on orders, each for one and in bulk: assign, override, approve, reject, convert, reopen, cancel, hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from chassis.http import Batch, Edge, Results, Router, needs, problem_responses
from ordering.api.masters import with_masters
from ordering.api.requests import (
    ApproveRequest,
    AssignRequest,
    NamedApproveRequest,
    NamedAssignRequest,
    NamedNoteRequest,
    NamedReasonRequest,
    NoteRequest,
    ReasonRequest,
)
from ordering.api.waiting import until_all_stocked, until_stocked
from ordering.usecases import deeds
from ordering.usecases.deeds import ConfirmOrder, OnOrder, PlainDeed
from ordering.views import orders as views
from ordering.views.models import OrderSummary, OrderView

router = Router()

COMMON = ("INVALID_STATE", "NOT_FOUND", "CONFLICT", "REQUIRED", "NAME_ONE")
Writing = Annotated[Edge, needs("order.write")]
Confirming = Annotated[Edge, needs("oc.write")]
Overriding = Annotated[Edge, needs("credit.override")]
Holding = Annotated[Edge, needs("credit.hold")]
_common = problem_responses(*COMMON)
_assigning = problem_responses(*COMMON, "UNKNOWN_CUSTOMER", "PRORATE_EXCEEDS", "AMOUNT_TOO_LARGE", "NEGATIVE_TOTAL")
_overriding = problem_responses(*COMMON, "NOT_OVER_LIMIT")
_reopening = problem_responses(*COMMON, "OC_LOCKED")
_cancelling = problem_responses(*COMMON, "UNSHIPPED_EXISTS")


@router.post("/v1/orders/{order_id}/assignment", responses=_assigning)
async def assign_customer(order_id: UUID, body: AssignRequest, edge: Writing) -> OrderView:
    """Gives a held order its customer: master fields are filled, rates applied anew, credit checked (ORD-064)."""
    command = body.command(order_id, edge.expected_version)
    return await with_masters(
        edge,
        lambda answers: edge.one(
            lambda tx: deeds.assign(tx, [command], answers), lambda order: views.order_view(order, edge.told)
        ),
    )


@router.post("/v1/order-assignments", responses=_assigning)
async def assign_customers(body: Batch[NamedAssignRequest], edge: Writing) -> Results[OrderSummary]:
    commands = [one.one() for one in body]
    return await with_masters(
        edge, lambda answers: edge.many(lambda tx: deeds.assign(tx, commands, answers), views.summary)
    )


@router.post("/v1/orders/{order_id}/credit-override", responses=_overriding)
async def override_credit(order_id: UUID, body: ReasonRequest, edge: Overriding) -> OrderView:
    """Lets an order over the credit limit pass; the reason is kept (CUS-060)."""
    return await _one(edge, PlainDeed.OVERRIDE_CREDIT, body.command(order_id, edge.expected_version))


@router.post("/v1/credit-overrides", responses=_overriding)
async def override_credits(body: Batch[NamedReasonRequest], edge: Overriding) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.OVERRIDE_CREDIT, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/approval", responses=_common)
@until_stocked
async def approve_order(order_id: UUID, body: ApproveRequest, edge: Confirming) -> OrderView:
    """Approves the OC by hand; in automatic mode this confirms too, unless the order is over the limit (ORD-072)."""
    return await _approve_one(edge, body.command(order_id, edge.expected_version))


@router.post("/v1/order-approvals", responses=_common)
@until_all_stocked
async def approve_orders(body: Batch[NamedApproveRequest], edge: Confirming) -> Results[OrderSummary]:
    return await edge.many(lambda tx: deeds.approve(tx, [one.one() for one in body]), views.summary)


@router.post("/v1/orders/{order_id}/rejection", responses=_common)
async def reject_order(order_id: UUID, body: ReasonRequest, edge: Confirming) -> OrderView:
    """The buyer does not agree to the OC; it can be revised or the order cancelled (ORD-073)."""
    return await _one(edge, PlainDeed.REJECT, body.command(order_id, edge.expected_version))


@router.post("/v1/order-rejections", responses=_common)
async def reject_orders(body: Batch[NamedReasonRequest], edge: Confirming) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.REJECT, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/conversion", responses=_common)
@until_stocked
async def convert_order(order_id: UUID, body: NoteRequest, edge: Confirming) -> OrderView:
    """Turns a confirmed order into unshipped SKUs, in manual mode (ORD-080)."""
    return await _one(edge, PlainDeed.CONVERT, body.command(order_id, edge.expected_version))


@router.post("/v1/order-conversions", responses=_common)
@until_all_stocked
async def convert_orders(body: Batch[NamedNoteRequest], edge: Confirming) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.CONVERT, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/reopening", responses=_reopening)
async def reopen_order(order_id: UUID, body: NoteRequest, edge: Confirming) -> OrderView:
    """Opens the OC for an update while nothing outside ordering refers to it (ORD-076)."""
    return await _one(edge, PlainDeed.REOPEN, body.command(order_id, edge.expected_version))


@router.post("/v1/order-reopenings", responses=_reopening)
async def reopen_orders(body: Batch[NamedNoteRequest], edge: Confirming) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.REOPEN, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/cancellation", responses=_cancelling)
async def cancel_order(order_id: UUID, body: ReasonRequest, edge: Writing) -> OrderView:
    """Cancels for good, as long as no unshipped SKUs exist (ORD-082, ORD-083)."""
    return await _one(edge, PlainDeed.CANCEL, body.command(order_id, edge.expected_version))


@router.post("/v1/order-cancellations", responses=_cancelling)
async def cancel_orders(body: Batch[NamedReasonRequest], edge: Writing) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.CANCEL, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/hold", responses=_common)
async def hold_order(order_id: UUID, body: ReasonRequest, edge: Holding) -> OrderView:
    """Sets the order's own hold: it can be confirmed but not shipped (ORD-075)."""
    return await _one(edge, PlainDeed.HOLD, body.command(order_id, edge.expected_version))


@router.post("/v1/order-holds", responses=_common)
async def hold_orders(body: Batch[NamedReasonRequest], edge: Holding) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.HOLD, [one.one() for one in body])


@router.post("/v1/orders/{order_id}/hold-release", responses=_common)
async def release_order(order_id: UUID, body: NoteRequest, edge: Holding) -> OrderView:
    """Releases the order's own hold (ORD-075)."""
    return await _one(edge, PlainDeed.RELEASE, body.command(order_id, edge.expected_version))


@router.post("/v1/order-hold-releases", responses=_common)
async def release_orders(body: Batch[NamedNoteRequest], edge: Holding) -> Results[OrderSummary]:
    return await _many(edge, PlainDeed.RELEASE, [one.one() for one in body])


async def _one(edge: Edge, deed: PlainDeed, command: OnOrder) -> OrderView:
    return await edge.one(lambda tx: deeds.do(tx, deed, [command]), lambda order: views.order_view(order, edge.told))


async def _many(edge: Edge, deed: PlainDeed, commands: Sequence[OnOrder]) -> Results[OrderSummary]:
    return await edge.many(lambda tx: deeds.do(tx, deed, commands), views.summary)


async def _approve_one(edge: Edge, command: ConfirmOrder) -> OrderView:
    return await edge.one(lambda tx: deeds.approve(tx, [command]), lambda order: views.order_view(order, edge.told))
