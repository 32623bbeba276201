"""The PostgreSQL of a test run."""

from __future__ import annotations

import asyncpg

from suite.infra.postgres import PostgresServer


async def test_the_server_of_a_test_run_is_postgresql_18_and_asks_for_a_password(
    postgres_server: PostgresServer,
) -> None:
    connection = await asyncpg.connect(postgres_server.url())
    try:
        major = int(await connection.fetchval("show server_version_num")) // 10_000
        encrypted = await connection.fetchval("select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolsuper")
    finally:
        await connection.close()

    assert (major, encrypted) == (18, True)
