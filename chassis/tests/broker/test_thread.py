"""A whole process on real infrastructure: request → outbox → relay → Kafka → consumer, starting, waiting and ending."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.database import Database
from chassis.example.trials import customer, heard, held, noted, query, until
from chassis.example.wire import BuyerState
from chassis.settings import ServiceSettings
from chassis.testing.http import Tokens
from contracts.wire import Message


def a_note(number: int) -> dict[str, str]:
    return {"customer_id": str(customer(1)), "number": f"A-{number}", "amount": "100", "ordered_on": "2026-01-05"}


async def answers(url: str, path: str = "/readyz") -> bool:
    """Whether a process answers with success."""
    try:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{url}{path}")).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.req("GEN-008")
async def test_a_noted_order_is_heard_by_the_consumer_and_counted_when_its_customer_arrives(
    runner: Any, database: Database, tokens: Tokens, maker_id: UUID
) -> None:
    running = await runner.start("all")
    await until(lambda: answers(running.url))
    async with httpx.AsyncClient(headers=tokens.of_owner()) as client:
        for number in range(5):
            answer = await client.post(f"{running.url}/v1/notes", json=a_note(number))
            assert answer.status_code == 201, answer.text

    async def five_wait() -> bool:
        return [reason for reason, _, _ in await held(database)] == ["waiting"] * 5

    await until(five_wait)
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, BuyerState(customer_id=customer(1), name="山田"), version=1)])

    async def all_heard() -> bool:
        return len(await heard(database)) == 5 and await held(database) == []

    await until(all_heard)
    assert await query(database, "select orders, amount from tallies") == [(5, 500)]

    async def quiet() -> bool:
        async with httpx.AsyncClient(headers=tokens.of_service()) as client:
            answer = (await client.get(f"{running.url}/internal/quiet")).json()
        return bool(answer["outbox"] == answer["pending"] == 0 and answer["published"] == answer["consumed"])

    await until(quiet)
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert await running.process.wait() == 0, runner.logs()
    assert time.monotonic() - began < 20


async def test_orders_are_accepted_while_the_broker_is_away_and_delivered_later(
    runner: Any, database: Database, tokens: Tokens
) -> None:
    alone = await runner.start("all", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    await until(lambda: answers(alone.url))
    async with httpx.AsyncClient(headers=tokens.of_owner()) as client:
        assert (await client.post(f"{alone.url}/v1/notes", json=a_note(1))).status_code == 201
    alone.process.send_signal(signal.SIGTERM)
    assert await alone.process.wait() == 0, runner.logs()
    assert await query(database, "select count(*) from outbox") == [(1,)]
    await runner.start("relay")
    await runner.start("worker")

    async def delivered() -> bool:
        return [reason for reason, _, _ in await held(database)] == ["waiting"]

    await until(delivered)


async def test_without_postgresql_the_answer_is_503_with_retry_after_and_never_500(runner: Any, tokens: Tokens) -> None:
    running = await runner.start("all", DATABASE_URL_EXAMPLE="postgresql://example:x@127.0.0.1:1/example")
    await until(lambda: answers(running.url, "/healthz"))
    async with httpx.AsyncClient(headers=tokens.of_owner()) as client:
        assert (await client.get(f"{running.url}/readyz")).status_code == 503
        answer = await client.post(f"{running.url}/v1/notes", json=a_note(1))
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert "Retry-After" in answer.headers


async def test_a_part_that_cannot_work_ends_the_process_with_status_70(runner: Any, broker: ServiceSettings) -> None:
    taken = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    running = await runner.start("all", port=port)
    assert await running.process.wait() == 70
    assert f"cannot listen on 127.0.0.1:{port}" in running.log.read_text()
    taken.close()
    await taken.wait_closed()


async def test_settings_that_are_missing_are_named(runner: Any) -> None:
    status, said = await runner.said("api", DATABASE_URL_EXAMPLE="")
    assert status == 2
    assert "database_url: Field required" in said


async def test_migrate_can_run_again_and_says_what_it_did(runner: Any) -> None:
    status, said = await runner.said("migrate")
    assert status == 0, said
    assert "migrate.done" in said


@pytest.mark.req("GEN-008")
async def test_an_operator_sees_parked_messages_and_tries_them_again(
    runner: Any, scripted: Any, script: Any, database: Database
) -> None:
    script.poison = {"bad"}
    await scripted(noted(1, text="bad"), noted(2, text="bad"), may_park=True)
    [(first,), (second,)] = await query(database, "select id from parked_messages order by id")
    status, said = await runner.said("parked", "list")
    assert status == 0
    assert [line.split()[:2] for line in said.splitlines()] == [[str(first), "failed"], [str(second), "failed"]]
    assert "RuntimeError: this order cannot be" in said
    status, said = await runner.said("parked", "show", str(first))
    assert '"number":"bad"' in said.replace("\\", "")
    assert "Traceback" in said
    status, said = await runner.said("parked", "replay", "--subject", noted(1).subject())
    assert "1 tried again, 0 failed again" in said
    status, said = await runner.said("parked", "replay", "--all")
    assert "1 tried again, 0 failed again" in said
    assert await held(database) == [("waiting", noted(1).subject(), 1), ("waiting", noted(2).subject(), 1)]
