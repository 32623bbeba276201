"""A repeated call gets the first one's answer and has no second effect (GEN-007, INT-081)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.database import Database, Role

Trial = Callable[..., dict[str, Any]]


async def effects(database: Database) -> int:
    async with database.connection(Role.WORKER) as connection:
        return int((await connection.exec_driver_sql("select count(*) from orders")).scalar_one())


def key(value: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": value}


@pytest.mark.req("GEN-007")
async def test_a_repeated_call_gets_the_same_bytes_and_no_second_effect(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    first = await client.post("/v1/trials", json=trial(), headers=key())
    again = await client.post("/v1/trials", json=trial(), headers=key())

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (first.headers["etag"], first.headers["content-type"]) == (
        again.headers["etag"],
        again.headers["content-type"],
    )
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await effects(database) == 1


@pytest.mark.req("GEN-007")
async def test_twenty_calls_at_once_have_one_effect(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    body = trial(behaviour="sleep")

    answers = await asyncio.gather(*(client.post("/v1/trials", json=body, headers=key()) for _ in range(20)))

    done = [answer for answer in answers if answer.status_code == 201]
    in_flight = [answer for answer in answers if answer.status_code == 409]
    assert done
    assert len(done) + len(in_flight) == 20
    assert len({answer.content for answer in done}) == 1
    assert {answer.json()["code"] for answer in in_flight} <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert all(answer.headers["retry-after"] == "1" for answer in in_flight)
    assert await effects(database) == 1


async def test_a_bulk_call_is_repeated_as_a_whole(client: httpx.AsyncClient, trial: Trial, database: Database) -> None:
    body = {"trials": [trial("A-1"), trial("A-2", behaviour="refused")]}

    first = await client.post("/v1/trial-batches", json=body, headers=key())
    again = await client.post("/v1/trial-batches", json=body, headers=key())

    assert first.content == again.content
    assert await effects(database) == 1


@pytest.mark.req("GEN-007")
async def test_another_request_under_the_same_key_is_refused(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    await client.post("/v1/trials", json=trial(), headers=key())

    other_body = await client.post("/v1/trials", json=trial("A-2"), headers=key())
    other_query = await client.post("/v1/trials?dry_run=false", json=trial(), headers=key())

    for answer in (other_body, other_query):
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await effects(database) == 1


async def test_the_same_key_means_another_thing_on_another_route_and_for_another_maker(
    client: httpx.AsyncClient, trial: Trial, database: Database, tokens: Any
) -> None:
    await client.post("/v1/trials", json=trial(), headers=key())

    elsewhere = await client.post("/v1/counted-trials", json=trial(), headers=key())
    stranger = await client.post("/v1/trials", json=trial(), headers={**tokens.of_owner(uuid4()), **key()})

    assert (elsewhere.status_code, stranger.status_code) == (200, 201)
    assert await effects(database) == 3


async def test_the_same_key_on_another_id_of_the_same_route_is_another_request(
    client: httpx.AsyncClient, trial: Trial
) -> None:
    first, second = [(await client.post("/v1/trials", json=trial())).json()["order_id"] for _ in range(2)]

    assert (await client.put(f"/v1/trials/{first}", json=trial(), headers=key())).status_code == 200
    assert (await client.put(f"/v1/trials/{second}", json=trial(), headers=key())).status_code == 422


@pytest.mark.parametrize("behaviour", ["refused", "crash", "away"])
async def test_what_did_not_succeed_is_not_kept(
    client: httpx.AsyncClient, trial: Trial, database: Database, behaviour: str
) -> None:
    failed = await client.post("/v1/trials", json=trial(behaviour=behaviour), headers=key())
    corrected = await client.post("/v1/trials", json=trial(), headers=key())

    assert failed.status_code >= 400
    assert corrected.status_code == 201
    assert await effects(database) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("k", 201),
        ("x" * 255, 201),
        ("a b", 201),
        ("x" * 256, 400),
        ("", 400),
        (" ", 400),
        ("a\tb", 400),
        ("ключ", 400),
        ("\x7f", 400),
    ],
)
async def test_a_key_is_1_to_255_printable_ascii_characters(
    client: httpx.AsyncClient, trial: Trial, sent: str, status: int
) -> None:
    answer = await client.post("/v1/trials", json=trial(), headers={b"Idempotency-Key": sent.encode()})

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "IDEMPOTENCY_KEY_INVALID"


async def test_a_key_of_the_wrong_form_is_refused_in_a_dry_run_too(client: httpx.AsyncClient, trial: Trial) -> None:
    headers = {"Idempotency-Key": "k" * 256}
    answer = await client.post("/v1/trials", json=trial(), params={"dry_run": "true"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_INVALID")


async def test_two_keys_are_no_key(client: httpx.AsyncClient, trial: Trial) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

    assert (await client.post("/v1/trials", json=trial(), headers=headers)).status_code == 400


async def test_a_form_is_recognised_although_its_boundary_differs(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def send(content: bytes, note: str = "n") -> httpx.Response:
        return await client.post("/v1/files", files={"file": ("a.txt", content)}, data={"note": note}, headers=key())

    first, again = await send(b"abc"), await send(b"abc")
    other_content, other_field = await send(b"abd"), await send(b"abc", "m")

    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert [other_content.status_code, other_field.status_code] == [422, 422]
