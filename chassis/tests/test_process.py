"""Parts of a process: what runs beside the consumer is woken by commits and stopped with it; a failure ends all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest

from chassis.database import Database
from chassis.example.trials import noted, until
from chassis.messages import Listens
from chassis.process import FAILED, Part, Process
from chassis.service import Service
from chassis.settings import ServiceSettings
from contracts.wire import Message


@dataclass
class Printer:
    """Counts how often it was woken; fails when told to."""

    database: Database
    woken: int = 0
    fails: bool = False
    ended: bool = False
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._ready.set()

    async def run(self) -> None:
        try:
            while True:
                await self._ready.wait()
                self._ready.clear()
                self.woken += 1
                if self.fails:
                    raise LookupError("no paper")
        finally:
            self.ended = True


@pytest.fixture
def printers() -> list[Printer]:
    return []


@pytest.fixture
def process(service: Service, settings: ServiceSettings, database: Database, printers: list[Printer]) -> Process:
    """A worker that listens to nothing and prints."""

    def printer(own: Database) -> Printer:
        printers.append(Printer(own))
        return printers[-1]

    printing = replace(service, listens=Listens(), background={"printer": printer})
    return Process(printing, settings, Part.WORKER)


async def announce(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, noted(1))])


async def test_work_beside_the_consumer_is_woken_by_commits_and_stopped_at_the_end(
    process: Process, printers: list[Printer], maker_id: UUID
) -> None:
    running = asyncio.create_task(process.run())

    async def started() -> bool:
        return bool(printers)

    await until(started)
    await announce(process.database, maker_id)

    async def woken() -> int:
        return printers[0].woken

    await until(woken)
    process.end()
    assert await running == 0
    assert printers[0].ended


async def test_a_part_that_fails_ends_the_process(process: Process, printers: list[Printer], maker_id: UUID) -> None:
    running = asyncio.create_task(process.run())

    async def started() -> bool:
        return bool(printers)

    await until(started)
    printers[0].fails = True
    await announce(process.database, maker_id)
    assert await running == FAILED
