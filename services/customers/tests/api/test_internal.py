"""What other services may ask, and nobody else."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest

from chassis.database import Database
from chassis.testing.http import Tokens
from chassis.testing.messages import Outbox
from contracts.customers import CustomerState, MakerState, TermsState
from services.customers.tests import worlds
from services.customers.tests.api.calls import many, registered


@pytest.mark.req("GEN-005")
async def test_services_get_customers_by_code_and_id_as_their_states_say_them(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, outbox: Outbox
) -> None:
    terms = {"closing_day": 20, "payment_month_offset": 1, "payment_day": 0}
    customer = await registered(client, terms=terms)
    [state, agreed] = await outbox()
    ids = await many(client, "A1", "P1")
    await client.post("/v1/billing-delegations", json=[{"delegator_code": "A1", "delegatee_code": "P1"}])

    answer = await client.post(
        "/internal/customers",
        json={
            "codes": ["k101x", "NOBODY", "株式会社", "a\x00b"],
            "ids": [ids["A1"], str(uuid4()), customer["customer_id"]],
        },
        headers=tokens.of_service(maker),
    )

    assert answer.status_code == 200, answer.text
    first, second = answer.json()["items"]
    assert (first["version"], first["terms_version"], first["delegatee_id"]) == (1, 1, None)
    assert CustomerState.model_validate(first["state"]) == state
    assert TermsState.model_validate(first["terms"]) == agreed
    assert (second["state"]["code"], second["terms"], second["terms_version"]) == ("A1", None, 0)
    assert (second["delegatee_id"], second["delegation_version"]) == (ids["P1"], 1)


@pytest.mark.req("GEN-005", "GEN-014")
async def test_only_services_ask_and_only_about_the_maker_they_name(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, database: Database
) -> None:
    customer = await registered(client)
    other = uuid4()
    await worlds.create_maker(database, other)
    question = {"codes": ["K101X"], "ids": [customer["customer_id"]]}

    as_owner = await client.post("/internal/customers", json=question)
    for_other = await client.post("/internal/customers", json=question, headers=tokens.of_service(other))

    assert (as_owner.status_code, as_owner.json()["code"]) == (403, "FORBIDDEN")
    assert for_other.json()["items"] == []


async def test_services_get_the_maker_they_name(client: httpx.AsyncClient, maker: UUID, tokens: Tokens) -> None:
    headers = tokens.of_service(maker)

    known = await client.post("/internal/makers", json={"ids": [str(maker), str(uuid4())]}, headers=headers)
    unknown = await client.post("/internal/makers", json={"ids": [str(uuid4())]}, headers=headers)

    [item] = known.json()["items"]
    assert (MakerState.model_validate(item["state"]).maker_id, item["version"]) == (maker, 2)
    assert unknown.json()["items"] == []


async def test_a_question_about_too_many_is_refused(client: httpx.AsyncClient, maker: UUID, tokens: Tokens) -> None:
    question = {"codes": ["A"] * 50_001}

    answer = await client.post("/internal/customers", json=question, headers=tokens.of_service(maker))

    assert answer.status_code == 422
