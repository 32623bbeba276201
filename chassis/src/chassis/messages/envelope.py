"""From a Kafka record (or a parked row) to a message: reading never raises, what cannot be read says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from chassis.kafka import TopicKind, kind_of, printable
from chassis.messages.incoming import Incoming
from chassis.messages.listens import Listens
from chassis.metrics import OTHER
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


@dataclass(slots=True)
class Received:
    """One record, read as far as it goes. `problem` says why it is unreadable, `incoming` is what a handler gets."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, str]]
    kind: TopicKind
    type: str = ""
    subject: str = ""
    event_id: UUID | None = None
    maker_id: UUID = NO_MAKER
    sequence: int = 0
    problem: str | None = None
    incoming: Incoming[Body] | None = None
    held: Held | None = None

    @property
    def known(self) -> bool:
        """Whether a handler exists and the message is readable."""
        return self.incoming is not None

    @property
    def subject_key(self) -> SubjectKey:
        return (self.maker_id, self.topic, self.subject)

    @property
    def labels(self) -> tuple[str, str]:
        """Topic and type as metrics tell them; what only the message says of itself is left out."""
        return self.topic, self.type if self.known else OTHER

    @property
    def concerns_us(self) -> bool:
        """Whether it must be dealt with once: handled, or parked for people to see."""
        return self.known or self.problem is not None


class _Unreadable(Exception):
    """Why a record cannot be read; never leaves this module."""


def read(record: Record, listens: Listens) -> Received:
    """Reads envelope and body. Unknown types keep their place in their subject and nothing else."""
    return _read(record, [(str(name), printable(value)) for name, value in record.headers], None, listens)


def again(message: Received, listens: Listens) -> Received:
    """Reads a held message under today's list of handlers: a replay may understand more than before."""
    return _read(message, message.headers, message.held, listens)


def _read(
    record: Record | Received, headers: Sequence[tuple[str, str]], held: Held | None, listens: Listens
) -> Received:
    named = dict(headers)
    maker_id, event_id = _uuid(named.get("ce_makerid")), _uuid(named.get("ce_id"))
    received = Received(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=headers,
        kind=kind_of(record.topic),
        type=named.get("ce_type", ""),
        subject=named.get("ce_subject", ""),
        event_id=event_id,
        maker_id=maker_id or NO_MAKER,
        sequence=_number(named.get("ce_sequence")),
        held=held,
    )
    try:
        received.incoming = _understood(received, named, listens)
    except _Unreadable as problem:
        received.problem = str(problem)
    return received


def _understood(given: Received, headers: Mapping[str, str], listens: Listens) -> Incoming[Body] | None:
    """None for a type nobody here listens to."""
    _require_envelope(given)
    handler = listens.handlers.get(given.type)
    if handler is None:
        if listens.knows_other_version(given.type):
            raise _Unreadable(f"version of {given.type} is not known here")
        return None
    _require_place(given)
    return Incoming(
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
    if given.value is None:
        if given.kind is TopicKind.STATE:
            return None
        raise _Unreadable("no body")
    try:
        return body.decode(given.value)
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
