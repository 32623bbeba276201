"""Test databases: one per service and test process, owned by a login without special rights, as in production."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from pydantic import SecretStr

from chassis import migrations
from chassis.database import Database, Role
from chassis.service import Service
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from chassis.testing.messages import PostgresServer

_PASSWORD: Final = "test"  # noqa: S105  # of a throw-away server
_MAKING: Final = 0x6F726F7368690003


@dataclass(frozen=True, slots=True)
class Prepared:
    """One service's database, ready for tests."""

    name: str
    settings: ServiceSettings
    database: Database
    look: str
    """Names the tables that hold rows."""


@dataclass(slots=True)
class Databases:
    """Makes databases on a server whose superuser is known."""

    server: PostgresServer
    worker: str
    _made: dict[str, Prepared] = field(default_factory=dict)

    async def of(self, service: Service) -> Prepared:
        """The migrated database of a service."""
        if service.name not in self._made:
            self._made[service.name] = await self.make(service)
        return self._made[service.name]

    async def make(self, service: Service) -> Prepared:
        """A migrated database; callers of `of` share one."""
        name = f"{service.name}_{self.worker}_{secrets.token_hex(3)}"
        owner = f"{service.name}_test_owner"
        async with self._server() as connection:
            await connection.execute(_roles(service.name, owner))
            await connection.execute(f'create database "{name}" owner "{owner}"')
        settings = self._settings(service, self.server.url(name, user=owner, password=_PASSWORD))
        database = Database(settings)
        await migrations.migrate(service, database)
        return Prepared(name, settings, database, await _look(database))

    def _settings(self, service: Service, url: str) -> ServiceSettings:
        given = {f"DATABASE_URL_{service.name.upper()}": url, "OROSHI_ENVIRONMENT": "test"}
        return service.settings.of(service.name, given).model_copy(update={"database_url": SecretStr(url)})

    async def empty(self, prepared: Prepared) -> None:
        """Only tables with rows are truncated: an empty database costs one query."""
        async with prepared.database.connection(Role.OWNER) as connection:
            filled = list((await connection.exec_driver_sql(prepared.look)).scalars())
            if filled:
                await connection.exec_driver_sql(f"truncate {', '.join(filled)} restart identity cascade")
                await connection.commit()

    async def close(self) -> None:
        for prepared in self._made.values():
            await self.remove(prepared)
        self._made.clear()

    async def remove(self, prepared: Prepared) -> None:
        await prepared.database.close()
        async with self._server() as connection:
            await connection.execute(f'drop database if exists "{prepared.name}" with (force)')

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[Any]:
        """As superuser; test processes that start together make roles one after the other."""
        connection = await asyncpg.connect(self.server.url())
        try:
            await connection.execute(f"select pg_advisory_lock({_MAKING})")
            yield connection
        finally:
            await connection.close()


def _roles(service: str, owner: str) -> str:
    """What the launcher does for a real suite (`suite.infra.databases`)."""
    if not re.fullmatch(r"[a-z_]+", service):
        raise ValueError(f"{service} is no name of a service")
    api, worker = migrations.role_names(service)
    makes = "".join(
        f"if not exists (select from pg_roles where rolname = '{role}') then create role {role} {kind}; end if; "
        for role, kind in ((owner, f"login password '{_PASSWORD}'"), (api, "nologin"), (worker, "nologin"))
    )
    return f"do $do$ begin {makes} end $do$; grant {api}, {worker} to {owner}"


async def _look(database: Database) -> str:
    async with database.connection(Role.OWNER) as connection:
        tables = await connection.exec_driver_sql(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'"
        )
        names = list(tables.scalars())
    return " union all ".join(
        f'select \'"{name}"\' where exists (select from "{name}")'  # noqa: S608  # names from the catalogue
        for name in names
    )
