"""Asking another service, and what happens when it does not answer (ARCHITECTURE §6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from chassis import failures, peers
from chassis.peers import PeerAway, Peers
from chassis.settings import ServiceSettings

MAKER = UUID(int=5)


@pytest.fixture
def asking(tmp_path: Path) -> Callable[..., Peers]:
    def make(answer: Callable[[httpx.Request], httpx.Response], **given: object) -> Peers:
        token = tmp_path / "token"
        token.write_text("the-token\n")
        settings = ServiceSettings(
            service="ordering",
            database_url=SecretStr("postgresql://nobody@127.0.0.1:1/x"),
            service_token_file=token,
            peers={"customers": "http://customers:1/"},
        ).model_copy(update=given)
        return Peers(settings, httpx.MockTransport(answer))

    return make


async def test_a_question_goes_to_the_peer_with_service_token_and_maker(asking: Callable[..., Peers]) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"items": [{"code": "C-1"}], "next_cursor": None})

    found = await asking(answer).ask("customers", "/internal/customers", {"ids": [MAKER]}, MAKER)

    assert found == [{"code": "C-1"}]
    [request] = seen
    assert str(request.url) == "http://customers:1/internal/customers"
    assert (request.headers["authorization"], request.headers["oroshi-maker"]) == ("Bearer the-token", str(MAKER))
    assert json.loads(request.content) == {"ids": [str(MAKER)]}


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(403),
        httpx.Response(302, headers={"Location": "http://evil"}),
        httpx.Response(200, content=b"not json"),
        httpx.Response(200, json={"items": None}),
        httpx.Response(200, json=[1]),
    ],
)
async def test_an_answer_that_is_none_is_a_peer_away(asking: Callable[..., Peers], response: httpx.Response) -> None:
    with pytest.raises(PeerAway):
        await asking(lambda _: response).ask("customers", "/internal/customers", {}, MAKER)


async def test_a_peer_that_is_silent_or_unknown_or_without_token_is_away(asking: Callable[..., Peers]) -> None:
    def silent(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silent")

    with pytest.raises(PeerAway, match="ReadTimeout"):
        await asking(silent).ask("customers", "/internal/customers", {}, MAKER)
    with pytest.raises(PeerAway, match="OROSHI_URL_CATALOG"):
        await asking(silent).ask("catalog", "/internal/products", {}, MAKER)
    with pytest.raises(PeerAway, match="OROSHI_SERVICE_TOKEN_FILE"):
        await asking(silent, service_token_file=None).ask("customers", "/internal/customers", {}, MAKER)
    with pytest.raises(PeerAway, match="FileNotFoundError"):
        await asking(silent, service_token_file=Path("/nowhere")).ask("customers", "/internal/customers", {}, MAKER)


def test_a_peer_away_is_waited_out_by_consumers() -> None:
    assert failures.is_away(PeerAway("customers"))


async def test_a_process_asks_the_peers_it_was_configured_with(
    asking: Callable[..., Peers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "_peers", {})
    with pytest.raises(PeerAway, match="no peers configured"):
        await peers.ask("customers", "/internal/customers", {}, MAKER)
    monkeypatch.setattr(peers, "_peers", {"own": asking(lambda _: httpx.Response(200, json=[]))})

    assert await peers.ask("customers", "/internal/customers", {}, MAKER) == []
