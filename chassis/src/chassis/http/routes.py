"""Our own router: admits the caller first, then reads the body itself, then lets FastAPI do the rest.

router = Router()

@router.post("/v1/orders", status_code=201, responses=problem_responses("UNKNOWN_SKU"))
async def place_order(body: PlaceOrder, edge: Annotated[Edge, needs("order.write")]) -> OrderView:
    return await edge.one(lambda tx: orders.place(tx, [body.command()]), view=views.order)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Annotated, Any, Final, get_args, get_origin
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from python_multipart.multipart import parse_options_header
from starlette.responses import Response
from starlette.types import Message, Receive

from chassis.http.body import GuardedRequest
from chassis.http.edge import ROUTE
from chassis.http.idempotency import key_of
from chassis.http.models import Results
from chassis.http.needs import EdgeFor
from chassis.http.refused import Refused, WrongFields
from chassis.http.waiting import ending_of, waited
from kernel.refusal import Refusal

MAX_JSON_BYTES: Final = 1024 * 1024
MAX_UPLOAD_BYTES: Final = 25 * 1024 * 1024
_JSON_SECONDS: Final = 30.0
_UPLOAD_SECONDS: Final = 120.0
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TAIL: Final = 1_024
_SEQUENCES: Final = (list, tuple, set, frozenset)
_EXPECTED_VERSION: Final = "expected_version"
CODES: Final = "x-problem-codes"


class NotDeclared(TypeError):
    """A route that must not start: no permission, two edges, or a body nobody can check."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What is known of a route before any request comes."""

    path: str
    status: int
    gate: EdgeFor
    body: TypeAdapter[Any] | None
    takes_form: bool
    bulk: bool
    writes: bool
    versioned: bool
    media_types: tuple[str, ...]
    waits: bool
    single_parameters: frozenset[str]
    list_parameters: frozenset[str]

    @property
    def max_bytes(self) -> int:
        return MAX_UPLOAD_BYTES if self.takes_form else MAX_JSON_BYTES


class Route(APIRoute):
    """One route of ours; see the module."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        facts = facts_of(self)

        async def handler(request: Request) -> Response:
            request.scope[ROUTE] = facts
            await facts.gate.admit(request)
            _check_query(request, facts)
            _check_headers(request, facts)
            guarded = GuardedRequest(request.scope, _limited(request, facts), facts.body or _NOTHING)
            answer = await inner(guarded)
            return await waited(request, answer, ending_of(self.endpoint), bulk=facts.bulk)

        return handler


class Router(APIRouter):
    """FastAPI's router with our routes. `Router()` in every `api/*.py`; the service lists them in its `app.py`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, redirect_slashes=False, **options)


_NOTHING: Final[TypeAdapter[Any]] = TypeAdapter(None)


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The codes a route may refuse with, for the API document; statuses come from the texts."""
    return {"default": {"description": "Problem", CODES: sorted(codes)}}


def download_responses(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a route that answers with a file may send, for the API document; next to its `problem_responses`."""
    return {200: {"description": "The file", "content": {media_type: {"schema": {}} for media_type in media_types}}}


def facts_of(route: APIRoute) -> RouteFacts:
    """Raises NotDeclared for a route that must not start."""
    single, several = _query_parameters(route)
    body, takes_form = _body(route)
    methods = route.methods or set()
    bulk = get_origin(route.response_model) is Results or _is_results(route.response_model)
    return RouteFacts(
        path=route.path,
        status=route.status_code or 200,
        gate=_gate(route),
        body=body,
        takes_form=takes_form,
        bulk=bulk,
        writes=bool(methods & _WRITES),
        versioned=_names(route.endpoint, _EXPECTED_VERSION, set()),
        media_types=_media_types(route),
        waits=ending_of(route.endpoint) is not None,
        single_parameters=frozenset(single) | ({"atomic"} if bulk else set()),
        list_parameters=frozenset(several),
    )


def _gate(route: APIRoute) -> EdgeFor:
    gates = {call for dependant in _all(route.dependant) if isinstance(call := dependant.call, EdgeFor)}
    if len(gates) != 1:
        raise NotDeclared(f"{route.path}: say exactly once who may call it, with needs(…) or anyone()")
    return gates.pop()


def _all(dependant: Dependant) -> Iterable[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)


def _names(function: object, name: str, seen: set[object]) -> bool:
    """Whether a function, or one of its module that it uses, names this attribute of the edge.

    Which routes compare versions is thus said once, where they do it: the others refuse the header `If-Match` instead
    of passing over it, and the API document names it only where it counts.
    """
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    used = set(_used(function.__code__))
    near = (function.__globals__.get(one) for one in used)
    return name in used or any(_names(one, name, seen) for one in near if _same_module(one, function))


