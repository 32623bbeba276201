"""Logs are JSON lines with ids and without personal data."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from chassis import logs


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging as pytest had it, after a test that configures it."""
    root = logging.getLogger()
    handlers, level, before = list(root.handlers), root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("restored")
def test_a_line_is_one_json_object_with_the_ids_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("ordering", "info", role="api")
    with logs.bound(request_id="r-1", event_id=None):
        structlog.get_logger("ordering").info("order.confirmed", order_id="o-1", text="a\nb \x1b[31m ${jndi:x} 日本")
    structlog.get_logger("ordering").info("after")

    first, second = lines(capsys)
    assert first.pop("time")
    assert first == {
        "event": "order.confirmed",
        "level": "info",
        "service": "ordering",
        "role": "api",
        "request_id": "r-1",
        "order_id": "o-1",
        "text": "a\nb \x1b[31m ${jndi:x} 日本",
    }
    assert "request_id" not in second


@pytest.mark.usefixtures("restored")
def test_libraries_log_through_the_same_lines_and_secrets_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("ordering", "info", role="api")
    logging.getLogger("some.library").warning("count %d", 3, extra={"token": "abc"})
    logging.getLogger("uvicorn.access").info("GET /v1/orders?name=secret")

    [line] = lines(capsys)
    assert (line["event"], line["level"], line["token"]) == ("count 3", "warning", "***")


@pytest.mark.usefixtures("restored")
def test_a_stack_stands_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("ordering", "info", role="api")
    try:
        raise LookupError("odd")
    except LookupError:
        structlog.get_logger("ordering").exception("http.failed")

    [line] = lines(capsys)
    assert "LookupError: odd" in str(line["exception"])
