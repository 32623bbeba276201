"""One OpenAPI and one AsyncAPI document out of every service's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_TOO_LONG: Final = {
    "description": "Address and headers are larger than 60 kB: the proxy ends the call in plain text, reading no more.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
_REFERENCE: Final = "#/components/schemas/"
_INTRODUCTION: Final = (
    "卸: from web catalog to cleared bank statement. Money and rates are decimal strings, dates ISO 8601. "
    "Every deed takes its business date; every problem is `application/problem+json` with a code. "
    "Send `Idempotency-Key` with deeds and repeat safely. Log in with `POST /v1/tokens`."
)

_MESSAGES: Final = (
    "Messages between services: JSON bodies, CloudEvents 1.0 envelopes in Kafka headers. They are internal: topics "
    "hold the messages of all makers."
)


def merged(documents: Mapping[str, Mapping[str, Any]], *, away: list[str]) -> dict[str, Any]:
    """The documents of all services as one; schemas that differ under one name get their service's name in front.

    `away` names services that did not answer: their part is missing and the document says so.
    """
    result: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Oroshi", "version": "1", "description": _introduction(away)},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
        "tags": [],
    }
    for name in sorted(documents):
        document = _renamed(name, documents[name], result["components"]["schemas"])
        for path, operations in document.get("paths", {}).items():
            result["paths"].setdefault(path, {}).update(
                {method: _through_the_proxy(operation) for method, operation in operations.items()}
            )
        components = document.get("components", {})
        result["components"]["schemas"].update(components.get("schemas", {}))
        result["components"]["securitySchemes"].update(components.get("securitySchemes", {}))
        result["tags"] += document.get("tags", [])
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def merged_messages(parts: Mapping[str, Mapping[str, Any]], *, away: list[str]) -> dict[str, Any]:
    """The AsyncAPI parts of all services as one; what several of them tell of one topic or message is said once."""
    result: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {"title": "Oroshi", "version": "1", "description": _away(_MESSAGES, away)},
        "defaultContentType": "application/json",
        "channels": {},
        "operations": {},
        "components": {"messages": {}, "messageTraits": {}, "schemas": {}},
    }
    for name in sorted(parts):
        part = _renamed(name, parts[name], result["components"]["schemas"])
        for topic, channel in part["channels"].items():
            known = result["channels"].setdefault(topic, {**channel, "messages": {}})
            known["messages"] = dict(sorted({**known["messages"], **channel["messages"]}.items()))
        result["operations"].update(part["operations"])
        for kind, found in part["components"].items():
            result["components"][kind].update(found)
    return result | {key: dict(sorted(result[key].items())) for key in ("channels", "operations")}


def _through_the_proxy(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The operation with what the proxy alone can answer; all else it answers in the words of the services."""
    return {**operation, "responses": {**operation.get("responses", {}), "431": _TOO_LONG}}


def _introduction(away: list[str]) -> str:
    return _away(_INTRODUCTION, away)


def _away(text: str, away: list[str]) -> str:
    return text + (f" Not answering right now: {', '.join(sorted(away))}." if away else "")


def _renamed(service: str, document: Mapping[str, Any], taken: Mapping[str, Any]) -> dict[str, Any]:
    """The document with clashing schema names changed, references included."""
    schemas = document.get("components", {}).get("schemas", {})
    clashes = [name for name, schema in schemas.items() if name in taken and taken[name] != schema]
    if not clashes:
        return dict(document)
    text = json.dumps(document)
    for name in clashes:
        text = text.replace(f'"{_REFERENCE}{name}"', f'"{_REFERENCE}{service}_{name}"')
    renamed: dict[str, Any] = json.loads(text)
    known = renamed["components"]["schemas"]
    for name in clashes:
        known[f"{service}_{name}"] = known.pop(name)
    return renamed
