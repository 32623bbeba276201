"""`python -m <svc> parked list|show|replay`: what could not be dealt with, and trying it again after a fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Row

from chassis.database import Database, Role
from chassis.messages import Listens
from chassis.messages.intake import Intake

_LIST: Final = """
select id, reason, type, subject, sequence, topic, partition, "offset", event_id, maker_id, attempts, waits_for, error,
       parked_at
from parked_messages where ($1::bigint is null or id = $1) and ($2::text is null or subject = $2) order by id
"""
_SHOW: Final = "select * from parked_messages where id = $1"
_REPLAYABLE: Final = """
select id from parked_messages
where reason in ('failed', 'unreadable') and ($1::bigint is null or id = $1) and ($2::text is null or subject = $2)
order by topic, subject, sequence nulls first, id
"""


async def listed(database: Database, *, id_: int | None = None, subject: str | None = None) -> Sequence[Row[Any]]:
    """Held messages, oldest first, without their bodies."""
    async with database.connection(Role.WORKER) as connection:
        return (await connection.exec_driver_sql(_LIST, (id_, subject))).all()


async def shown(database: Database, id_: int) -> Mapping[str, object] | None:
    """One held message with headers, body, error and stack."""
    async with database.connection(Role.WORKER) as connection:
        row = (await connection.exec_driver_sql(_SHOW, (id_,))).one_or_none()
    return None if row is None else dict(row._mapping)


async def replayed(
    database: Database, service: str, listens: Listens, *, id_: int | None = None, subject: str | None = None
) -> tuple[int, int]:
    """Tries failed and unreadable messages again, in order, then what they held up; (tried, failed again)."""
    async with database.connection(Role.WORKER) as connection:
        ids = list((await connection.exec_driver_sql(_REPLAYABLE, (id_, subject))).scalars())
    if not ids:
        return 0, 0
    await Intake(service, database, listens).replay(ids)
    async with database.connection(Role.WORKER) as connection:
        left = await connection.exec_driver_sql(
            "select count(*) from parked_messages where id = any($1::bigint[]) and reason in ('failed', 'unreadable')",
            (ids,),
        )
        return len(ids), int(left.scalar_one())


def line(row: Row[Any]) -> str:
    """One held message on one line."""
    place = f"{row.topic}[{row.partition}]@{row.offset}"
    why = row.waits_for or (row.error or "").partition("\n")[0][:100]
    return f"{row.id}  {row.reason:<10}  {row.type or '-'}  {row.subject or '-'} #{row.sequence}  {place}  {why}"


def document(found: Mapping[str, object]) -> str:
    """One held message, whole, as JSON; bytes as text where they are text."""
    return orjson.dumps(found, default=_text, option=orjson.OPT_INDENT_2).decode()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
