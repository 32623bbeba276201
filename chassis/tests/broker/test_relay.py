"""The relay on a real broker: everything committed arrives, in order per subject, whoever relays and whatever fails."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import MessageSizeTooLargeError

from chassis import clock, kafka
from chassis.database import Database, Role
from chassis.example import app
from chassis.example.trials import customer, noted, query, until
from chassis.example.wire import BuyerState
from chassis.quiet import snapshot
from chassis.relay import BATCH, RELAY_LOCK, Relay, publish
from chassis.settings import ServiceSettings
from contracts.wire import MAX_BYTES, Message

if TYPE_CHECKING:
    Record: TypeAlias = ConsumerRecord[bytes, bytes]


def header(record: Record, name: str) -> str:
    return str(dict(record.headers)[name].decode())


def first_numbers(records: Sequence[Record]) -> dict[str, list[int]]:
    """Per subject the numbers in order of their first occurrence; what came again counts once."""
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        number = int(header(record, "ce_sequence"))
        if number not in found[header(record, "ce_subject")]:
            found[header(record, "ce_subject")].append(number)
    return found


async def announce(database: Database, maker_id: UUID, *messages: Message) -> None:
    async with database.transaction(maker_id) as tx:
        tx.announce(messages)


async def outbox_empty(database: Database) -> bool:
    return await query(database, "select count(*) from outbox") == [(0,)]


def test_the_check_itself_sees_an_inversion() -> None:
    """The negative control: without it the promise below could be kept by a blind eye."""

    def record(number: int) -> Any:
        return type("R", (), {"headers": [("ce_subject", b"s"), ("ce_sequence", b"%d" % number)]})()

    assert first_numbers([record(1), record(3), record(1), record(2)]) == {"s": [1, 3, 2]}


@pytest.mark.req("GEN-008")
async def test_three_relays_and_eight_writers_lose_nothing_and_keep_the_order(
    broker: ServiceSettings, database: Database, topic: Any
) -> None:
    seed = 20261122
    dice = random.Random(seed)
    relays = [Relay(broker, database) for _ in range(3)]
    running = [asyncio.create_task(relay.run()) for relay in relays]
    written: dict[str, int] = defaultdict(int)

    async def write(maker_id: UUID) -> None:
        for _ in range(25):
            subjects = [dice.randrange(10) for _ in range(4)]
            async with database.transaction(maker_id) as tx:
                tx.announce(Message(maker_id, noted(at, of=at % 3)) for at in subjects)
                await asyncio.sleep(dice.random() * 0.01)
            for at in subjects:
                written[f"{maker_id} {noted(at).subject()}"] += 1

    makers = [clock.new_id() for _ in range(2)]
    await asyncio.gather(*(write(makers[at % 2]) for at in range(8)))
    await until(lambda: outbox_empty(database))
    for relay in relays:
        relay.stop()
    await asyncio.gather(*running)
    records = await topic.records()
    by_maker = {
        f"{maker_id} {subject}": numbers
        for maker_id in makers
        for subject, numbers in first_numbers(
            [record for record in records if header(record, "ce_makerid") == str(maker_id)]
        ).items()
    }
    assert by_maker == {subject: list(range(1, count + 1)) for subject, count in written.items()}, f"seed {seed}"
    assert len(records) == 800
    keys = defaultdict(set)
    for record in records:
        keys[record.key].add(record.partition)
    assert all(len(partitions) == 1 for partitions in keys.values())


async def test_only_one_relays_at_a_time_and_another_takes_over(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    """A paused process keeps its session until PostgreSQL ends it; then the right to relay is free again."""
    await announce(database, maker_id, Message(maker_id, noted(1)))
    relay = Relay(broker, database)
    async with database.connection(Role.WORKER) as paused:
        pid = (await paused.exec_driver_sql("select pg_backend_pid()")).scalar()
        await paused.exec_driver_sql("select pg_advisory_xact_lock($1)", (RELAY_LOCK,))
        assert await relay.relay_once() == 0
        assert not await outbox_empty(database)
        async with database.connection(Role.OWNER) as owner:
            await owner.exec_driver_sql("select pg_terminate_backend($1)", (pid,))
        await until(relay.relay_once)
        await paused.invalidate()
    await relay.close()
    assert len(await topic.records()) == 1


async def test_a_message_sent_twice_is_the_same_to_the_byte(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    """As if the relay had died between the acknowledgement and its commit."""
    await announce(database, maker_id, Message(maker_id, noted(1)))
    async with kafka.producing(broker) as producer, database.connection(Role.WORKER) as connection:
        rows = (await connection.exec_driver_sql("select * from outbox")).all()
        sent = await publish(producer, rows)
    assert (len(sent.rows), sent.error) == (1, None)
    relay = Relay(broker, database)
    assert await relay.relay_once() == 1
    await relay.close()
    first, second = await topic.records()
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)
    assert header(first, "content-type") == "application/json"


async def test_a_message_that_cannot_be_sent_stops_its_key_and_no_other(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    await announce(database, maker_id, *(Message(maker_id, noted(at, of=at % 2)) for at in range(6)))
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql(
            "update outbox set body = convert_to(repeat('x', $1), 'UTF8') where subject = $2",
            (2 * MAX_BYTES, noted(2).subject()),
        )
        await connection.commit()
    relay = Relay(broker, database)
    assert await relay.relay_once() == 4
    with pytest.raises(MessageSizeTooLargeError):
        await relay.relay_once()
    sent = {header(record, "ce_subject") for record in await topic.records()}
    assert sent == {noted(at).subject() for at in (0, 1, 3, 5)}
    assert await query(database, "select subject from outbox order by seq") == [(noted(at).subject(),) for at in (2, 4)]
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql("update outbox set body = 'x' where subject = $1", (noted(2).subject(),))
        await connection.commit()
    assert await relay.relay_once() == 2
    await relay.close()


async def spoil(database: Database, key: str) -> None:
    """The oldest message of this key becomes larger than any broker takes."""
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql(
            "update outbox set body = convert_to(repeat('x', $1), 'UTF8')"
            " where seq = (select min(seq) from outbox where key = $2)",
            (2 * MAX_BYTES, key),
        )
        await connection.commit()


async def test_a_key_that_fills_the_batch_and_cannot_be_sent_stops_no_other(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    stuck = [Message(maker_id, noted(1, of=1)) for _ in range(BATCH)]
    await announce(database, maker_id, *stuck, Message(maker_id, noted(2, of=2)))
    await spoil(database, noted(1, of=1).key())
    relay = Relay(broker, database)
    with pytest.raises(MessageSizeTooLargeError):
        await relay.relay_once()
    assert await relay.relay_once() == 1
    await relay.close()
    assert [header(record, "ce_subject") for record in await topic.records()] == [noted(2).subject()]


async def test_a_key_that_was_left_out_is_tried_again_in_order(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    await announce(database, maker_id, *(Message(maker_id, noted(1)) for _ in range(BATCH + 1)))
    await spoil(database, noted(1).key())
    relay = Relay(broker, database, left_out_seconds=0.2)
    with pytest.raises(MessageSizeTooLargeError):
        await relay.relay_once()
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql("update outbox set body = 'x' where seq = (select min(seq) from outbox)")
        await connection.commit()
    await until(relay.relay_once)
    assert await relay.relay_once() == 1
    await relay.close()
    assert first_numbers(await topic.records()) == {noted(1).subject(): list(range(1, BATCH + 2))}


async def test_the_largest_message_goes_through(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    frame = len(noted(1, text="").encode())
    await announce(database, maker_id, Message(maker_id, noted(1, text="x" * (MAX_BYTES - frame))))
    relay = Relay(broker, database)
    assert await relay.relay_once() == 1
    await relay.close()
    [record] = await topic.records()
    assert len(record.value) == MAX_BYTES


async def test_a_tombstone_arrives_as_null_with_its_headers(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    gone = BuyerState(customer_id=customer(1), name="")
    await announce(database, maker_id, Message(maker_id, gone, version=3, tombstone=True))
    relay = Relay(broker, database)
    await relay.relay_once()
    await relay.close()
    [record] = await topic.records("example.buyers")
    assert (record.value, record.key, header(record, "ce_sequence")) == (None, gone.key().encode(), "3")


async def test_what_was_published_is_told_in_the_quiet_answer(
    broker: ServiceSettings, database: Database, maker_id: UUID
) -> None:
    await announce(database, maker_id, Message(maker_id, noted(1)), Message(maker_id, noted(2)))
    relay = Relay(broker, database)
    before = await snapshot(database, app.service.listens)
    await relay.relay_once()
    await relay.close()
    after = await snapshot(database, app.service.listens)
    [(partition, end)] = after["published"]["example.events"].items()  # type: ignore[index]
    assert (before["outbox"], before["published"], after["outbox"], end) == (2, {}, 0, 2)
    assert after["consumed"] == {}
    assert after["listens"] == ["example.buyers", "example.commands", "example.events"]
    assert int(partition) in range(12)


async def test_while_the_broker_is_away_messages_stay_and_are_sent_later(
    broker: ServiceSettings, database: Database, maker_id: UUID, topic: Any
) -> None:
    nowhere = broker.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    relay = Relay(nowhere, database)
    running = asyncio.create_task(relay.run())
    await announce(database, maker_id, Message(maker_id, noted(1)))
    relay.wake()
    await asyncio.sleep(0.3)
    assert not running.done()
    relay.stop()
    await running
    assert await query(database, "select count(*) from outbox") == [(1,)]
    relay = Relay(broker, database)
    await relay.flush()
    await relay.close()
    assert len(await topic.records()) == 1


async def test_a_missing_topic_is_told_by_name_and_the_message_stays(
    broker: ServiceSettings, database: Database, maker_id: UUID
) -> None:
    await announce(database, maker_id, Message(maker_id, noted(1)))
    relay = Relay(broker, database, ["nowhere.events"])
    with pytest.raises(kafka.TopicMissing, match=r"nowhere\.events: run `migrate`"):
        await relay.relay_once()
    await relay.close()
    assert not await outbox_empty(database)
