"""Consumers on a real broker: nothing lost or doubled, order kept, whatever headers, errors and rebalances."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from faststream import AckPolicy
from faststream.kafka.message import KafkaMessage
from faststream.kafka.parser import AioKafkaBatchParser
from prometheus_client import REGISTRY

from chassis import kafka
from chassis.database import Database
from chassis.example.trials import Scripted, heard, held, noted, query, struck, until
from chassis.settings import ServiceSettings
from chassis.testing.messages import Deliver, InMemoryRecord
from chassis.worker import Stuck, Worker

TOPIC = "example.events"


async def send(producer: AIOKafkaProducer, records: Iterable[InMemoryRecord]) -> None:
    """Puts records on the broker as they are, damage included."""
    sending = [await producer.send(one.topic, one.value, key=one.key, headers=list(one.headers)) for one in records]
    await asyncio.gather(*sending)


@asynccontextmanager
async def consuming(settings: ServiceSettings, database: Database, script: Scripted) -> AsyncIterator[Worker]:
    worker = Worker(settings, database, script.listens)
    await worker.start()
    sweep = asyncio.create_task(worker.sweep())
    try:
        yield worker
    finally:
        await worker.stop()
        await sweep


async def test_an_idle_consumer_waits_for_records_instead_of_asking_again_and_again(broker: ServiceSettings) -> None:
    """FastStream has no setting for it, so its connecting is overridden: one that connects otherwise shows here."""
    consumers = kafka.consuming_broker(broker)
    await consumers.connect()
    try:
        assert consumers.config.broker_config.builder.func.__name__ == "_PatientConsumer"  # type: ignore[attr-defined]
    finally:
        await consumers.stop()


def inversions(applied: list[tuple[str, int]]) -> int:
    """How often a subject's number was not exactly one above its last."""
    last: Counter[str] = Counter()
    wrong = 0
    for subject, number in applied:
        wrong += number != last[subject] + 1
        last[subject] = number
    return wrong


def test_the_check_itself_sees_doubles_gaps_and_inversions() -> None:
    """The negative control of the promises below."""
    assert inversions([("a", 1), ("b", 1), ("a", 2)]) == 0
    assert inversions([("a", 1), ("a", 1)]) == 1
    assert inversions([("a", 1), ("a", 3)]) == 1
    assert inversions([("a", 2), ("a", 1)]) == 2


BAD_HEADERS = [("x-binary", b"\xff\xfe"), ("x-null", None)]


async def test_faststreams_own_parser_would_lose_a_batch_with_such_headers() -> None:
    """The negative control: parsing raises before anything can be nacked, and the next ack commits past the batch."""
    record = SimpleNamespace(value=b"{}", headers=BAD_HEADERS, topic=TOPIC, offset=0, timestamp=0)
    parser = AioKafkaBatchParser(msg_class=KafkaMessage, regex=None)
    with pytest.raises((UnicodeDecodeError, AttributeError)):
        await parser.parse_batch(cast("Any", (record,)))


@pytest.mark.req("GEN-008")
async def test_binary_and_null_headers_and_rubbish_lose_no_message(
    broker: ServiceSettings, database: Database, script: Scripted, scripted: Deliver
) -> None:
    odd, rubbish = scripted.record(noted(2)), InMemoryRecord(TOPIC, None, b"\x00\xff", [])
    odd.headers = [*odd.headers, *cast("Any", BAD_HEADERS)]
    async with kafka.producing(broker) as producer, consuming(broker, database, script):
        await send(producer, [scripted.record(noted(1)), odd, rubbish, scripted.record(noted(3))])

        async def all_dealt_with() -> bool:
            return len(await heard(database)) == 3 and [why for why, _, _ in await held(database)] == ["unreadable"]

        await until(all_dealt_with)


async def test_every_subscriber_starts_at_the_beginning_and_nacks_on_error(broker: ServiceSettings) -> None:
    """FastStream's defaults lose messages; whoever changes these settings must meet this test."""

    async def take(_: kafka.Records) -> None: ...

    client = kafka.consuming_broker(broker)
    subscriber = kafka.subscribe(client, broker, [TOPIC], take)
    assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
    given = subscriber._connection_args
    assert (given["auto_offset_reset"], given["enable_auto_commit"]) == ("earliest", False)
    assert (subscriber.group_id, subscriber.max_records) == ("example", 500)


@pytest.mark.req("GEN-008")
async def test_what_is_away_is_waited_for_and_the_batch_comes_again_in_order(
    broker: ServiceSettings, database: Database, script: Scripted, scripted: Deliver
) -> None:
    attempts = iter(range(3))

    def away() -> Exception:
        if next(attempts, None) == 2:
            script.poison.clear()
        return ConnectionResetError("a peer is away")

    script.poison, script.error = {"bad"}, away
    records = [scripted.record(body) for body in (noted(1), struck(1), noted(2, text="bad"), struck(2))]
    async with kafka.producing(broker) as producer, consuming(broker, database, script):
        await send(producer, records)

        async def all_heard() -> bool:
            return len(await heard(database)) == 4

        await until(all_heard)
    assert inversions(await heard(database)) == 0
    assert await held(database) == []


