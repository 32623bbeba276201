"""Answers as bytes: one view, a page of views, the results of a bulk call, a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from urllib.parse import quote

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from chassis.http.answers import Teller, encoded
from chassis.http.idempotency import Answer
from chassis.http.outcomes import Done, Settled
from kernel.refusal import Refusal

T = TypeVar("T")

JSON: Final = {"content-type": "application/json"}
_TOKEN: Final = re.compile(r"[^A-Za-z0-9._-]+")


def answer_of(status: int, view: BaseModel) -> Answer:
    """One view; its `version`, where it has one, becomes the ETag (GEN-006)."""
    if status == 204:
        return Answer(status, b"")
    version = getattr(view, "version", None)
    headers = {**JSON, "etag": f'"{version}"'} if isinstance(version, int) else JSON
    return Answer(status, view.model_dump_json().encode(), headers)


def listing_of(items: Sequence[BaseModel], next_cursor: str | None) -> Answer:
    """`{"items": […], "next_cursor": …}`."""
    body = b'{"items":[%b],"next_cursor":%b}' % (
        b",".join(item.model_dump_json().encode() for item in items),
        orjson.dumps(next_cursor),
    )
    return Answer(200, body, JSON)


def results_of(outcomes: Sequence[Settled[T]], view: Callable[[T], BaseModel], told: Teller) -> Answer:
    """`{"results": […], "accepted": n, "refused": m}`, one result per command in its order."""
    parts: list[bytes] = []
    accepted = 0
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Done):
            accepted += 1
            item = view(outcome.outcome).model_dump_json().encode()
            parts.append(b'{"index":%d,"ok":true,"item":%b}' % (index, item))
        else:
            parts.append(encoded(_refused(index, outcome, told)))
    body = b'{"results":[%b],"accepted":%d,"refused":%d}' % (b",".join(parts), accepted, len(outcomes) - accepted)
    return Answer(200, body, JSON)


def refused_of(outcomes: Sequence[Settled[T]], told: Teller) -> list[dict[str, object]]:
    """The refused commands only, by index: what the problem of an atomic bulk call shows."""
    return [_refused(index, outcome, told) for index, outcome in enumerate(outcomes) if not isinstance(outcome, Done)]


def _refused(index: int, refusals: Sequence[Refusal], told: Teller) -> dict[str, object]:
    return {"index": index, "ok": False, "problem": told.problem(refusals)}


def file_response(content: bytes, name: str, media_type: str) -> Response:
    """A download; the name travels in both forms of RFC 6266 and can carry no line break."""
    plain = _TOKEN.sub("_", name).strip("_.") or "file"
    disposition = f"attachment; filename=\"{plain[:100]}\"; filename*=UTF-8''{quote(name[:200], safe='')}"
    headers = {"content-disposition": disposition, "x-content-type-options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)
