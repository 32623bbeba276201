"""The operator makes makers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from chassis.service import Service
from chassis.testing.http import Tokens, codes_without_text
from chassis.testing.messages import Deliver, Outbox
from contracts.customers import CreateMaker, MakerState, MembershipState
from contracts.wire import Message

MakerBuilder = Callable[..., dict[str, object]]


async def make(client: httpx.AsyncClient, tokens: Tokens, body: dict[str, object]) -> httpx.Response:
    return await client.post("/v1/makers", json=body, headers=tokens.of_operator())


def maker_state(maker_id: UUID) -> MakerState:
    return MakerState.model_validate(
        {
            "maker_id": maker_id,
            "name": "株式会社おろし",
            "time_zone": "Asia/Tokyo",
            "default_language": "ja",
            "default_currency": "JPY",
            "currencies": ["JPY"],
            "price_rounding": "floor",
            "price_tax_mode": "exclusive",
            "unshipped_creation": "automatic",
            "bill_from": "issued",
            "strict_import": False,
            "auto_confirm_matches": False,
            "bank_fee_tolerance": "880",
        }
    )


@pytest.mark.req("CUS-002")
async def test_a_new_maker_is_asked_of_customers_once(
    client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder, outbox: Outbox
) -> None:
    answer = await make(client, tokens, a_maker())

    assert answer.status_code == 201
    assert answer.json()["state"] == "CREATING"
    maker_id = UUID(answer.json()["maker_id"])
    assert await outbox() == [
        CreateMaker(maker_id=maker_id, name="株式会社おろし", owner_email="owner@shop.example", owner_name="持主")
    ]


async def test_the_operator_may_wait_until_the_maker_is_made(
    client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder, deliver: Deliver
) -> None:
    maker_id = (await make(client, tokens, a_maker())).json()["maker_id"]
    await deliver(Message(UUID(maker_id), maker_state(UUID(maker_id)), version=1))

    answer = await client.post("/v1/makers", json=a_maker(), headers={**tokens.of_operator(), "Prefer": "wait=5"})

    assert (answer.status_code, answer.json()["state"]) == (201, "ACTIVE")
    assert answer.headers["preference-applied"] == "wait=5"


@pytest.mark.req("GEN-007")
async def test_the_same_reference_gives_the_same_maker(
    client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder, deliver: Deliver
) -> None:
    first = (await make(client, tokens, a_maker())).json()
    maker_id = UUID(first["maker_id"])
    await deliver(Message(maker_id, maker_state(maker_id), version=1))

    second = (await make(client, tokens, a_maker())).json()

    assert second == {**first, "state": "ACTIVE"}


async def test_a_reference_cannot_be_used_for_another_maker(
    client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder
) -> None:
    await make(client, tokens, a_maker())
    answer = await make(client, tokens, a_maker(name="別の会社"))
    assert (answer.status_code, answer.json()["code"]) == (409, "REFERENCE_TAKEN")


async def test_everything_wrong_with_the_owner_is_told_at_once(
    client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder
) -> None:
    owner = {"email": "nobody", "name": "持主", "password": "short"}
    answer = await make(client, tokens, a_maker(owner=owner))
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["BAD_EMAIL", "PASSWORD_LENGTH"]


@pytest.mark.req("GEN-014")
async def test_only_the_operator_makes_makers(client: httpx.AsyncClient, tokens: Tokens, a_maker: MakerBuilder) -> None:
    answer = await client.post("/v1/makers", json=a_maker(), headers=tokens.of_owner())
    assert answer.status_code == 403


async def test_a_membership_that_ends_shuts_the_maker(
    client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str], a_maker: MakerBuilder, deliver: Deliver
) -> None:
    maker_id = UUID((await make(client, tokens, a_maker())).json()["maker_id"])
    ended = MembershipState(
        membership_id=UUID(int=5),
        maker_id=maker_id,
        email="owner@shop.example",
        name="持主",
        roles=("owner",),
        active=False,
    )
    await deliver(Message(maker_id, ended, version=2))

    answer = await client.post("/v1/tokens", json={"email": "owner@shop.example", "password": "correct horse battery"})

    assert (answer.status_code, answer.json()["code"]) == (403, "NO_MAKER")


def test_every_code_has_its_texts(service: Service) -> None:
    assert codes_without_text(service) == []
