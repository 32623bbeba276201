"""What other services ask when a fact has not reached them yet (ARCHITECTURE §6)."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field

from chassis.http import Edge, Listing, RequestModel, Router, View, needs_service
from chassis.tx import Tx
from customers import announce
from customers.core.fields import bad_customer_code
from customers.usecases import reading

router = Router(include_in_schema=False)

_MOST: Final = 50_000
"""A whole order file of unknown codes is one question."""


class WhichCustomers(RequestModel):
    """By code, by id, or both. What is no code at all is simply not found."""

    codes: Annotated[list[Annotated[str, Field(max_length=1_000)]], Field(max_length=_MOST)] | None = None
    ids: Annotated[list[UUID], Field(max_length=_MOST)] | None = None


class WhichMakers(RequestModel):
    ids: Annotated[list[UUID], Field(max_length=100)]


class CustomerFact(View):
    """A customer as its states say it; the versions are those of the state messages."""

    version: int
    state: dict[str, Any]
    terms: dict[str, Any] | None
    terms_version: int
    delegatee_id: UUID | None
    delegation_version: int


class MakerFact(View):
    version: int
    state: dict[str, Any]


@router.post("/internal/customers")
async def tell_customers(body: WhichCustomers, edge: Annotated[Edge, needs_service()]) -> Listing[CustomerFact]:
    async def reader(tx: Tx) -> tuple[list[CustomerFact], None]:
        codes = [code for code in body.codes or () if not any(bad_customer_code(code, path=""))]
        found = {one.customer.customer_id: one for one in await reading.find_by_codes(tx, codes)}
        found |= {one.customer.customer_id: one for one in await reading.find(tx, body.ids or ())}
        return [_customer(one) for one in found.values()], None

    return await edge.page(reader)


@router.post("/internal/makers")
async def tell_makers(body: WhichMakers, edge: Annotated[Edge, needs_service()]) -> Listing[MakerFact]:
    """The maker of the call, if it is among those asked for."""

    async def reader(tx: Tx) -> tuple[list[MakerFact], None]:
        maker = await reading.find_maker(tx) if tx.maker_id in body.ids else None
        if maker is None:
            return [], None
        state = announce.maker_state(maker).model_dump(mode="json")
        return [MakerFact(version=maker.version, state=state)], None

    return await edge.page(reader)


def _customer(found: reading.Found) -> CustomerFact:
    agreed = found.terms.agreed
    terms = announce.terms_state(found.customer.customer_id, agreed) if agreed else None
    return CustomerFact(
        version=found.customer.version,
        state=announce.customer_state(found.customer).model_dump(mode="json"),
        terms=terms.model_dump(mode="json") if terms else None,
        terms_version=found.terms.version,
        delegatee_id=found.delegatee_id,
        delegation_version=found.delegation_version,
    )
