"""Row-level security: a maker sees its own rows only, whoever forgot a predicate; sessions give back what they hold."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from chassis import clock, failures
from chassis.database import Database, Role
from chassis.example.tables import BuyerRow
from chassis.statements import table_of
from chassis.tx import NO_MAKER

BUYERS = select(table_of(BuyerRow))


@pytest.fixture
async def two_makers(database: Database) -> tuple[UUID, UUID]:
    """Each with one buyer."""
    makers = clock.new_id(), clock.new_id()
    for maker_id in makers:
        async with database.transaction(maker_id) as tx:
            row = {"maker_id": maker_id, "customer_id": UUID(int=1), "name": str(maker_id), "version": 1}
            await tx.insert(BuyerRow, [row])
    return makers


async def _names(database: Database, role: Role, maker_id: UUID | None) -> list[str]:
    async with database.connection(role, maker_id) as connection:
        return [row.name for row in await connection.execute(BUYERS)]


@pytest.mark.req("GEN-005")
async def test_a_query_without_predicate_shows_only_the_makers_own_rows(
    database: Database, two_makers: tuple[UUID, UUID]
) -> None:
    for maker_id in two_makers:
        assert await _names(database, Role.API, maker_id) == [str(maker_id)]


@pytest.mark.req("GEN-005")
async def test_without_a_maker_there_are_no_rows(database: Database, two_makers: tuple[UUID, UUID]) -> None:
    assert await _names(database, Role.API, None) == []
    assert await _names(database, Role.API, NO_MAKER) == []


async def test_the_maker_of_one_transaction_is_forgotten_by_the_next(
    database: Database, two_makers: tuple[UUID, UUID]
) -> None:
    """The same pooled sessions serve all makers."""
    seen = await asyncio.gather(*(_names(database, Role.API, two_makers[at % 2]) for at in range(40)))
    assert seen == [[str(two_makers[at % 2])] for at in range(40)]
    async with database.engine(Role.API).connect() as connection:
        assert (await connection.execute(BUYERS)).all() == []


@pytest.mark.req("GEN-005")
async def test_another_makers_row_cannot_be_written_changed_or_deleted(
    database: Database, two_makers: tuple[UUID, UUID]
) -> None:
    own, other = two_makers
    async with database.connection(Role.API, own) as connection:
        for sql in ("update buyers set name = 'x' where maker_id = $1", "delete from buyers where maker_id = $1"):
            assert (await connection.exec_driver_sql(sql, (other,))).rowcount == 0
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.exec_driver_sql("insert into buyers values ($1, $2, 'x', 1)", (other, UUID(int=2)))


async def test_worker_and_owner_see_all_makers(database: Database, two_makers: tuple[UUID, UUID]) -> None:
    """Under FORCE without a policy of its own, an owner's back-fill would change 0 rows in silence."""
    for role in (Role.WORKER, Role.OWNER):
        assert sorted(await _names(database, role, None)) == sorted(map(str, two_makers))
    async with database.connection(Role.OWNER) as connection:
        assert (await connection.exec_driver_sql("update buyers set version = version + 1")).rowcount == 2


FORBIDDEN = [
    "select * from outbox",
    "delete from outbox",
    "select * from inbox",
    "select body from parked_messages",
    "delete from parked_messages",
    "select * from subject_positions",
    "select * from consumed_offsets",
    "update published_offsets set next_offset = 0",
    "delete from number_series",
    "delete from stored_files",
    "update idempotency_keys set status = 200",
    "drop table buyers",
    "alter table buyers disable row level security",
    "truncate buyers",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
async def test_the_api_role_may_not(database: Database, maker_id: UUID, sql: str) -> None:
    async with database.connection(Role.API, maker_id) as connection:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            await connection.exec_driver_sql(sql)


async def test_sessions_have_limits_and_the_role_from_their_first_packet(database: Database, maker_id: UUID) -> None:
    names = ("role", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", "TimeZone")
    async with database.transaction(maker_id) as tx:
        found = [await tx.scalar(text(f"select current_setting('{name}')")) for name in names]
        assert await tx.scalar(text("select current_user")) == "example_api"
    assert found == ["example_api", "1min", "30s", "2min", "UTC"]
    async with database.engine(Role.OWNER).connect() as connection:
        assert (await connection.exec_driver_sql("show lock_timeout")).scalar() == "2s"


async def test_a_storm_of_cancelled_calls_leaves_no_session_dirty(
    database: Database, two_makers: tuple[UUID, UUID]
) -> None:
    async def call(at: int) -> None:
        async with database.transaction(two_makers[at % 2]) as tx:
            await tx.execute(text("update buyers set version = version + 1"))
            await tx.scalar(text("select pg_sleep(0.02)"))

    tasks = [asyncio.create_task(call(at)) for at in range(150)]
    for at, task in enumerate(tasks):
        asyncio.get_running_loop().call_later(0.0007 * at, task.cancel)
    await asyncio.gather(*tasks, return_exceptions=True)
    async with database.connection(Role.OWNER) as connection:
        busy = await connection.exec_driver_sql(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
            "and state like 'idle in transaction%'"
        )
        assert busy.scalar() == 0
    for maker_id in two_makers:
        assert await _names(database, Role.API, maker_id) == [str(maker_id)]
    assert await _names(database, Role.API, None) == []


async def test_sessions_of_a_restarted_server_are_replaced_without_an_error(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id):
        pass
    async with database.connection(Role.OWNER) as connection:
        await connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'example-api' and datname = current_database()"
        )
    async with database.transaction(maker_id) as tx:
        assert await tx.scalar(text("select 1")) == 1


async def test_a_session_that_is_cut_off_is_an_outage_not_a_bug(database: Database, maker_id: UUID) -> None:
    async def cut_off() -> None:
        async with database.transaction(maker_id) as tx:
            pid = await tx.scalar(text("select pg_backend_pid()"))
            async with database.connection(Role.OWNER) as connection:
                await connection.exec_driver_sql("select pg_terminate_backend($1)", (pid,))
            await tx.scalar(text("select pg_sleep(1)"))

    with pytest.raises(DBAPIError) as raised:
        await cut_off()
    assert failures.is_away(raised.value)
