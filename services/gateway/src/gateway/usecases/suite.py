"""What the whole suite says of itself: asked of every service at once, never guessed.

The gateway knows the services by their addresses (`OROSHI_URL_<SERVICE>`); itself it asks in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any, Final

import httpx

_TIMEOUT: Final = httpx.Timeout(5.0, connect=1.0)
_AWAY: Final = (httpx.HTTPError, ValueError)


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service's answer. `lag` counts messages published to it and not dealt with; None = it did not answer."""

    name: str
    answers: bool
    outbox: int = 0
    pending: int = 0
    parked: int = 0
    lag: int = 0

    @property
    def quiet(self) -> bool:
        """Nothing on its way out or in. Held messages are shown, but wait for a person or a fact, not for time."""
        return self.answers and self.outbox == 0 and self.lag == 0


async def states(addresses: Mapping[str, str], token: str) -> list[ServiceState]:
    """Every service's state, by name. Lag compares what owners published with what listeners consumed."""
    answers = await asked(addresses, "/internal/quiet", headers={"Authorization": f"Bearer {token}"})
    published = _published(answers)
    return [_state(name, answers.get(name), published) for name in sorted(addresses)]


async def asked(
    addresses: Mapping[str, str], path: str, *, headers: Mapping[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """The JSON objects all services answer for a path; one that is away is missing."""
    async with httpx.AsyncClient(timeout=_TIMEOUT, headers=headers, follow_redirects=False, verify=_tls()) as client:
        names = sorted(addresses)
        found = await asyncio.gather(*(_document(client, addresses[name] + path) for name in names))
    return {name: document for name, document in zip(names, found, strict=True) if document is not None}


@cache
def _tls() -> SSLContext:
    """Read once: all authorities' certificates cost 20 ms of CPU, and `/v1/quiet?wait=` asks ten times a second."""
    return httpx.create_ssl_context()


async def _document(client: httpx.AsyncClient, url: str) -> dict[str, Any] | None:
    try:
        answer = await client.get(url)
        answer.raise_for_status()
        return dict(answer.json())
    except _AWAY:
        return None


def _published(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    topics: dict[str, dict[str, int]] = {}
    for answer in answers.values():
        for topic, offsets in answer["published"].items():
            seen = topics.setdefault(topic, {})
            for partition, offset in offsets.items():
                seen[partition] = max(offset, seen.get(partition, 0))
    return topics


def _state(name: str, answer: Mapping[str, Any] | None, published: Mapping[str, Mapping[str, int]]) -> ServiceState:
    if answer is None:
        return ServiceState(name, answers=False)
    lag = sum(
        max(0, offset - answer["consumed"].get(topic, {}).get(partition, 0))
        for topic in answer["listens"]
        for partition, offset in published.get(topic, {}).items()
    )
    return ServiceState(name, True, answer["outbox"], answer["pending"], answer["parked"], lag)
