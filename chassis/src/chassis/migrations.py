"""Schema changes: the roles, the runtime tables, row-level security, and running a service's own migrations.

A service keeps `migrations/versions/*.py` (alembic revisions, one head) and nothing else; the environment is the
chassis's. A migration must be safe beside the previous version of the code (expand, then contract).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database, Role
from chassis.service import Service

_MIGRATE_LOCK: Final = 0x6F726F7368690001
_TRIES: Final = 10
_MAKER: Final = "(select nullif(current_setting('oroshi.maker_id', true), '')::uuid)"


class Operations(Protocol):
    """What is used of alembic's `op`."""

    def get_bind(self) -> Connection: ...


_RUNTIME_TABLES_V1 = """
create table outbox (
    seq bigint generated always as identity constraint pk_outbox primary key,
    event_id uuid not null,
    maker_id uuid not null,
    topic text not null,
    key text not null,
    type text not null,
    subject text not null,
    sequence bigint not null,
    body bytea,
    headers jsonb not null,
    created_at timestamptz not null
);
create table inbox (
    event_id uuid not null constraint pk_inbox primary key,
    received_at timestamptz not null
);
create index ix_inbox_received_at on inbox using brin (received_at);
create table parked_messages (
    id bigint generated always as identity constraint pk_parked_messages primary key,
    reason text not null
        constraint ck_parked_messages_reason check (reason in ('unreadable', 'failed', 'gap', 'behind', 'waiting')),
    event_id uuid,
    maker_id uuid,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key bytea,
    type text,
    subject text,
    sequence bigint,
    headers jsonb not null,
    body bytea,
    waits_for text,
    ready boolean not null,
    attempts integer not null,
    retry_at timestamptz,
    error text,
    stack text,
    parked_at timestamptz not null,
    constraint uq_parked_messages_record unique (topic, partition, "offset"),
    constraint ck_parked_messages_waits check ((reason = 'waiting') = (waits_for is not null))
);
create index ix_parked_messages_subject on parked_messages (topic, maker_id, subject);
create index ix_parked_messages_waits_for on parked_messages (maker_id, waits_for) where waits_for is not null;
create table subject_sequences (
    maker_id uuid not null,
    topic text not null,
    subject text not null,
    last bigint not null,
    constraint pk_subject_sequences primary key (maker_id, topic, subject)
);
create table subject_positions (
    maker_id uuid not null,
    topic text not null,
    subject text not null,
    last bigint not null,
    constraint pk_subject_positions primary key (maker_id, topic, subject)
);
create table consumed_offsets (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    updated_at timestamptz not null,
    constraint pk_consumed_offsets primary key (topic, partition)
);
create table published_offsets (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    updated_at timestamptz not null,
    constraint pk_published_offsets primary key (topic, partition)
);
create table idempotency_keys (
    maker_id uuid not null,
    route text not null,
    key text not null,
    body_hash bytea not null,
    status smallint not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null,
    constraint pk_idempotency_keys primary key (maker_id, route, key)
);
create index ix_idempotency_keys_created_at on idempotency_keys using brin (created_at);
create table number_series (
    maker_id uuid not null,
    series text not null,
    last bigint not null constraint ck_number_series_last check (last >= 0),
    constraint pk_number_series primary key (maker_id, series)
);
create table stored_files (
    file_id uuid not null constraint pk_stored_files primary key,
    maker_id uuid not null,
    name text not null,
    media_type text not null,
    sha256 bytea not null,
    size integer not null,
    content bytea not null,
    created_at timestamptz not null,
    constraint uq_stored_files_maker unique (maker_id, file_id)
);
"""

_API_RIGHTS: Final = {
    "outbox": "insert",
    "inbox": "",
    "parked_messages": "select (maker_id, waits_for, ready), update (ready)",
    "subject_sequences": "select, insert, update",
    "subject_positions": "",
    "consumed_offsets": "",
    "published_offsets": "",
    "idempotency_keys": "select, insert, delete",
    "number_series": "select, insert, update",
    "stored_files": "select, insert",
}
"""What the api role may do with the runtime tables; always only for its own maker."""

_ALL: Final = "select, insert, update, delete"


