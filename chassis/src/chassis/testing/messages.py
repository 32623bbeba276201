"""Fixtures around the database and the messages of the service under test."""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import pytest
import pytest_asyncio

from chassis import clock
from chassis import outbox as outgoing
from chassis.database import Database, Role, source_of
from chassis.kafka import TopicKind, kind_of
from chassis.messages.intake import Intake
from chassis.outbox import Announced, Origin
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.testing.databases import Databases
from contracts.wire import Body, Message, State

_offsets = itertools.count()


class PostgresServer(Protocol):
    """What is used of the root fixture `postgres_server`."""

    def url(self, database: str = ..., *, user: str | None = ..., password: str | None = ...) -> str: ...


@pytest.fixture(scope="session")
def service() -> Service:
    """The service under test; every service's conftest says which."""
    raise pytest.UsageError("this package's conftest.py has no fixture `service`")


@pytest.fixture
def maker_id() -> UUID:
    """A maker nobody else has; messages and calls of a test are its own unless the test says otherwise."""
    return clock.new_id()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def databases(postgres_server: PostgresServer) -> AsyncIterator[Databases]:
    """One migrated database per service and test process, made at first use, dropped at the end."""
    made = Databases(postgres_server, worker=os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def settings(service: Service, databases: Databases) -> ServiceSettings:
    """Settings of the service under test, its database being the test's."""
    return (await databases.of(service)).settings


@pytest_asyncio.fixture(loop_scope="session")
async def database(service: Service, databases: Databases) -> Database:
    """The service's own database, migrated and empty."""
    prepared = await databases.of(service)
    await databases.empty(prepared)
    return prepared.database


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What `outbox()` shows for the deletion of a state."""

    type: str
    key: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """`await outbox()` → announced messages, oldest first, as Body values; `.messages()` with their envelopes."""

    database: Database

    async def __call__(self) -> list[Body | Tombstone]:
        return [
            Tombstone(row["type"], row["key"]) if row["body"] is None else _bodies()[row["type"]].decode(row["body"])
            for row in await self.messages()
        ]

    async def messages(self) -> list[dict[str, Any]]:
        """Outbox rows as dictionaries."""
        async with self.database.connection(Role.WORKER) as connection:
            rows = await connection.exec_driver_sql("select * from outbox order by seq")
            return [dict(row) for row in rows.mappings()]

    async def clear(self) -> None:
        """As if the relay had sent everything."""
        async with self.database.connection(Role.WORKER) as connection:
            await connection.exec_driver_sql("delete from outbox")
            await connection.commit()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """What the service under test has announced."""
    return Outbox(database)


@dataclass(slots=True)
class InMemoryRecord:
    """A Kafka record that never saw Kafka."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    partition: int = -1
    offset: int = field(default_factory=lambda: next(_offsets))


@dataclass(slots=True)
class Deliver:
    """`await deliver(OrderConfirmed(…), …)`: one batch through the very code the broker's batches take.

    A bare body belongs to the test's maker. Events are numbered per subject and states get the next version, as their
    owner's outbox would; give a `Message` with a version, or use `record`, to say otherwise.
    """

    database: Database
    service: Service
    maker_id: UUID
    _numbers: dict[tuple[UUID, str, str], int] = field(default_factory=lambda: defaultdict(int))

    async def __call__(self, *messages: Body | Message, may_park: bool = False) -> None:
        """Raises AssertionError with the handler's error when a message was parked, unless that is what is tested."""
        await self.records(*(self.record(message) for message in messages), may_park=may_park)

    async def records(self, *records: InMemoryRecord, may_park: bool = False) -> None:
        """Delivers prepared records: the same one twice, in another order, damaged."""
        await self.intake().take(records)
        if may_park:
            return
        async with self.database.connection(Role.WORKER) as connection:
            found = await connection.exec_driver_sql(
                "select type, error, stack from parked_messages where reason in ('failed', 'unreadable')"
            )
            for type_, error, stack in map(tuple, found):
                raise AssertionError(f"{type_} was parked: {error}\n{stack or ''}")

    def intake(self) -> Intake:
        return Intake(self.service.name, self.database, self.service.listens, pause=0.001)

    def record(
        self, message: Body | Message, *, sequence: int | None = None, event_id: UUID | None = None
    ) -> InMemoryRecord:
        """The record the owner's relay would have sent."""
        wrapped = message if isinstance(message, Message) else Message(self.maker_id, message)
        number = sequence if sequence is not None else self._next(wrapped)
        if isinstance(wrapped.body, State):
            wrapped = Message(wrapped.maker_id, wrapped.body, version=number, tombstone=wrapped.tombstone)
        announced = outgoing.announced(wrapped, Origin("test"))
        headers = outgoing.envelope(
            announced, event_id or clock.new_id(), number, source=_source(announced), time=clock.now()
        )
        return InMemoryRecord(
            announced.topic,
            announced.key.encode(),
            announced.body,
            [(name, value.encode()) for name, value in headers.items()],
        )

    def _next(self, message: Message) -> int:
        subject = (message.maker_id, message.body.TOPIC, message.body.subject())
        if message.version:
            self._numbers[subject] = message.version
        elif kind_of(message.body.TOPIC) is not TopicKind.COMMANDS:
            self._numbers[subject] += 1
        return self._numbers[subject]


@pytest.fixture
def deliver(database: Database, service: Service, maker_id: UUID) -> Deliver:
    """Lets the service under test consume messages."""
    return Deliver(database, service, maker_id)


def _source(announced: Announced) -> str:
    return source_of(announced.topic.partition(".")[0])


def _bodies() -> dict[str, type[Body]]:
    return {body.TYPE: body for body in _subclasses(Body) if body.TYPE}


def _subclasses(of: type[Body]) -> Iterator[type[Body]]:
    for body in of.__subclasses__():
        yield body
        yield from _subclasses(body)
