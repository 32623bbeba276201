"""Migrations: found, run once however many start them, bounded in what they wait for, and equal to the tables."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy.exc import DBAPIError

from chassis import migrations
from chassis.database import Database, Role
from chassis.example.tables import Row
from chassis.service import Service
from chassis.testing.databases import Databases
from chassis.testing.migrations import differences


async def test_a_difference_between_tables_and_migrations_is_found(database: Database) -> None:
    assert await differences(database, Row.metadata) == []
    more = MetaData()
    Table("colours", more, Column("name", Text, primary_key=True))
    assert [kind for kind, *_ in await differences(database, Row.metadata, more)] == ["add_table"]


async def test_migrations_started_together_run_once(service: Service, databases: Databases) -> None:
    prepared = await databases.make(service)
    try:
        await asyncio.gather(*(migrations.migrate(service, prepared.database) for _ in range(4)))
        async with prepared.database.connection(Role.OWNER) as connection:
            assert (await connection.exec_driver_sql("select count(*) from alembic_version")).scalar() == 1
    finally:
        await databases.remove(prepared)


def test_migrations_stand_beside_the_source_or_inside_the_package(service: Service, tmp_path: Path) -> None:
    assert service.migrations_folder().name == "migrations"
    assert replace(service, migrations=tmp_path).migrations_folder() == tmp_path
    with pytest.raises(LookupError, match="no migrations/versions"):
        replace(service, package="chassis.messages").migrations_folder()
    with pytest.raises(LookupError, match="not installed"):
        _ = replace(service, package="nowhere").folder


async def test_a_table_without_maker_is_not_secured_by_mistake(database: Database) -> None:
    async with database.engine(Role.OWNER).connect() as connection:
        await connection.exec_driver_sql("create table colours (name text)")

        def secure(sync: Any) -> None:
            op = SimpleNamespace(get_bind=lambda: sync)
            migrations.secure(op, [], shared=["colours"])
            migrations.secure(op, ["colours"])

        with pytest.raises(ValueError, match="colours has no maker_id"):
            await connection.run_sync(secure)
        await connection.rollback()


async def test_a_migration_does_not_wait_long_for_a_lock(database: Database) -> None:
    async with database.connection(Role.OWNER) as holder, database.engine(Role.OWNER).connect() as connection:
        await holder.exec_driver_sql("lock table buyers in access share mode")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await connection.exec_driver_sql("alter table buyers add column colour text")
