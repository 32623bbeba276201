"""The tables behind the consumers, in bulk: inbox, positions of subjects, held messages, consumed offsets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import statements, tables
from chassis.kafka import TopicKind, kind_of
from chassis.messages.envelope import Held, Received, SubjectKey

_BACKOFF: Final = (0.2, 1.0, 5.0, 30.0)
_LONGEST: Final = 60.0


class Reason(StrEnum):
    """Why a message is held. `waiting` is pending, the others are parked."""

    UNREADABLE = "unreadable"
    FAILED = "failed"
    GAP = "gap"
    BEHIND = "behind"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Hold:
    """A message to be kept, and why."""

    message: Received
    reason: Reason
    waits_for: str | None = None
    error: str | None = None
    stack: str | None = None


async def add_to_inbox(connection: AsyncConnection, event_ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Those that were never here before; blocks while another transaction is dealing with one of them."""
    if not event_ids:
        return set()
    result = await connection.exec_driver_sql(
        "insert into inbox (event_id, received_at) select id, $2 from unnest($1::uuid[]) as id "
        "on conflict (event_id) do nothing returning event_id",
        (sorted(set(event_ids)), now),
    )
    return set(result.scalars())


async def positions(connection: AsyncConnection, subjects: Iterable[SubjectKey]) -> dict[SubjectKey, int]:
    """The last number dealt with, per subject that has one."""
    wanted = sorted(set(subjects))
    if not wanted:
        return {}
    result = await connection.exec_driver_sql(
        "select p.maker_id, p.topic, p.subject, p.last from unnest($1::uuid[], $2::text[], $3::text[]) "
        "as u(maker_id, topic, subject) join subject_positions as p using (maker_id, topic, subject)",
        _columns(wanted),
    )
    rows = cast("Sequence[tuple[UUID, str, str, int]]", result.all())
    return {(maker, topic, subject): last for maker, topic, subject, last in rows}


async def advance(connection: AsyncConnection, reached: Mapping[SubjectKey, int]) -> None:
    """Positions only ever grow."""
    if not reached:
        return
    subjects = sorted(reached)
    await connection.exec_driver_sql(
        "insert into subject_positions as p (maker_id, topic, subject, last) "
        "select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) "
        "on conflict (maker_id, topic, subject) do update set last = greatest(p.last, excluded.last)",
        (*_columns(subjects), [reached[subject] for subject in subjects]),
    )


async def blocked(connection: AsyncConnection, subjects: Iterable[SubjectKey]) -> set[SubjectKey]:
    """Subjects with a message that later ones must not overtake."""
    wanted = sorted(set(subjects))
    if not wanted:
        return set()
    result = await connection.exec_driver_sql(
        "select distinct p.maker_id, p.topic, p.subject from unnest($1::uuid[], $2::text[], $3::text[]) "
        "as u(maker_id, topic, subject) join parked_messages as p using (maker_id, topic, subject) "
        "where p.reason in ('failed', 'behind', 'waiting')",
        _columns(wanted),
    )
    return {(maker, topic, subject) for maker, topic, subject in cast("Sequence[SubjectKey]", result.all())}


async def hold(connection: AsyncConnection, holds: Sequence[Hold], now: datetime) -> None:
    """Keeps messages: new rows for new ones, changed rows for those that came back and must go on waiting."""
    fresh = [_row(held, now) for held in holds if held.message.held is None]
    if fresh:
        insert = statements.insert(tables.parked_messages, tuple(fresh[0]), ("topic", "partition", "offset"))
        await connection.exec_driver_sql(insert.sql, insert.arrays(fresh))
    again = [_row(held, now, attempts=held.message.held.attempts + 1) for held in holds if held.message.held]
    if again:
        ids = [held.message.held.id for held in holds if held.message.held]
        kept = [
            {name: row[name] for name in ("reason", "waits_for", "ready", "attempts", "retry_at", "error", "stack")}
            | {"id": id_}
            for id_, row in zip(ids, again, strict=True)
        ]
        update = statements.update(tables.parked_messages, tuple(kept[0]), ("id",), None)
        await connection.exec_driver_sql(update.sql, update.arrays(kept))


