"""Builds the ASGI app of a service: its routes, the answers to everything that goes wrong, and the common routes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Match

from chassis import asyncapi, peers
from chassis.auth import Keys, Verifier, key_source
from chassis.database import Database
from chassis.depths import Depths
from chassis.http.answers import Teller, problem_response
from chassis.http.body import BODY_ERRORS
from chassis.http.common import add_common_routes
from chassis.http.edge import ROUTE
from chassis.http.field_errors import refusal
from chassis.http.middleware import Observed
from chassis.http.openapi import describe, operation_id
from chassis.http.refused import Refused, WrongFields
from chassis.http.routes import NotDeclared, Route, facts_of
from chassis.http.shell import Quiet, Shell, shell_of
from chassis.problems import ProblemTexts
from chassis.service import Service
from chassis.settings import ServiceSettings
from kernel.refusal import Refusal

_CODES: Final = {
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    408: "REQUEST_TIMEOUT",
    409: "CONFLICT",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def create_app(
    service: Service,
    *,
    settings: ServiceSettings,
    database: Database,
    verifier: Verifier | None = None,
    quiet: Quiet | None = None,
) -> FastAPI:
    """The app of a service. Raises NotDeclared for a route that says nothing about who may call it.

    Opens nothing: pools open at first use, keys are read at the first token. Tells `peers` where the others are.
    """
    peers.configure(settings)
    texts = ProblemTexts.of(*([service.problems_file] if service.problems_file else []))
    keys = verifier or Verifier(Keys(key_source(file=settings.jwks_file, url=settings.jwks_url)))
    shell = Shell(
        service=service.name,
        texts=texts,
        verifier=keys,
        database=database,
        settings=settings,
        depths=Depths(database, service.depths),
        messages=cache(lambda: orjson.dumps(asyncapi.part_of(service))),
        quiet=quiet,
    )
    app = FastAPI(
        title=f"Oroshi {service.name}",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id(service.name),
        middleware=[Middleware(Observed, shell=shell)],
    )
    app.state.shell = shell
    for router in service.routers:
        app.include_router(router)
    _check_routes(app, service)
    add_common_routes(app, describe(app, service, texts))
    _add_answers(app)
    return app


def drain(app: FastAPI) -> None:
    """`/readyz` says 503 from now on; calls under way and still arriving are answered as before."""
    shell_of(app).draining = True


def _check_routes(app: FastAPI, service: Service) -> None:
    opened: set[str] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            if not isinstance(route, Route):
                raise NotDeclared(f"{route.path}: take Router from chassis.http, not FastAPI's APIRouter")
            if not facts_of(route).gate.permissions:
                opened.add(route.path)
    if opened != service.open_paths:
        raise NotDeclared(f"open routes are {sorted(opened)}, but open_paths says {sorted(service.open_paths)}")


def _add_answers(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        document = _teller(request).problem(error.refusals, error.facts, error.errors)
        return problem_response(document, error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return await refused(request, WrongFields(*_wrong_fields(request, error)))

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> Response:
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem_response(_teller(request).problem([_refusal(request, error)]), headers)


def _allowed(request: Request) -> str:
    """The methods of all routes of this path; the router names those of the first one only."""
    routes = [context.original_route for context in iter_route_contexts(request.app.routes)]
    found = (route.methods for route in routes if isinstance(route, APIRoute) and _is_at(route, request))
    return ", ".join(sorted(set().union(*(methods or () for methods in found))))


def _is_at(route: APIRoute, request: Request) -> bool:
    return route.matches(request.scope)[0] is not Match.NONE


def _teller(request: Request) -> Teller:
    return Teller.of(request.scope, shell_of(request.app).texts)


def _wrong_fields(request: Request, error: RequestValidationError) -> Sequence[Refusal]:
    """What FastAPI found in path, query and form, and what the body's model found."""
    body = request.scope.get(BODY_ERRORS)
    found = [
        refusal({**one, "loc": one["loc"][1:]}, place=str(one["loc"][0]))
        for one in error.errors()
        if body is None or one["loc"][0] != "body"
    ]
    return [*found, *(refusal(one, place="body") for one in body or ())]


def _refusal(request: Request, error: HTTPException) -> Refusal:
    code = _CODES.get(error.status_code)
    if code is None:
        return Refusal("MALFORMED_REQUEST" if error.status_code < 500 else "INTERNAL", {"reason": str(error.detail)})
    route = request.scope.get(ROUTE)
    facts = {"method": request.method, "limit": str(route.max_bytes) if route else "", "reason": str(error.detail)}
    return Refusal(code, facts if code in {"METHOD_NOT_ALLOWED", "TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"} else {})
