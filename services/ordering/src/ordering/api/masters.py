"""Deeds that may miss a foreign fact: once, outside any transaction, its owner is asked (ARCHITECTURE §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.http import Edge
from ordering.usecases.masters import Answers, MastersMissing, ask_owners

V = TypeVar("V")


async def with_masters(edge: Edge, call: Callable[[Answers | None], Awaitable[V]]) -> V:
    """Runs the deed; if masters are missing asks their owners and runs it again with what they answered."""
    try:
        return await call(None)
    except MastersMissing as found:
        answers = await ask_owners(found.missing, edge.maker_id)
    return await call(answers)
