"""How much work is left in a running suite, from every service's own `/internal/quiet`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, Field

from suite.infra.ports import LOOPBACK
from suite.runner.home import Home
from suite.runner.secrets import Secrets
from suite.runner.state import SuiteState

_SECONDS = 5.0

Offsets = Mapping[str, Mapping[str, int]]


class Quiet(BaseModel):
    """What one service says of its queues; offsets by topic and partition, the next one each."""

    outbox: int = 0
    pending: int = 0
    parked: int = 0
    published: dict[str, dict[str, int]] = Field(default_factory=dict)
    consumed: dict[str, dict[str, int]] = Field(default_factory=dict)
    listens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backlog:
    """One service; `lag` counts messages per topic that it has not consumed. `quiet` is None when it did not answer."""

    service: str
    quiet: Quiet | None
    lag: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_quiet(self) -> bool:
        return self.quiet is not None and self.quiet.outbox == 0 and not any(self.lag.values())


def backlogs(home: Home, state: SuiteState, services: tuple[str, ...]) -> list[Backlog]:
    """The backlog of each service, asked at the same time."""
    return asyncio.run(_backlogs(home, state, services))


async def _backlogs(home: Home, state: SuiteState, services: tuple[str, ...]) -> list[Backlog]:
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
        answers = await asyncio.gather(*(_ask(client, home, state, service) for service in services))
    found = dict(zip(services, answers, strict=True))
    published = _published([answer for answer in answers if answer])
    return [Backlog(service, quiet, lag_of(quiet, published) if quiet else {}) for service, quiet in found.items()]


async def _ask(client: httpx.AsyncClient, home: Home, state: SuiteState, service: str) -> Quiet | None:
    process = state.processes.get(service) or state.processes.get(f"{service}-api")
    if process is None or process.port is None:
        return None
    token = Secrets(home.secrets).token(service).read_text(encoding="utf-8")
    url = f"http://{LOOPBACK}:{process.port}/internal/quiet"
    try:
        answer = await client.get(url, headers={"Authorization": f"Bearer {token}"})
        return Quiet.model_validate_json(answer.raise_for_status().content)
    except (httpx.HTTPError, ValueError):
        return None


def _published(answers: list[Quiet]) -> dict[str, dict[str, int]]:
    """All owners' offsets together; no topic has two owners."""
    return {topic: offsets for answer in answers for topic, offsets in answer.published.items()}


def lag_of(quiet: Quiet, published: Offsets) -> dict[str, int]:
    """Messages per topic that a service listens to and has not consumed, over all partitions."""
    return {
        topic: sum(
            max(0, offset - quiet.consumed.get(topic, {}).get(partition, 0))
            for partition, offset in published.get(topic, {}).items()
        )
        for topic in quiet.listens
    }
