"""Gauges that only the database knows: what is unsent, waiting or parked, and when it last moved.

Read when `/metrics` is asked, at most every five seconds, in one statement that counts no further than 100,000 rows
and gives up after a second. Every process of a service tells the same figures, so take the maximum over a service.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from prometheus_client import Gauge

from chassis.database import Database, Role
from chassis.logs import log

COUNTED_AT_MOST: Final = 100_000
_FRESH_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 3.0
_REASONS: Final = ("unreadable", "failed", "gap", "behind")

ANSWERS: Final = Gauge("oroshi_database_up", "Whether the database answered this scrape.", ["service"])
CONNECTIONS: Final = Gauge(
    "oroshi_database_connections_used", "Connections of this process in use, by role.", ["service", "role"]
)
OUTBOX: Final = Gauge("oroshi_outbox_messages", "Messages written but not yet published.", ["service"])
OUTBOX_AGE: Final = Gauge("oroshi_outbox_oldest_age_seconds", "Age of the oldest unpublished message.", ["service"])
PENDING: Final = Gauge("oroshi_pending_messages", "Messages that wait for a fact from another topic.", ["service"])
PENDING_AGE: Final = Gauge("oroshi_pending_oldest_age_seconds", "How long the oldest of them waits.", ["service"])
PARKED: Final = Gauge("oroshi_parked_messages", "Messages set aside, by reason.", ["service", "reason"])
LAST_COMMIT: Final = Gauge(
    "oroshi_consumer_last_commit_timestamp_seconds",
    "When the last batch with the topic was committed.",
    ["service", "topic"],
)
LAST_PUBLISHED: Final = Gauge(
    "oroshi_relay_last_publish_timestamp_seconds", "When the relay last published to the topic.", ["service", "topic"]
)

_SNAPSHOT: Final = f"""
select (select count(*) from (select from outbox limit {COUNTED_AT_MOST}) as o) as outbox,
       (select greatest(0, extract(epoch from now() - created_at))::float8
        from outbox order by seq limit 1) as outbox_age,
       (select jsonb_object_agg(reason, jsonb_build_array(held, age)) from (
            select reason, count(*) as held, greatest(0, extract(epoch from now() - min(parked_at))) as age
            from (select reason, parked_at from parked_messages limit {COUNTED_AT_MOST}) as p group by reason
        ) as h) as held,
       (select jsonb_object_agg(topic, at) from (
            select topic, extract(epoch from max(updated_at)) as at from consumed_offsets group by topic
        ) as c) as consumed,
       (select jsonb_object_agg(topic, at) from (
            select topic, extract(epoch from max(updated_at)) as at from published_offsets group by topic
        ) as p) as published
"""  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class Depth:
    """A gauge of a service's own: `sql` answers one number, and must be cheap whatever there is."""

    name: str
    about: str
    sql: str


@dataclass(slots=True)
class Depths:
    """The gauges of one service's database. `refresh` before `/metrics` is written."""

    database: Database
    own: Sequence[Depth] = ()
    _read_at: float = -_FRESH_SECONDS
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        """Never raises: when the database does not answer, its gauges are missing and `oroshi_database_up` is 0."""
        async with self._one:
            if time.monotonic() - self._read_at >= _FRESH_SECONDS:
                await self._read()
                self._read_at = time.monotonic()
        for role, used in self.database.used().items():
            CONNECTIONS.labels(self.database.service, role.value).set(used)

    async def _read(self) -> None:
        service = self.database.service
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                row, own = await self._asked()
        except Exception as error:  # noqa: BLE001  # an edge: the other metrics must be told all the more
            log.warning("metrics.database_silent", error=type(error).__name__)
            for gauge in (
                OUTBOX,
                OUTBOX_AGE,
                PENDING,
                PENDING_AGE,
                PARKED,
                LAST_COMMIT,
                LAST_PUBLISHED,
                *_own.values(),
            ):
                gauge.clear()
            ANSWERS.labels(service).set(0)
            return
        ANSWERS.labels(service).set(1)
        _tell(service, row)
        for depth, value in zip(self.own, own, strict=True):
            _gauge(depth).labels(service).set(value)

    async def _asked(self) -> tuple[Any, list[float]]:
        async with self.database.connection(Role.WORKER) as connection:
            await connection.exec_driver_sql("set local statement_timeout = '1s'")
            row = (await connection.exec_driver_sql(_SNAPSHOT)).one()
            own = [float((await connection.exec_driver_sql(depth.sql)).scalar() or 0) for depth in self.own]
        return row, own


def _tell(service: str, row: Any) -> None:
    held: Mapping[str, Sequence[float]] = row.held or {}
    OUTBOX.labels(service).set(row.outbox)
    OUTBOX_AGE.labels(service).set(row.outbox_age or 0)
    pending, age = held.get("waiting", (0, 0))
    PENDING.labels(service).set(pending)
    PENDING_AGE.labels(service).set(age)
    for reason in _REASONS:
        PARKED.labels(service, reason).set(held.get(reason, (0, 0))[0])
    for gauge, topics in ((LAST_COMMIT, row.consumed), (LAST_PUBLISHED, row.published)):
        for topic, at in (topics or {}).items():
            gauge.labels(service, topic).set(at)


_own: Final[dict[str, Gauge]] = {}
"""Made once per process, whatever the number of apps: a registry knows each name once."""


def _gauge(depth: Depth) -> Gauge:
    if depth.name not in _own:
        _own[depth.name] = Gauge(depth.name, depth.about, ["service"])
    return _own[depth.name]
