"""How the supervisor finds out that a process serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from suite.infra.ports import LOOPBACK
from suite.runner.keeper import Probe

_SECONDS = 2.0


def by_call(ready: Callable[[], bool]) -> Probe:
    """A blocking check, asked in a thread."""

    async def probe() -> bool:
        return await asyncio.to_thread(ready)

    return probe


def by_readyz(port: int) -> Probe:
    """`GET /readyz` answers 200."""

    async def probe() -> bool:
        try:
            return await asyncio.wait_for(_readyz(port), _SECONDS)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False

    return probe


async def _readyz(port: int) -> bool:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        status = await reader.readline()
        return status.split(b" ")[1:2] == [b"200"]
    finally:
        writer.close()
