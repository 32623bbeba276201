"""Logs: one JSON object per line on standard output, with the ids that tie lines to a request or a message.

Events are names with ids (`order.confirmed`), never sentences and never personal data: no names, addresses, bodies,
query strings or tokens. Lines of the libraries (uvicorn, aiokafka, alembic) pass through the same renderer.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("chassis")
"""The chassis's own logger; a service takes `structlog.get_logger("<service>")`."""

_NOISY: Final = {"uvicorn.access": logging.WARNING, "aiokafka": logging.WARNING, "httpx": logging.WARNING}
_SECRETS: Final = frozenset({"authorization", "token", "password", "secret", "cookie", "database_url"})


def configure(service: str, level: str = "INFO", *, role: str | None = None) -> None:
    """Called once at the start of a process."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared[:2], *shared[3:], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _NOISY.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    structlog.contextvars.bind_contextvars(service=service, **({"role": role} if role else {}))


@contextmanager
def bound(**ids: str | None) -> Iterator[None]:
    """Adds ids (request_id, event_id, maker_id, …) to every line logged inside the block."""
    tokens = structlog.contextvars.bind_contextvars(**{name: value for name, value in ids.items() if value is not None})
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name in _SECRETS & event.keys():
        event[name] = "***"
    return event


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Control characters of foreign text are escaped by JSON itself, so a line stays a line."""
    return orjson.dumps(event, default=repr).decode()
