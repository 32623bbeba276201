"""The edge of every consumer: one transaction per batch, narrowing a failure to the one message, parking, release.

A message is acknowledged when its effect is committed or it is parked; there is no third case.
"""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from chassis import clock, failures, metrics
from chassis.database import Database, Role, source_of
from chassis.messages import shelf
from chassis.messages.envelope import Received, Record, again, read
from chassis.messages.listens import Listens
from chassis.messages.settle import MustWaitFirst, Settlement, settle
from chassis.messages.shelf import Hold, Reason
from chassis.outbox import Outgoing
from chassis.tx import Stale

_log = structlog.get_logger("chassis.messages")

_TRIES: Final = 3
_CONFLICT_TRIES: Final = 5
_RELEASE_AT_ONCE: Final = 500

Load = Callable[..., Awaitable[Sequence[Received]]]


@dataclass(slots=True)
class Intake:
    """What the consumer loop, the release of held messages, replay and the tests all go through."""

    service: str
    database: Database
    listens: Listens
    pause: float = 0.04
    """Seconds before a failed message is tried again; doubled each time."""
    _held: bool = True

    async def take(self, records: Iterable[Record]) -> None:
        """Deals with a batch. Raises only infrastructure errors; the same batch must then come again."""
        messages = [read(record, self.listens) for record in records]
        if messages:
            await self._narrow(messages)
            if self._held:
                await self.release()

    async def release(self) -> int:
        """Tries held messages whose turn has come, until none is left; returns how many were tried."""
        tried = 0
        while True:
            async with self.database.connection(Role.WORKER) as connection:
                ids = await shelf.due(connection, _RELEASE_AT_ONCE)
            done = await self._narrow_held(ids) if ids else 0
            if not done:
                return tried
            tried += done

    async def replay(self, ids: Sequence[int]) -> int:
        """Tries parked messages again in the given order, then what was held behind them; returns how many."""
        return await self._narrow_held(ids) + await self.release()

    async def _narrow(self, messages: Sequence[Received]) -> None:
        try:
            await self._settled(messages)
        except Exception as error:
            if failures.is_infrastructure(error):
                raise
            if len(messages) == 1:
                await self._try_again_or_park(messages[0], error)
                return
            middle = len(messages) // 2
            await self._narrow(messages[:middle])
            await self._narrow(messages[middle:])

    async def _narrow_held(self, ids: Sequence[int]) -> int:
        try:
            return await self._settled_held(ids)
        except Exception as error:
            if failures.is_infrastructure(error):
                raise
            if len(ids) == 1:
                return await self._park_again(ids[0], error)
            middle = len(ids) // 2
            return await self._narrow_held(ids[:middle]) + await self._narrow_held(ids[middle:])

    async def _try_again_or_park(self, message: Received, error: Exception) -> None:
        """Three tries in all; what fails by its own fault is then put aside with all that is needed to look at it."""
        for tried in range(1, _TRIES):
            await asyncio.sleep(self.pause * 2**tried)
            try:
                await self._settled([message])
                return
            except Exception as again:
                if failures.is_infrastructure(again):
                    raise
                error = again
        await self._park(message, error)

    async def _park(self, message: Received, error: Exception) -> None:
        now = clock.now()
        async with self.database.connection(Role.WORKER) as connection:
            if message.event_id is not None:
                await shelf.add_to_inbox(connection, [message.event_id], now)
            await shelf.hold(connection, [_failed(message, error)], now)
            await shelf.consumed(connection, [message], now)
            await connection.commit()
        self._held = True
        metrics.consumed(service=self.service, outcomes={(*message.labels, Reason.FAILED.value): 1})
        _told(message, error)

    async def _park_again(self, id_: int, error: Exception) -> int:
        """A held message that fails when its turn has come, or on replay, stays, with its newest error."""
        async with self.database.connection(Role.WORKER) as connection:
            messages = [again(raw, self.listens) for raw in await shelf.take_held(connection, [id_])]
            await shelf.hold(connection, [_failed(message, error) for message in messages], clock.now())
            await connection.commit()
        for message in messages:
            _told(message, error)
        return len(messages)

    async def _settled(self, messages: Sequence[Received]) -> int:
        async def given(_: object) -> Sequence[Received]:
            return messages

        return await self._transaction(given)

    async def _settled_held(self, ids: Sequence[int]) -> int:
        async def locked(connection: object) -> Sequence[Received]:
            raw = await shelf.take_held(connection, ids)  # type: ignore[arg-type]
            return [again(message, self.listens) for message in raw]

        return await self._transaction(locked)

    async def _transaction(self, load: Load) -> int:
        """One transaction; again from the start when another one got in its way (deadlock, a row changed since it was
        read), or when a message must be held before its followers."""
        waits: Mapping[UUID, str] = {}
        conflicts = 0
        while True:
            try:
                return await self._attempt(load, waits)
            except MustWaitFirst as first:
                waits = first.waits
            except Exception as error:
                conflicts += 1
                in_the_way = isinstance(error, Stale) or failures.is_conflict(error)
                if not in_the_way or conflicts == _CONFLICT_TRIES:
                    raise
                metrics.retried(service=self.service, origin="messages")
                await asyncio.sleep(random.uniform(0.5, 1.5) * self.pause * conflicts)

    async def _attempt(self, load: Load, waits: Mapping[UUID, str]) -> int:
        outgoing = Outgoing(source_of(self.service))
        async with self.database.connection(Role.WORKER) as connection:
            messages = await load(connection)
            if not messages:
                return 0
            done = await settle(
                connection, messages, listens=self.listens, outgoing=outgoing, now=clock.now(), waits=waits
            )
            await connection.commit()
        self._held = done.any_held
        self._tell(done)
        return len(messages)

    def _tell(self, done: Settlement) -> None:
        if done.announced or done.woke:
            self.database.announced()
        metrics.consumed(service=self.service, outcomes=done.outcomes)
        _log.debug("messages.settled", **done.by_outcome())


def _failed(message: Received, error: Exception) -> Hold:
    stack = "".join(traceback.format_exception(error))
    return Hold(message, Reason.FAILED, error=f"{type(error).__name__}: {error}", stack=stack)


def _told(message: Received, error: Exception) -> None:
    _log.error(
        "message.parked",
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        event_id=str(message.event_id),
        type=message.type,
        subject=message.subject,
        error=type(error).__name__,
    )
