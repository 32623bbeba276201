"""What may be forgotten: inbox entries and idempotency keys past their time, a few thousand rows at a time.

An inbox entry is only the quick way to know a duplicate. Once it is gone, a message of that age is known by its number:
one that its subject has passed is a duplicate (`messages.settle`).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from chassis import clock, failures
from chassis.database import Database, Role

INBOX_KEPT: Final = timedelta(days=60)
KEYS_KEPT: Final = timedelta(days=8)
"""A day longer than GEN-007 promises."""
_EVERY_SECONDS: Final = 3600.0
_AT_ONCE: Final = 5_000
_log = structlog.get_logger("chassis.housekeeping")


async def tidy(database: Database, now: datetime) -> int:
    """Forgets what is past its time and returns how many rows that were."""
    inbox = await _forget(database, "inbox", "received_at", now - INBOX_KEPT)
    return inbox + await _forget(database, "idempotency_keys", "created_at", now - KEYS_KEPT)


async def keep_tidy(database: Database) -> None:
    """Once an hour, for ever."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            gone = await tidy(database, clock.now())
            _log.info("housekeeping.done", rows=gone)
        except Exception as error:
            if not failures.is_infrastructure(error):
                raise


async def _forget(database: Database, table: str, column: str, before: datetime) -> int:
    sql = (
        f"delete from {table} where ctid = any(array("  # noqa: S608  # two literals
        f"select ctid from {table} where {column} < $1 limit {_AT_ONCE}))"
    )
    total = 0
    while True:
        async with database.connection(Role.WORKER) as connection:
            gone = (await connection.exec_driver_sql(sql, (before,))).rowcount
            await connection.commit()
        total += gone
        if gone < _AT_ONCE:
            return total
