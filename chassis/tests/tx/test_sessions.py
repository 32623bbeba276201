"""What a new session asks the server before it can work."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database, Role

_ARRAYS = "select $1::uuid[], $2::text[], $3::numeric[], $4::timestamptz[], $5::bytea[]"


async def _asked(connection: AsyncConnection) -> list[str]:
    """The queries that one over arrays brings about in this session."""
    queries: list[str] = []

    def note(record: Any) -> None:
        queries.append(record.query)

    raw: Any = (await connection.get_raw_connection()).driver_connection
    with raw.query_logger(note):
        assert (await raw.fetchrow(_ARRAYS, [], ["a"], [], [], []))[1] == ["a"]
    return queries


async def test_a_second_session_knows_the_arrays_that_the_first_has_met(database: Database) -> None:
    engine = database.engine(Role.WORKER)
    async with engine.connect() as first, engine.connect() as second:
        await _asked(first)
        asked = await _asked(second)

    assert asked == [_ARRAYS]


async def test_a_session_asks_about_types_that_are_not_built_in(database: Database) -> None:
    async with database.engine(Role.OWNER).connect() as connection:
        await connection.exec_driver_sql("create type pg_temp.mood as enum ('fair')")
        answer = await connection.exec_driver_sql("select array['fair'::pg_temp.mood]")

    assert answer.scalar_one() == ["fair"]
