"""What every service of the floor has: a transaction that ends with messages, a relay, a consumer. No more."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from kernel.ids import uuid7
from tests.load.floor.rows import MAKER, Columns, Connection, Writer

PARTITIONS = 12
_BATCH = 1_000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One event: its key on the topic, the subject it is about and its number there."""

    type: str
    key: str
    subject: str
    sequence: int
    body: Json


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it came."""

    id: UUID
    type: str
    body: Json


Handler = Callable[[Connection, Sequence[Seen]], Awaitable[Sequence[Message]]]


def new_ids(count: int) -> list[UUID]:
    """UUIDs of version 7."""
    now, entropy = time.time_ns() // 1_000_000, os.urandom(10 * count)
    return [uuid7(now, entropy[at * 10 : at * 10 + 10]) for at in range(count)]


@dataclass
class Service:
    """`handlers` by type of message; what is not among them is skipped, its place in its subject kept."""

    name: str
    pool: asyncpg.Pool[Any]
    writer: Writer
    producer: AIOKafkaProducer
    prefix: str
    handlers: dict[str, Handler] = field(default_factory=dict)
    handled: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def table(self, name: str) -> str:
        return f"{self.name}.{name}"

    async def commit(self, work: Callable[[Connection], Awaitable[Sequence[Message]]]) -> None:
        """One transaction: the rows, the messages' numbers and the outbox."""
        async with self.pool.acquire() as connection, connection.transaction():
            await self._put_out(connection, await work(connection))
        self._woken.set()

    async def _put_out(self, connection: Connection, messages: Sequence[Message]) -> None:
        topic, ids = f"{self.prefix}{self.name}.events", new_ids(len(messages))
        last = {message.subject: message.sequence for message in messages}
        numbers: Columns = {"topic": [topic] * len(last), "subject": list(last), "last": list(last.values())}
        await self.writer.upsert(connection, self.table("subject_sequences"), numbers, ["topic", "subject"])
        outbox: Columns = {
            "event_id": ids,
            "topic": [topic] * len(messages),
            "key": [message.key for message in messages],
            "type": [message.type for message in messages],
            "subject": [message.subject for message in messages],
            "sequence": [message.sequence for message in messages],
            "body": [orjson.dumps(message.body) for message in messages],
            "headers": [self._headers(id_, message) for id_, message in zip(ids, messages, strict=True)],
        }
        await self.writer.insert(connection, self.table("outbox"), outbox)

    def _headers(self, id_: UUID, message: Message) -> str:
        named = {
            "ce_causationid": str(id_),
            "ce_correlationid": str(id_),
            "ce_id": str(id_),
            "ce_makerid": MAKER,
            "ce_sequence": str(message.sequence),
            "ce_source": f"/oroshi/{self.name}",
            "ce_specversion": "1.0",
            "ce_subject": message.subject,
            "ce_time": "2025-06-30T09:00:00.000000+00:00",
            "ce_type": message.type,
            "content-type": "application/json",
        }
        return orjson.dumps(named).decode()

    async def relay(self) -> None:
        """Sends what lies in the outbox, in order, and deletes what was acknowledged; until cancelled.

        A commit while it looks wakes it again: what it came too late for is not forgotten.
        """
        while True:
            self._woken.clear()
            if not await self._relayed():
                await self._woken.wait()

    async def _relayed(self) -> int:
        async with self.pool.acquire() as connection, connection.transaction():
            wanted = f"select seq, topic, key, body, headers from {self.table('outbox')} order by seq limit {_BATCH}"
            rows = await connection.fetch(wanted)
            sending = [
                await self.producer.send(
                    row["topic"],
                    row["body"],
                    key=row["key"].encode(),
                    headers=[(name, value.encode()) for name, value in orjson.loads(row["headers"]).items()],
                )
                for row in rows
            ]
            reached = await asyncio.gather(*sending)
            if rows:
                await connection.execute(
                    f"delete from {self.table('outbox')} where seq = any($1::bigint[])", [row["seq"] for row in rows]
                )
                places = {TopicPartition(one.topic, one.partition): one.offset + 1 for one in reached}
                await self._keep_offsets(connection, "published_offsets", places)
        self.sent += len(rows)
        return len(rows)

    async def consume(self, consumer: AIOKafkaConsumer) -> None:
        """One transaction per batch: inbox, places in subjects, effects, messages, offsets; until cancelled."""
        while True:
            batches = await consumer.getmany(timeout_ms=1_000, max_records=_BATCH)
            records = [record for batch in batches.values() for record in batch]
            if records:
                await self.commit(partial(self._handled, records))
                await consumer.commit()
                self.handled.update(_type(record) for record in records)

    async def _handled(self, records: Sequence[ConsumerRecord], connection: Connection) -> Sequence[Message]:
        headers = [{name: value.decode() for name, value in record.headers} for record in records]
        subjects = {
            (record.topic, named["ce_subject"]): int(named["ce_sequence"])
            for record, named in zip(records, headers, strict=True)
        }
        topics, names = zip(*subjects, strict=True)
        places: Columns = {"topic": list(topics), "subject": list(names), "last": list(subjects.values())}
        await self.writer.upsert(connection, self.table("subject_positions"), places, ["topic", "subject"])
        seen = [
            Seen(UUID(named["ce_id"]), named["ce_type"], orjson.loads(record.value))
            for record, named in zip(records, headers, strict=True)
            if named["ce_type"] in self.handlers
        ]
        inbox: Columns = {"event_id": [one.id for one in seen]}
        await self.writer.insert(connection, self.table("inbox"), inbox, "on conflict do nothing")
        messages = [message for run in _runs(seen) for message in await self.handlers[run[0].type](connection, run)]
        reached = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        await self._keep_offsets(connection, "consumed_offsets", reached)
        return messages

    async def _keep_offsets(self, connection: Connection, table: str, reached: dict[TopicPartition, int]) -> None:
        columns: Columns = {
            "topic": [place.topic for place in reached],
            "partition": [place.partition for place in reached],
            "next_offset": list(reached.values()),
        }
        await self.writer.upsert(connection, self.table(table), columns, ["topic", "partition"])


def _type(record: ConsumerRecord) -> str:
    return next(str(value, "utf-8") for name, value in record.headers if name == "ce_type")


def _runs(seen: Sequence[Seen]) -> list[list[Seen]]:
    """By type, in the order in which a note or order goes through them: as many calls as there are types."""
    by_type: dict[str, list[Seen]] = {}
    for one in seen:
        by_type.setdefault(one.type, []).append(one)
    return list(by_type.values())
