"""Mapping profiles of CSV statements (PAY-011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.tx import Tx
from kernel.refusal import Refusal
from payments.core.statement import Refusals
from payments.core.statement_csv import StatementProfile, profile_problems
from payments.store import facts, profiles
from payments.store.profiles import StoredProfile


@dataclass(frozen=True, slots=True)
class KeepProfile:
    """A new profile, or the new content of an existing one whose `version` was read."""

    name: str
    bank_account_id: UUID | None
    mapping: StatementProfile
    profile_id: UUID | None = None
    version: int | None = None


async def add_profiles(tx: Tx, commands: Sequence[KeepProfile]) -> list[StoredProfile | Refusals]:
    """DUPLICATE_NAME, UNKNOWN_BANK_ACCOUNT, AMOUNT_COLUMN, COLUMN_NUMBER_NEEDED."""
    names = {one.name for one in await profiles.load_profiles(tx)}
    accounts = {one.bank_account_id for one in await facts.load_accounts(tx)}
    outcomes: list[StoredProfile | Refusals] = []
    for command, profile_id in zip(commands, tx.new_ids(len(commands)), strict=True):
        problems = _problems(command, names, accounts)
        names.add(command.name)
        outcomes.append(problems or StoredProfile(profile_id, command.name, command.bank_account_id, command.mapping))
    await profiles.insert_profiles(tx, [one for one in outcomes if isinstance(one, StoredProfile)])
    return outcomes


async def change_profile(tx: Tx, command: KeepProfile) -> StoredProfile | Refusals:
    """CONFLICT when somebody changed it since it was read (GEN-006)."""
    stored = {one.profile_id: one for one in await profiles.load_profiles(tx)}
    present = stored.get(command.profile_id) if command.profile_id else None
    if present is None:
        return (Refusal("NOT_FOUND"),)
    if command.version is not None and command.version != present.version:
        return (Refusal("CONFLICT"),)
    others = {one.name for one in stored.values() if one.profile_id != present.profile_id}
    accounts = {one.bank_account_id for one in await facts.load_accounts(tx)}
    problems = _problems(command, others, accounts)
    if problems:
        return problems
    after = replace(present, name=command.name, bank_account_id=command.bank_account_id, mapping=command.mapping)
    await profiles.save_profiles(tx, [after])
    return replace(after, version=present.version + 1)


def _problems(command: KeepProfile, names: set[str], accounts: set[UUID]) -> Refusals:
    problems = list(profile_problems(command.mapping))
    if command.name in names:
        problems.append(Refusal("DUPLICATE_NAME", {"name": command.name}, field="/name"))
    if command.bank_account_id is not None and command.bank_account_id not in accounts:
        account = str(command.bank_account_id)
        problems.append(Refusal("UNKNOWN_BANK_ACCOUNT", {"account": account}, field="/bank_account_id"))
    return tuple(problems)
