"""Billable notes: the list, and what people decide about a note before it is billed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

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
from invoicing.api.requests import Reason, RefText
from invoicing.core.billable import Defer, Exempt, LiftExemption, SourceKind
from invoicing.usecases import billables
from invoicing.usecases.billables import Change
from invoicing.usecases.common import named
from invoicing.views import billables as views
from invoicing.views.billables import BillableSearch, BillableStateView, BillableView

router = Router()
_REFUSALS = problem_responses("NOT_FOUND", "SOURCE_ALREADY_USED", "INVALID_STATE")

Reading = Annotated[Edge, needs("invoice.read")]
Creating = Annotated[Edge, needs("invoice.create")]


class DeferRequest(RequestModel):
    """次回請求: leave the note out of closing runs up to and including `past`."""

    past: BusinessDate


class ExemptRequest(RequestModel):
    """Never bill the note, and why."""

    reason: Reason


class DeferralRequest(RequestModel):
    """One note of many; `past` null takes the mark off."""

    note: RefText
    kind: SourceKind = SourceKind.DELIVERY_NOTE
    past: BusinessDate | None

    def change(self, index: int) -> Change:
        return Change(named(self.note), Defer(self.past), self.kind, f"/{index}/note")


class ExemptionRequest(RequestModel):
    """One note of many; `reason` null lifts the exemption."""

    note: RefText
    kind: SourceKind = SourceKind.DELIVERY_NOTE
    reason: Reason | None

    def change(self, index: int) -> Change:
        command = LiftExemption() if self.reason is None else Exempt(self.reason)
        return Change(named(self.note), command, self.kind, f"/{index}/note")


@router.get("/v1/billable-notes")
async def list_billable_notes(search: Annotated[BillableSearch, Query()], edge: Reading) -> Listing[BillableView]:
    return await edge.page(lambda tx: views.list_billables(tx, search))


@router.get("/v1/billable-notes/{billable_id}", responses=problem_responses("NOT_FOUND"))
async def get_billable_note(billable_id: UUID, edge: Reading) -> BillableView:
    return await edge.read(lambda tx: views.find_billable(tx, billable_id))


@router.post("/v1/billable-notes/{billable_id}/deferral", responses=_REFUSALS)
async def defer_note(billable_id: UUID, body: DeferRequest, edge: Creating) -> BillableStateView:
    change = Change(billable_id, Defer(body.past))
    return await edge.one(lambda tx: billables.change(tx, [change]), view=views.state_view)


@router.delete("/v1/billable-notes/{billable_id}/deferral", responses=_REFUSALS)
async def take_deferral_off(billable_id: UUID, edge: Creating) -> BillableStateView:
    change = Change(billable_id, Defer(None))
    return await edge.one(lambda tx: billables.change(tx, [change]), view=views.state_view)


@router.post("/v1/billable-notes/{billable_id}/exemption", responses=_REFUSALS)
async def exempt_note(billable_id: UUID, body: ExemptRequest, edge: Creating) -> BillableStateView:
    change = Change(billable_id, Exempt(body.reason))
    return await edge.one(lambda tx: billables.change(tx, [change]), view=views.state_view)


@router.delete("/v1/billable-notes/{billable_id}/exemption", responses=_REFUSALS)
async def lift_exemption(billable_id: UUID, edge: Creating) -> BillableStateView:
    change = Change(billable_id, LiftExemption())
    return await edge.one(lambda tx: billables.change(tx, [change]), view=views.state_view)


@router.post("/v1/billable-deferrals", responses=_REFUSALS)
async def defer_notes(body: Batch[DeferralRequest], edge: Creating) -> Results[BillableStateView]:
    changes = [one.change(index) for index, one in enumerate(body)]
    return await edge.many(lambda tx: billables.change(tx, changes), view=views.state_view)


@router.post("/v1/billable-exemptions", responses=_REFUSALS)
async def exempt_notes(body: Batch[ExemptionRequest], edge: Creating) -> Results[BillableStateView]:
    changes = [one.change(index) for index, one in enumerate(body)]
    return await edge.many(lambda tx: billables.change(tx, changes), view=views.state_view)
