"""Making and revoking billing delegations, one or many (CUS-075…077)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from chassis.tx import Tx
from customers import announce
from customers.core.delegation import Command, Decision, Delegate, Revoke, decide_all
from customers.store import delegations as store
from customers.store.delegations import Stored
from customers.usecases.refs import Directory, Ref, look_up
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Wish:
    """Bill the delegator's documents to the delegatee; None: to the delegator itself again."""

    delegator: Ref
    delegatee: Ref | None


@dataclass(frozen=True, slots=True)
class Related:
    """A relation as it stands after the wish."""

    delegator_id: UUID
    delegator_code: str
    delegatee_id: UUID | None
    delegatee_code: str | None
    version: int
    changed: bool
    is_new: bool
    """The delegator billed itself before."""


RelatedOrNot: TypeAlias = Related | tuple[Refusal, ...]


async def delegate(tx: Tx, wishes: Sequence[Wish]) -> list[RelatedOrNot]:
    """Each wish in order, every accepted one counting for the next. Refuses UNKNOWN_CUSTOMER, NOT_FOUND,
    DELEGATION_SELF and DELEGATION_CHAIN."""
    refs = [ref for wish in wishes for ref in (wish.delegator, wish.delegatee) if ref is not None]
    directory = await look_up(tx, refs)
    await store.lock_delegations(tx)
    stored = await store.load_delegations(tx, set(directory.codes))
    asked = [_command(directory, wish) for wish in wishes]
    commands = [one for one in asked if not isinstance(one, tuple)]
    decisions, relation = decide_all(stored.relation, commands)
    following = iter(decisions)
    decided = [one if isinstance(one, tuple) else next(following) for one in asked]
    saved = await store.save_delegations(tx, stored, relation)
    tx.announce(announce.delegations(tx.maker_id, saved))
    versions = {**stored.versions, **{one.delegator_id: one.version for one in saved}}
    return [
        _outcome(directory, stored, versions, wish, decision) for wish, decision in zip(asked, decided, strict=True)
    ]


def _command(directory: Directory, wish: Wish) -> Command | tuple[Refusal, ...]:
    delegator = directory.find(wish.delegator)
    delegatee = None if wish.delegatee is None else directory.find(wish.delegatee)
    problems = tuple(found for found in (delegator, delegatee) if isinstance(found, Refusal))
    if problems or isinstance(delegator, Refusal) or isinstance(delegatee, Refusal):
        return problems
    return Revoke(delegator) if delegatee is None else Delegate(delegator, delegatee)


def _outcome(
    directory: Directory,
    stored: Stored,
    versions: Mapping[UUID, int],
    command: Command | tuple[Refusal, ...],
    decision: Decision,
) -> RelatedOrNot:
    if isinstance(decision, tuple) or isinstance(command, tuple):
        return tuple(_named(directory, refusal) for refusal in decision if isinstance(refusal, Refusal))
    delegatee = command.delegatee if isinstance(command, Delegate) else None
    return Related(
        delegator_id=command.delegator,
        delegator_code=directory.codes[command.delegator],
        delegatee_id=delegatee,
        delegatee_code=directory.codes[delegatee] if delegatee else None,
        version=versions.get(command.delegator, 0),
        changed=bool(decision),
        is_new=command.delegator not in stored.relation,
    )


def _named(directory: Directory, refusal: Refusal) -> Refusal:
    """People know customers by their codes, not by ids."""
    about = refusal.facts.get("customer")
    if about is None:
        return refusal
    return replace(refusal, facts={"customer": directory.codes.get(UUID(about), about)})
