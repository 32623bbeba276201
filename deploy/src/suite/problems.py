"""The few answers that Traefik gives by itself (too large, too many, service away) as problem+json.

Traefik's middleware `errors` asks this tiny server for the body: `GET /<status>?limit=<bytes>`. Requests for a service
that its health check found away come here as they are and are answered 503. It lives in the supervisor on a laptop and
in a container of its own under compose: `python -m suite.problems HOST PORT`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from chassis.problems import ProblemTexts, language_of, title, type_uri
from kernel.refusal import Refusal

_CODES = {413: "TOO_LARGE", 429: "RATE_LIMITED", 404: "NOT_FOUND"}
_READ_SECONDS = 5.0
_TEXTS = ProblemTexts({})


async def serve(host: str, port: int) -> asyncio.Server:
    """Starts answering; the caller closes the server."""
    return await asyncio.start_server(_answer, host, port)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _READ_SECONDS)
        target, headers = _parsed(head.decode("latin-1"))
        writer.write(_response(target, headers))
        await writer.drain()
        await asyncio.wait_for(_read_on(reader, headers), _READ_SECONDS)
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass  # a caller that does not speak HTTP gets no answer
    finally:
        writer.close()


async def _read_on(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> None:
    """The body, unheeded: closing on bytes that nobody read would take the answer back."""
    length = headers.get("content-length", "")
    left = int(length) if length.isascii() and length.isdigit() else 0
    while left > 0 and (part := await reader.read(min(left, 65_536))):
        left -= len(part)


def _parsed(head: str) -> tuple[str, Mapping[str, str]]:
    request, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    parts = request.split(" ")
    return (parts[1] if len(parts) > 1 else "/"), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _response(target: str, headers: Mapping[str, str]) -> bytes:
    url = urlsplit(target)
    number = url.path.strip("/")
    status = int(number) if number.isascii() and number.isdigit() and 400 <= int(number) < 600 else 503
    body = json.dumps(problem(status, parse_qs(url.query), headers), ensure_ascii=False).encode()
    wait = "Retry-After: 1\r\n" if status in (429, 502, 503, 504) else ""
    return (
        f"HTTP/1.1 {status} {_reason(status)}\r\nContent-Type: application/problem+json\r\n{wait}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode("latin-1") + body


def problem(status: int, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> dict[str, object]:
    """The RFC 9457 document for a status that the proxy answered by itself, in the caller's language (GEN-010)."""
    code = _CODES.get(status, "UNAVAILABLE")
    # The query is the proxy's own only where it asks for a limit; else it is the caller's, who fills in nothing here.
    facts = {"limit": query["limit"][0]} if status == 413 and "limit" in query else {}
    detail = _TEXTS.text(Refusal(code, facts), language_of(headers.get("accept-language")))
    return {
        "type": type_uri(code),
        "title": title(code),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": headers.get("x-request-id", str(uuid.uuid4())),
        "errors": [{"code": code, "detail": detail}],
        "error_count": 1,
        **facts,
    }


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Problem"


async def _run(host: str, port: int) -> None:
    async with await serve(host, port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2])))
