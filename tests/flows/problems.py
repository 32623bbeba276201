"""What every answer that is not a success must look like."""

from __future__ import annotations

from typing import Any

import httpx

_MEMBERS = {"type", "title", "status", "code", "detail", "request_id", "errors", "error_count"}


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem of an answer, after proving that it is one: RFC 9457 with code, errors and a request id."""
    shown = f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}"
    assert answer.headers.get("content-type", "").startswith("application/problem+json"), shown
    body: dict[str, Any] = answer.json()
    assert body.keys() >= _MEMBERS, shown
    assert body["status"] == answer.status_code, shown
    assert body["errors"], shown
    assert all(error["code"] and error["detail"] for error in body["errors"]), shown
    return body


def refused(answer: httpx.Response) -> dict[str, Any]:
    """The problem of an answer that says no because of what was sent: never a success, never a server error."""
    assert 400 <= answer.status_code < 500, (
        f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}"
    )
    return problem(answer)


def codes(answer: httpx.Response) -> set[str]:
    """Of a refusal and of everything it lists."""
    body = refused(answer)
    return {body["code"], *(error["code"] for error in body["errors"])}
