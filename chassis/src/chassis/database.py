"""Engines and transactions of one service's database. A session takes its role with the first packet.

Three roles (ARCHITECTURE §6): the login itself owns the schema, `<service>_api` sees one maker's rows only,
`<service>_worker` sees all rows and always names the maker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from chassis import clock, failures, statements
from chassis.outbox import Origin, Outgoing
from chassis.sessions import Session
from chassis.settings import ServiceSettings
from chassis.tx import Tx

_LIMITS: Final = {
    "idle_in_transaction_session_timeout": "30s",
    "transaction_timeout": "120s",
    "statement_timeout": "60s",
    "timezone": "UTC",
    "jit": "off",
}
"""A session that hangs, or whose process is paused, gives its locks back within these times."""
_OWNER_LIMITS: Final = {"lock_timeout": "2s", "timezone": "UTC", "jit": "off"}
"""A migration may work long, but never waits long for a lock while others queue up behind it."""
_POOL_WAIT_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 10
_ANSWER_SECONDS: Final = 5
"""For the first, trivial statement of a transaction. A server that stands still keeps its connections open, so without
this limit every call would wait for as long as it does; so it is away (503) like one that is gone."""


class Role(StrEnum):
    """Under which rights a session works."""

    OWNER = "owner"
    API = "api"
    WORKER = "worker"


class Database:
    """The pools of one process, one per role, opened at first use."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.service = settings.service
        self._url = _asyncpg_url(settings.database_url.get_secret_value())
        self._pool = settings.database_pool
        self._engines: dict[Role, AsyncEngine] = {}
        self._listeners: list[Callable[[], None]] = []

    def on_announced(self, listener: Callable[[], None]) -> None:
        """Called after every commit of this process that wrote messages: the relay in the same process wakes up."""
        self._listeners.append(listener)

    def engine(self, role: Role) -> AsyncEngine:
        if role not in self._engines:
            self._engines[role] = self._open(role)
        return self._engines[role]

    def _open(self, role: Role) -> AsyncEngine:
        session = {"application_name": f"{self.service}-{role}", "oroshi.service": self.service}
        if role is Role.OWNER:
            session |= _OWNER_LIMITS
        else:
            session |= {**_LIMITS, "role": f"{self.service}_{role}"}
        return create_async_engine(
            self._url,
            pool_size=self._pool,
            max_overflow=2,
            pool_timeout=_POOL_WAIT_SECONDS,
            pool_recycle=1800,
            connect_args={"server_settings": session, "timeout": _CONNECT_SECONDS, "connection_class": Session},
            hide_parameters=True,  # error texts are logged and kept with parked messages: no personal data
            json_serializer=statements.json_text,
            json_deserializer=orjson.loads,
        )

    def used(self) -> dict[Role, int]:
        """Connections in use at this moment, of every pool that was opened."""
        pools = {role: engine.pool for role, engine in self._engines.items()}
        return {role: pool.checkedout() for role, pool in pools.items() if isinstance(pool, QueuePool)}

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.dispose()
        self._engines.clear()

    @asynccontextmanager
    async def transaction(
        self,
        maker_id: UUID,
        *,
        actor: str = "system",
        correlation_id: str | None = None,
        traceparent: str | None = None,
        role: Role = Role.API,
        read_only: bool = False,
    ) -> AsyncIterator[Tx]:
        """Commits at the end of the block, rolls back when it raises. What was announced is written just before."""
        async with self.connection(role, maker_id, read_only=read_only) as connection:
            outgoing, arrived, now = Outgoing(source_of(self.service)), set[tuple[UUID, str]](), clock.now()
            yield Tx(
                connection,
                maker_id=maker_id,
                outgoing=outgoing,
                arrived=arrived,
                now=now,
                actor=actor,
                origin=Origin(correlation_id or str(clock.new_id()), traceparent=traceparent),
            )
            await wake(connection, arrived)
            announced = await outgoing.write(connection, now)
            await connection.commit()
        if announced or arrived:
            self.announced()

    def announced(self) -> None:
        """Tells the relay and the release of waiting messages that there is work."""
        for listener in self._listeners:
            listener()

    @asynccontextmanager
    async def connection(
        self, role: Role, maker_id: UUID | None = None, *, read_only: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """An open transaction of a role; nothing is committed here. The first statement binds it to the maker."""
        connection = await self._begun(role, maker_id, read_only=read_only)
        try:
            yield connection
        finally:
            await connection.close()

    async def _begun(self, role: Role, maker_id: UUID | None, *, read_only: bool) -> AsyncConnection:
        try:
            return await self._begin(role, maker_id, read_only=read_only)
        except DBAPIError as error:
            if not failures.is_away(error):
                raise
        return await self._begin(role, maker_id, read_only=read_only)  # the pool held a session that was cut meanwhile

    async def _begin(self, role: Role, maker_id: UUID | None, *, read_only: bool) -> AsyncConnection:
        connection = await self._open_session(role)
        if role is not Role.API and maker_id is None and not read_only:
            return connection  # nothing to bind: the transaction begins with the first statement
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.exec_driver_sql(
                    "select set_config('oroshi.maker_id', $1, true), set_config('transaction_read_only', $2, true)",
                    (str(maker_id) if maker_id else "", "on" if read_only else "off"),
                )
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _open_session(self, role: Role) -> AsyncConnection:
        """A pooled session that is known to be closed is not handed out; asking costs no round trip."""
        while True:
            connection = await self.engine(role).connect()
            raw = await connection.get_raw_connection()
            if not raw.driver_connection.is_closed():  # type: ignore[union-attr]  # asyncpg's connection
                return connection
            await connection.invalidate()
            await connection.close()

    async def ready(self) -> bool:
        """Whether the database answers now."""
        try:
            async with self.connection(Role.API):
                return True
        except Exception as error:  # an edge: anything but "away" is raised again
            if failures.is_away(error):
                return False
            raise


_WAKE = """
update parked_messages as p set ready = true
from unnest($1::uuid[], $2::text[]) as w(maker_id, key)
where p.maker_id = w.maker_id and p.waits_for = w.key and not p.ready
"""


async def wake(connection: AsyncConnection, arrived: set[tuple[UUID, str]]) -> None:
    """Marks messages that wait for these facts as ready to be tried again."""
    if arrived:
        facts = sorted(arrived)
        await connection.exec_driver_sql(_WAKE, ([maker for maker, _ in facts], [key for _, key in facts]))


def source_of(service: str) -> str:
    """The CloudEvents source of a service."""
    return f"/oroshi/{service}"


def _asyncpg_url(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")
