"""Facts of customers that were asked for because their states had not arrived yet (ARCHITECTURE §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.tx import Tx
from payments.core.maker import BankAccount, Maker
from payments.store.facts import Customer
from payments.usecases import copying

CustomerRef = UUID | str
"""A customer by id or by code."""


class Unheard(Exception):  # what it says, not an error of anybody
    """A deed would refuse for want of a foreign fact; the edge asks the owner once and runs it again."""

    def __init__(self, *, maker: bool = False, customers: Sequence[CustomerRef] = ()) -> None:
        super().__init__("a fact of customers is missing here")
        self.maker = maker
        self.customers = tuple(customers)


@dataclass(frozen=True, slots=True)
class Told:
    """The owner's answer: the maker with its accounts, customers, and (delegator, delegatee, version)."""

    maker: tuple[Maker, tuple[BankAccount, ...], int] | None = None
    customers: tuple[Customer, ...] = ()
    delegations: tuple[tuple[UUID, UUID | None, int], ...] = ()


async def take(tx: Tx, told: Told | None) -> None:
    """Keeps the answer as the states would be kept: a newer copy stays."""
    if told is None:
        return
    if told.maker is not None:
        maker, accounts, version = told.maker
        await copying.copy_maker(tx, maker, accounts, version)
    await copying.copy_customers(tx, told.customers)
    await copying.copy_delegations(tx, told.delegations)
