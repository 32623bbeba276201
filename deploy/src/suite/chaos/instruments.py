"""What the harness adds to the databases before the load: a copy of every committed outbox row, and one defect.

The copy is made by a trigger inside the same transaction, so it says exactly what was committed, and the snapshot it
keeps says which rows were committed before. The defect makes the stocking of some orders fail until it is repaired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import asyncpg

from suite.chaos.trade import HELD_PREFIX
from suite.infra.postgres import PostgresServer
from suite.places import SERVICES

_INSTALL = """
create schema if not exists chaos;
create table chaos.outbox_copies (
    seq bigint not null, event_id uuid not null, topic text not null, key text not null, subject text not null,
    sequence bigint not null, xid text not null, snapshot text not null
);
create function chaos.copy_outbox() returns trigger language plpgsql security definer set search_path = chaos as $do$
begin
    insert into chaos.outbox_copies
    select seq, event_id, topic, key, subject, sequence, pg_current_xact_id()::text, pg_current_snapshot()::text
    from added;
    return null;
end $do$;
create trigger chaos_copy after insert on public.outbox referencing new table as added
    for each statement execute function chaos.copy_outbox();
"""
_DEFECT = f"alter table unshipped_orders add constraint chaos_defect check (number not like '{HELD_PREFIX}%')"
_REPAIR = "alter table unshipped_orders drop constraint if exists chaos_defect"
_TRIES = 30

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def install(server: PostgresServer) -> None:
    """Copies of all outboxes, and the defect in fulfillment."""
    for service in SERVICES:
        await execute(server, service, _INSTALL)
    await execute(server, "fulfillment", _DEFECT)


async def repair(server: PostgresServer) -> None:
    """Takes the defect away: what it held up can be replayed."""
    await execute(server, "fulfillment", _REPAIR)


async def execute(server: PostgresServer, service: str, sql: str, *values: object) -> None:
    async def run(connection: Connection) -> None:
        await connection.execute(sql, *values)

    await with_connection(server, service, run)


async def with_connection(server: PostgresServer, service: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Runs `work` on a superuser's connection; a server that is just coming back is waited for."""
    for tried in range(_TRIES):
        try:
            connection = await asyncpg.connect(server.url(service), timeout=10)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            if tried == _TRIES - 1:
                raise
            await asyncio.sleep(1)
            continue
        try:
            return await work(connection)
        finally:
            await connection.close()
    raise AssertionError("unreachable")
