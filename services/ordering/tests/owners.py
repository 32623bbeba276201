"""Catalog and customers as they answer internal questions."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

import httpx

from contracts.wire import State


@dataclass(slots=True)
class Owners:
    """What the owners know is set by the test; what they were asked is remembered."""

    known: dict[str, list[State]] = field(default_factory=lambda: defaultdict(list))
    asked: list[tuple[str, *tuple[list[str], ...]]] = field(default_factory=list)
    away: bool = False

    def knows(self, *states: State) -> None:
        """These states are announced but have not arrived yet."""
        for state in states:
            self.known[f"/internal/{state.TOPIC.split('.')[1]}"].append(state)

    def answer(self, request: httpx.Request) -> httpx.Response:
        question: dict[str, list[str]] = json.loads(request.content)
        self.asked.append((request.url.path, *question.values()))
        named = {name for names in question.values() for name in names}
        found = [
            {"version": 1, "state": state.model_dump(mode="json")}
            for state in self.known[request.url.path]
            if not question or named & {state.key(), getattr(state, "code", "")}
        ]
        return httpx.Response(503) if self.away else httpx.Response(200, json={"items": found})
