"""Deeds on customers that exist: changes, holds, ship-tos, terms; one customer or a thousand, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from chassis.imports import Change
from chassis.tx import Tx
from customers.core import customer as customer_core
from customers.core import terms as terms_core
from customers.core.customer import AddShipTo, ChangeShipTo, Customer
from customers.core.terms import DropTerms, SetTerms, term_warnings
from customers.usecases.desk import Desk, Draft, Rights, close_desk, open_desk
from customers.usecases.refs import Ref, look_up
from customers.usecases.registering import Entered, EnteredOrNot, finished
from kernel.refusal import Refusal

Command: TypeAlias = customer_core.Command | terms_core.Command


@dataclass(frozen=True, slots=True)
class Deed:
    """A command for one customer. `expected` is the version the caller has read: of the terms for terms, else of the
    customer; None asks for none (GEN-006)."""

    customer: Ref
    command: Command
    expected: int | None = None


async def carry_out(tx: Tx, deeds: Sequence[Deed], rights: Rights) -> list[EnteredOrNot]:
    """Each deed in order. Refuses UNKNOWN_CUSTOMER, NOT_FOUND, CONFLICT and whatever the core refuses."""
    directory = await look_up(tx, _refs(deeds))
    desk = await open_desk(tx, set(directory.codes), rights)
    if isinstance(desk, Refusal):  # then there are no customers either, and nobody else's are told of
        return [(found if isinstance(found, Refusal) else desk,) for found in map(directory.find, _refs(deeds))]
    outcomes = [_decided(desk, deed, directory.find(deed.customer)) for deed in deeds]
    return await finished(tx, outcomes, await close_desk(tx, desk))


def _refs(deeds: Sequence[Deed]) -> list[Ref]:
    return [deed.customer for deed in deeds]


def _decided(desk: Desk, deed: Deed, found: UUID | Refusal) -> EnteredOrNot:
    if isinstance(found, Refusal):
        return (found,)
    if deed.expected is not None and deed.expected != _version_read(desk, deed.command, found):
        return (Refusal("CONFLICT"),)
    draft = desk.draft(found)
    before = (draft.customer, draft.terms)
    _do(draft, deed.command)
    if not desk.keep(draft):
        return tuple(draft.problems)
    change = Change.CHANGED if (draft.customer, draft.terms) != before else Change.UNCHANGED
    return Entered(draft.customer, change, _odd(deed.command, draft), _ship_to(before[0], draft.customer, deed.command))


def _do(draft: Draft, command: Command) -> None:
    if isinstance(command, SetTerms | DropTerms):
        draft.agree(command)
    else:
        draft.do(command)


def _odd(command: Command, draft: Draft) -> tuple[Refusal, ...]:
    agreed = draft.terms.agreed
    return term_warnings(agreed) if isinstance(command, SetTerms) and agreed else ()


def _ship_to(before: Customer, after: Customer, command: Command) -> int | None:
    if isinstance(command, ChangeShipTo):
        return command.number
    if not isinstance(command, AddShipTo):
        return None
    return next(iter(after.ship_tos.entries.keys() - before.ship_tos.entries.keys()))


def _version_read(desk: Desk, command: Command, customer_id: UUID) -> int:
    if isinstance(command, SetTerms | DropTerms):
        return desk.terms_before[customer_id].version
    return desk.customers_before[customer_id].version
