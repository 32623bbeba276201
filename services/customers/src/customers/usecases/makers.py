"""Makers: created by command of the gateway, changed by their own people (CUS-006…008)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias
from uuid import UUID
from zoneinfo import available_timezones

from chassis.tx import Tx
from customers import announce
from customers.core import maker as core
from customers.core import member as member_core
from customers.core.maker import BankAccount, Location, Maker, MakerFacts, Preferences
from customers.core.member import AddMember, Role
from customers.store import makers as store
from customers.store import members as member_store
from customers.usecases.desk import MAKER_NOT_READY
from kernel.refusal import Refusal

MakerOrNot: TypeAlias = Maker | tuple[Refusal, ...]

_NOT_FOUND: Final = Refusal("NOT_FOUND")


class BadMaker(ValueError):
    """A maker was commanded that may not exist; the message is parked, because nobody waits for an answer."""


@dataclass(frozen=True, slots=True)
class NewMaker:
    """A maker and its first owner."""

    name: str
    owner_email: str
    owner_name: str


async def create(tx: Tx, wanted: Sequence[NewMaker]) -> None:
    """Makes the transaction's maker and its owner; once it exists, repeated asks change nothing. Raises BadMaker."""
    if await store.load_maker(tx) is not None:
        return
    first = wanted[0]
    facts = MakerFacts(_time_zones())
    made = core.create(core.CreateMaker(tx.maker_id, first.name), facts)
    joined = member_core.decide(
        {}, AddMember(tx.new_id(), first.owner_email, first.owner_name, (Role.OWNER,)), by_owner=True
    )
    if isinstance(made, tuple) or isinstance(joined, tuple):
        refused = [*(made if isinstance(made, tuple) else ()), *(joined if isinstance(joined, tuple) else ())]
        raise BadMaker(", ".join(f"{one.code} {one.field}" for one in refused))
    saved = await store.save_maker(tx, None, core.evolve(None, made[0]))
    team = await member_store.save_team(tx, {}, member_core.evolve({}, joined[0]))
    tx.announce([*announce.makers([saved]), *announce.members(tx.maker_id, team)])


async def change_preferences(
    tx: Tx, change: Callable[[Preferences], Preferences], *, expected: int | None
) -> MakerOrNot:
    """New preferences, made from the present ones. Refuses CONFLICT, PREFERENCE_IN_USE and wrong values."""
    return await _changed(tx, lambda maker: core.ChangePreferences(change(maker.preferences)), expected=expected)


async def add_location(tx: Tx, build: Callable[[UUID], Location]) -> MakerOrNot:
    """A new location; refuses CODE_TAKEN, REG_NO_FORMAT and wrong values."""
    new_id = tx.new_id()
    return await _changed(tx, lambda _: core.AddLocation(build(new_id)))


async def change_location(tx: Tx, location_id: UUID, change: Callable[[Location], Location]) -> MakerOrNot:
    """New values of a location; NOT_FOUND for an unknown one."""

    def command(maker: Maker) -> core.Command | None:
        found = next((one for one in maker.locations if one.location_id == location_id), None)
        return None if found is None else core.ChangeLocation(change(found))

    return await _changed(tx, command, missing=_NOT_FOUND)


async def add_bank_account(tx: Tx, build: Callable[[UUID], BankAccount]) -> MakerOrNot:
    """A new bank account; refuses CODE_TAKEN, CURRENCY_NOT_ENABLED and wrong values."""
    new_id = tx.new_id()
    return await _changed(tx, lambda _: core.AddBankAccount(build(new_id)))


async def change_bank_account(tx: Tx, account_id: UUID, change: Callable[[BankAccount], BankAccount]) -> MakerOrNot:
    """New values of a bank account, its deactivation too; NOT_FOUND for an unknown one."""

    def command(maker: Maker) -> core.Command | None:
        found = next((one for one in maker.bank_accounts if one.bank_account_id == account_id), None)
        return None if found is None else core.ChangeBankAccount(change(found))

    return await _changed(tx, command, missing=_NOT_FOUND)


async def _changed(
    tx: Tx,
    command_for: Callable[[Maker], core.Command | None],
    *,
    expected: int | None = None,
    missing: Refusal = MAKER_NOT_READY,
) -> MakerOrNot:
    before = await store.load_maker(tx)
    if before is None:
        return (missing,)
    if expected is not None and expected != before.version:
        return (Refusal("CONFLICT"),)
    command = command_for(before)
    if command is None:
        return (_NOT_FOUND,)
    decision = core.decide(before, command, await store.load_facts(tx, _time_zones()))
    if isinstance(decision, tuple):
        return decision
    after = before
    for event in decision:
        after = core.evolve(after, event)
    if after == before:
        return before
    saved = await store.save_maker(tx, before, after)
    tx.announce(announce.makers([saved]))
    return saved


@cache
def _time_zones() -> frozenset[str]:
    """Read from disk once per process."""
    return frozenset(available_timezones())
