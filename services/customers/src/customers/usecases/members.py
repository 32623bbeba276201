"""Members of the maker: who may do what here (CUS-003, CUS-004)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from chassis.tx import Tx
from customers import announce
from customers.core.member import ChangeMember, Command, Member, Team, decide, evolve
from customers.store import makers as maker_store
from customers.store import members as store
from customers.usecases.desk import MAKER_NOT_READY
from kernel.refusal import Refusal

MemberOrNot: TypeAlias = Member | tuple[Refusal, ...]


async def change_team(
    tx: Tx, commands: Sequence[Command], *, by_owner: bool, expected: int | None = None
) -> list[MemberOrNot]:
    """Each command in order. Refuses MEMBER_EXISTS, LAST_OWNER, FORBIDDEN, NOT_FOUND, CONFLICT and wrong values."""
    if await maker_store.load_preferences(tx) is None:
        return [(Refusal("NOT_FOUND") if isinstance(one, ChangeMember) else MAKER_NOT_READY,) for one in commands]
    await store.lock_team(tx)
    before = await store.load_team(tx)
    team: Team = before
    outcomes: list[UUID | tuple[Refusal, ...]] = []
    for command in commands:
        known = before.get(command.membership_id)
        if expected is not None and known is not None and known.version != expected:
            outcomes.append((Refusal("CONFLICT"),))
            continue
        decision = decide(team, command, by_owner=by_owner)
        outcomes.append(decision if isinstance(decision, tuple) else command.membership_id)
        for event in decision if isinstance(decision, list) else []:
            team = evolve(team, event)
    saved = await store.save_team(tx, before, team)
    tx.announce(announce.members(tx.maker_id, saved))
    now = {**team, **{member.membership_id: member for member in saved}}
    return [outcome if isinstance(outcome, tuple) else now[outcome] for outcome in outcomes]
