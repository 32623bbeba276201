"""Around every request: its id, its line in the log, its place in the metrics, and an answer whatever happens.

Pure ASGI: Starlette's BaseHTTPMiddleware runs the app in another task, which breaks cancellation and context variables.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import clock, failures, logs, metrics
from chassis.auth import Caller
from chassis.http.answers import REQUEST_ID, Teller, problem_response
from chassis.http.common import COMMON_PATHS
from chassis.http.edge import CALLER, ROUTE
from chassis.http.shell import Shell
from chassis.logs import log
from chassis.tx import UnstorableText
from kernel.refusal import Refusal

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:-]{8,64}")
_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


@dataclass(slots=True)
class _Sending:
    """Passes the answer on, adding the request id, and remembers what was sent."""

    send: Send
    request_id: bytes
    status: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", self.request_id)]
            present = {name.lower() for name, _ in headers}
            message = {**message, "headers": [*headers, *(pair for pair in _SECURITY if pair[0] not in present)]}
        await self.send(message)


class Observed:
    """The outermost layer of our own."""

    def __init__(self, app: ASGIApp, shell: Shell) -> None:
        self._app = app
        self._shell = shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope[REQUEST_ID] = request_id
        sending, began = _Sending(send, request_id.encode()), time.perf_counter()
        with logs.bound(request_id=request_id):
            try:
                await self._app(scope, receive, sending)
            except Exception as error:  # an edge: nobody above answers the caller
                if sending.status:
                    log.exception("http.broken-off")
                    raise
                await self._failed(scope, error)(scope, receive, sending)
            finally:
                self._count(scope, sending.status, time.perf_counter() - began)

    def _failed(self, scope: Scope, error: Exception) -> Response:
        refusal, headers = _told(error)
        constraint = failures.broken_constraint(error)
        if refusal.code == "INTERNAL":
            log.error("http.failed", exc_info=error)
        elif constraint is not None:
            # The caller may send another value, but the core should have refused this one: a bug of ours.
            log.error("http.constraint-broken", constraint=constraint, code=refusal.code)
            metrics.constraint_broken(service=self._shell.service, constraint=constraint)
        else:
            log.warning(
                "http.refused-below", code=refusal.code, kind=type(error).__name__, state=failures.sqlstate(error)
            )
        return problem_response(Teller.of(scope, self._shell.texts).problem([refusal]), headers)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method, template = _place(scope)
        metrics.http_call(service=self._shell.service, method=method, route=template, status=status, seconds=seconds)
        caller = scope.get(CALLER)
        tell = log.debug if template in COMMON_PATHS and status < 400 else log.info  # probes come every second
        tell("http.answered", method=method, route=template, status=status, ms=round(seconds * 1000, 1), **_ids(caller))


def _place(scope: Scope) -> tuple[str, str]:
    """Method and template of what was called; a path that nobody offers is not told, there is no end of such."""
    route = scope.get(ROUTE)
    if route is not None:
        return scope["method"], route.path
    common = scope["method"] == "GET" and scope["path"] in COMMON_PATHS
    return ("GET", scope["path"]) if common else ("-", "-")


def _ids(caller: object) -> Mapping[str, str]:
    if not isinstance(caller, Caller):
        return {}
    return {"actor": caller.actor, **({"maker_id": str(caller.maker_id)} if caller.maker_id else {})}


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value.decode())
    return str(clock.new_id())


def _told(error: Exception) -> tuple[Refusal, Mapping[str, str]]:
    """What a caller is told of an exception: away → 503, a value the database cannot hold → 422, the rest → 500."""
    if failures.is_infrastructure(error):
        return Refusal("UNAVAILABLE"), {"Retry-After": "2"}
    if isinstance(error, UnstorableText) or failures.is_unstorable_text(error):
        return Refusal("BAD_VALUE", {"reason": "a text holds a character that cannot be stored"}), {}
    if _unholdable(error):
        return Refusal("BAD_VALUE", {"reason": "a value cannot be stored"}), {}
    return Refusal("INTERNAL"), {}


def _unholdable(error: Exception) -> bool:
    """The database refused a value: out of range, wrong form, a named rule. A hole in validation, and yet the caller's
    value: nothing is written and the caller can send another."""
    state = failures.sqlstate(error)
    if state is not None:
        return state.startswith("22") or failures.broken_constraint(error) is not None
    return isinstance(error, DBAPIError) and isinstance(error.orig, ValueError)
