"""What the suite says of itself: `/v1/quiet`, one OpenAPI and one AsyncAPI document, the pages to read them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import Query, Request
from starlette.responses import HTMLResponse, Response

from chassis.http import Edge, Refused, Router, anyone, needs
from chassis.http.common import ASYNCAPI_JSON
from chassis.http.openapi import describe
from chassis.http.shell import shell_of
from chassis.messages import Listens
from chassis.service import Service
from gateway.api import messages_page
from gateway.api.access import settings_of
from gateway.api.models import QuietView, ServiceView
from gateway.settings import GatewaySettings
from gateway.usecases import documents, suite
from kernel.refusal import Refusal

_PAGES = Path(__file__).parent.parent / "pages"
_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_NOT_INDEXED = {"X-Robots-Tag": "noindex, nofollow"}
_POLL_SECONDS = 0.1


router = Router()


@router.get("/v1/quiet")
async def quiet(
    request: Request,
    edge: Annotated[Edge, needs("operator", "service", "maker.read")],
    wait: Annotated[int, Query(ge=0, le=60, description="seconds to wait for quiet")] = 0,
) -> QuietView:
    """Whether every message that was sent has been dealt with; waits for it up to `wait` seconds."""
    settings = settings_of(request)
    deadline = asyncio.get_running_loop().time() + wait
    while True:
        states = await suite.states(settings.peers, _token(settings))
        calm = all(state.quiet for state in states)
        if calm or asyncio.get_running_loop().time() >= deadline:
            return QuietView(quiet=calm, services=[ServiceView.of(state) for state in states])
        await asyncio.sleep(_POLL_SECONDS)


@router.get("/openapi.json", include_in_schema=False)
async def merged_openapi(request: Request, edge: Annotated[Edge, anyone()]) -> Response:
    """Every service's document in one."""
    settings = settings_of(request)
    found, away = await _of_others(settings, "/openapi.json")
    own = orjson.loads(describe(request.app, _self(settings), shell_of(request.app).texts))
    document = documents.merged({**found, settings.service: own}, away=away)
    return Response(orjson.dumps(document), media_type="application/json")


@router.get("/asyncapi", include_in_schema=False)
async def merged_asyncapi(request: Request, edge: Annotated[Edge, anyone()]) -> Response:
    """Every service's messages in one AsyncAPI document."""
    return Response(orjson.dumps(await _messages(request)), media_type=ASYNCAPI_JSON)


@router.get("/docs/messages", include_in_schema=False)
async def messages_docs(request: Request, edge: Annotated[Edge, anyone()]) -> Response:
    """The messages, to read."""
    return HTMLResponse(messages_page.written(await _messages(request)), headers=_NOT_INDEXED)


@router.get("/docs", include_in_schema=False)
async def docs(edge: Annotated[Edge, anyone()]) -> Response:
    """The API, to read and to try."""
    return HTMLResponse((_PAGES / "docs.html").read_text(encoding="utf-8"), headers=_NOT_INDEXED)


@router.get("/docs/{asset}", include_in_schema=False)
async def docs_asset(asset: str, edge: Annotated[Edge, anyone()]) -> Response:
    """A file of the docs page."""
    if asset not in _ASSETS:
        raise Refused(Refusal("NOT_FOUND"))
    return Response((_PAGES / asset).read_bytes(), media_type=_ASSETS[asset])


async def _messages(request: Request) -> dict[str, Any]:
    settings = settings_of(request)
    found, away = await _of_others(settings, "/asyncapi")
    own = orjson.loads(shell_of(request.app).messages())
    return documents.merged_messages({**found, settings.service: own}, away=away)


async def _of_others(settings: GatewaySettings, path: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What the other services answer, and who did not."""
    others = {name: url for name, url in settings.peers.items() if name != settings.service}
    found = await suite.asked(others, path)
    return found, sorted(others.keys() - found.keys())


def _token(settings: GatewaySettings) -> str:
    file = settings.service_token_file
    return file.read_text(encoding="utf-8").strip() if file is not None and file.is_file() else ""


def _self(settings: GatewaySettings) -> Service:
    return Service(name=settings.service, listens=Listens())
