"""A batch through the consumer's code path: each message once, in order, one bad message alone put aside."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from chassis import clock
from chassis.database import Database, Role
from chassis.example.trials import Scripted, customer, hear, heard, held, noted, order, query, struck
from chassis.example.wire import BuyerState, OrderNoted, Recount
from chassis.messages import Listens, Run
from chassis.testing.messages import Deliver, Outbox
from chassis.tx import Stale, Tx
from contracts.wire import Message

ORDER_1, ORDER_2 = f"order/{order(1)}", f"order/{order(2)}"


@pytest.mark.req("GEN-008")
async def test_a_message_that_comes_twice_is_applied_once(scripted: Deliver, database: Database) -> None:
    record = scripted.record(noted(1))
    await scripted.records(record, record)
    await scripted.records(record)
    assert await heard(database) == [(ORDER_1, 1)]


async def test_without_inbox_and_positions_the_check_sees_the_double(scripted: Deliver, database: Database) -> None:
    """The negative control: it is these two tables that make effects happen once."""
    record = scripted.record(noted(1))
    await scripted.records(record)
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql("delete from inbox")
        await connection.exec_driver_sql("delete from subject_positions")
        await connection.commit()
    await scripted.records(record)
    assert await heard(database) == [(ORDER_1, 1), (ORDER_1, 1)]


async def test_messages_of_one_type_and_maker_are_one_call(scripted: Deliver, script: Scripted) -> None:
    await scripted(*(noted(number, of=number) for number in range(40)))
    assert script.runs == [("example.order-noted.v1", 40)]


async def test_makers_are_kept_apart(scripted: Deliver, script: Scripted, database: Database) -> None:
    other = clock.new_id()
    await scripted(noted(1, of=1), Message(other, noted(1, of=2)), noted(2, of=3))
    assert sorted(length for _, length in script.runs) == [1, 2]
    assert {row[0] for row in await query(database, "select maker_id from heard")} == {scripted.maker_id, other}


@pytest.mark.req("GEN-008")
async def test_a_message_that_came_too_early_waits_for_the_one_before_it(scripted: Deliver, database: Database) -> None:
    first, second, third = (scripted.record(body) for body in (noted(1), struck(1), struck(1)))
    await scripted.records(third)
    await scripted.records(second)
    assert await held(database) == [("gap", ORDER_1, 3), ("gap", ORDER_1, 2)]
    await scripted.records(first)
    assert await heard(database) == [(ORDER_1, 1), (ORDER_1, 2), (ORDER_1, 3)]
    assert await held(database) == []


async def test_a_number_used_by_two_messages_is_parked_not_lost(scripted: Deliver, database: Database) -> None:
    await scripted.records(scripted.record(noted(1), sequence=1), scripted.record(struck(1), sequence=1), may_park=True)
    assert await heard(database) == [(ORDER_1, 1)]
    assert await held(database) == [("failed", ORDER_1, 1)]


async def test_types_nobody_listens_to_take_their_number_and_nothing_else(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    del script.listens.handlers["example.order-struck.v1"]
    await scripted(noted(1), struck(1), noted(1))
    assert await heard(database) == [(ORDER_1, 1), (ORDER_1, 3)]
    assert await query(database, "select last from subject_positions") == [(3,)]


async def test_a_number_nobody_listens_to_still_leaves_a_gap_when_it_is_missing(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    del script.listens.handlers["example.order-struck.v1"]
    first, second, third = (scripted.record(body) for body in (noted(1), struck(1), noted(1)))
    await scripted.records(first, third)
    assert await held(database) == [("gap", ORDER_1, 3)]
    await scripted.records(second)
    assert await heard(database) == [(ORDER_1, 1), (ORDER_1, 3)]


@pytest.mark.req("GEN-008")
async def test_one_bad_message_among_many_is_put_aside_alone(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.poison = {"bad"}
    await scripted(*(noted(number, text="bad" if number == 37 else "A") for number in range(100)), may_park=True)
    assert len(await heard(database)) == 99
    [(reason, error, stack, tried)] = await query(
        database, "select reason, error, stack, attempts from parked_messages"
    )
    assert (reason, error) == ("failed", "RuntimeError: this order cannot be")
    assert "_noted" in stack
    assert tried == 0


async def test_a_bad_message_is_tried_three_times_before_it_is_parked(scripted: Deliver, script: Scripted) -> None:
    script.poison = {"bad"}
    await scripted(noted(1, text="bad"), may_park=True)
    assert len(script.runs) == 3


async def test_later_messages_of_a_parked_subject_are_held_behind_it_and_others_go_on(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.poison = {"bad"}
    await scripted(noted(1, text="bad"), struck(1), noted(2), may_park=True)
    await scripted(struck(1), struck(2), may_park=True)
    assert await heard(database) == [(ORDER_2, 1), (ORDER_2, 2)]
    assert await held(database) == [("failed", ORDER_1, 1), ("behind", ORDER_1, 2), ("behind", ORDER_1, 3)]


@pytest.mark.req("GEN-008")
async def test_a_replay_after_the_fix_applies_everything_once_and_in_order(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.poison = {"bad"}
    records = [scripted.record(body) for body in (noted(1, text="bad"), struck(1), struck(1))]
    await scripted.records(*records, may_park=True)
    [(parked,)] = await query(database, "select id from parked_messages where reason = 'failed'")
    assert await scripted.intake().replay([parked]) == 1
    assert await heard(database) == []
    script.poison.clear()
    assert await scripted.intake().replay([parked]) == 3
    assert await scripted.intake().replay([parked]) == 0
    await scripted.records(*records)
    assert await heard(database) == [(ORDER_1, 1), (ORDER_1, 2), (ORDER_1, 3)]
    assert await held(database) == []


async def test_a_failed_replay_keeps_the_newest_error(scripted: Deliver, script: Scripted, database: Database) -> None:
    script.poison = {"bad"}
    await scripted(noted(1, text="bad"), may_park=True)
    script.error = lambda: ValueError("now it fails like this")
    [(parked,)] = await query(database, "select id from parked_messages")
    await scripted.intake().replay([parked])
    assert await query(database, "select error, attempts from parked_messages") == [
        ("ValueError: now it fails like this", 1)
    ]


@pytest.mark.req("GEN-008")
async def test_another_version_of_a_known_type_is_parked_and_blocks_nobody(
    scripted: Deliver, database: Database
) -> None:
    newer = scripted.record(noted(1))
    newer.headers = [(name, b"example.order-noted.v2" if name == "ce_type" else value) for name, value in newer.headers]
    await scripted.records(newer, scripted.record(struck(1)), may_park=True)
    assert await held(database) == [("unreadable", ORDER_1, 1)]
    assert await heard(database) == [(ORDER_1, 2)]


async def test_after_an_upgrade_a_parked_version_is_applied_by_replay(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    newer = scripted.record(noted(1))
    newer.headers = [(name, b"example.order-noted.v2" if name == "ce_type" else value) for name, value in newer.headers]
    await scripted.records(newer, scripted.record(struck(1)), may_park=True)
    upgraded = Listens(dict(script.listens.handlers))
    upgraded.handlers["example.order-noted.v2"] = upgraded.handlers["example.order-noted.v1"]
    intake = replace(scripted.intake(), listens=upgraded)
    [(parked,)] = await query(database, "select id from parked_messages")
    assert await intake.replay([parked]) == 1
    assert await heard(database) == [(ORDER_1, 2), (ORDER_1, 1)]


async def test_of_states_the_newer_counts_and_the_older_is_skipped(scripted: Deliver, database: Database) -> None:
    buyer = BuyerState(customer_id=customer(1), name="山田")
    old, new = (scripted.record(Message(scripted.maker_id, buyer, version=version)) for version in (3, 7))
    await scripted.records(new)
    await scripted.records(old)
    assert await heard(database) == [(buyer.subject(), 7)]


async def test_a_tombstone_has_a_key_and_no_body(deliver: Deliver, database: Database) -> None:
    buyer = BuyerState(customer_id=customer(1), name="山田")
    await deliver(buyer)
    await deliver(Message(deliver.maker_id, buyer, tombstone=True))
    assert await query(database, "select name, version from buyers") == [("", 2)]


async def test_of_several_states_in_a_batch_only_the_newest_is_handled(scripted: Deliver, database: Database) -> None:
    """A handler that deletes what is gone after keeping what is there must not meet both."""
    buyer, other = (BuyerState(customer_id=customer(at), name="山田") for at in (1, 2))
    gone = Message(scripted.maker_id, buyer, tombstone=True)
    await scripted(buyer, other, gone, buyer)
    assert await heard(database) == [(other.subject(), 1), (buyer.subject(), 3)]


async def test_commands_are_done_once_and_stay_behind_a_parked_one(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    ask = scripted.record(Recount(customer_id=customer(1)))
    await scripted.records(ask, ask)
    assert await query(database, "select count(*) from heard") == [(1,)]
    del script.listens.handlers["example.recount.v1"]
    fails = True

    @script.listens.on(Recount)
    async def recount(tx: Tx, run: Run[Recount]) -> None:
        if fails:
            raise RuntimeError("not now")
        await hear(tx, run)

    await scripted(Recount(customer_id=customer(1)), Recount(customer_id=customer(2)), may_park=True)
    await scripted(Recount(customer_id=customer(1)), may_park=True)
    assert [reason for reason, _, _ in await held(database)] == ["failed", "failed", "behind"]
    fails = False
    ids = [id_ for (id_,) in await query(database, "select id from parked_messages where reason = 'failed'")]
    assert await scripted.intake().replay(ids) == 3
    assert await held(database) == []
    assert await query(database, "select count(*) from heard") == [(4,)]


async def test_a_deadlock_is_tried_again_and_not_parked(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    def deadlock() -> Exception:
        script.poison.clear()
        orig = Exception()
        orig.__cause__ = asyncpg.DeadlockDetectedError("deadlock detected")
        return DBAPIError("select", None, orig)

    script.poison, script.error = {"bad"}, deadlock
    await scripted(noted(1, text="bad"))
    assert await heard(database) == [(ORDER_1, 1)]


async def test_a_row_that_changed_meanwhile_runs_the_same_batch_again(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    """An HTTP call was faster: that is nobody's fault, so the batch is neither cut nor any message put aside."""
    left = iter(range(3))

    def stale() -> Exception:
        if next(left) == 2:
            script.poison.clear()
        return Stale("orders: 1 of 2 rows changed since they were read")

    script.poison, script.error = {"bad"}, stale
    await scripted(noted(1, of=1), noted(2, of=2, text="bad"))
    assert len(await heard(database)) == 2
    assert script.runs == [("example.order-noted.v1", 2)] * 4


