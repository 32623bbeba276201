"""From the outbox to Kafka: one active relay per service, in the order of `seq`, until every row is acknowledged.

The right to relay is an advisory lock of the very transaction that reads and deletes the rows: a relay whose process is
paused or whose connection is cut loses both together, and what it sent meanwhile are duplicates, never gaps.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import clock, failures, kafka, metrics
from chassis.database import Database, Role
from chassis.messages import shelf
from chassis.settings import ServiceSettings

_log = structlog.get_logger("chassis.relay")

BATCH: Final = 1000
POLL_SECONDS: Final = 0.05
_IDLE_POLL_SECONDS: Final = 0.25
_IDLE_AFTER: Final = 40
"""After 2 s without work the poll slows down: commits of this process wake the relay at once in any case."""
RELAY_LOCK: Final = 0x6F726F7368690002
_LONGEST_PAUSE: Final = 5.0
_ACK_SECONDS: Final = 25
"""Below the 30 s after which PostgreSQL ends a session that sits idle in a transaction."""

_Place = tuple[str, int]
_Key = tuple[str, str]


@dataclass(slots=True)
class Published:
    """Rows that Kafka acknowledged, how far each partition was reached, which keys failed and the first error."""

    rows: list[int] = field(default_factory=list)
    reached: dict[_Place, int] = field(default_factory=dict)
    topics: Counter[str] = field(default_factory=Counter)
    failed: set[_Key] = field(default_factory=set)
    error: BaseException | None = None

    def refused(self, row: Row[Any], error: BaseException) -> None:
        self.failed.add((row.topic, row.key))
        self.error = self.error or error

    def acknowledged(self, seq: int, metadata: RecordMetadata) -> None:
        place = (metadata.topic, metadata.partition)
        self.rows.append(seq)
        self.reached[place] = max(self.reached.get(place, 0), metadata.offset + 1)
        self.topics[metadata.topic] += 1


@dataclass(slots=True)
class Relay:
    """`run` until cancelled or `stop`ped; `wake` when this process has just committed messages."""

    settings: ServiceSettings
    database: Database
    topics: Sequence[str] = ()
    """Checked whenever a producer is made: a missing one is told by name, not by a time-out."""
    left_out_seconds: float = _LONGEST_PAUSE
    """How long keys that failed make room for others, when they fill a batch."""
    _left_out: dict[_Key, float] = field(default_factory=dict)
    """Keys that are not read now, and until when."""
    _kafka: AsyncExitStack = field(default_factory=AsyncExitStack)
    _connected: AIOKafkaProducer | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _idle: int = 0

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """Ends `run` after the batch under way."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Relays for ever; whatever is away is waited for, with growing pauses."""
        pause = POLL_SECONDS
        while not self._stopping:
            try:
                pause = self._next_pause(worked=await self.relay_once() > 0)
            except Exception as error:  # noqa: BLE001  # an edge: the relay never ends by an error, it says so
                metrics.relay_failed(service=self.settings.service)
                await self._drop_producer()
                pause = min(max(pause, 0.1) * 2, _LONGEST_PAUSE)
                _log.warning("relay.retry", error=type(error).__name__, text=str(error)[:200], pause=pause)
                if not failures.is_infrastructure(error):
                    _log.error("relay.failed", exc_info=error)
            await self._sleep(pause)
        await self.close()

    async def flush(self) -> None:
        """Sends what is there now; used on the way out. Raises what `relay_once` raises."""
        while await self.relay_once():
            pass

    async def close(self) -> None:
        await self._drop_producer()

    async def relay_once(self) -> int:
        """One batch: returns how many rows were sent and deleted, 0 also when another process relays at present.

        Raises the first error when not one row could be sent.
        """
        if not await self._has_work():
            return 0
        producer = await self._producer()
        async with self.database.connection(Role.WORKER) as connection:
            rows = await _locked_rows(connection, self._still_left_out())
            if not rows:
                return 0
            sent = await publish(producer, rows)
            if sent.rows:
                await connection.exec_driver_sql("delete from outbox where seq = any($1::bigint[])", (sent.rows,))
                await shelf.published(connection, sent.reached, clock.now())
                await connection.commit()
        self._count(sent)
        if sent.error is not None:
            self._leave_out(sent.failed if len(rows) == BATCH else ())
            await self._part_failed(sent)
        return len(sent.rows)

    def _still_left_out(self) -> Collection[_Key]:
        now = time.monotonic()
        self._left_out = {key: until for key, until in self._left_out.items() if until > now}
        metrics.left_out(service=self.settings.service, count=len(self._left_out))
        return self._left_out

    def _leave_out(self, keys: Iterable[_Key]) -> None:
        """Only where a batch is full: there may be others behind. Else all keys are read again each time."""
        until = time.monotonic() + self.left_out_seconds
        self._left_out.update(dict.fromkeys(keys, until))

    async def _part_failed(self, sent: Published) -> None:
        """Some keys went through: go on at once with what is left. None did: an outage, raised to be waited out."""
        await self._drop_producer()
        if not sent.rows and sent.error is not None:
            raise sent.error
        _log.warning("relay.part_failed", sent=len(sent.rows), error=type(sent.error).__name__)

    def _count(self, sent: Published) -> None:
        for topic, count in sent.topics.items():
            metrics.published(service=self.settings.service, topic=topic, count=count)

    def _next_pause(self, *, worked: bool) -> float:
        self._idle = 0 if worked else self._idle + 1
        if worked:
            return 0.0
        return POLL_SECONDS if self._idle < _IDLE_AFTER else _IDLE_POLL_SECONDS

    async def _sleep(self, pause: float) -> None:
        if self._stopping or pause == 0.0:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), pause)
        self._woken.clear()

    async def _has_work(self) -> bool:
        """Outside a transaction: beginning and ending one would be two more round trips, four times a second."""
        async with self.database.engine(Role.WORKER).connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            return bool((await connection.exec_driver_sql("select exists (select from outbox)")).scalar())

    async def _producer(self) -> AIOKafkaProducer:
        if self._connected is None:
            await kafka.check_topics(self.settings, self.topics)
            self._connected = await self._kafka.enter_async_context(kafka.producing(self.settings))
        return self._connected

    async def _drop_producer(self) -> None:
        """An idempotent producer that failed once may be dead for good (aiokafka #1017): never used again."""
        self._connected = None
        try:
            await asyncio.wait_for(self._kafka.aclose(), _LONGEST_PAUSE)
        except Exception as error:  # noqa: BLE001  # an edge: it is thrown away in any case
            _log.warning("relay.producer_not_closed", error=type(error).__name__)


