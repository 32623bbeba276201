"""`Prefer: wait=N`: who prefers to wait is answered the end of what goes on as messages, if it comes in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.database import Database, Role
from chassis.http.shell import shell_of
from chassis.http.waiting import LONGEST_SECONDS, MOST_AT_ONCE, preferred_seconds

Trial = Callable[..., dict[str, Any]]


def prefer(seconds: object, **more: str) -> dict[str, str]:
    return {"Prefer": f"wait={seconds}", **more}


async def grow(database: Database, *numbers: str) -> None:
    """What a message would do: as soon as the orders are there, they grow, one version on."""
    left = list(numbers)
    while left:
        async with database.connection(Role.WORKER) as connection:
            grown = await connection.exec_driver_sql(
                "update orders set amount = 2000, version = 2 where number = any($1::text[]) returning number", (left,)
            )
            there = set(grown.scalars())
            await connection.commit()
        left = [number for number in left if number not in there]
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["wait=2"], 2),
        (['Wait = "3"; strict'], 3),
        (["respond-async, wait=4"], 4),
        (["return=minimal", "wait=5"], 5),
        (['x="a, wait=6", wait=7'], 7),
        (["wait=8, wait=9"], 8),
        (["wait=999"], LONGEST_SECONDS),
        ([], 0),
        (["wait"], 0),
        (["wait=soon, wait=2"], 0),
        (["wait=-1"], 0),
        (["wait=2.5"], 0),
        (["wait=" + "9" * 100], 0),
        (['"', "=,;", "wait==1"], 0),
    ],
)
def test_the_first_wait_counts_and_what_cannot_be_read_is_no_preference(headers: list[str], seconds: int) -> None:
    assert preferred_seconds(headers) == seconds


async def test_who_prefers_to_wait_is_answered_the_end(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    began = time.monotonic()
    answer, _ = await asyncio.gather(
        client.post("/v1/slow-trials", json=trial(), headers=prefer(8)), grow(database, "A-1")
    )

    assert (answer.status_code, answer.json()["amount"]) == (201, "2000")
    assert (answer.headers["preference-applied"], answer.headers["etag"]) == ("wait=8", '"2"')
    assert time.monotonic() - began < 4


async def test_when_the_time_is_up_the_answer_is_the_usual_one(client: httpx.AsyncClient, trial: Trial) -> None:
    began = time.monotonic()
    answer = await client.post("/v1/slow-trials", json=trial(), headers=prefer(1))

    assert (answer.status_code, answer.json()["amount"]) == (201, "100")
    assert answer.headers["preference-applied"] == "wait=1"
    assert 0.8 < time.monotonic() - began < 2.5


@pytest.mark.parametrize("asked", [{}, prefer(0), prefer("soon"), {"Prefer": "respond-async"}])
async def test_who_does_not_prefer_to_wait_is_answered_at_once(
    client: httpx.AsyncClient, trial: Trial, laboratory: Any, asked: dict[str, str]
) -> None:
    answer = await client.post("/v1/slow-trials", json=trial(), headers=asked)

    assert (answer.status_code, laboratory.looks) == (201, [])
    assert "preference-applied" not in answer.headers


async def test_a_route_without_an_end_and_a_refusal_are_not_waited_for(
    client: httpx.AsyncClient, trial: Trial, laboratory: Any
) -> None:
    plain = await client.post("/v1/trials", json=trial(), headers=prefer(5))
    refused = await client.post("/v1/slow-trials", json=trial(behaviour="refused"), headers=prefer(5))

    assert (plain.status_code, refused.status_code, laboratory.looks) == (201, 422, [])
    assert "preference-applied" not in {**plain.headers, **refused.headers}


async def test_of_many_only_those_on_their_way_are_looked_at_again(
    client: httpx.AsyncClient, trial: Trial, database: Database, laboratory: Any
) -> None:
    trials = [trial("A-1", amount="5000"), trial("A-2", behaviour="refused"), trial("A-3")]
    answer, _ = await asyncio.gather(
        client.post("/v1/slow-trial-batches", json={"trials": trials}, headers=prefer(8)), grow(database, "A-3")
    )

    first, refused, third = answer.json()["results"]
    assert (first["item"]["amount"], refused["problem"]["code"], third["item"]["amount"]) == (
        "5000",
        "NOTHING_ORDERED",
        "2000",
    )
    assert (answer.json()["accepted"], answer.headers["preference-applied"]) == (2, "wait=8")
    assert laboratory.looks[0] == 2
    assert set(laboratory.looks[1:]) <= {1}


async def test_waiting_calls_hold_no_connection_between_two_looks(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    numbers = [f"A-{n}" for n in range(40)]  # far more than the pool has connections
    waiting = [client.post("/v1/slow-trials", json=trial(number), headers=prefer(8)) for number in numbers]

    *answers, _ = await asyncio.gather(*waiting, grow(database, *numbers))

    assert {(answer.status_code, answer.json()["amount"]) for answer in answers if answer} == {(201, "2000")}


@pytest.mark.req("GEN-007")
async def test_a_repeated_call_may_wait_too_and_without_the_wish_gets_the_same_bytes(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await client.post("/v1/slow-trials", json=trial(), headers=key)
    await grow(database, "A-1")

    waited = await client.post("/v1/slow-trials", json=trial(), headers=prefer(5, **key))
    again = await client.post("/v1/slow-trials", json=trial(), headers=key)

    assert (waited.json()["amount"], waited.headers["idempotency-replayed"]) == ("2000", "true")
    assert again.content == first.content


async def test_a_look_that_fails_does_not_hide_that_the_deed_is_done(
    client: httpx.AsyncClient, trial: Trial, laboratory: Any
) -> None:
    laboratory.blind = True
    answer = await client.post("/v1/slow-trials", json=trial(), headers=prefer(5))

    assert (answer.status_code, answer.json()["amount"]) == (201, "100")
    assert "preference-applied" not in answer.headers


async def test_when_too_many_wait_the_next_one_is_answered_at_once(
    app: FastAPI, client: httpx.AsyncClient, trial: Trial, laboratory: Any
) -> None:
    shell_of(app).waiting = MOST_AT_ONCE
    try:
        answer = await client.post("/v1/slow-trials", json=trial(), headers=prefer(5))
    finally:
        shell_of(app).waiting = 0

    assert (answer.status_code, laboratory.looks) == (201, [])
    assert "preference-applied" not in answer.headers
