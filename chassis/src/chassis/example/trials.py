"""What the chassis's own tests do to the example: messages by number, handlers that fail when told, looking inside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis import failures
from chassis.database import Database, Role
from chassis.example.tables import HeardRow
from chassis.example.wire import BuyerState, OrderNoted, OrderStruck, Recount
from chassis.messages import Listens, Run, Wait
from chassis.tx import Tx

PATIENCE_SECONDS = 180.0


def customer(number: int) -> UUID:
    """The same customer for the same number."""
    return UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + number)


def order(number: int) -> UUID:
    return UUID(int=0x0190_0000_0000_7000_9000_0000_0000_0000 + number)


def noted(number: int, *, of: int = 1, text: str = "A") -> OrderNoted:
    """Order `number` of customer `of`; `text` is what a failing handler looks at."""
    return OrderNoted(order_id=order(number), customer_id=customer(of), number=text, amount=Decimal(100))


def struck(number: int, *, of: int = 1) -> OrderStruck:
    return OrderStruck(order_id=order(number), customer_id=customer(of))


@dataclass(slots=True)
class Scripted:
    """Handlers that write down what they are given, and fail or wait as told."""

    poison: set[str] = field(default_factory=set)
    """Texts of orders that fail."""
    error: Callable[[], Exception] = field(default=lambda: RuntimeError("this order cannot be"))
    missing: set[UUID] = field(default_factory=set)
    """Customers whose orders must wait."""
    runs: list[tuple[str, int]] = field(default_factory=list)
    """Type and length of every call, also of those rolled back."""
    listens: Listens = field(default_factory=Listens)

    def __post_init__(self) -> None:
        self.listens.on(OrderNoted)(self._noted)
        self.listens.on(OrderStruck)(self._any)
        self.listens.on(BuyerState)(self._any)
        self.listens.on(Recount)(self._any)

    async def _noted(self, tx: Tx, run: Run[OrderNoted]) -> list[Wait]:
        waiting = [one for one in run if one.body and one.body.customer_id in self.missing]
        await hear(tx, Run(run.maker_id, [one for one in run if one not in waiting]))
        self.runs.append((run[0].type, len(run)))
        if any(body.number in self.poison for body in run.bodies()):
            raise self.error()
        return [Wait(one, for_=f"customer/{one.body.customer_id}") for one in waiting if one.body]

    async def _any(self, tx: Tx, run: Run[Any]) -> None:
        self.runs.append((run[0].type, len(run)))
        await hear(tx, run)


async def hear(tx: Tx, run: Run[Any]) -> None:
    """Writes down what was applied."""
    await tx.insert(
        HeardRow,
        [
            {
                "maker_id": tx.maker_id,
                "key": message.key,
                "subject": message.subject,
                "sequence": message.version,
                "event_id": message.event_id,
                "type": message.type,
            }
            for message in run
        ],
    )


async def heard(database: Database) -> list[tuple[str, int]]:
    """Subject and number of everything applied, in the order it was applied."""
    return [(row[0], row[1]) for row in await query(database, "select subject, sequence from heard order by id")]


async def held(database: Database) -> list[tuple[str, str | None, int | None]]:
    """Reason, subject and number of every held message, oldest first."""
    found = await query(database, "select reason, subject, sequence from parked_messages order by id")
    return [(row[0], row[1], row[2]) for row in found]


async def query(database: Database, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows as the worker sees them."""
    async with database.connection(Role.WORKER) as connection:
        return [tuple(row) for row in (await connection.exec_driver_sql(sql, values or None)).all()]


async def until(holds: Callable[[], Awaitable[object]], *, patience: float = PATIENCE_SECONDS) -> None:
    """Waits for a fact, never for a time; raises AssertionError with what was seen last.

    A look that the database cannot answer now (a trial cut this session too) is no fact yet.
    """
    deadline = time.monotonic() + patience
    seen: object = None
    while time.monotonic() < deadline:
        try:
            seen = await holds()
        except Exception as error:
            if not failures.is_away(error):
                raise
            seen = error
        else:
            if seen:
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not so within {patience:.0f} s; last seen: {seen!r}")
