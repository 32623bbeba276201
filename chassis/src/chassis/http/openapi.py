"""The API document: FastAPI's own, completed with what every call can answer and every header it takes.

Nothing undocumented may come back (INT-080): each operation lists its problems by status and names its codes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from chassis.http.answers import PROBLEM_JSON
from chassis.http.models import Problem
from chassis.http.routes import CODES, NotDeclared, Route, RouteFacts, facts_of
from chassis.http.waiting import APPLIED, LONGEST_SECONDS, PREFER
from chassis.problems import ProblemTexts
from chassis.service import Service
from kernel.refusal import Refusal

_ALWAYS: Final = ("MALFORMED_REQUEST", "VALIDATION", "RATE_LIMITED", "UNAVAILABLE")
_WITH_TOKEN: Final = ("UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND")
_WRITING: Final = ("CONFLICT", "IDEMPOTENCY_IN_FLIGHT", "IDEMPOTENCY_KEY_INVALID", "IDEMPOTENCY_KEY_REUSED")
_WITH_BODY: Final = ("REQUEST_TIMEOUT", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "MALFORMED_JSON")
_PROBLEM: Final = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_FILE: Final[Mapping[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeated call safe for 7 days: same key and request, same answer, no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
_MATCH_PARAMETER: Final = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The version that was read, as in the ETag; another version by now is a CONFLICT.",
    "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'},
}
_WAIT_PARAMETER: Final = {
    "name": PREFER,
    "in": "header",
    "required": False,
    "description": (
        "`wait=N` (RFC 7240): what goes on as messages is answered when it has come to its end, at the latest after N "
        f"seconds, {LONGEST_SECONDS} at most; the resource tells how far it came. Other preferences are ignored."
    ),
    "schema": {"type": "string"},
    "example": "wait=2",
}
_APPLIED_HEADER: Final = {
    "description": "The preference that was applied, with the seconds it was waited for at most.",
    "schema": {"type": "string", "pattern": "^wait=[0-9]+$"},
}
_ATOMIC_PARAMETER: Final = {
    "name": "atomic",
    "in": "query",
    "required": False,
    "description": "true: carry out all commands or none.",
    "schema": {"type": "boolean", "default": False},
}


def operation_id(service: str) -> Callable[[APIRoute], str]:
    """`ordering_place_order`: unique over the suite, since the gateway merges all documents."""
    return lambda route: f"{service}_{route.name}"


def describe(app: FastAPI, service: Service, texts: ProblemTexts) -> bytes:
    """The finished document as JSON. Raises NotDeclared when two routes of the service share a function name."""
    _check_names(app)
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(_problem_schemas())
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "EdDSA access token"}
    }
    document["tags"] = [{"name": service.name}]
    for facts, operation in _operations(app, document):
        _complete(operation, facts, service.name, texts)
        if facts.takes_form:
            _complete_form(operation, schemas)
    return orjson.dumps(document)


def _check_names(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    names = Counter(route.name for route in routes if isinstance(route, Route) and route.include_in_schema)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise NotDeclared(f"two routes are called {', '.join(twice)}: name their functions apart")


def _problem_schemas() -> Mapping[str, Any]:
    _, schema = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    definitions: Mapping[str, Any] = schema["$defs"]
    return definitions


def _operations(app: FastAPI, document: Mapping[str, Any]) -> Iterator[tuple[RouteFacts, dict[str, Any]]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Route) and route.include_in_schema:
            for method in sorted(context.methods or ()):
                yield facts_of(route), document["paths"][context.path_format][method.lower()]


def _complete(operation: dict[str, Any], facts: RouteFacts, service: str, texts: ProblemTexts) -> None:
    operation["tags"] = [service]
    operation["security"] = [{"bearer": []}] if facts.gate.permissions else []
    if facts.gate.permissions:
        operation["description"] = _permitted(operation.get("description", ""), facts.gate.permissions)
    parameters = [*operation.get("parameters", ()), *_headers(operation, facts)]
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
    if parameters:
        operation["parameters"] = parameters
    responses = operation["responses"]
    if facts.media_types:
        responses["200"]["content"] = dict.fromkeys(facts.media_types, _FILE)
    if facts.waits:
        responses[str(facts.status)].setdefault("headers", {})[APPLIED] = dict(_APPLIED_HEADER)
    own = responses.pop("default", {}).get(CODES, ())
    responses.pop("422", None)
    for status, codes in sorted(_by_status(facts, own, texts).items()):
        described = "; ".join(f"`{code}` {texts.text(Refusal(code), 'en')}" for code in codes)
        responses[str(status)] = {"description": described, "content": _PROBLEM}


def _permitted(description: str, permissions: tuple[str, ...]) -> str:
    return f"{description}\n\nPermission: {' or '.join(f'`{name}`' for name in permissions)}.".strip()


def _headers(operation: Mapping[str, Any], facts: RouteFacts) -> list[dict[str, Any]]:
    given = [dict(_ATOMIC_PARAMETER)] if facts.bulk else []
    if facts.writes:
        given += [dict(_KEY_PARAMETER), *([dict(_MATCH_PARAMETER)] if facts.versioned else [])]
    if facts.waits:
        given.append(dict(_WAIT_PARAMETER))
    return given


def _complete_form(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    for content in operation["requestBody"]["content"].values():
        form = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        form["properties"] = {name: _without_null(field) for name, field in form["properties"].items()}


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters and form fields are text: they can be left out, and there is no way to write null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds:
        return dict(schema)
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def _by_status(facts: RouteFacts, own: tuple[str, ...] | list[str], texts: ProblemTexts) -> dict[int, list[str]]:
    codes = [*_ALWAYS, *(_WITH_TOKEN if facts.gate.permissions else ())]
    codes += [*(_WRITING if facts.writes else ()), *(_WITH_BODY if facts.body or facts.takes_form else ())]
    codes += [*(["BATCH_REFUSED"] if facts.bulk else ()), *own]
    grouped: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        grouped.setdefault(texts.status(code), []).append(code)
    return grouped
