"""Catalog and customers as they answer internal questions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from contracts.wire import State


@dataclass(slots=True)
class Owners:
    """What the owners know is set by the test; what they were asked is remembered."""

    skus: dict[str, dict[str, Any]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)
    away: bool = False

    def knows(self, *states: State) -> None:
        """These states are announced but have not arrived yet."""
        for state in states:
            known = {**state.model_dump(mode="json"), "version": 1}
            (self.skus if "sku_id" in known else self.customers)[known["code"]] = known

    def answer(self, request: httpx.Request) -> httpx.Response:
        codes = json.loads(request.content)["codes"]
        self.asked.append((request.url.path, codes))
        known = self.skus if request.url.path == "/internal/skus" else self.customers
        items = [known[code] for code in codes if code in known]
        return httpx.Response(503) if self.away else httpx.Response(200, json={"items": items})
