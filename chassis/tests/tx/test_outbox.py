"""Announced messages: written with the change or not at all, in order, numbered without gaps, whole."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from uuid import UUID

import pytest

from chassis import clock
from chassis.database import Database
from chassis.example.trials import customer, noted, query, struck
from chassis.example.wire import BuyerState, Recount
from chassis.outbox import MessageTooLarge
from chassis.testing.messages import Outbox, Tombstone
from contracts.wire import MAX_BYTES, Message

BUYER = BuyerState(customer_id=customer(1), name="山田")


@pytest.mark.req("GEN-008")
async def test_messages_are_written_in_the_order_they_were_announced(
    database: Database, maker_id: UUID, outbox: Outbox
) -> None:
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, noted(2)), Message(maker_id, BUYER, version=4)])
        tx.announce([Message(maker_id, noted(1)), Message(maker_id, struck(2))])
    assert await outbox() == [noted(2), BUYER, noted(1), struck(2)]
    assert [row["sequence"] for row in await outbox.messages()] == [1, 4, 1, 2]


@pytest.mark.req("GEN-008")
async def test_a_change_that_is_rolled_back_announces_nothing(
    database: Database, maker_id: UUID, outbox: Outbox
) -> None:
    with contextlib.suppress(LookupError):
        async with database.transaction(maker_id) as tx:
            tx.announce([Message(maker_id, noted(1))])
            raise LookupError
    assert await outbox() == []
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, noted(1))])
    assert [row["sequence"] for row in await outbox.messages()] == [1]


async def test_the_envelope_says_all_that_is_not_in_the_body(
    database: Database, maker_id: UUID, outbox: Outbox
) -> None:
    async with database.transaction(
        maker_id, correlation_id="request-1", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    ) as tx:
        tx.announce([Message(maker_id, noted(1))])
        now = tx.now
    [row] = await outbox.messages()
    assert (row["topic"], row["key"]) == ("example.events", str(customer(1)))
    assert row["headers"] == {
        "ce_specversion": "1.0",
        "ce_id": str(row["event_id"]),
        "ce_type": "example.order-noted.v1",
        "ce_source": "/oroshi/example",
        "ce_time": now.isoformat(),
        "ce_subject": noted(1).subject(),
        "ce_makerid": str(maker_id),
        "ce_sequence": "1",
        "ce_correlationid": "request-1",
        "content-type": "application/json",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


async def test_numbers_per_subject_have_no_gaps_whoever_writes_beside_whom(
    database: Database, maker_id: UUID, outbox: Outbox
) -> None:
    async def write(at: int) -> None:
        try:
            async with database.transaction(maker_id) as tx:
                tx.announce(Message(maker_id, noted(number % 5)) for number in range(at, at + 7))
                if at % 5 == 0:
                    raise LookupError
        except LookupError:
            pass

    await asyncio.gather(*(write(at) for at in range(30)))
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in await outbox.messages():
        numbers[row["subject"]].append(row["sequence"])
    assert sum(map(len, numbers.values())) == 24 * 7
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


async def test_the_same_subject_of_another_maker_counts_for_itself(database: Database, outbox: Outbox) -> None:
    for maker_id in (clock.new_id(), clock.new_id()):
        async with database.transaction(maker_id) as tx:
            tx.announce([Message(maker_id, noted(1))])
    assert [row["sequence"] for row in await outbox.messages()] == [1, 1]


async def test_a_tombstone_has_no_body(database: Database, maker_id: UUID, outbox: Outbox) -> None:
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, BUYER, version=2, tombstone=True)])
    assert await outbox() == [Tombstone("example.buyer.v1", BUYER.key())]


async def test_a_body_up_to_the_limit_goes_and_one_byte_more_is_refused_by_name(
    database: Database, maker_id: UUID
) -> None:
    frame = len(noted(1, text="").encode())
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, noted(1, text="x" * (MAX_BYTES - frame)))])
        with pytest.raises(MessageTooLarge, match=rf"example.order-noted.v1 .* is {MAX_BYTES + 1} bytes"):
            tx.announce([Message(maker_id, noted(1, text="x" * (MAX_BYTES - frame + 1)))])


async def test_what_cannot_be_announced_is_said_at_once(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        with pytest.raises(ValueError, match="needs the version"):
            tx.announce([Message(maker_id, BUYER)])
        with pytest.raises(ValueError, match="only states have tombstones"):
            tx.announce([Message(maker_id, noted(1), tombstone=True)])
        with pytest.raises(ValueError, match="another maker"):
            tx.announce([Message(clock.new_id(), noted(1))])


async def test_commands_are_not_numbered(database: Database, maker_id: UUID, outbox: Outbox) -> None:
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, Recount(customer_id=customer(1)))])
    assert [row["sequence"] for row in await outbox.messages()] == [0]
    assert await query(database, "select count(*) from subject_sequences") == [(0,)]


async def test_whoever_listens_hears_of_a_commit_that_announced_and_of_no_other(
    database: Database, maker_id: UUID
) -> None:
    heard: list[str] = []
    database.on_announced(lambda: heard.append("announced"))
    async with database.transaction(maker_id):
        pass
    assert heard == []
    async with database.transaction(maker_id) as tx:
        tx.announce([Message(maker_id, noted(1))])
    assert heard == ["announced"]
