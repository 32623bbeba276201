"""What a deed answered, sorted into the thing done and the problems that kept it from being done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from kernel.refusal import Refusal

T = TypeVar("T")

Deeds: TypeAlias = Sequence[T | Refusal | Sequence[Refusal]]
"""One outcome per command; a command with several problems answers with all of its refusals."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A command that was carried out."""

    outcome: T


Settled: TypeAlias = Done[T] | tuple[Refusal, ...]
"""Done, or every refusal of the command."""


def settled(outcome: T | Refusal | Sequence[Refusal]) -> Settled[T]:
    """One outcome, sorted."""
    refusals = refusals_in(outcome)
    return refusals if refusals else Done(outcome)  # type: ignore[arg-type]  # no refusal: it is a T


def settled_one(answer: T | Refusal | Sequence[Refusal] | Deeds[T]) -> Settled[T]:
    """The outcome of the only command, whether the deed answered it bare or as a list of one."""
    refusals = refusals_in(answer)
    if refusals:
        return refusals
    if isinstance(answer, list | tuple) and len(answer) == 1:
        return settled(answer[0])
    return Done(answer)  # type: ignore[arg-type]  # neither a refusal nor a list of one: it is a T


def refusals_in(outcome: object) -> tuple[Refusal, ...]:
    """The refusals, if the outcome is one or nothing but some."""
    if isinstance(outcome, Refusal):
        return (outcome,)
    if isinstance(outcome, list | tuple) and outcome and all(isinstance(part, Refusal) for part in outcome):
        return tuple(outcome)
    return ()
