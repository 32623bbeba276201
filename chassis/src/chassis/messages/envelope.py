"""From a Kafka record (or a parked row) to a message: reading never raises, what cannot be read says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from chassis.kafka import TopicKind, kind_of, printable
from chassis.messages.incoming import Incoming
from chassis.messages.listens import Listens
from chassis.tx import NO_MAKER
from contracts.wire import Body

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

SubjectKey = tuple[UUID, str, str]
"""(maker, topic, subject): what order and gaps are judged by."""


class Record(Protocol):
    """What is read of an aiokafka ConsumerRecord."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """The row of `parked_messages` that a message comes back from."""

    id: int
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Received:
    """One record, read as far as it goes. `problem` says why it is unreadable; `known` whether a handler exists."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    body: bytes | None
    headers: Sequence[tuple[str, str]]
    kind: TopicKind
    type: str = ""
    subject: str = ""
    event_id: UUID | None = None
    maker_id: UUID = NO_MAKER
    sequence: int = 0
    known: bool = False
    problem: str | None = None
    incoming: Incoming[Body] | None = None
    held: Held | None = None

    @property
    def subject_key(self) -> SubjectKey:
        return (self.maker_id, self.topic, self.subject)

    @property
    def concerns_us(self) -> bool:
        """Whether it must be dealt with once: handled, or parked for people to see."""
        return self.known or self.problem is not None


class _Unreadable(Exception):
    """Why a record cannot be read; never leaves this module."""


def read(record: Record, listens: Listens) -> Received:
    """Reads envelope and body. Unknown types keep their place in their subject and nothing else."""
    pairs = [(str(name), printable(value).decode()) for name, value in record.headers]
    received = Received(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        body=record.value,
        headers=pairs,
        kind=kind_of(record.topic),
    )
    return interpret(received, listens)


def interpret(received: Received, listens: Listens) -> Received:
    """Gives raw bytes and headers their meaning under today's list of handlers (a replay may know more than before)."""
    headers = dict(received.headers)
    given = replace(
        received,
        type=headers.get("ce_type", ""),
        subject=headers.get("ce_subject", ""),
        event_id=_uuid(headers.get("ce_id")),
        maker_id=_uuid(headers.get("ce_makerid")) or NO_MAKER,
        sequence=_number(headers.get("ce_sequence")),
        known=False,
        problem=None,
        incoming=None,
    )
    try:
        return _understood(given, headers, listens)
    except _Unreadable as problem:
        return replace(given, problem=str(problem))


def _understood(given: Received, headers: Mapping[str, str], listens: Listens) -> Received:
    _require_envelope(given)
    handler = listens.handlers.get(given.type)
    if handler is None:
        if listens.knows_other_version(given.type):
            raise _Unreadable(f"version of {given.type} is not known here")
        return given
    _require_place(given)
    incoming = Incoming(
        body=_decoded(given, handler.body),
        key=(given.key or b"").decode("utf-8", "replace"),
        event_id=given.event_id or NO_MAKER,
        maker_id=given.maker_id,
        type=given.type,
        subject=given.subject,
        version=given.sequence,
        time=_time(headers.get("ce_time")),
        correlation_id=headers.get("ce_correlationid") or str(given.event_id),
    )
    return replace(given, known=True, incoming=incoming)


def _require_envelope(given: Received) -> None:
    if given.event_id is None:
        raise _Unreadable("no usable ce_id")
    if not given.type:
        raise _Unreadable("no ce_type")


def _require_place(given: Received) -> None:
    if given.maker_id == NO_MAKER:
        raise _Unreadable("no usable ce_makerid")
    if not given.subject:
        raise _Unreadable("no ce_subject")
    if given.kind is not TopicKind.COMMANDS and given.sequence < 1:
        raise _Unreadable("no usable ce_sequence")


def _decoded(given: Received, body: type[Body]) -> Body | None:
    if given.body is None:
        if given.kind is TopicKind.STATE:
            return None
        raise _Unreadable("no body")
    try:
        return body.decode(given.body)
    except ValueError as error:  # pydantic.ValidationError is one; so are bad UTF-8 and too deep nesting
        raise _Unreadable(f"body is no {given.type}: {error}") from error


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _number(text: str | None) -> int:
    """The sequence, or 0 for one that is missing or no number PostgreSQL could keep."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        return 0
    return int(text)


def _time(text: str | None) -> datetime:
    """Only told, never judged by: a missing or strange time is the epoch."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return _EPOCH
    return time if time.tzinfo else _EPOCH
