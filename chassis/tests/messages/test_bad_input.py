"""RELIABILITY §5 #35: damaged messages are put aside with their reason, and the ones beside them go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chassis.database import Database
from chassis.example.trials import customer, heard, held, noted, order, query, struck
from chassis.example.wire import BuyerState
from chassis.testing.messages import Deliver, InMemoryRecord

Damage = Callable[[InMemoryRecord], None]


def header(name: str, value: bytes | None) -> Damage:
    """Replaces a header, removes it (`b"-"`), or sends it as null."""

    def damage(record: InMemoryRecord) -> None:
        kept = [(key, old) for key, old in record.headers if key != name]
        record.headers = kept if value == b"-" else [*kept, (name, value)]  # type: ignore[list-item]

    return damage


def body(value: bytes | None) -> Damage:
    def damage(record: InMemoryRecord) -> None:
        record.value = value

    return damage


UNREADABLE = {
    "empty body": body(b""),
    "null body on an event topic": body(None),
    "bad JSON": body(b'{"order_id": '),
    "JSON array": body(b"[1, 2]"),
    "JSON scalar": body(b"12"),
    "not UTF-8": body(b'{"number": "\xff\xfe"}'),
    "200,000 levels": body(b"[" * 200_000),
    "missing fields": body(b"{}"),
    "wrong types": body(b'{"order_id": 5, "customer_id": [], "number": {}, "amount": true}'),
    "NaN amount": body(b'{"order_id": "x", "customer_id": "y", "number": "A", "amount": NaN}'),
    "next version": header("ce_type", b"example.order-noted.v2"),
    "no id": header("ce_id", b"-"),
    "id that is none": header("ce_id", b"order 1"),
    "null id": header("ce_id", None),
    "id of binary rubbish": header("ce_id", b"\xff\xfe\x00"),
    "no type": header("ce_type", b"-"),
    "no maker": header("ce_makerid", b"-"),
    "maker that is none": header("ce_makerid", b"maker-1"),
    "no subject": header("ce_subject", b"-"),
    "sequence 0": header("ce_sequence", b"0"),
    "negative sequence": header("ce_sequence", b"-3"),
    "sequence beyond bigint": header("ce_sequence", b"9" * 30),
    "sequence in Arabic digits": header("ce_sequence", "٣".encode()),
    "no sequence": header("ce_sequence", b"-"),
}


@pytest.mark.req("GEN-008")
@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_damaged_message_is_parked_with_its_reason_and_its_neighbours_go_on(
    scripted: Deliver, database: Database, damage: Damage
) -> None:
    damaged = scripted.record(noted(2))
    damage(damaged)
    await scripted.records(scripted.record(noted(1)), damaged, scripted.record(noted(3)), may_park=True)
    assert await heard(database) == [(f"order/{order(1)}", 1), (f"order/{order(3)}", 1)]
    [(reason, error, stored)] = await query(database, "select reason, error, body from parked_messages")
    assert reason == "unreadable"
    assert error
    assert stored == damaged.value


HARMLESS = {
    "a header that is not UTF-8": header("x-note", b"\xff\xfe"),
    "a null header": header("x-note", None),
    "a NUL in a header": header("x-note", b"a\x00b"),
    "a subject with a NUL": header("ce_subject", b"order/\x00"),
    "five years old": header("ce_time", b"2021-01-01T00:00:00+00:00"),
    "no time": header("ce_time", b"-"),
    "a time that is none": header("ce_time", b"yesterday"),
    "a time without zone": header("ce_time", b"2026-01-01T00:00:00"),
    "no correlation": header("ce_correlationid", b"-"),
    "a 1.1 MB body": body(
        noted(2).model_copy(update={"number": "x" * 1_100_000}).encode(),
    ),
    "an unknown field": body(noted(2).encode()[:-1] + b',"later":1}'),
}


@pytest.mark.parametrize("oddity", HARMLESS.values(), ids=HARMLESS.keys())
async def test_an_odd_message_is_applied_all_the_same(scripted: Deliver, database: Database, oddity: Damage) -> None:
    odd = scripted.record(noted(2))
    oddity(odd)
    await scripted.records(scripted.record(noted(1)), odd, scripted.record(noted(3)))
    assert len(await heard(database)) == 3
    assert await held(database) == []


async def test_a_damaged_message_that_comes_again_is_parked_once(scripted: Deliver, database: Database) -> None:
    damaged, nameless = scripted.record(noted(1)), scripted.record(noted(2))
    body(b"{")(damaged)
    header("ce_id", b"-")(nameless)
    again = scripted.record(noted(1), sequence=1)
    again.headers, again.value = damaged.headers, damaged.value
    await scripted.records(damaged, nameless, may_park=True)
    await scripted.records(damaged, nameless, again, may_park=True)
    assert len(await held(database)) == 2


async def test_a_second_copy_of_a_message_without_id_says_that_it_has_none(
    scripted: Deliver, database: Database
) -> None:
    """Not that its number was used: the id that would tell it from the first copy is what is missing."""
    first, copy = scripted.record(noted(1)), scripted.record(noted(1), sequence=1)
    header("ce_id", b"-")(first)
    copy.headers, copy.value = first.headers, first.value
    await scripted.records(first, may_park=True)
    await scripted.records(copy, may_park=True)
    told = await query(database, "select reason, error from parked_messages")
    assert told == [("unreadable", "no usable ce_id")] * 2


async def test_a_text_postgresql_cannot_keep_is_parked(scripted: Deliver, database: Database) -> None:
    odd = scripted.record(noted(2))
    odd.key = b"\xff\x00"
    await scripted.records(odd, scripted.record(noted(1)), may_park=True)
    assert await heard(database) == [(f"order/{order(1)}", 1)]
    [(error,)] = await query(database, "select error from parked_messages")
    assert "UnstorableText" in error


async def test_a_damaged_event_keeps_its_place_so_that_later_ones_go_on(scripted: Deliver, database: Database) -> None:
    damaged = scripted.record(noted(1))
    body(b"{")(damaged)
    await scripted.records(damaged, scripted.record(struck(1)), may_park=True)
    assert await heard(database) == [(f"order/{order(1)}", 2)]


async def test_an_empty_state_without_headers_is_parked(scripted: Deliver, database: Database) -> None:
    tombstone = scripted.record(BuyerState(customer_id=customer(1), name="A"))
    tombstone.value, tombstone.headers = None, ()
    await scripted.records(tombstone, may_park=True)
    assert await held(database) == [("unreadable", "", 0)]
