"""Keeping copies of what customers owns: makers, customers, delegations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.tx import Tx
from payments.core.maker import BankAccount, Maker
from payments.store import facts
from payments.store.facts import Customer


async def copy_maker(tx: Tx, maker: Maker, accounts: Sequence[BankAccount], version: int) -> None:
    """The newer state wins."""
    await facts.save_maker(tx, maker, accounts, version)


async def copy_customers(tx: Tx, customers: Sequence[Customer]) -> None:
    """The newer state wins; the names payments may carry follow it."""
    await facts.save_customers(tx, customers)


async def forget_customers(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """Deleted customers are inactive and no payer's name leads to them any more."""
    await facts.forget_customers(tx, customer_ids)


async def copy_delegations(tx: Tx, delegations: Sequence[tuple[UUID, UUID | None, int]]) -> None:
    """(delegator, delegatee or None once deleted, version)."""
    await facts.save_delegations(tx, delegations)