async def _locked_rows(connection: AsyncConnection, left_out: Collection[_Key]) -> Sequence[Row[Any]]:
    """The oldest unsent rows, if this transaction may relay. Reading what is left (never "seq > last") misses none."""
    mine = (await connection.exec_driver_sql("select pg_try_advisory_xact_lock($1)", (RELAY_LOCK,))).scalar()
    if not mine:
        return []
    result = await connection.exec_driver_sql(
        "select seq, event_id, topic, key, body, headers from outbox"
        " where (topic, key) <> all (select * from unnest($2::text[], $3::text[])) order by seq limit $1",
        (BATCH, [topic for topic, _ in left_out], [key for _, key in left_out]),
    )
    return result.all()


async def publish(producer: AIOKafkaProducer, rows: Sequence[Row[Any]]) -> Published:
    """Sends rows in order and waits for all acknowledgements; after a key's first failure none of it counts as sent."""
    sent = Published()
    under_way: list[tuple[Row[Any], asyncio.Future[RecordMetadata]]] = []
    for row in rows:
        if (row.topic, row.key) not in sent.failed:
            try:
                under_way.append((row, await _send(producer, row)))
            except Exception as error:  # noqa: BLE001  # an edge: whatever it was, this key stops here
                sent.refused(row, error)
    if under_way:
        await asyncio.wait([future for _, future in under_way], timeout=_ACK_SECONDS)
    _sort_out(under_way, sent)
    return sent


def _sort_out(under_way: Sequence[tuple[Row[Any], asyncio.Future[RecordMetadata]]], sent: Published) -> None:
    lost = set[_Key]()
    for row, future in under_way:
        error = _error_of(future)
        if error is not None:
            lost.add((row.topic, row.key))
            sent.refused(row, error)
        elif (row.topic, row.key) not in lost:
            sent.acknowledged(row.seq, future.result())


def _error_of(future: asyncio.Future[RecordMetadata]) -> BaseException | None:
    if not future.done():
        future.cancel()
        return TimeoutError("no acknowledgement from Kafka")
    return future.exception()


async def _send(producer: AIOKafkaProducer, row: Row[Any]) -> asyncio.Future[RecordMetadata]:
    """The key decides the partition (a batch of aiokafka's would ignore it); the answer is awaited by the caller."""
    headers = [(name, value.encode()) for name, value in sorted(row.headers.items())]
    sending: asyncio.Future[RecordMetadata] = await producer.send(
        row.topic, row.body, key=row.key.encode(), headers=headers
    )
    return sending
