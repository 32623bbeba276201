"""Processes killed, paused and cut off from PostgreSQL while orders flow: every effect once, in order, none lost."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from chassis import kafka
from chassis.database import Database, Role
from chassis.example.trials import customer, heard, held, noted, query, struck, until
from chassis.settings import ServiceSettings
from chassis.testing.messages import Deliver, InMemoryRecord
from contracts.wire import Message

ORDERS, CUSTOMERS, POISON, FAULTS = 1_200, 40, 12, 7


@dataclass(slots=True)
class Suite:
    """Two workers and a relay as processes; `harm` does something bad to one of them and puts it right again."""

    runner: Any
    database: Database
    dice: random.Random
    parts: dict[str, Any]

    async def start(self, name: str) -> None:
        self.parts[name] = await self.runner.start(name.rstrip("12"), OROSHI_KAFKA_SESSION_SECONDS="6")

    async def harm(self) -> str:
        name = self.dice.choice(sorted(self.parts))
        deed = self.dice.choice(["kill", "terminate", "pause", "cut"])
        process = self.parts[name].process
        match deed:
            case "kill" | "terminate":
                process.send_signal(signal.SIGKILL if deed == "kill" else signal.SIGTERM)
                await process.wait()
                await self.start(name)
            case "pause":
                process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(8)
                process.send_signal(signal.SIGCONT)
            case "cut":
                async with self.database.connection(Role.OWNER) as connection:
                    await connection.exec_driver_sql(
                        "select pg_terminate_backend(pid) from pg_stat_activity "
                        "where datname = current_database() and application_name = 'example-worker'"
                    )
        return f"{deed} {name}"


async def announce(database: Database, maker_id: UUID, dice: random.Random) -> None:
    """Orders of all customers, a few per transaction, and some struck off right after."""
    for start in range(0, ORDERS, 20):
        async with database.transaction(maker_id) as tx:
            numbers = range(start, start + 20)
            tx.announce(Message(maker_id, noted(at, of=at % CUSTOMERS)) for at in numbers)
            tx.announce(Message(maker_id, struck(at, of=at % CUSTOMERS)) for at in numbers if at % 4 == 0)
        await asyncio.sleep(dice.random() * 0.3)


async def poison(settings: ServiceSettings, records: list[InMemoryRecord], dice: random.Random) -> None:
    async with kafka.producing(settings) as producer:
        for record in records:
            await (await producer.send(record.topic, b"{", key=record.key, headers=list(record.headers)))
            await asyncio.sleep(dice.random())


@pytest.mark.req("GEN-008")
async def test_killed_paused_and_cut_off_processes_lose_and_double_nothing(
    broker: ServiceSettings, runner: Any, database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    seed = 4
    dice = random.Random(seed)
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql(
            "insert into buyers select $1, id, 'A', 1 from unnest($2::uuid[]) as id",
            (maker_id, [customer(at) for at in range(CUSTOMERS)]),
        )
        await connection.commit()
    suite = Suite(runner, database, dice, {})
    for name in ("worker1", "worker2", "relay"):
        await suite.start(name)
    bad = [deliver.record(noted(10_000 + at, of=at % CUSTOMERS)) for at in range(POISON)]
    work = asyncio.gather(announce(database, maker_id, dice), poison(broker, bad, dice))
    done = [await suite.harm() for _ in range(FAULTS)]
    await work
    expected = ORDERS + len(range(0, ORDERS, 4))

    async def all_dealt_with() -> tuple[int, int] | None:
        seen = (len(await heard(database)), len(await held(database)))
        return seen if seen[0] >= expected and seen[1] >= POISON else None

    await until(all_dealt_with, patience=120)
    told = f"seed {seed}, {done}"
    applied = await heard(database)
    assert sorted(applied) == sorted(set(applied)), told
    assert len(applied) == expected, told
    last: dict[str, int] = {}
    for subject, number in applied:
        assert number == last.get(subject, 0) + 1, told
        last[subject] = number
    assert [why for why, _, _ in await held(database)] == ["unreadable"] * POISON, told
    assert await query(database, "select sum(orders), sum(amount) from tallies") == [(ORDERS, ORDERS * 100)], told
    assert await query(database, "select count(*) from outbox") == [(0,)], told