@pytest.mark.req("GEN-008")
async def test_through_joins_and_leaves_duplicates_and_swaps_every_effect_is_once_and_in_order(
    broker: ServiceSettings, database: Database, script: Scripted, scripted: Deliver
) -> None:
    """P9 in short: consumers come and go all the time, 5 % duplicates, 2 % swapped by a bad producer, 1 % poison."""
    seed = 42
    dice = random.Random(seed)
    script.poison = {"bad"}
    subjects, rounds = 60, 10
    bad = {(dice.randrange(subjects), rounds - 1) for _ in range(6)}
    records = [
        scripted.record(noted(at, of=at % 7, text="bad" if (at, turn) in bad else "A"))
        for turn in range(rounds)
        for at in range(subjects)
    ]
    stream = list(records)
    for _ in range(12):
        at = dice.randrange(len(stream) - subjects)
        stream[at], stream[at + subjects] = stream[at + subjects], stream[at]
    for _ in range(30):
        stream.insert(dice.randrange(len(stream)), dice.choice(records))

    async def come_and_go(pauses: list[float]) -> None:
        for pause in pauses:
            async with consuming(broker, database, script):
                await asyncio.sleep(pause)

    async def produce() -> None:
        async with kafka.producing(broker) as producer:
            for start in range(0, len(stream), 40):
                await send(producer, stream[start : start + 40])
                await asyncio.sleep(0.15)

    await asyncio.gather(produce(), *(come_and_go([0.3 + dice.random() for _ in range(3)]) for _ in range(2)))
    async with consuming(broker, database, script):

        async def all_dealt_with() -> bool:
            done, parked = len(await heard(database)), len(await held(database))
            return done + parked == len(records) and parked == len(bad)

        await until(all_dealt_with)
    applied = await heard(database)
    assert inversions(applied) == 0, f"seed {seed}"
    assert {why for why, _, _ in await held(database)} == {"failed"}


async def test_a_group_that_starts_late_reads_from_the_beginning(
    broker: ServiceSettings, database: Database, script: Scripted, scripted: Deliver
) -> None:
    late = broker.model_copy(update={"service": "example"})
    async with kafka.producing(broker) as producer:
        await send(producer, [scripted.record(noted(1))])
    async with consuming(late, database, script):

        async def is_heard() -> bool:
            return bool(await heard(database))

        await until(is_heard)
    [(offset,)] = await query(database, "select next_offset from consumed_offsets")
    assert offset == 1


async def test_lag_without_progress_is_noticed(
    broker: ServiceSettings, database: Database, script: Scripted, scripted: Deliver
) -> None:
    async with kafka.producing(broker) as producer:
        await send(producer, [scripted.record(noted(1))])
    never_started = Worker(broker, database, script.listens)
    with pytest.raises(Stuck, match="1 messages wait"):
        await asyncio.wait_for(never_started.watch(every=0.05, patience=0.2), 20)
    labels = {"service": broker.service, "topic": TOPIC}
    assert REGISTRY.get_sample_value("oroshi_consumer_lag_messages", labels) == 1


async def test_without_lag_or_with_the_broker_away_the_watchdog_stays_calm(
    broker: ServiceSettings, database: Database, script: Scripted
) -> None:
    away = broker.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    for settings in (broker, away):
        watching = asyncio.create_task(Worker(settings, database, script.listens).watch(every=0.02, patience=0.1))
        await asyncio.sleep(0.6)
        assert not watching.done()
        watching.cancel()
        await asyncio.wait({watching})


async def test_topics_are_made_once_with_their_rules_and_wrong_ones_are_told(broker: ServiceSettings) -> None:
    wanted = {
        "example.events": ("delete", "-1"),
        "example.buyers": ("compact", None),
        "example.commands": ("delete", "604800000"),
    }
    async with kafka.admin(broker) as client:
        for topic, (cleanup, retention) in wanted.items():
            [answer] = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
            assert found["cleanup.policy"] == cleanup
            assert retention in (None, found["retention.ms"])
            assert int(found["max.message.bytes"]) > 4 * 1024 * 1024
        await kafka.create_topics(broker, wanted)
        name = f"wrong-{UUID(int=random.getrandbits(128))}.events"
        await client.create_topics([NewTopic(name, 3, 1)])
    with pytest.raises(kafka.TopicWrong, match="12 partitions are agreed on, found 3"):
        await until(lambda: _known(broker, name))
    with pytest.raises(kafka.TopicMissing, match=r"nowhere\.events"):
        await kafka.check_topics(broker, ["nowhere.events"])


async def _known(settings: ServiceSettings, topic: str) -> bool:
    try:
        await kafka.check_topics(settings, [topic])
    except kafka.TopicMissing:
        return False
    return True
