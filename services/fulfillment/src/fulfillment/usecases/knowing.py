"""Keeping what others tell of makers and customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from chassis.tx import Tx
from fulfillment.store import facts
from fulfillment.store.facts import Versioned, VersionedMaker

__all__ = ["Versioned", "VersionedMaker", "forget_customers", "keep_customers", "keep_maker"]


async def keep_maker(tx: Tx, maker: VersionedMaker) -> None:
    """The newest preferences win."""
    await facts.save_maker(tx, maker)


async def keep_customers(tx: Tx, customers: Sequence[Versioned]) -> None:
    """The newest state of each wins."""
    await facts.save_customers(tx, customers)


async def forget_customers(tx: Tx, keys: Iterable[str]) -> None:
    """Follow tombstones, whose key is the customer's id."""
    await facts.forget_customers(tx, [UUID(key) for key in keys])
