"""Every message type of the suite: its owner, its topic and who listens to it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import contracts
from chassis.kafka import topic_configs
from chassis.messages import Listens
from contracts.wire import PARTITIONS, Body, Command, Event, State
from suite.places import SERVICES
from suite.trouble import Trouble

_SHARED = ("wire", "parts")
"""Modules of the contracts that name no owner."""


@dataclass(frozen=True, slots=True)
class Published:
    """One message type. `listeners` are the services with a handler for it."""

    body: type[Body]
    owner: str
    listeners: tuple[str, ...]

    @property
    def type(self) -> str:
        return self.body.TYPE

    @property
    def topic(self) -> str:
        return self.body.TOPIC

    @property
    def kind(self) -> str:
        return next(kind.__name__.lower() for kind in (Event, State, Command) if issubclass(self.body, kind))

    @property
    def says(self) -> str:
        """The class's docstring in one paragraph."""
        return " ".join((self.body.__doc__ or "").split())


def published() -> list[Published]:
    """All types of all owners, by name. Raises Trouble when two classes share a type."""
    heard = _heard()
    found = [Published(body, owner, tuple(sorted(heard.get(body.TYPE, ())))) for owner, body in _bodies()]
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


def _bodies() -> Iterator[tuple[str, type[Body]]]:
    for module in pkgutil.iter_modules(contracts.__path__):
        if module.name in _SHARED:
            continue
        for member in vars(importlib.import_module(f"contracts.{module.name}")).values():
            if isinstance(member, type) and issubclass(member, Body) and member.TYPE and member.TOPIC:
                yield member.TYPE.partition(".")[0], member


def _heard() -> Mapping[str, set[str]]:
    heard: dict[str, set[str]] = {}
    for service in SERVICES:
        for type_ in _listens(service).handlers:
            heard.setdefault(type_, set()).add(service)
    return heard


def _listens(service: str) -> Listens:
    """The service's list of messages; a service without `consumers` listens to nothing."""
    if importlib.util.find_spec(f"{service}.consumers") is None:
        return Listens()
    listens = importlib.import_module(f"{service}.consumers").LISTENS
    assert isinstance(listens, Listens)
    return listens
