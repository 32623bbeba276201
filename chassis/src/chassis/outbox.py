"""Messages on their way out: built when announced, written as rows of the same transaction, numbered per subject.

A row holds the envelope whole, so that every retry of the relay sends the same bytes under the same id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import clock, statements, tables
from contracts.wire import MAX_BYTES, Event, Message, State

CONTENT_TYPE: Final = "application/json"


class MessageTooLarge(ValueError):
    """An announced body is over the 4 MB that topics, producers and consumers agree on."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message comes from: the thread it belongs to and what directly caused it."""

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """One message as it will be sent, but for its number within its subject."""

    maker_id: UUID
    topic: str
    key: str
    type: str
    subject: str
    version: int
    numbered: bool
    body: bytes | None
    origin: Origin


def announced(message: Message, origin: Origin) -> Announced:
    """Encodes a message. Raises MessageTooLarge, or ValueError for a state without a version."""
    body = message.body
    encoded = None if message.tombstone else body.encode()
    if encoded is not None and len(encoded) > MAX_BYTES:
        raise MessageTooLarge(f"{body.TYPE} {body.subject()} is {len(encoded)} bytes, over the limit of {MAX_BYTES}")
    if isinstance(body, State) and message.version < 1:
        raise ValueError(f"{body.TYPE} {body.subject()} needs the version of its aggregate")
    if message.tombstone and not isinstance(body, State):
        raise ValueError(f"{body.TYPE} {body.subject()} is no state: only states have tombstones")
    return Announced(
        maker_id=message.maker_id,
        topic=body.TOPIC,
        key=body.key(),
        type=body.TYPE,
        subject=body.subject(),
        version=message.version,
        numbered=isinstance(body, Event),
        body=encoded,
        origin=origin,
    )


@dataclass(slots=True)
class Outgoing:
    """What one database transaction has announced so far, in order."""

    source: str
    messages: list[Announced] = field(default_factory=list)

    def add(self, messages: Iterable[Message], origin: Origin) -> None:
        self.messages.extend(announced(message, origin) for message in messages)

    async def write(self, connection: AsyncConnection, now: datetime) -> int:
        """Numbers the events per subject and inserts all rows in announce order; returns how many."""
        if not self.messages:
            return 0
        sequences = await _number(connection, self.messages)
        ids = clock.new_ids(len(self.messages))
        rows = [
            _row(message, event_id, sequence, source=self.source, time=now)
            for message, event_id, sequence in zip(self.messages, ids, sequences, strict=True)
        ]
        insert = statements.insert(tables.outbox, tuple(rows[0]), None)
        await connection.exec_driver_sql(insert.sql, insert.arrays(rows))
        self.messages.clear()
        return len(rows)


_NUMBER = """
insert into subject_sequences as s (maker_id, topic, subject, last)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
on conflict (maker_id, topic, subject) do update set last = s.last + excluded.last
returning maker_id, topic, subject, last
"""

_Subject = tuple[UUID, str, str]
_Lasts = Sequence[tuple[UUID, str, str, int]]


def _subject(message: Announced) -> _Subject:
    return (message.maker_id, message.topic, message.subject)


async def _number(connection: AsyncConnection, messages: Sequence[Announced]) -> list[int]:
    """Gap-free numbers per subject for events, rows locked in sorted order until commit; states keep their version."""
    counts = Counter(_subject(message) for message in messages if message.numbered)
    following: dict[_Subject, int] = {}
    if counts:
        subjects = sorted(counts)
        makers, topics, names = ([subject[at] for subject in subjects] for at in range(3))
        result = await connection.exec_driver_sql(_NUMBER, (makers, topics, names, [counts[s] for s in subjects]))
        lasts = {(maker, topic, name): last for maker, topic, name, last in cast("_Lasts", result.all())}
        following = {subject: last - counts[subject] + 1 for subject, last in lasts.items()}
    return [_next(following, message) for message in messages]


def _next(following: dict[_Subject, int], message: Announced) -> int:
    if not message.numbered:
        return message.version
    number = following[_subject(message)]
    following[_subject(message)] = number + 1
    return number


def envelope(message: Announced, event_id: UUID, sequence: int, *, source: str, time: datetime) -> dict[str, str]:
    """The CloudEvents headers of one message (Kafka binary mode)."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_type": message.type,
        "ce_source": source,
        "ce_time": time.isoformat(),
        "ce_subject": message.subject,
        "ce_makerid": str(message.maker_id),
        "ce_sequence": str(sequence),
        "ce_correlationid": message.origin.correlation_id,
        "content-type": CONTENT_TYPE,
    }
    if message.origin.causation_id:
        headers["ce_causationid"] = message.origin.causation_id
    if message.origin.traceparent:
        headers["traceparent"] = message.origin.traceparent
    return headers


def _row(message: Announced, event_id: UUID, sequence: int, *, source: str, time: datetime) -> Mapping[str, object]:
    return {
        "event_id": event_id,
        "maker_id": message.maker_id,
        "topic": message.topic,
        "key": message.key,
        "type": message.type,
        "subject": message.subject,
        "sequence": sequence,
        "body": message.body,
        "headers": envelope(message, event_id, sequence, source=source, time=time),
        "created_at": time,
    }
