"""A closing run refuses while events lag (ARCHITECTURE §5): a note that is on its way would silently miss its invoice.

Owners say how far they published and whether anything is unsent, this service how far it consumed; both come from the
`/internal/quiet` that every service has. Without addresses of peers (a test, a service run alone) nothing is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from chassis.auth import MAKER_HEADER
from chassis.http import Refused
from chassis.http.shell import Shell, shell_of
from chassis.peers import PeerAway
from chassis.settings import ServiceSettings
from chassis.tx import NO_MAKER
from kernel.refusal import Refusal

OWNERS: Final = ("fulfillment", "customers", "catalog")
"""Whose facts a closing run is made of."""
_TRIES: Final = 15
_PAUSE_SECONDS: Final = 0.2
_TIMEOUT: Final = httpx.Timeout(3.0, connect=1.0)

TRANSPORT: httpx.AsyncBaseTransport | None = None
"""How peers are reached; None is the network."""

Snapshot = Mapping[str, Any]
"""What a service answers at `/internal/quiet`."""


async def refuse_while_behind(app: Starlette) -> None:
    """Waits up to 3 s for a moment when nothing is on its way. Raises Refused (503 EVENTS_LAG), PeerAway."""
    shell = shell_of(app)
    owners = [owner for owner in OWNERS if owner in shell.settings.peers]
    if shell.quiet is None or not owners:
        return
    behind: list[str] = []
    async with httpx.AsyncClient(timeout=_TIMEOUT, transport=TRANSPORT) as client:
        for _ in range(_TRIES):
            behind = await _behind(shell, client, owners)
            if not behind:
                return
            await asyncio.sleep(_PAUSE_SECONDS)
    raise Refused(Refusal("EVENTS_LAG", {"services": ", ".join(behind)}), headers={"Retry-After": "2"})


async def _behind(shell: Shell, client: httpx.AsyncClient, owners: list[str]) -> list[str]:
    """Owners first, ourselves last: what we consumed can then only be newer than what they said."""
    theirs = {owner: await _asked(client, shell.settings, owner) for owner in owners}
    assert shell.quiet is not None
    own = await shell.quiet()
    return [owner for owner, snapshot in theirs.items() if lags(snapshot, own)]


def lags(owner: Snapshot, own: Snapshot) -> bool:
    """Whether the owner has something unsent, or sent something that we listen to and have not consumed."""
    consumed = own["consumed"]
    return owner["outbox"] > 0 or any(
        offset > consumed.get(topic, {}).get(partition, 0)
        for topic, offsets in owner["published"].items()
        if topic in own["listens"]
        for partition, offset in offsets.items()
    )


async def _asked(client: httpx.AsyncClient, settings: ServiceSettings, owner: str) -> Snapshot:
    if settings.service_token_file is None:
        raise PeerAway("set OROSHI_SERVICE_TOKEN_FILE")
    token = settings.service_token_file.read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}", MAKER_HEADER: str(NO_MAKER)}
    url = f"{settings.peers[owner].rstrip('/')}/internal/quiet"
    try:
        answer = await client.get(url, headers=headers)
        snapshot: Snapshot = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise PeerAway(f"{owner}/internal/quiet: {type(error).__name__}") from error
    return snapshot
