"""What a deed answers for one command: the thing done, or the refusal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from kernel.refusal import Refusal

T = TypeVar("T")

Outcome: TypeAlias = T | Refusal
"""`Outcome[Order]` is an order or the refusal that says why there is none."""


def accepted(outcomes: Iterable[T | Refusal]) -> list[T]:
    """What was done, in order."""
    return [outcome for outcome in outcomes if not isinstance(outcome, Refusal)]


def refusals(outcomes: Iterable[T | Refusal]) -> list[Refusal]:
    """What was refused, in order."""
    return [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
