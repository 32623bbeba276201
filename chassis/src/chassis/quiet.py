"""Whether a service has work left, from its own database alone: on this `/v1/quiet`, the demo and the tests wait.

Relay and consumer write how far they came in the transactions of their work, so the answer never runs ahead of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chassis.database import Database, Role
from chassis.messages import Listens, shelf

_SNAPSHOT: Final = f"""
select (select count(*) from outbox) + (select count(*) from parked_messages as p where {shelf.DUE}) as outbox,
       (select count(*) from parked_messages where reason = 'waiting') as pending,
       (select count(*) from parked_messages where reason <> 'waiting') as parked,
       (select jsonb_object_agg(topic, offsets) from (
            select topic, jsonb_object_agg(partition, next_offset) as offsets from published_offsets group by topic
        ) as p) as published,
       (select jsonb_object_agg(topic, offsets) from (
            select topic, jsonb_object_agg(partition, next_offset) as offsets from consumed_offsets group by topic
        ) as c) as consumed
"""  # noqa: S608  # a constant
"""One statement, so one snapshot: offsets can never be newer than the outbox rows that came with them."""


async def snapshot(database: Database, listens: Listens) -> Mapping[str, object]:
    """`outbox` counts unsent messages and held ones whose turn has come: work this service does without being asked.

    Offsets are by topic and partition, the next one to be written or dealt with.
    """
    async with database.connection(Role.WORKER) as connection:
        row = (await connection.exec_driver_sql(_SNAPSHOT)).one()
    return {
        "outbox": row.outbox,
        "pending": row.pending,
        "parked": row.parked,
        "published": row.published or {},
        "consumed": row.consumed or {},
        "listens": listens.topics(),
    }
