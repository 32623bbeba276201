"""Several callers at once: what must hold for all of them together holds."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Outbox
from contracts.customers import CustomerState
from services.customers.tests.api.calls import ADDRESS, a_customer, many, registered


@pytest.mark.req("CUS-030", "GEN-006")
async def test_of_two_who_take_the_same_code_one_is_told(client: httpx.AsyncClient, maker: UUID) -> None:
    answers = await asyncio.gather(*(client.post("/v1/customers", json=a_customer("A1")) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers} == {"A1", "CUSTOMER_ID_TAKEN"}


@pytest.mark.req("CUS-030")
async def test_codes_generated_at_once_are_all_different(client: httpx.AsyncClient, maker: UUID) -> None:
    batch = [a_customer(None) for _ in range(5)]

    answers = await asyncio.gather(*(client.post("/v1/customer-batches", json=batch) for _ in range(4)))

    codes = [one["item"]["code"] for answer in answers for one in answer.json()["results"]]
    assert sorted(codes) == [f"C{number:06d}" for number in range(1, 21)]


@pytest.mark.req("CUS-076")
async def test_delegations_made_at_once_make_no_chain(client: httpx.AsyncClient, maker: UUID) -> None:
    people = ["A1", "A2", "A3", "A4"]
    await many(client, *people)
    ring = zip(people, [*people[1:], people[0]], strict=True)

    await asyncio.gather(
        *(
            client.post("/v1/billing-delegations", json=[{"delegator_code": one, "delegatee_code": other}])
            for one, other in ring
        )
    )

    made = (await client.get("/v1/billing-delegations")).json()["items"]
    assert made
    assert not {one["delegator_code"] for one in made} & {one["delegatee_code"] for one in made}


@pytest.mark.req("CUS-004")
async def test_two_owners_who_leave_at_once_leave_one(client: httpx.AsyncClient, maker: UUID, tokens: Tokens) -> None:
    client.headers.update(tokens.headers("member.manage", "member.read", "maker.own"))
    await client.post("/v1/members", json={"email": "second@maker.example", "name": "B", "roles": ["owner"]})
    owners = (await client.get("/v1/members")).json()["items"]

    answers = await asyncio.gather(
        *(client.patch(f"/v1/members/{one['membership_id']}", json={"active": False}) for one in owners)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len((await client.get("/v1/members?active=true")).json()["items"]) == 1


@pytest.mark.req("CUS-035", "GEN-006")
async def test_ship_tos_added_at_once_are_all_kept_and_told_in_order(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}/ship-tos"
    await outbox.clear()

    answers = await asyncio.gather(*(client.post(path, json={"address": ADDRESS}) for _ in range(4)))

    assert sorted(answer.json()["number"] for answer in answers) == [1, 2, 3, 4]
    told = [one for one in await outbox() if isinstance(one, CustomerState)]
    assert [len(one.ship_tos) for one in told] == [1, 2, 3, 4]
    assert [row["sequence"] for row in await outbox.messages()] == [2, 3, 4, 5]