def create_runtime_tables(op: Operations) -> None:
    """The chassis's tables with their grants and policies: the first step of a service's first migration."""
    _run(op, _RUNTIME_TABLES_V1)
    service = _service(op)
    for table, rights in _API_RIGHTS.items():
        _run(op, f"grant {_ALL} on {table} to {service}_worker")
        if rights:
            _run(op, f"grant {rights} on {table} to {service}_api")
            _fence(op, table)


def secure(op: Operations, tables: Iterable[str], *, shared: Iterable[str] = ()) -> None:
    """Grants and forced row-level security for a service's own tables.

    The api role sees rows of the maker bound to its transaction, and none when there is none; worker and owner see all.
    `shared` tables have no maker and are granted without a fence. Raises ValueError on a table without `maker_id`.
    """
    service = _service(op)
    for table in tables:
        if not _has_maker(op, table):
            raise ValueError(f"{table} has no maker_id; name it in shared=… if it belongs to nobody")
        _run(op, f'grant {_ALL} on "{table}" to {service}_api, {service}_worker')
        _fence(op, table)
    for table in shared:
        _run(op, f'grant {_ALL} on "{table}" to {service}_api, {service}_worker')


def _fence(op: Operations, table: str) -> None:
    """Under FORCE the owner needs a policy too, or its back-fills would change 0 rows in silence."""
    service = _service(op)
    own = f"maker_id = {_MAKER}"
    _run(op, f'alter table "{table}" enable row level security')
    _run(op, f'alter table "{table}" force row level security')
    _run(op, f'create policy own_maker on "{table}" to {service}_api using ({own}) with check ({own})')
    _run(op, f'create policy all_makers on "{table}" to {service}_worker, current_user using (true) with check (true)')


def _run(op: Operations, sql: str) -> None:
    for statement in filter(str.strip, sql.split(";\n")):
        op.get_bind().exec_driver_sql(statement)


def _service(op: Operations) -> str:
    return str(op.get_bind().exec_driver_sql("select current_setting('oroshi.service')").scalar_one())


def _has_maker(op: Operations, table: str) -> bool:
    found = op.get_bind().exec_driver_sql(
        "select count(*) from information_schema.columns "
        "where table_schema = current_schema() and table_name = $1 and column_name = 'maker_id'",
        (table,),
    )
    return bool(found.scalar_one())


async def migrate(service: Service, database: Database) -> None:
    """Brings the database of a service to its newest version; several processes at once wait for each other."""
    async with database.engine(Role.OWNER).connect() as connection:
        await connection.exec_driver_sql("select pg_advisory_lock($1)", (_MIGRATE_LOCK,))
        await connection.commit()
        await _ensure_roles(connection, service.name)
        await _patiently_upgrade(connection, service.migrations_folder() / "versions")
        await connection.exec_driver_sql("select pg_advisory_unlock($1)", (_MIGRATE_LOCK,))
        await connection.commit()


async def _patiently_upgrade(connection: AsyncConnection, versions: Path) -> None:
    """A migration gives up a lock it does not get in 2 s, so that it never blocks the traffic behind it; then again."""
    for tried in range(1, _TRIES + 1):
        try:
            await connection.run_sync(_upgrade, versions)
            await connection.commit()
            return
        except Exception as error:
            await connection.rollback()
            if "lock timeout" not in str(error) or tried == _TRIES:
                raise
            await asyncio.sleep(tried)


def _upgrade(connection: Connection, versions: Path) -> None:
    command.upgrade(alembic_config(versions, connection), "head")


def alembic_config(versions: Path, connection: Connection | None = None) -> Config:
    """Alembic's settings for one service's `versions/` folder."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic").replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


_ROLE = """
do $do$ begin
    if not exists (select from pg_roles where rolname = '{role}') then create role {role} nologin; end if;
exception when duplicate_object or unique_violation then null;
end $do$
"""
_GRANT = """
do $do$ begin
    if not (select rolsuper from pg_roles where rolname = current_user)
       and not pg_has_role(current_user, '{role}', 'set') then grant {role} to current_user; end if;
end $do$
"""


async def _ensure_roles(connection: AsyncConnection, service: str) -> None:
    """Roles belong to the whole server: another database's migration may be making or granting them right now."""
    for role in role_names(service):
        for sql in (_ROLE, _GRANT):
            await connection.exec_driver_sql(sql.format(role=role))
            await connection.commit()


def role_names(service: str) -> Sequence[str]:
    """The roles that api and worker sessions take."""
    return (f"{service}_{Role.API}", f"{service}_{Role.WORKER}")
