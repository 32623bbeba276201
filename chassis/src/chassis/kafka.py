"""How this suite uses Kafka: topics by name, made by `migrate` and checked at start; producer and consumer settings.

Every setting here stands against a default that loses messages, their order or their place (RELIABILITY §3).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from chassis.settings import ServiceSettings
from contracts.wire import MAX_BYTES, PARTITIONS

Records = tuple[ConsumerRecord[bytes | None, bytes | None], ...]

_ENVELOPE_BYTES: Final = 64 * 1024
_RECORD_BYTES: Final = MAX_BYTES + _ENVELOPE_BYTES
_COMMANDS_KEPT_MS: Final = 7 * 24 * 3600 * 1000
_GRACE_SECONDS: Final = 20
_KNOWN_SECONDS: Final = 30
_PATIENCE_MS: Final = 1_000
_LINES_KNOWN: Final = 200
_quiet_log = logging.getLogger("chassis.faststream")
_quiet_log.setLevel(logging.ERROR)


class Seldom(logging.Filter):
    """Lets the same line through once in a while: aiokafka says ten times a second that a broker is away."""

    def __init__(self, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds, self._clock = seconds, clock
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        last, now = self._told.get(str(record.msg)), self._clock()
        if last is not None and now - last < self._seconds:
            return False
        if len(self._told) > _LINES_KNOWN:
            self._told.clear()
        self._told[str(record.msg)] = now
        return True


_COMPLAINING: Final = ("conn", "cluster", "producer.sender", "consumer.fetcher", "consumer.group_coordinator")
for _name in ("aiokafka", *(f"aiokafka.{_part}" for _part in _COMPLAINING)):  # its client logs as `aiokafka` itself
    logging.getLogger(_name).addFilter(Seldom())


class TopicKind(StrEnum):
    """The last word of a topic's name tells its kind (ARCHITECTURE §4)."""

    EVENTS = "events"
    STATE = "state"
    COMMANDS = "commands"


class TopicWrong(Exception):
    """A topic exists with another number of partitions: keys would change their partition and lose their order."""


class TopicMissing(Exception):
    """A topic does not exist yet; its owner's `migrate` makes it."""


def kind_of(topic: str) -> TopicKind:
    """`<owner>.events` and `<owner>.commands` by name; every other topic holds states."""
    match topic.rpartition(".")[2]:
        case "events":
            return TopicKind.EVENTS
        case "commands":
            return TopicKind.COMMANDS
        case _:
            return TopicKind.STATE


def topic_configs(topic: str) -> Mapping[str, str]:
    """Cleanup and size limit of a topic."""
    size = {"max.message.bytes": str(_RECORD_BYTES)}
    match kind_of(topic):
        case TopicKind.EVENTS:
            return {**size, "cleanup.policy": "delete", "retention.ms": "-1"}
        case TopicKind.COMMANDS:
            return {**size, "cleanup.policy": "delete", "retention.ms": str(_COMMANDS_KEPT_MS)}
        case TopicKind.STATE:
            return {**size, "cleanup.policy": "compact"}


@asynccontextmanager
async def admin(settings: ServiceSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A connected admin client. Raises aiokafka.errors.KafkaError when no broker answers."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers, client_id=f"{settings.service}-admin"
    )
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def create_topics(settings: ServiceSettings, topics: Iterable[str]) -> None:
    """Makes the topics a service owns; existing ones stay as they are and are checked. Raises TopicWrong."""
    wanted = sorted(set(topics))
    if not wanted:
        return
    new = [
        NewTopic(name, PARTITIONS, settings.replication_factor, topic_configs=dict(topic_configs(name)))
        for name in wanted
    ]
    async with admin(settings) as client:
        answer = await client.create_topics(new)
        for error in answer.topic_errors:
            refused = for_code(error[1])
            if error[1] and refused is not TopicAlreadyExistsError:
                raise refused(f"{error[0]}: {error[2] if len(error) > 2 else ''}")
    async with asyncio.timeout(_KNOWN_SECONDS):  # a new topic is not known to the whole cluster at once
        await until_topics_exist(settings, wanted, pause=0.1)