async def drop(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Held messages that are dealt with."""
    if ids:
        await connection.exec_driver_sql("delete from parked_messages where id = any($1::bigint[])", (list(ids),))


async def consumed(connection: AsyncConnection, messages: Iterable[Received], now: datetime) -> bool:
    """How far each partition is dealt with; in-memory messages (partition -1) and held ones do not count.

    Returns whether any message is held, so that the common case needs no further look.
    """
    reached: dict[tuple[str, int], int] = {}
    for message in messages:
        if message.held is None and message.partition >= 0:
            place = (message.topic, message.partition)
            reached[place] = max(reached.get(place, 0), message.offset + 1)
    return await _reach(connection, "consumed_offsets", reached, now)


async def published(connection: AsyncConnection, reached: Mapping[tuple[str, int], int], now: datetime) -> None:
    """How far each partition was written by this service's relay."""
    await _reach(connection, "published_offsets", reached, now)


async def _reach(
    connection: AsyncConnection, table: str, reached: Mapping[tuple[str, int], int], now: datetime
) -> bool:
    if not reached:
        return True
    places = sorted(reached)
    result = await connection.exec_driver_sql(
        f"insert into {table} as o (topic, partition, next_offset, updated_at) "  # noqa: S608  # two literals
        "select t, p, n, $4 from unnest($1::text[], $2::integer[], $3::bigint[]) as u(t, p, n) "
        "on conflict (topic, partition) do update "
        "set next_offset = greatest(o.next_offset, excluded.next_offset), updated_at = excluded.updated_at "
        "returning exists (select from parked_messages)",
        ([topic for topic, _ in places], [part for _, part in places], [reached[place] for place in places], now),
    )
    return any(result.scalars())


DUE: Final = """
(p.reason in ('gap', 'behind') and p.sequence is not null and p.sequence <= coalesce(
    (select s.last from subject_positions as s
     where s.maker_id = p.maker_id and s.topic = p.topic and s.subject = p.subject), 0) + 1)
or (p.reason = 'behind' and p.sequence is null and not exists (
    select from parked_messages as e
    where e.maker_id = p.maker_id and e.topic = p.topic and e.subject = p.subject and e.id < p.id))
or (p.reason = 'waiting' and (p.ready or p.retry_at <= now()))
"""
"""Held messages that can be tried now, as `parked_messages as p`."""

_DUE_WITH_FOLLOWERS: Final = f"""
with due as (select p.id, p.maker_id, p.topic, p.subject from parked_messages as p where {DUE} order by p.id limit $1)
select f.id from parked_messages as f
where f.id in (select id from due)
   or (f.reason in ('gap', 'behind') and f.sequence is not null
       and (f.maker_id, f.topic, f.subject) in (select maker_id, topic, subject from due))
order by f.topic, f.subject, f.sequence nulls first, f.id limit $1
"""  # noqa: S608  # a constant


async def due(connection: AsyncConnection, limit: int) -> list[int]:
    """Ids of held messages to try now, in the order of their subjects, with those that may follow at once."""
    return list((await connection.exec_driver_sql(_DUE_WITH_FOLLOWERS, (limit,))).scalars())


async def take_held(connection: AsyncConnection, ids: Sequence[int]) -> list[Received]:
    """Locks held messages and reads them back raw; rows another process is working on are passed over."""
    result = await connection.exec_driver_sql(
        'select p.id, p.reason, p.attempts, p.topic, p.partition, p."offset", p.key, p.headers, p.body '
        "from parked_messages as p join unnest($1::bigint[]) with ordinality as w(id, at) using (id) "
        "order by w.at for update of p skip locked",
        (list(ids),),
    )
    return [_received(row) for row in result]


def _received(row: Row[Any]) -> Received:
    return Received(
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=row.key,
        value=row.body,
        headers=[(name, value) for name, value in row.headers],
        kind=kind_of(row.topic),
        held=Held(row.id, row.reason, row.attempts),
    )


def _row(held: Hold, now: datetime, *, attempts: int = 0) -> dict[str, object]:
    message, waiting = held.message, held.reason is Reason.WAITING
    pause = _BACKOFF[attempts] if attempts < len(_BACKOFF) else _LONGEST
    return {
        "reason": held.reason.value,
        "event_id": message.event_id,
        "maker_id": message.maker_id,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "key": message.key,
        "type": message.type,
        "subject": message.subject,
        "sequence": None if message.kind is TopicKind.COMMANDS else message.sequence,
        "headers": [list(pair) for pair in message.headers],
        "body": message.value,
        "waits_for": held.waits_for,
        "ready": False,
        "attempts": attempts,
        "retry_at": now + timedelta(seconds=pause) if waiting else None,
        "error": _clean(held.error),
        "stack": _clean(held.stack),
        "parked_at": now,
    }


def _clean(text: str | None) -> str | None:
    """Errors may quote what was sent: no NUL, no lone surrogates, not without end."""
    return text and text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:20_000]


def _columns(subjects: Sequence[SubjectKey]) -> tuple[list[UUID], list[str], list[str]]:
    return (
        [maker for maker, _, _ in subjects],
        [topic for _, topic, _ in subjects],
        [subject for _, _, subject in subjects],
    )
