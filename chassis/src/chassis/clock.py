"""The only place that reads the clock and draws random bytes; everything else is told the time and given ids."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from kernel.ids import uuid7

_ENTROPY = 10
_MOST_AT_ONCE = 64


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(_ENTROPY))


def new_ids(count: int) -> list[UUID]:
    """`count` different UUIDv7 in ascending order: neighbours stay neighbours in every index."""
    entropy = os.urandom(_ENTROPY * count)
    unix_ms = time.time_ns() // 1_000_000
    return sorted(uuid7(unix_ms, entropy[at * _ENTROPY : (at + 1) * _ENTROPY]) for at in range(count))


def ids() -> Iterator[UUID]:
    """UUIDv7 without end. Drawn in blocks that grow from one: asking for random bytes costs more than the id itself."""
    count = 1
    while True:
        yield from new_ids(count)
        count = min(count * 2, _MOST_AT_ONCE)