async def check_topics(settings: ServiceSettings, topics: Iterable[str]) -> None:
    """Raises TopicMissing or TopicWrong. Asks for all topics, because asking for one by name may create it."""
    async with admin(settings) as client:
        found = {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics()}
    wanted = set(topics)
    if missing := sorted(wanted - found.keys()):
        raise TopicMissing(f"no topic {', '.join(missing)}: run `migrate` of its owner")
    if wrong := sorted(name for name in wanted if found[name] != PARTITIONS):
        raise TopicWrong(f"{', '.join(wrong)}: {PARTITIONS} partitions are agreed on, found {found[wrong[0]]}")


async def tolerant_parser(records: Records, original: Callable[[Records], Awaitable[Any]]) -> Any:
    """FastStream decodes all headers as UTF-8, and one bad byte or null would lose the whole batch (RELIABILITY §3).

    It is shown one record without headers; the message it makes then carries all records as they came.
    """
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


def printable(value: bytes | None) -> str:
    """Text without NUL, whatever was sent."""
    return (value or b"").decode("utf-8", "replace").replace("\x00", "\ufffd")


async def raw_decoder(message: Any) -> Any:
    """The records themselves: bodies are decoded where one bad body can be parked alone."""
    return message.raw_message


class _PatientConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """Waits for records where FastStream would look forty times a second, and rest in between: they are handed over
    the moment they come, and an idle service sleeps."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[bytes | None, bytes | None]]]:
        patience = max(timeout_ms, _PATIENCE_MS)
        found: dict[TopicPartition, list[ConsumerRecord[bytes | None, bytes | None]]] = await super().getmany(
            *partitions, timeout_ms=patience, max_records=max_records
        )
        return found


class _PatientBroker(KafkaBroker):
    async def _connect(self) -> Callable[..., AIOKafkaConsumer]:
        made = await super()._connect()
        assert isinstance(made, partial)
        patient = partial(_PatientConsumer, **made.keywords)
        self.config.broker_config.builder = patient
        return patient


def consuming_broker(settings: ServiceSettings) -> KafkaBroker:
    """A FastStream broker for consumers: it produces nothing."""
    return _PatientBroker(
        settings.kafka_bootstrap_servers,
        client_id=settings.service,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        parser=tolerant_parser,
        decoder=raw_decoder,
        allow_auto_create_topics=False,
        consumer_only=True,
        graceful_timeout=_GRACE_SECONDS,
        apply_types=False,
        logger=_quiet_log,
        log_level=logging.DEBUG,
    )


@asynccontextmanager
async def producing(settings: ServiceSettings) -> AsyncIterator[AIOKafkaProducer]:
    """An idempotent producer: acks=all, and neither gaps nor doubles within its life.

    aiokafka's own, not FastStream's around it, which loses hold of a producer whose start failed and costs half as much
    again per message (docs/adr/0003).
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id=f"{settings.service}-relay",
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=1024 * 1024,
        max_request_size=_RECORD_BYTES,
        request_timeout_ms=15_000,
    )
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


def subscribe(
    broker: KafkaBroker, settings: ServiceSettings, topics: Sequence[str], take: Callable[[Records], Awaitable[None]]
) -> Any:
    """One batch subscriber over all topics of a service: one group member, so one rebalance, per process.

    A member per topic was measured first: each joined the group in turn, and start-up took seconds per topic
    (docs/adr/0004). Batches therefore mix topics; order is per key within a topic, which one member keeps.
    """
    subscriber = broker.subscriber(
        *topics,
        batch=True,
        group_id=settings.service,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_records=500,
        batch_timeout_ms=25,  # how long FastStream rests after a second without records; see _PatientConsumer
        session_timeout_ms=int(settings.session_seconds * 1000),
        heartbeat_interval_ms=1_000,
        rebalance_timeout_ms=int(settings.session_seconds * 1000),
        max_poll_interval_ms=300_000,
        max_partition_fetch_bytes=_RECORD_BYTES,
        title=f"{settings.service} consumes",
    )
    subscriber(take)
    return subscriber


async def until_topics_exist(settings: ServiceSettings, topics: Sequence[str], *, pause: float = 1.0) -> None:
    """Waits for other services' migrations; a wrong topic is raised at once."""
    while True:
        try:
            await check_topics(settings, topics)
            return
        except TopicMissing:
            await asyncio.sleep(pause)