def _used(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _used(constant)


def _same_module(one: object, function: FunctionType) -> bool:
    return getattr(one, "__module__", None) == function.__module__


def _media_types(route: APIRoute) -> tuple[str, ...]:
    """Of the files it sends. Raises NotDeclared for a documented route that answers with who knows what."""
    declared = tuple(route.responses.get(200, {}).get("content", ()))
    if route.include_in_schema and route.response_model is None and route.status_code != 204 and not declared:
        raise NotDeclared(f"{route.path}: name its view, or the media types of its file with download_responses(…)")
    return declared


def _is_results(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Results)


def _body(route: APIRoute) -> tuple[TypeAdapter[Any] | None, bool]:
    field = route.body_field
    if field is None:
        return None, False
    if isinstance(field.field_info, params.Form):
        return None, True
    if len(route.dependant.body_params) != 1 or getattr(field.field_info, "embed", False):
        raise NotDeclared(f"{route.path}: a JSON body is one request model")
    annotation: Any = field.field_info.annotation
    limits = field.field_info.metadata  # FastAPI keeps those of a bare `Batch` beside its annotation
    return TypeAdapter(Annotated[(annotation, *limits)] if limits else annotation), False


def _query_parameters(route: APIRoute) -> tuple[set[str], set[str]]:
    models = {id(field.field_info) for field in route.dependant.query_params}
    flat = [field for field in get_flat_params(route.dependant) if _is_query(field.field_info, models)]
    several = {field.alias for field in flat if _is_sequence(field.field_info.annotation)}
    return {field.alias for field in flat} - several, several


def _is_query(info: object, known: set[int]) -> bool:
    return id(info) in known or not isinstance(info, params.Path | params.Header | params.Cookie)


def _is_sequence(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    return origin in _SEQUENCES or any(_is_sequence(part) for part in get_args(annotation) if part is not type(None))


def _check_query(request: Request, facts: RouteFacts) -> None:
    """A misspelt filter must not pass for an unfiltered list, nor the last of two values for the only one."""
    broken = _no_text(request.scope["query_string"])
    if broken:
        raise WrongFields(*(_bad_parameter(name, "it is not UTF-8") for name in broken[:20]))
    names = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(names) - facts.single_parameters - facts.list_parameters)
    twice = sorted({name for name in names if name in facts.single_parameters and names.count(name) > 1})
    problems = [Refusal("UNKNOWN_FIELD", field=name[:100]) for name in unknown[:20]]
    problems += [_bad_parameter(name, "give it once") for name in twice[:20]]
    if problems:
        raise WrongFields(*problems)


def _no_text(query: bytes) -> list[str]:
    """Parameters whose bytes are no UTF-8: replaced, they would pass for a filter that matches nothing."""
    if _is_text(query):
        return []
    pairs = [pair for pair in query.split(b"&") if not _is_text(pair)]
    names = (unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")) for pair in pairs)
    return sorted({name.decode(errors="replace")[:100] for name in names})


def _is_text(query: bytes) -> bool:
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError:
        return False
    return True


def _bad_parameter(name: str, reason: str) -> Refusal:
    return Refusal("BAD_PARAMETER", {"parameter": name, "reason": reason}, field=name)


def _check_headers(request: Request, facts: RouteFacts) -> None:
    """Refuses by the headers alone what must not be read at all."""
    headers = request.headers
    if facts.writes:
        key_of(headers)  # of a dry run or a preview as well, which have no use for it
    if facts.writes and not facts.versioned and headers.get("if-match", "*").strip() != "*":
        raise Refused(_bad_parameter("If-Match", "no version is compared here"))
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise _unsupported("send it without Content-Encoding")
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 12 or int(length) > facts.max_bytes):
        raise _too_large(facts)
    if length == "0" or not (length or "transfer-encoding" in headers):
        return
    media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
    if facts.takes_form and media_type.strip() != "multipart/form-data":
        raise _unsupported("send multipart/form-data")
    if facts.body is not None and not _is_utf8_json(media_type.strip(), parameters):
        raise _unsupported("send application/json in UTF-8")


def _is_utf8_json(media_type: str, parameters: str) -> bool:
    charset = parameters.replace('"', "").strip()
    return media_type == "application/json" and charset in ("", "charset=utf-8", "charset=utf8")


def _limited(request: Request, facts: RouteFacts) -> Receive:
    """Counts what really arrives, whatever Content-Length says, and does not wait for ever (slow loris).

    A form must end with its closing boundary: the parser itself would take half a file for a whole one.
    """
    left, tail = facts.max_bytes, b""
    deadline = asyncio.get_running_loop().time() + (_UPLOAD_SECONDS if facts.takes_form else _JSON_SECONDS)
    closing = _closing(request) if facts.takes_form else b""

    async def limited() -> Message:
        nonlocal left, tail
        try:
            async with asyncio.timeout_at(deadline):
                message = await request.receive()
        except TimeoutError as error:
            raise Refused(Refusal("REQUEST_TIMEOUT"), headers={"Connection": "close"}) from error
        body = message.get("body", b"")
        left, tail = left - len(body), (tail + body)[-_TAIL:]
        if left < 0:
            raise _too_large(facts)
        if message["type"] == "http.request" and not message.get("more_body", False) and closing not in tail:
            raise Refused(Refusal("MALFORMED_REQUEST", {"reason": "the form is cut off"}))
        return message

    return limited


def _closing(request: Request) -> bytes:
    _, parameters = parse_options_header(request.headers.get("content-type", ""))
    return b"--" + parameters.get(b"boundary", b"") + b"--"


def _too_large(facts: RouteFacts) -> Refused:
    return Refused(Refusal("TOO_LARGE", {"limit": str(facts.max_bytes)}))


def _unsupported(reason: str) -> Refused:
    return Refused(Refusal("UNSUPPORTED_MEDIA_TYPE", {"reason": reason}))
