"""The only synchronous call between services: asking the owner of a fact that has not arrived as a message yet.

Asked in bulk, once, outside any transaction, before a refusal for a missing foreign fact (ARCHITECTURE §6). The answer
may be stored as a copy. A peer that does not answer is `PeerAway`: 503 at an edge, wait and retry in a consumer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import orjson

from chassis.auth import MAKER_HEADER
from chassis.failures import Away
from chassis.logs import log
from chassis.settings import ServiceSettings

_TIMEOUT: Final = httpx.Timeout(3.0, connect=1.0)
_MAX_BYTES: Final = 16 * 1024 * 1024


class PeerAway(Away):
    """The peer did not answer in time, or not as agreed; nothing is known about the fact asked for."""


class Peers:
    """The other services, by the addresses and the service token of the settings."""

    def __init__(self, settings: ServiceSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._urls = settings.peers
        self._token_file = settings.service_token_file
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, transport=transport, follow_redirects=False)

    async def ask(self, peer: str, path: str, question: Mapping[str, object], maker_id: UUID) -> list[dict[str, Any]]:
        """POSTs the question to `peer`'s `/internal/…` route and returns its `items`. Raises PeerAway."""
        url = self._urls.get(peer)
        if url is None:
            raise PeerAway(f"{peer}: set OROSHI_URL_{peer.upper()}")
        headers = {
            "Authorization": f"Bearer {_token(self._token_file)}",
            MAKER_HEADER: str(maker_id),
            "Content-Type": "application/json",
        }
        body = orjson.dumps(question, default=str)
        try:
            answer = await self._client.post(f"{url.rstrip('/')}{path}", content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PeerAway(f"{peer}{path}: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            log.warning("peer.refused", peer=peer, path=path, status=answer.status_code)
            raise PeerAway(f"{peer}{path}: answered {answer.status_code}")
        return _items(f"{peer}{path}", answer.content)

    async def close(self) -> None:
        """Gives the connections back."""
        await self._client.aclose()


_peers: dict[str, Peers] = {}


def configure(settings: ServiceSettings, transport: httpx.AsyncBaseTransport | None = None) -> Peers:
    """Called once at the start of a process (and by tests, with a transport of their own)."""
    _peers["own"] = Peers(settings, transport)
    return _peers["own"]


async def ask(peer: str, path: str, question: Mapping[str, object], maker_id: UUID) -> list[dict[str, Any]]:
    """`Peers.ask` of this process. Raises PeerAway."""
    own = _peers.get("own")
    if own is None:
        raise PeerAway(f"{peer}: this process has no peers configured")
    return await own.ask(peer, path, question, maker_id)


def _token(file: Path | None) -> str:
    """Read each time, so that a rotated token needs no restart."""
    if file is None:
        raise PeerAway("set OROSHI_SERVICE_TOKEN_FILE")
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PeerAway(f"the service token cannot be read: {type(error).__name__}") from error


def _items(where: str, content: bytes) -> list[dict[str, Any]]:
    try:
        answer = orjson.loads(content) if len(content) <= _MAX_BYTES else None
    except orjson.JSONDecodeError as error:
        raise PeerAway(f"{where}: answered no JSON") from error
    items = answer.get("items") if isinstance(answer, dict) else answer
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise PeerAway(f"{where}: answered no list")
    return items
