"""The whole thread on real infrastructure: request → outbox → relay → Kafka → consumer."""

from __future__ import annotations

import asyncio
import socket
from uuid import UUID

import httpx
import pytest

from chassis import quiet
from chassis.example import app
from chassis.database import Role


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.req("GEN-008")
async def test_a_noted_order_is_heard_by_the_consumer(runner, database, signing, until, maker_id):
    running = await runner.start("all", _free_port())
    headers = signing.headers(maker_id, "order.write")
    customer = "00000000-0000-7000-8000-000000000001"

    async def ready():
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{running.url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    await until(ready)
    async with httpx.AsyncClient(headers=headers) as client:
        for n in range(5):
            answer = await client.post(
                f"{running.url}/v1/notes",
                json={"customer_id": customer, "number": f"A-{n}", "amount": "100", "ordered_on": "2026-01-05"},
            )
            assert answer.status_code == 201, (answer.text, runner.logs())

    async def heard():
        async with database.connection(Role.WORKER) as c:
            return (
                await c.exec_driver_sql("select count(*) from parked_messages where reason='waiting'")
            ).scalar() == 5

    try:
        await until(heard, patience=30)
    finally:
        print(runner.logs())
        print(await quiet.snapshot(database, app.service.listens))
    import time

    t = time.time()
    running.process.terminate()
    assert await running.process.wait() == 0
    print("stop took", time.time() - t)
    print(runner.logs())
