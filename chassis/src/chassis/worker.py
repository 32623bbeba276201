"""The consuming role of a process: the batch subscriber, the release of held messages, and the watchdog over both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker

from chassis import failures, kafka, metrics
from chassis.database import Database, Role
from chassis.kafka import Records
from chassis.messages import Listens
from chassis.messages.intake import Intake
from chassis.settings import ServiceSettings
from contracts.wire import PARTITIONS

_log = structlog.get_logger("chassis.worker")

_AWAY_PAUSE: Final = 0.5
_SWEEP_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 5.0
_WATCH_SECONDS: Final = 10.0
STUCK_AFTER_SECONDS: Final = 60.0


class Stuck(Exception):
    """There is lag and nothing was committed for a minute: this process must be replaced."""


@dataclass(slots=True)
class Worker:
    """Consumes until stopped. Starting waits for Kafka and its topics, however long."""

    settings: ServiceSettings
    database: Database
    listens: Listens
    intake: Intake = field(init=False)
    _broker: KafkaBroker | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self.intake = Intake(self.settings.service, self.database, self.listens)

    def wake(self) -> None:
        """Held messages may have become ready."""
        self._woken.set()

    async def start(self) -> None:
        """Joins the consumer group; retries while Kafka is away. Raises kafka.TopicWrong."""
        topics = self.listens.topics()
        pause = _AWAY_PAUSE
        while topics and self._broker is None and not self._stopping:
            try:
                await kafka.until_topics_exist(self.settings, topics)
                self._broker = await self._joined(topics)
                _log.info("worker.started", topics=topics)
            except Exception as error:
                if not failures.is_infrastructure(error):
                    raise
                _log.warning("worker.kafka_away", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _joined(self, topics: list[str]) -> KafkaBroker:
        broker = kafka.consuming_broker(self.settings)
        kafka.subscribe(broker, self.settings, topics, self.consume)
        try:
            await broker.start()
        except BaseException:
            await broker.stop()
            raise
        return broker

    async def stop(self) -> None:
        """Lets the batch under way finish (its offsets are committed), then leaves the group."""
        self._stopping = True
        self.wake()
        broker, self._broker = self._broker, None
        if broker is not None:
            await broker.stop()

    async def consume(self, records: Records) -> None:
        """One batch from Kafka: returning acknowledges it, NackMessage has it delivered again."""
        started = time.monotonic()
        try:
            await self.intake.take(records)
        except Exception as error:
            _log.warning("worker.batch_again", error=type(error).__name__, text=str(error)[:200], size=len(records))
            if not failures.is_infrastructure(error):
                _log.error("worker.batch_failed", exc_info=error)
            metrics.batch_again(service=self.settings.service)
            await asyncio.sleep(_AWAY_PAUSE)
            raise NackMessage from error
        metrics.batch(service=self.settings.service, messages=len(records), seconds=time.monotonic() - started)

    async def sweep(self) -> None:
        """Tries held messages whose turn has come, for ever: woken by this process, else once a second."""
        while not self._stopping:
            try:
                await self.intake.release()
            except Exception as error:  # noqa: BLE001  # an edge: tried again in a second, and said
                if not failures.is_infrastructure(error):
                    _log.error("worker.release_failed", exc_info=error)
                await asyncio.sleep(_AWAY_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _SWEEP_SECONDS)
            self._woken.clear()

    async def watch(self, *, every: float = _WATCH_SECONDS, patience: float = STUCK_AFTER_SECONDS) -> None:
        """Raises Stuck when messages wait in Kafka and no offset moved for `patience` seconds (aiokafka #1154)."""
        topics = self.listens.topics()
        moved_at, last = time.monotonic(), None
        while topics and not self._stopping:
            await asyncio.sleep(every)
            try:
                ends, consumed = await self._ends(topics), await self._consumed()
            except Exception as error:
                if not failures.is_infrastructure(error):
                    raise
                moved_at = time.monotonic()  # Kafka or PostgreSQL is away: restarting would not help
                metrics.lag(service=self.settings.service, topics={})
                continue
            behind = _behind(topics, ends, consumed)
            metrics.lag(service=self.settings.service, topics=behind)
            lag = sum(behind.values())
            if lag == 0 or consumed != last:
                moved_at, last = time.monotonic(), consumed
            elif time.monotonic() - moved_at > patience:
                raise Stuck(f"{lag} messages wait and none was dealt with for {patience:.0f} s")

    async def _ends(self, topics: list[str]) -> Mapping[tuple[str, int], int]:
        """Where every partition ends, asked over a connection of its own: the consumer's may be what is stuck."""
        consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            client_id=f"{self.settings.service}-watchdog",
            enable_auto_commit=False,
        )
        try:
            await consumer.start()
            places = [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]
            ends = await consumer.end_offsets(places)
        finally:
            await consumer.stop()
        return {(place.topic, place.partition): end for place, end in ends.items() if end > 0}

    async def _consumed(self) -> Mapping[tuple[str, int], int]:
        async with self.database.connection(Role.WORKER) as connection:
            rows = await connection.exec_driver_sql("select topic, partition, next_offset from consumed_offsets")
            return {(row.topic, row.partition): row.next_offset for row in rows}


def _behind(
    topics: list[str], ends: Mapping[tuple[str, int], int], consumed: Mapping[tuple[str, int], int]
) -> dict[str, int]:
    """Messages of each topic that are not dealt with."""
    behind = dict.fromkeys(topics, 0)
    for place, end in ends.items():
        behind[place[0]] += max(0, end - consumed.get(place, 0))
    return behind
