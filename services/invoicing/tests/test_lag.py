"""A closing run waits for what is on its way and refuses when it does not come (ARCHITECTURE §5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.http.shell import shell_of
from chassis.testing.messages import Deliver
from invoicing.api import lag
from invoicing.api.lag import lags
from services.invoicing.tests import messages


def snapshot(outbox: int = 0, **published: int) -> dict[str, Any]:
    """What an owner says; topics are written with an underscore."""
    return {
        "outbox": outbox,
        "published": {topic.replace("_", "."): {"0": offset} for topic, offset in published.items()},
    }


def own(**consumed: int) -> dict[str, Any]:
    topics = {topic.replace("_", "."): {"0": offset} for topic, offset in consumed.items()}
    return {"listens": ["fulfillment.events", "customers.customers"], "consumed": topics}


@pytest.mark.parametrize(
    ("owner", "ours", "behind"),
    [
        (snapshot(), own(), False),
        (snapshot(fulfillment_events=5), own(fulfillment_events=5), False),
        (snapshot(fulfillment_events=5), own(fulfillment_events=4), True),
        (snapshot(fulfillment_events=1), own(), True),
        (snapshot(outbox=1, fulfillment_events=5), own(fulfillment_events=5), True),
        (snapshot(fulfillment_commands=9), own(), False),
    ],
)
def test_an_owner_lags_while_anything_we_listen_to_is_unsent_or_not_consumed(
    owner: Mapping[str, Any], ours: Mapping[str, Any], behind: bool
) -> None:
    assert lags(owner, ours) is behind


class Owner:
    """Stands for another service; says each snapshot once, then the last one for ever."""

    def __init__(self, *answers: Mapping[str, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(503) if answer is None else httpx.Response(200, json=answer)


@pytest.fixture
def within_reach(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the app a peer that answers as told, and an own account of what was consumed."""
    token = tmp_path / "token"
    token.write_text("secret", encoding="ascii")
    shell = shell_of(app)
    kept = shell.settings, shell.quiet

    def reach(owner: Owner) -> None:
        peers = {"fulfillment": "http://fulfillment.test"}
        shell.settings = shell.settings.model_copy(update={"peers": peers, "service_token_file": token})
        shell.quiet = consumed
        monkeypatch.setattr(lag, "TRANSPORT", httpx.MockTransport(owner))

    async def consumed() -> Mapping[str, object]:
        return own(fulfillment_events=5)

    yield reach
    shell.settings, shell.quiet = kept


async def test_a_run_waits_until_the_last_note_has_arrived(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: Any, within_reach: Any
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    owner = Owner(snapshot(outbox=2), snapshot(fulfillment_events=6), snapshot(fulfillment_events=5))
    within_reach(owner)

    answer = await client.post("/v1/closing-runs", json={"closing_date": "2026-06-30"})

    assert (answer.status_code, len(answer.json()["invoices"]), len(owner.asked)) == (201, 1, 3)
    assert owner.asked[0].headers["authorization"] == "Bearer secret"


async def test_a_run_is_refused_while_events_do_not_arrive(client: httpx.AsyncClient, within_reach: Any) -> None:
    within_reach(Owner(snapshot(fulfillment_events=6)))

    answer = await client.post("/v1/closing-runs", json={"closing_date": "2026-06-30"})

    assert (answer.status_code, answer.json()["code"]) == (503, "EVENTS_LAG")
    assert (answer.headers["retry-after"], answer.json()["services"]) == ("2", "fulfillment")


async def test_a_run_is_refused_when_fulfillment_does_not_answer(client: httpx.AsyncClient, within_reach: Any) -> None:
    within_reach(Owner(None))

    answer = await client.post("/v1/closing-runs", json={"closing_date": "2026-06-30"})

    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
