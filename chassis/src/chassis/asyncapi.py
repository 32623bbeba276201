"""Messages as an AsyncAPI 3.0 document: a channel per topic, an operation per service, direction and topic.

Generated from the classes and from what services listen to, so it cannot drift. `./oroshi contracts` writes the whole
suite's; at `/asyncapi` every service serves its own part, with the schemas in it (ADR 0027).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from chassis.service import Service
from contracts.wire import Body, Command, Event, State

_SCHEMAS: Final = "#/components/schemas/"
_ABOUT: Final = "Messages between services: JSON bodies, CloudEvents 1.0 envelopes in Kafka headers."
_HEADERS: Final[Mapping[str, str]] = {
    "ce_specversion": "CloudEvents version, 1.0",
    "ce_id": "UUID of the message; the same through every retry",
    "ce_type": "the message type",
    "ce_source": "the service that announced it",
    "ce_time": "when it was announced, RFC 3339",
    "ce_subject": "the aggregate it is about, <aggregate>/<id>",
    "ce_makerid": "UUID of the maker it belongs to",
    "ce_sequence": "state topics: the aggregate's version; event topics: gap-free number within the subject",
    "ce_correlationid": "the request or import that began it all",
    "ce_causationid": "the message that caused this one, if any",
    "traceparent": "W3C trace context, if traced",
}
_OPTIONAL: Final = ("ce_causationid", "traceparent")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message type: which services send it, which listen to it."""

    body: type[Body]
    senders: Sequence[str] = ()
    listeners: Sequence[str] = ()

    @property
    def type(self) -> str:
        return self.body.TYPE


def bodies_of(module: str) -> list[type[Body]]:
    """The message types of one module of the published language; none without the module."""
    if importlib.util.find_spec(module) is None:
        return []
    members = vars(importlib.import_module(module)).values()
    return [one for one in members if isinstance(one, type) and issubclass(one, Body) and one.TYPE and one.TOPIC]


def kind_of(body: type[Body]) -> str:
    """event, state or command."""
    return next(kind.__name__.lower() for kind in (Event, State, Command) if issubclass(body, kind))


def says(body: type[Body]) -> str:
    """The class's docstring in one paragraph."""
    return " ".join((body.__doc__ or "").split())


def spoken_by(service: Service) -> list[Spoken]:
    """What one service announces, asks of others and listens to, by type."""
    own = [body for body in bodies_of(service.language) if not issubclass(body, Command)]
    sent = {body.TYPE: body for body in (*own, *service.asks)}
    heard = service.listens.types()
    return [
        Spoken(body, (service.name,) if type_ in sent else (), (service.name,) if type_ in heard else ())
        for type_, body in sorted({**heard, **sent}.items())
    ]


def part_of(service: Service) -> dict[str, Any]:
    """The service's part of the suite's document, complete in itself."""
    spoken = spoken_by(service)
    references, schemas = models_json_schema(
        [(one.body, "validation") for one in spoken], ref_template=_SCHEMAS + "{model}"
    )
    found = document(spoken, lambda body: references[body, "validation"], title=f"Oroshi {service.name}")
    found["components"]["schemas"] = schemas.get("$defs", {})
    return found


def document(
    spoken: Sequence[Spoken], payload: Callable[[type[Body]], object], *, title: str = "Oroshi"
) -> dict[str, Any]:
    """The document about these types, sorted; `payload` says where a body's schema is."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic, spoken) for topic in sorted({one.body.TOPIC for one in spoken})},
        "operations": dict(sorted(_operations(spoken))),
        "components": {
            "messages": {one.type: _message(one.body, payload(one.body)) for one in spoken},
            "messageTraits": {"cloudevent": {"headers": _headers()}},
        },
    }


def _channel(topic: str, spoken: Sequence[Spoken]) -> dict[str, object]:
    here = [one.type for one in spoken if topic == one.body.TOPIC]
    return {"address": topic, "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in here}}


def _operations(spoken: Sequence[Spoken]) -> Iterator[tuple[str, dict[str, object]]]:
    wanted: dict[tuple[str, str, str], list[str]] = {}
    for one in spoken:
        for sender in one.senders:
            wanted.setdefault(("send", sender, one.body.TOPIC), []).append(one.type)
        for listener in one.listeners:
            wanted.setdefault(("receive", listener, one.body.TOPIC), []).append(one.type)
    for (action, service, topic), types in wanted.items():
        messages = [{"$ref": f"#/channels/{topic}/messages/{type_}"} for type_ in types]
        operation = {"action": action, "channel": {"$ref": f"#/channels/{topic}"}, "messages": messages}
        yield f"{service}-{action}s-{topic}", {**operation, "x-service": service}


def _message(body: type[Body], payload: object) -> dict[str, object]:
    return {
        "name": body.TYPE,
        "title": body.__name__,
        "summary": says(body),
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": payload,
        "x-kind": kind_of(body),
    }


def _headers() -> dict[str, object]:
    properties = {name: {"type": "string", "description": text} for name, text in _HEADERS.items()}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in _HEADERS if name not in _OPTIONAL],
    }
