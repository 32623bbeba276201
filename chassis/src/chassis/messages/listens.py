"""The complete list of messages a service reacts to: type → handler."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from chassis.messages.incoming import Run, Wait
from chassis.tx import Tx
from contracts.wire import Body

B = TypeVar("B", bound=Body)

HandlerOf = Callable[[Tx, Run[B]], Awaitable[Iterable[Wait] | None]]
AnyHandler = Callable[[Tx, Run[Any]], Awaitable[Iterable[Wait] | None]]

_VERSION = re.compile(r"\.v\d+$")


@dataclass(frozen=True, slots=True)
class Handler(Generic[B]):
    """What to do with one message type."""

    body: type[B]
    call: HandlerOf[B]


@dataclass(slots=True)
class Listens:
    """`@LISTENS.on(OrderConfirmed)` above an async function of (tx, run)."""

    handlers: dict[str, Handler[Any]] = field(default_factory=dict)

    def on(self, body: type[B]) -> Callable[[HandlerOf[B]], HandlerOf[B]]:
        """Registers the handler of one type. Raises ValueError on a second handler or a body without type or topic."""
        if not body.TYPE or not body.TOPIC:
            raise ValueError(f"{body.__name__} names no type or topic")
        if body.TYPE in self.handlers:
            raise ValueError(f"{body.TYPE} has a handler already")

        def register(call: HandlerOf[B]) -> HandlerOf[B]:
            self.handlers[body.TYPE] = Handler(body, call)
            return call

        return register

    def topics(self) -> list[str]:
        """The topics to subscribe to, sorted."""
        return sorted({handler.body.TOPIC for handler in self.handlers.values()})

    def types(self) -> Mapping[str, type[Body]]:
        return {name: cast("type[Body]", handler.body) for name, handler in self.handlers.items()}

    def knows_other_version(self, type_: str) -> bool:
        """Whether another version of this very type is listened to: such a message is parked, not skipped (GEN-008)."""
        stem = _VERSION.sub("", type_)
        return type_ not in self.handlers and any(_VERSION.sub("", known) == stem for known in self.handlers)
