"""Billing delegation (請求先委任): whose documents are billed to whom (CUS-075…077).

The relation has two levels and no chains: a delegatee is never a delegator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Delegate:
    """Documents of `delegator` are billed to `delegatee` from now on."""

    delegator: UUID
    delegatee: UUID


@dataclass(frozen=True, slots=True)
class Revoke:
    """Documents of `delegator` are billed to itself from now on (CUS-077: future documents only)."""

    delegator: UUID


Command: TypeAlias = Delegate | Revoke
Delegations: TypeAlias = Mapping[UUID, UUID]
"""Delegator → delegatee, of one maker."""


@dataclass(frozen=True, slots=True)
class Delegated:
    delegator: UUID
    delegatee: UUID


@dataclass(frozen=True, slots=True)
class Revoked:
    delegator: UUID
    delegatee: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """One delegator's relation as it stands. Without delegatee it is revoked, `before` names whom it was; the version
    outlives a revocation."""

    delegator_id: UUID
    delegatee_id: UUID | None
    before: UUID | None
    version: int


Event: TypeAlias = Delegated | Revoked
Decision: TypeAlias = list[Event] | tuple[Refusal, ...]
"""What happened, or every reason why not."""


def decide(state: Delegations, command: Command) -> Decision:
    """The change of one relation. Refuses DELEGATION_SELF and DELEGATION_CHAIN; repeating a relation does nothing.

    A chain begins at either end: the delegatee is a delegator already, or the delegator has delegators of its own.
    """
    return _decide(state, Counter(state.values()), command)


def evolve(state: Delegations, event: Event) -> dict[UUID, UUID]:
    """The relation after an event."""
    after = dict(state)
    _apply(after, Counter(), event)
    return after


def decide_all(state: Delegations, commands: Sequence[Command]) -> tuple[list[Decision], dict[UUID, UUID]]:
    """Each command in order, every accepted one counting for the next, and the relation after all of them; linear in
    the number of commands."""
    relation, followers = dict(state), Counter(state.values())
    decisions: list[Decision] = []
    for command in commands:
        decision = _decide(relation, followers, command)
        decisions.append(decision)
        if isinstance(decision, list):
            for event in decision:
                _apply(relation, followers, event)
    return decisions, relation


def _decide(relation: Delegations, followers: Mapping[UUID, int], command: Command) -> Decision:
    if isinstance(command, Revoke):
        delegatee = relation.get(command.delegator)
        return [] if delegatee is None else [Revoked(command.delegator, delegatee)]
    if command.delegator == command.delegatee:
        return (Refusal("DELEGATION_SELF", {}, "/delegatee"),)
    problems: list[Refusal] = []
    if command.delegatee in relation:
        problems.append(Refusal("DELEGATION_CHAIN", {"customer": str(command.delegatee)}, "/delegatee"))
    if followers.get(command.delegator, 0) > 0:
        problems.append(Refusal("DELEGATION_CHAIN", {"customer": str(command.delegator)}, "/delegator"))
    if problems:
        return tuple(problems)
    if relation.get(command.delegator) == command.delegatee:
        return []
    return [Delegated(command.delegator, command.delegatee)]


def _apply(relation: dict[UUID, UUID], followers: Counter[UUID], event: Event) -> None:
    before = relation.pop(event.delegator, None)
    if before is not None:
        followers[before] -= 1
    if isinstance(event, Delegated):
        relation[event.delegator] = event.delegatee
        followers[event.delegatee] += 1
