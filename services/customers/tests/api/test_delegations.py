"""Billing delegations over HTTP."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Outbox, Tombstone
from contracts.customers import DelegationState
from services.customers.tests.api.calls import errors, many, refusals

PATH = "/v1/billing-delegations"


@pytest.mark.req("CUS-075", "CUS-076")
async def test_delegations_are_made_by_id_or_code_announced_shown_and_listed(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    ids = await many(client, "A1", "A2", "P1")
    await outbox.clear()

    answer = await client.post(
        PATH,
        json=[
            {"delegator_code": "a1", "delegatee_code": "P1"},
            {"delegator_id": ids["A2"], "delegatee_id": ids["P1"]},
        ],
    )

    assert refusals(answer) == []
    assert await outbox() == [
        DelegationState(delegator_id=UUID(ids[one]), delegatee_id=UUID(ids["P1"])) for one in ("A1", "A2")
    ]
    listed = (await client.get(PATH)).json()["items"]
    assert [(one["delegator_code"], one["delegatee_code"], one["version"]) for one in listed] == [
        ("A1", "P1", 1),
        ("A2", "P1", 1),
    ]
    delegator = (await client.get(f"/v1/customers/{ids['A1']}")).json()
    delegatee = (await client.get(f"/v1/customers/{ids['P1']}")).json()
    assert delegator["delegatee"] == {"customer_id": ids["P1"], "code": "P1"}
    assert (delegatee["delegatee"], delegatee["delegators"]) == (None, 2)


@pytest.mark.req("CUS-076")
async def test_chains_are_refused_within_one_call_and_name_the_customer(client: httpx.AsyncClient, maker: UUID) -> None:
    await many(client, "A1", "P1", "Q1")

    answer = await client.post(
        PATH,
        json=[
            {"delegator_code": "A1", "delegatee_code": "P1"},
            {"delegator_code": "P1", "delegatee_code": "Q1"},
            {"delegator_code": "Q1", "delegatee_code": "A1"},
            {"delegator_code": "Q1", "delegatee_code": "Q1"},
            {"delegator_code": "X1", "delegatee_code": "X2"},
        ],
    )

    assert refusals(answer) == [
        (1, "DELEGATION_CHAIN"),
        (2, "DELEGATION_CHAIN"),
        (3, "DELEGATION_SELF"),
        (4, "UNKNOWN_CUSTOMER"),
    ]
    chained = answer.json()["results"][1]["problem"]
    assert (chained["customer"], "P1" in chained["detail"]) == ("P1", True)
    unknown = answer.json()["results"][4]["problem"]["errors"]
    assert [(one["field"], one["value"]) for one in unknown] == [("/delegator_code", "X1"), ("/delegatee_code", "X2")]


@pytest.mark.req("CUS-077")
async def test_a_revocation_is_a_tombstone_and_the_version_goes_on(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    ids = await many(client, "A1", "P1", "Q1")
    await outbox.clear()

    for path, body in (
        (PATH, {"delegator_code": "A1", "delegatee_code": "P1"}),
        (PATH, {"delegator_code": "A1", "delegatee_code": "P1"}),
        (PATH, {"delegator_code": "A1", "delegatee_code": "Q1"}),
        ("/v1/billing-delegation-revocations", {"delegator_code": "A1"}),
        ("/v1/billing-delegation-revocations", {"delegator_code": "A1"}),
        (PATH, {"delegator_code": "A1", "delegatee_code": "P1"}),
    ):
        assert refusals(await client.post(path, json=[body])) == []

    delegator = UUID(ids["A1"])
    assert await outbox() == [
        DelegationState(delegator_id=delegator, delegatee_id=UUID(ids["P1"])),
        DelegationState(delegator_id=delegator, delegatee_id=UUID(ids["Q1"])),
        Tombstone("customers.delegation.v1", ids["A1"]),
        DelegationState(delegator_id=delegator, delegatee_id=UUID(ids["P1"])),
    ]
    assert [row["sequence"] for row in await outbox.messages()] == [1, 2, 3, 4]


async def test_a_revoked_delegation_is_not_listed(client: httpx.AsyncClient, maker: UUID) -> None:
    await many(client, "A1", "P1")
    await client.post(PATH, json=[{"delegator_code": "A1", "delegatee_code": "P1"}])

    [revoked] = (await client.post("/v1/billing-delegation-revocations", json=[{"delegator_code": "A1"}])).json()[
        "results"
    ]

    assert (revoked["item"]["delegatee_code"], revoked["item"]["version"]) == (None, 2)
    assert (await client.get(PATH)).json()["items"] == []


async def test_all_or_nothing_where_it_is_asked_for(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    await many(client, "A1", "P1")
    await outbox.clear()

    answer = await client.post(
        f"{PATH}?atomic=true",
        json=[{"delegator_code": "A1", "delegatee_code": "P1"}, {"delegator_code": "P1", "delegatee_code": "A1"}],
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "BATCH_REFUSED")
    assert await outbox() == []
    assert (await client.get(PATH)).json()["items"] == []


async def test_each_side_is_named_exactly_once(client: httpx.AsyncClient, maker: UUID) -> None:
    answer = await client.post(PATH, json=[{"delegator_code": "A1"}, {"delegatee_code": "A1"}])

    assert errors(answer) == [("ONE_REFERENCE", "/0"), ("ONE_REFERENCE", "/1")]


@pytest.mark.req("GEN-016")
async def test_the_list_filters_and_pages(client: httpx.AsyncClient, maker: UUID) -> None:
    ids = await many(client, "A1", "A2", "B1", "P1", "Q1")
    await client.post(
        PATH,
        json=[
            {"delegator_code": "A1", "delegatee_code": "P1"},
            {"delegator_code": "A2", "delegatee_code": "P1"},
            {"delegator_code": "B1", "delegatee_code": "Q1"},
        ],
    )

    async def delegators(query: str) -> list[str]:
        return [one["delegator_code"] for one in (await client.get(f"{PATH}?{query}")).json()["items"]]

    assert await delegators("delegatee_code=p1") == ["A1", "A2"]
    assert await delegators(f"delegatee_id={ids['Q1']}") == ["B1"]
    assert await delegators("delegator_code=A2") == ["A2"]
    assert await delegators(f"delegator_id={ids['B1']}") == ["B1"]
    cursor = (await client.get(f"{PATH}?limit=2")).json()["next_cursor"]
    assert await delegators(f"limit=2&cursor={cursor}") == ["B1"]
