"""Routes of billing delegations (CUS-075…077)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import model_validator

from chassis.http import Batch, Edge, Listing, RequestModel, Results, Router, needs, problem_responses
from customers.api.bodies import Code, exactly_one
from customers.usecases import delegating
from customers.usecases.delegating import Related, Wish
from customers.usecases.refs import Ref
from customers.views import lists
from customers.views.lists import DelegationSearch, DelegationView

router = Router()

Sets = Annotated[Edge, needs("terms.write")]


class RevocationBody(RequestModel):
    """The delegator by id or by code, exactly one of them."""

    delegator_id: UUID | None = None
    delegator_code: Code | None = None

    @model_validator(mode="after")
    def _one_delegator(self) -> RevocationBody:
        return exactly_one(self, "delegator_id", "delegator_code")

    def delegator(self) -> Ref:
        path = "/delegator_id" if self.delegator_id else "/delegator_code"
        return Ref(self.delegator_id, self.delegator_code, path)


class DelegationBody(RevocationBody):
    """Delegator and delegatee, each by id or by code."""

    delegatee_id: UUID | None = None
    delegatee_code: Code | None = None

    @model_validator(mode="after")
    def _one_delegatee(self) -> DelegationBody:
        return exactly_one(self, "delegatee_id", "delegatee_code")

    def wish(self) -> Wish:
        path = "/delegatee_id" if self.delegatee_id else "/delegatee_code"
        return Wish(self.delegator(), Ref(self.delegatee_id, self.delegatee_code, path))


@router.post(
    "/v1/billing-delegations", responses=problem_responses("DELEGATION_CHAIN", "DELEGATION_SELF", "UNKNOWN_CUSTOMER")
)
async def delegate_billing(body: Batch[DelegationBody], edge: Sets) -> Results[DelegationView]:
    """Bills the delegators' future documents to their delegatees; never a chain (CUS-076)."""
    wishes = [one.wish() for one in body]
    return await edge.many(lambda tx: delegating.delegate(tx, wishes), _related)


@router.post("/v1/billing-delegation-revocations", responses=problem_responses("UNKNOWN_CUSTOMER"))
async def revoke_billing(body: Batch[RevocationBody], edge: Sets) -> Results[DelegationView]:
    """Bills the delegators' future documents to themselves again (CUS-077)."""
    wishes = [Wish(one.delegator(), None) for one in body]
    return await edge.many(lambda tx: delegating.delegate(tx, wishes), _related)


@router.get("/v1/billing-delegations")
async def list_delegations(
    search: Annotated[DelegationSearch, Query()], edge: Annotated[Edge, needs("customer.read")]
) -> Listing[DelegationView]:
    return await edge.page(lambda tx: lists.list_delegations(tx, search))


def _related(done: Related) -> DelegationView:
    return DelegationView(
        delegator_id=done.delegator_id,
        delegator_code=done.delegator_code,
        delegatee_id=done.delegatee_id,
        delegatee_code=done.delegatee_code,
        version=done.version,
    )
