"""The routes every service has: health, readiness, metrics, its documents, and whether it is quiet."""

from __future__ import annotations

from typing import Annotated, Final

import orjson
from fastapi import FastAPI, Request
from starlette.responses import Response

from chassis import metrics
from chassis.http.edge import Edge
from chassis.http.needs import needs
from chassis.http.refused import Refused
from chassis.http.routes import Router
from chassis.http.shell import shell_of
from kernel.refusal import Refusal

COMMON_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/asyncapi"})
_JSON: Final = "application/json"
ASYNCAPI_JSON: Final = "application/vnd.aai.asyncapi+json;version=3.0.0"


def add_common_routes(app: FastAPI, document: bytes) -> None:
    """`/healthz`, `/readyz`, `/metrics` and the documents are open, `/internal/quiet` is for services only."""

    async def openapi(_: Request) -> Response:
        return Response(document, media_type=_JSON)

    for path, endpoint in {
        "/healthz": _healthz,
        "/readyz": _readyz,
        "/metrics": _metrics,
        "/openapi.json": openapi,
        "/asyncapi": _asyncapi,
    }.items():
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)
    app.include_router(_internal())


async def _healthz(_: Request) -> Response:
    """The process answers; says nothing about what it depends on."""
    return _told(200, "ok")


async def _readyz(request: Request) -> Response:
    """Whether new calls should come here: the database answers and the process is not on its way out."""
    shell = shell_of(request.app)
    if shell.draining:
        return _told(503, "draining")
    return _told(200, "ready") if await shell.database.ready() else _told(503, "database-away")


async def _asyncapi(request: Request) -> Response:
    return Response(shell_of(request.app).messages(), media_type=ASYNCAPI_JSON)


async def _metrics(request: Request) -> Response:
    await shell_of(request.app).depths.refresh()
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _told(status: int, state: str) -> Response:
    return Response(orjson.dumps({"state": state}), status_code=status, media_type=_JSON)


def _internal() -> Router:
    router = Router(include_in_schema=False)

    @router.get("/internal/quiet")
    async def quiet(request: Request, edge: Annotated[Edge, needs("service", "operator")]) -> Response:
        answer = shell_of(request.app).quiet
        if answer is None:
            raise Refused(Refusal("NOT_FOUND"))
        return Response(orjson.dumps(dict(await answer())), media_type=_JSON)

    return router