async def test_what_is_away_is_raised_and_nothing_is_parked(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.poison, script.error = {"bad"}, lambda: ConnectionResetError("peer is gone")
    with pytest.raises(ConnectionResetError):
        await scripted(noted(1), noted(2, text="bad"))
    assert await heard(database) == []
    assert await query(database, "select count(*) from inbox") == [(0,)]


async def test_consumed_offsets_are_kept_with_the_effect(scripted: Deliver, database: Database) -> None:
    records = [scripted.record(noted(number)) for number in range(4)]
    for record, (partition, offset) in zip(records, [(0, 7), (3, 2), (0, 8), (3, 3)], strict=True):
        record.partition, record.offset = partition, offset
    await scripted.records(*records)
    await scripted.records(records[0])
    assert await query(database, "select topic, partition, next_offset from consumed_offsets order by 2") == [
        ("example.events", 0, 9),
        ("example.events", 3, 4),
    ]


async def test_what_a_handler_announces_carries_on_the_thread_of_its_message(
    scripted: Deliver, script: Scripted, outbox: Outbox
) -> None:
    del script.listens.handlers["example.order-noted.v1"]

    @script.listens.on(OrderNoted)
    async def answer(tx: Tx, run: Run[OrderNoted]) -> None:
        tx.announce(Message(tx.maker_id, struck(at, of=at)) for at in (1, 2))

    first, second = scripted.record(noted(1, of=1)), scripted.record(noted(2, of=2))
    await scripted.records(first, second)
    told = [row["headers"] for row in await outbox.messages()]
    assert [one["ce_causationid"] for one in told] == [dict(of.headers)["ce_id"].decode() for of in (first, second)]
    assert [one["ce_correlationid"] for one in told] == ["test", "test"]
