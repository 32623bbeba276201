"""Bulk writes: one statement for any number of rows, every column type, versions, locks and numbers."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col

from chassis import clock, failures
from chassis.database import Database
from chassis.example.tables import BuyerRow, OrderRow
from chassis.statements import table_of
from chassis.tx import Stale, Tx, UnstorableText

NOW = datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)


def an_order(maker_id: UUID, **other: object) -> dict[str, Any]:
    return {
        "maker_id": maker_id,
        "order_id": clock.new_id(),
        "customer_id": UUID(int=1),
        "number": "A-1",
        "amount": Decimal("12.50"),
        "tags": [],
        "extra": None,
        "ordered_on": date(2026, 2, 28),
        "struck": False,
        "scan": None,
        "noted_at": NOW,
        "version": 1,
        **other,
    }


async def orders(tx: Tx) -> list[dict[str, Any]]:
    table = table_of(OrderRow)
    found = await tx.rows(select(table).where(col(OrderRow.maker_id) == tx.maker_id).order_by(col(OrderRow.order_id)))
    return [dict(zip(row._fields, row, strict=True)) for row in found]


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
order_facts = st.fixed_dictionaries(
    {
        "number": text,
        "amount": st.decimals(0, 10**12, places=6),
        "tags": st.lists(text, max_size=3),
        "extra": st.none() | st.dictionaries(text, json_values, max_size=3),
        "ordered_on": st.dates(date(1900, 1, 1), date(2999, 12, 31)),
        "struck": st.booleans(),
        "scan": st.none() | st.binary(max_size=20),
        "noted_at": st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "version": st.integers(-(2**31), 2**31 - 1),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(order_facts, max_size=5))
async def test_what_is_written_is_read_back(database: Database, facts: list[dict[str, Any]]) -> None:
    maker_id = clock.new_id()
    rows = [an_order(maker_id, order_id=id_, **one) for id_, one in zip(clock.new_ids(len(facts)), facts, strict=True)]
    async with database.transaction(maker_id) as tx:
        assert await tx.insert(OrderRow, rows) == len(rows)
        assert await orders(tx) == rows


async def test_a_decimal_inside_json_is_kept_as_text(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        await tx.insert(OrderRow, [an_order(maker_id, extra={"amount": Decimal("1.10"), "id": UUID(int=7)})])
        assert (await orders(tx))[0]["extra"] == {"amount": "1.10", "id": str(UUID(int=7))}


async def test_twenty_thousand_rows_are_one_statement(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        ids = tx.new_ids(20_000)
        assert len(set(ids)) == 20_000
        assert ids == sorted(ids)
        assert await tx.insert(OrderRow, [an_order(maker_id, order_id=id_) for id_ in ids]) == 20_000


async def test_nothing_to_write_is_no_statement(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        assert await tx.insert(OrderRow, []) == 0
        assert await tx.upsert(BuyerRow, [], key=("maker_id", "customer_id")) == 0
        assert await tx.update(OrderRow, [], key=("order_id",)) == 0
        assert await tx.delete(OrderRow, []) == 0
        assert list(await tx.insert_returning(OrderRow, [], conflict=(), returning=("order_id",))) == []
        assert await tx.next_numbers("invoice", 0) == range(0)


async def test_rows_that_exist_are_passed_over_and_new_ones_come_back(database: Database, maker_id: UUID) -> None:
    old, new = an_order(maker_id), an_order(maker_id)
    async with database.transaction(maker_id) as tx:
        await tx.insert(OrderRow, [old])
        assert await tx.insert(OrderRow, [old], on_conflict_do_nothing=[]) == 0
        back = await tx.insert_returning(
            OrderRow, [old, new], conflict=("maker_id", "order_id"), returning=("order_id", "number")
        )
    assert [tuple(row) for row in back] == [(new["order_id"], "A-1")]


async def test_a_second_row_of_the_same_key_is_an_error_where_none_is_expected(
    database: Database, maker_id: UUID
) -> None:
    row = an_order(maker_id)
    with pytest.raises(IntegrityError, match="pk_orders"):
        async with database.transaction(maker_id) as tx:
            await tx.insert(OrderRow, [row, row])


async def test_a_named_constraint_refuses_a_negative_amount(database: Database, maker_id: UUID) -> None:
    with pytest.raises(IntegrityError, match="ck_orders_amount"):
        async with database.transaction(maker_id) as tx:
            await tx.insert(OrderRow, [an_order(maker_id, amount=Decimal("-0.01"))])


def a_buyer(maker_id: UUID, number: int, version: int, name: str = "A") -> dict[str, object]:
    return {"maker_id": maker_id, "customer_id": UUID(int=number), "name": name, "version": version}


async def buyers(database: Database, maker_id: UUID) -> list[tuple[int, str, int]]:
    async with database.transaction(maker_id) as tx:
        found = await tx.rows(select(table_of(BuyerRow)).order_by(col(BuyerRow.customer_id)))
    return [(row.customer_id.int, row.name, row.version) for row in found]


async def test_a_copy_is_replaced_only_by_a_newer_version(database: Database, maker_id: UUID) -> None:
    key = ("maker_id", "customer_id")
    async with database.transaction(maker_id) as tx:
        await tx.upsert(BuyerRow, [a_buyer(maker_id, 1, 5, "five")], key=key, where_newer="version")
        assert await tx.upsert(BuyerRow, [a_buyer(maker_id, 1, 4, "four")], key=key, where_newer="version") == 0
        assert await tx.upsert(BuyerRow, [a_buyer(maker_id, 1, 5, "again")], key=key, where_newer="version") == 0
        assert await tx.upsert(BuyerRow, [a_buyer(maker_id, 1, 6, "six")], key=key, where_newer="version") == 1
    assert await buyers(database, maker_id) == [(1, "six", 6)]


async def test_of_several_rows_of_one_key_the_newest_or_last_counts(database: Database, maker_id: UUID) -> None:
    key = ("maker_id", "customer_id")
    rows = [a_buyer(maker_id, 1, version, f"v{version}") for version in (2, 9, 4)]
    async with database.transaction(maker_id) as tx:
        await tx.upsert(BuyerRow, rows, key=key, where_newer="version")
    assert await buyers(database, maker_id) == [(1, "v9", 9)]
    async with database.transaction(maker_id) as tx:
        await tx.upsert(BuyerRow, rows, key=key, update=["name"])
    assert await buyers(database, maker_id) == [(1, "v4", 9)]


@pytest.mark.req("GEN-006")
async def test_a_stale_version_writes_nothing(database: Database, maker_id: UUID) -> None:
    first, second = an_order(maker_id), an_order(maker_id)
    async with database.transaction(maker_id) as tx:
        await tx.insert(OrderRow, [first, second])
    change = {"maker_id": maker_id, "struck": True, "tags": ["neu"], "extra": {"a": 1}}
    changes = [{**change, "order_id": row["order_id"], "version": 1} for row in (first, second)]
    async with database.transaction(maker_id) as tx:
        assert await tx.update(OrderRow, changes[:1], key=["order_id"], expect_version="version") == 1
    with pytest.raises(Stale, match="orders: 1 of 2 rows"):
        async with database.transaction(maker_id) as tx:
            await tx.update(OrderRow, changes, key=["order_id"], expect_version="version")
    async with database.transaction(maker_id) as tx:
        found = {row["order_id"]: row for row in await orders(tx)}
    assert [(found[row["order_id"]]["struck"], found[row["order_id"]]["version"]) for row in (first, second)] == [
        (True, 2),
        (False, 1),
    ]
    assert (found[first["order_id"]]["tags"], found[first["order_id"]]["extra"]) == (["neu"], {"a": 1})


async def test_rows_are_deleted_by_key_and_only_those(database: Database, maker_id: UUID) -> None:
    rows = [an_order(maker_id) for _ in range(3)]
    async with database.transaction(maker_id) as tx:
        await tx.insert(OrderRow, rows)
        gone = [{"maker_id": maker_id, "order_id": row["order_id"]} for row in rows[:2]]
        assert await tx.delete(OrderRow, gone) == 2
        assert await tx.execute(delete(table_of(OrderRow))) == 1


async def test_a_row_of_another_maker_or_without_maker_is_refused(database: Database, maker_id: UUID) -> None:
    other = clock.new_id()
    async with database.transaction(maker_id) as tx:
        for row in (an_order(other), {"order_id": other}):
            with pytest.raises(ValueError, match="one maker"):
                await tx.insert(OrderRow, [row])
        with pytest.raises(ValueError, match="same columns"):
            await tx.insert(OrderRow, [an_order(maker_id), an_order(maker_id, more=1)])
        with pytest.raises(KeyError, match="orders has no column colour"):
            await tx.insert(OrderRow, [{"maker_id": maker_id, "colour": "red"}])


@pytest.mark.req("GEN-015")
@pytest.mark.parametrize(
    "fact",
    [
        {"number": "a\x00b"},
        {"number": "\ud800"},
        {"tags": ["ok", "a\x00"]},
        {"extra": {"name": "a\x00"}},
        {"extra": {"name": "\ud800"}},
    ],
)
async def test_a_text_postgresql_cannot_store_is_named(
    database: Database, maker_id: UUID, fact: dict[str, object]
) -> None:
    [column] = fact
    with pytest.raises(UnstorableText, match=f"orders.{column}, row 2"):
        async with database.transaction(maker_id) as tx:
            await tx.insert(OrderRow, [an_order(maker_id), an_order(maker_id, **fact)])


async def test_a_value_of_the_wrong_type_is_a_bug_and_not_an_outage(database: Database, maker_id: UUID) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with database.transaction(maker_id) as tx:
            await tx.insert(OrderRow, [an_order(maker_id, version="one")])
    assert not failures.is_infrastructure(raised.value)


async def test_locks_of_one_namespace_and_maker_exclude_each_other(database: Database, maker_id: UUID) -> None:
    order: list[str] = []

    async def one(name: str, ids: list[int], started: asyncio.Event, go_on: asyncio.Event) -> None:
        async with database.transaction(maker_id) as tx:
            await tx.lock("credit", ids)
            order.append(f"{name} has it")
            started.set()
            await go_on.wait()
            order.append(f"{name} leaves")

    first_has, second_has, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(one("first", [1, 2, 3], first_has, go_on))
    await first_has.wait()
    second = asyncio.create_task(one("second", [3, 4], second_has, go_on))
    async with database.transaction(maker_id) as tx:
        await tx.lock("other", [1, 2, 3])  # another namespace is free
    go_on.set()
    await asyncio.gather(first, second)
    assert order == ["first has it", "first leaves", "second has it", "second leaves"]


async def test_a_transaction_may_lock_ten_thousand_ids(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        await tx.lock("credit", range(10_000))
        await tx.lock("credit", [])


async def test_numbers_have_no_gaps_also_after_rollbacks_and_side_by_side(database: Database, maker_id: UUID) -> None:
    given: list[int] = []

    async def issue(count: int, *, fail: bool) -> None:
        try:
            async with database.transaction(maker_id) as tx:
                numbers = await tx.next_numbers("invoice/2026", count)
                if fail:
                    raise LookupError
            given.extend(numbers)
        except LookupError:
            pass

    await asyncio.gather(*(issue(1 + at % 3, fail=at % 4 == 0) for at in range(40)))
    assert sorted(given) == list(range(1, len(given) + 1))
    async with database.transaction(maker_id) as tx:
        assert await tx.next_numbers("invoice/2027", 2) == range(1, 3)


async def test_a_file_is_kept_byte_for_byte(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        file_id = await tx.store_file(b"%PDF\x00\xff", name="請求書.pdf", media_type="application/pdf")
    async with database.transaction(maker_id, read_only=True) as tx:
        found = await tx.load_file(file_id)
    assert found is not None
    assert (found.name, found.content, found.sha256.hex()[:8]) == (
        "請求書.pdf",
        b"%PDF\x00\xff",
        hashlib.sha256(b"%PDF\x00\xff").hexdigest()[:8],
    )
    async with database.transaction(clock.new_id()) as tx:
        assert await tx.load_file(file_id) is None


async def test_a_reading_transaction_cannot_write(database: Database, maker_id: UUID) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.transaction(maker_id, read_only=True) as tx:
            await tx.insert(OrderRow, [an_order(maker_id)])
