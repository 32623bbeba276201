"""Every message type of the suite: its owner, its topic and who listens to it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

import contracts
from chassis.asyncapi import bodies_of, kind_of, says
from chassis.kafka import topic_configs
from chassis.service import Service
from contracts.wire import PARTITIONS, Body, Command
from suite.places import SERVICES
from suite.trouble import Trouble

_SHARED = ("wire", "parts")
"""Modules of the contracts that name no owner."""


@dataclass(frozen=True, slots=True)
class Published:
    """One message type. `listeners` are the services with a handler for it, `senders` those that announce or ask it."""

    body: type[Body]
    owner: str
    listeners: tuple[str, ...]
    senders: tuple[str, ...]

    @property
    def type(self) -> str:
        return self.body.TYPE

    @property
    def topic(self) -> str:
        return self.body.TOPIC

    @property
    def kind(self) -> str:
        return kind_of(self.body)

    @property
    def says(self) -> str:
        """The class's docstring in one paragraph."""
        return says(self.body)


def published() -> list[Published]:
    """All types of all owners, by name. Raises Trouble when two classes share a type."""
    services = [service for name in SERVICES if (service := _service(name)) is not None]
    found = [_published(body, owner, services) for owner, body in _bodies()]
    names = [one.type for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Trouble(
            f"More than one class is {', '.join(twice)}.", "A type has one class; a change makes a new version."
        )
    return sorted(found, key=lambda one: one.type)


def topics(messages: list[Published]) -> dict[str, dict[str, object]]:
    """Each topic with its owner, partitions, settings and types."""
    return {
        topic: {
            "owner": next(one.owner for one in messages if one.topic == topic),
            "partitions": PARTITIONS,
            "config": dict(topic_configs(topic)),
            "types": [one.type for one in messages if one.topic == topic],
        }
        for topic in sorted({one.topic for one in messages})
    }


def _published(body: type[Body], owner: str, services: list[Service]) -> Published:
    """Events and states are announced by their owner, commands by whoever asks."""
    heard = sorted(service.name for service in services if body.TYPE in service.listens.handlers)
    asked = sorted(service.name for service in services if body in service.asks)
    return Published(body, owner, tuple(heard), tuple(asked) if issubclass(body, Command) else (owner,))


def _bodies() -> Iterator[tuple[str, type[Body]]]:
    for module in pkgutil.iter_modules(contracts.__path__):
        if module.name not in _SHARED:
            for body in bodies_of(f"contracts.{module.name}"):
                yield body.TYPE.partition(".")[0], body


def _service(name: str) -> Service | None:
    """The service as its `app.py` says it; None for one that is not there yet."""
    if importlib.util.find_spec(f"{name}.app") is None:
        return None
    service = importlib.import_module(f"{name}.app").service
    assert isinstance(service, Service)
    return service
