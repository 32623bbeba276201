"""Copies of foreign facts that have not arrived as messages: asked for once, by the edge, outside any transaction.

A use case that would refuse for a missing fact raises FactsMissing on its first turn; the edge asks the owner and lets
it run again with what was told (ARCHITECTURE §6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chassis.tx import Tx
from invoicing.core.parties import Maker, Party
from invoicing.store import parties
from invoicing.store.parties import Delegation, Terms
from invoicing.usecases.common import Ref


class FactsMissing(Exception):
    """Not an error: the edge answers it by asking. Names customers by id or code."""

    def __init__(self, *, maker: bool = False, customers: Iterable[Ref] = ()) -> None:
        super().__init__("facts of other services are missing")
        self.maker = maker
        self.customers = frozenset(customers)


@dataclass(frozen=True, slots=True)
class Told:
    """What the owner answered, with the versions its states have."""

    maker: tuple[Maker, int] | None = None
    customers: tuple[tuple[Party, int], ...] = ()
    terms: tuple[tuple[Terms, int], ...] = ()
    delegations: tuple[tuple[Delegation, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Which turn this is: `may_ask` on the first when there is somebody to ask, `told` on the second."""

    may_ask: bool = False
    told: Told = field(default_factory=Told)


AS_IT_IS = Knowledge()
"""Decide on what is here."""


async def learn(tx: Tx, told: Told) -> None:
    """Keep what was told; newer copies that arrived meanwhile stay."""
    if told.maker is not None:
        await parties.save_maker(tx, told.maker[0], version=told.maker[1])
    await parties.save_customers(tx, told.customers)
    await parties.save_terms(tx, told.terms)
    await parties.save_delegations(tx, told.delegations)
