"""A message as a handler sees it, and a run of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, overload
from uuid import UUID

from contracts.wire import Body

B = TypeVar("B", bound=Body)
B_co = TypeVar("B_co", bound=Body, covariant=True)


@dataclass(frozen=True, slots=True)
class Incoming(Generic[B_co]):
    """One message. `body` None is a tombstone: the aggregate named by `key` and `subject` is gone."""

    body: B_co | None
    key: str
    event_id: UUID
    maker_id: UUID
    type: str
    subject: str
    version: int
    """The aggregate's version on state topics, the subject's message number on event topics, 0 on commands."""
    time: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """This message must wait for a fact of another topic; `tx.arrived([for_])` brings it back."""

    incoming: Incoming[Body]
    for_: str


class Run(Sequence[Incoming[B_co]]):
    """Messages of ONE type and ONE maker, in order per key: one use-case call."""

    __slots__ = ("_messages", "maker_id")

    def __init__(self, maker_id: UUID, messages: Sequence[Incoming[B_co]]) -> None:
        self.maker_id = maker_id
        self._messages = tuple(messages)

    @overload
    def __getitem__(self, at: int) -> Incoming[B_co]: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Incoming[B_co]]: ...

    def __getitem__(self, at: int | slice) -> Incoming[B_co] | Sequence[Incoming[B_co]]:
        return self._messages[at]

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Incoming[B_co]]:
        return iter(self._messages)

    def bodies(self) -> list[B_co]:
        """The bodies of all messages that have one (tombstones have none)."""
        return [message.body for message in self._messages if message.body is not None]
