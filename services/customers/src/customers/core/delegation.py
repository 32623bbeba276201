"""Billing delegation (請求先委任): whose documents are billed to whom (CUS-075…078).

The relation has two levels and no chains: a delegatee is never a delegator.
"""

from __future__ import annotations

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


Event: TypeAlias = Delegated | Revoked


def decide(state: Delegations, command: Command) -> list[Event] | Refusal:
    """The change of one relation. Refuses DELEGATION_CHAIN and DELEGATION_SELF; repeating a relation does nothing."""
    if isinstance(command, Revoke):
        delegatee = state.get(command.delegator)
        return [] if delegatee is None else [Revoked(command.delegator, delegatee)]
    if command.delegator == command.delegatee:
        return Refusal("DELEGATION_SELF", {}, "delegatee")
    if command.delegatee in state:
        return Refusal("DELEGATION_CHAIN", {"customer": str(command.delegatee)}, "delegatee")
    if command.delegator in state.values():
        return Refusal("DELEGATION_CHAIN", {"customer": str(command.delegator)}, "delegator")
    if state.get(command.delegator) == command.delegatee:
        return []
    return [Delegated(command.delegator, command.delegatee)]


def evolve(state: Delegations, event: Event) -> dict[UUID, UUID]:
    """The relation after an event."""
    after = dict(state)
    if isinstance(event, Delegated):
        after[event.delegator] = event.delegatee
    else:
        after.pop(event.delegator, None)
    return after


def decide_all(state: Delegations, commands: Sequence[Command]) -> list[list[Event] | Refusal]:
    """Each command in order, every accepted one counting for the next."""
    outcomes: list[list[Event] | Refusal] = []
    for command in commands:
        outcome = decide(state, command)
        outcomes.append(outcome)
        if not isinstance(outcome, Refusal):
            for event in outcome:
                state = evolve(state, event)
    return outcomes
