"""The demo's client with a stop-watch: how long each call took, by what was called."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from suite.bench.figures import milliseconds, percentile
from suite.demo.client import Api, Json

_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")
_UNTIMED = frozenset({"/v1/quiet"})
"""Waiting for messages is no call of a user's."""


@dataclass
class StopWatch:
    """Seconds of every call, by method and path without ids; several threads may note at once."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, method: str, path: str, took: float) -> None:
        if path not in _UNTIMED:
            self.seconds[f"{method} {_ID.sub('/…', path)}"].append(took)

    def percentile_ms(self, percent: float) -> float | None:
        """Over all calls."""
        return milliseconds(percentile([one for many in self.seconds.values() for one in many], percent))

    def by_call(self) -> dict[str, Json]:
        """Number, p50 and p99 of each call."""
        return {
            call: {
                "calls": len(seconds),
                "p50_ms": milliseconds(percentile(seconds, 50)),
                "p99_ms": milliseconds(percentile(seconds, 99)),
            }
            for call, seconds in self.seconds.items()
        }


class TimedApi(Api):
    """The same calls, each noted on the stop-watch."""

    def __init__(self, url: str, token: str, watch: StopWatch) -> None:
        super().__init__(url, token)
        self._watch = watch

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        began = time.perf_counter()
        try:
            return super()._call(method, path, **options)
        finally:
            self._watch.note(method, path, time.perf_counter() - began)


class WentWrong(Exception):
    """The suite did its work otherwise than it should have: what, with the first cases."""


def accepted(what: str, answer: Json, wanted: int) -> Sequence[Json]:
    """The items of a bulk answer. Raises WentWrong unless all were accepted."""
    refused = [result["problem"] for result in answer["results"] if not result["ok"]]
    if refused or len(answer["results"]) != wanted:
        raise WentWrong(f"{what}: {len(refused)} of {wanted} refused, first: {refused[:1]}")
    return [result["item"] for result in answer["results"]]
