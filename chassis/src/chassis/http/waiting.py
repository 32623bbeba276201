"""`Prefer: wait=N` (RFC 7240): a deed that goes on as messages is answered at its end, or N seconds on.

By then the deed is committed and its answer made; waiting only looks at the same resources again, in short read-only
transactions with growing pauses between them, and answers them as they were last seen. It holds no connection between
two looks and never turns a deed that stands into an error (ADR 0026).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar

import orjson
from fastapi import Request
from starlette.responses import Response

from chassis import metrics
from chassis.http import results
from chassis.http.edge import CALLER, Edge
from chassis.http.models import View
from chassis.http.shell import Shell, shell_of
from chassis.logs import log
from chassis.tx import Tx

V = TypeVar("V", bound=View)
F = TypeVar("F", bound=Callable[..., Any])

PREFER: Final = "Prefer"
APPLIED: Final = "Preference-Applied"
LONGEST_SECONDS: Final = 10
MOST_AT_ONCE: Final = 100
"""Calls of one process that may wait; beyond that the preference is not applied, which RFC 7240 allows."""
_PAUSE_SECONDS: Final = 0.05
_GROWTH: Final = 1.5
_LONGEST_PAUSE_SECONDS: Final = 0.5
_ENDING: Final = "__ending__"
_PARTS: Final = re.compile(r'(?:[^,"]|"[^"]*")+')
_MOST_DIGITS: Final = 9

Answered: TypeAlias = Mapping[str, Any]
"""A resource as the deed answered it, in JSON."""


@dataclass(frozen=True, slots=True)
class Ending(Generic[V]):
    """Where a deed ends: `look` reads resources again, in order, None for one that is gone; `until` judges one."""

    look: Callable[[Edge, Tx, Sequence[Answered]], Awaitable[Sequence[V | None]]]
    until: Callable[[V], bool]


def waits(
    look: Callable[[Edge, Tx, Sequence[Answered]], Awaitable[Sequence[V | None]]], *, until: Callable[[V], bool]
) -> Callable[[F], F]:
    """Below `@router.post(…)`: who prefers to wait is answered what `look` finds, at the latest when `until` holds.

    Works for `Results` too: every accepted item is looked at, together, until it has come to its end.
    """

    def declare(endpoint: F) -> F:
        setattr(endpoint, _ENDING, Ending(look, until))
        return endpoint

    return declare


def ending_of(endpoint: Callable[..., Any]) -> Ending[View] | None:
    """What the route declared with `waits`."""
    return getattr(endpoint, _ENDING, None)


def preferred_seconds(headers: Sequence[str]) -> int:
    """The seconds of the first `wait`, at most LONGEST_SECONDS; 0 for none or what cannot be read (RFC 7240 §2)."""
    for part in (part for header in headers for part in _PARTS.findall(header)):
        name, _, value = part.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            digits = value.strip().strip('"')
            readable = digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS
            return min(int(digits), LONGEST_SECONDS) if readable else 0
    return 0


async def waited(request: Request, answer: Response, ending: Ending[View] | None, *, bulk: bool) -> Response:
    """The answer of a route, or what it became while the caller was willing to wait."""
    if ending is None or answer.status_code >= 300:
        return answer
    seconds = preferred_seconds(request.headers.getlist(PREFER))
    if not seconds:
        return answer
    document = orjson.loads(answer.body)
    items = [one["item"] for one in document["results"] if one["ok"]] if bulk else [document]
    shell = shell_of(request.app)
    with _place(shell) as free:
        if not items:
            return answer
        if not free:
            metrics.http_wait(service=shell.service, outcome="refused")
            return answer
        waiting = _Waiting(Edge(request, request.scope[CALLER]), ending, items)
        metrics.http_wait(service=shell.service, outcome=await waiting.run(shell, seconds))
    if not waiting.seen:
        return answer
    headers = {APPLIED: f"wait={seconds}"}
    return _many(answer, document, waiting.seen, headers) if bulk else _one(answer, waiting.seen[0], headers)


@contextmanager
def _place(shell: Shell) -> Iterator[bool]:
    """Whether one more may wait."""
    shell.waiting += 1
    try:
        yield shell.waiting <= MOST_AT_ONCE
    finally:
        shell.waiting -= 1


@dataclass(slots=True)
class _Waiting:
    """Items of an answer on their way; only those that have not come to their end are looked at again."""

    edge: Edge
    ending: Ending[View]
    items: Sequence[Answered]
    seen: dict[int, View] = field(default_factory=dict)
    open: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.open = list(range(len(self.items)))

    async def run(self, shell: Shell, seconds: float) -> str:
        """Until all have come to their end, time is up, or the process is on its way out; returns which."""
        try:
            async with asyncio.timeout(seconds):
                await self._look_until(asyncio.get_running_loop().time() + seconds, shell)
        except TimeoutError:  # a look took longer than what was left
            log.info("wait.cut")
        except Exception as error:  # noqa: BLE001  # an edge: the deed stands, so its answer must be given
            log.warning("wait.failed", exc_info=error)
            return "failed"
        return "ran_out" if self.open else "ended"

    async def _look_until(self, deadline: float, shell: Shell) -> None:
        now, pause = asyncio.get_running_loop().time, _PAUSE_SECONDS
        while True:
            await self._look()
            left = deadline - now()
            if not self.open or shell.draining or left < _PAUSE_SECONDS:
                return
            await asyncio.sleep(min(pause, left - _PAUSE_SECONDS))
            pause = min(pause * _GROWTH, _LONGEST_PAUSE_SECONDS)

    async def _look(self) -> None:
        items = [self.items[at] for at in self.open]
        found = await self.edge.look(lambda tx: self.ending.look(self.edge, tx, items))
        present = {at: view for at, view in zip(self.open, found, strict=True) if view is not None}
        self.seen |= present
        self.open = [at for at, view in present.items() if not self.ending.until(view)]


def _one(answer: Response, view: View, applied: Mapping[str, str]) -> Response:
    now = results.answer_of(answer.status_code, view)
    return Response(now.body, answer.status_code, {**_kept(answer), **now.headers, **applied})


def _many(answer: Response, document: dict[str, Any], seen: Mapping[int, View], applied: Mapping[str, str]) -> Response:
    accepted = [one for one in document["results"] if one["ok"]]
    for at, view in seen.items():
        accepted[at]["item"] = orjson.Fragment(view.model_dump_json().encode())
    return Response(orjson.dumps(document), answer.status_code, {**_kept(answer), **applied})


def _kept(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("content-length", "etag")}
