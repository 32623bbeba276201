"""Splitting an amount or a quantity so that the parts always add up to the whole (INT-052, R5, R23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar, overload

from kernel.exact import EXACT, unsigned_zero
from kernel.money import Money, Rounding, total
from kernel.refusal import Refusal

K = TypeVar("K")


def prorate_down(
    amount: Money, bases: Sequence[tuple[K, Money]], tie: Callable[[K], Decimal | int] | None = None
) -> dict[K, Money] | Refusal:
    """The amount in proportion to the bases, each share rounded down to minor units, the rest to the largest base.

    Of equally large bases the one with the highest `tie` takes the rest, without `tie` the first (give them by rate
    descending for INT-052). Bases of zero or less take nothing. The sign of the amount is kept.
    Refuses with PRORATE_EXCEEDS when the amount is more than the bases together. Raises CurrencyMismatch, and
    ValueError when a key comes twice.
    """
    currency = amount.currency
    whole = total((base for _, base in bases if not base.is_negative), currency)
    if abs(amount) > whole:
        return Refusal("PRORATE_EXCEEDS", {"amount": str(abs(amount)), "most": str(whole)})
    shares = {key: _share_down(amount, base, whole) for key, base in bases}
    if len(shares) != len(bases):
        raise ValueError("each base is named once")
    if amount:
        largest = _largest(bases, tie)
        shares[largest] += amount - total(shares.values(), currency)
    return shares


def _share_down(amount: Money, base: Money, whole: Money) -> Money:
    if not amount or base.amount <= 0:
        return Money.zero(amount.currency).rounded(Rounding.FLOOR)
    per_unit = Fraction(whole.amount) * Fraction(amount.currency.unit)
    units = int(Fraction(abs(amount).amount) * Fraction(base.amount) // per_unit)
    share = Money.of(amount.currency.unit, amount.currency) * units
    return -share if amount.is_negative else share


def _largest(bases: Sequence[tuple[K, Money]], tie: Callable[[K], Decimal | int] | None) -> K:
    most = max(base.amount for _, base in bases)
    candidates = [key for key, base in bases if base.amount == most]
    return candidates[0] if tie is None else max(candidates, key=tie)


@overload
def share_by_largest_remainder(total: int, weights: Sequence[Decimal | int], step: int = 1) -> list[int]: ...
@overload
def share_by_largest_remainder(
    total: Decimal, weights: Sequence[Decimal | int], step: Decimal | int = 1
) -> list[Decimal]: ...
def share_by_largest_remainder(
    total: Decimal | int, weights: Sequence[Decimal | int], step: Decimal | int = 1
) -> list[int] | list[Decimal]:
    """The total in proportion to the weights, in whole steps; steps left over go to the largest remainders.

    Equal remainders go to the earlier weight. What is smaller than one step is not given out (50 units in cases of 6
    leave 2); with a step that divides the total the shares add up to it. The sign of the total is kept; with weights
    all zero nobody gets anything. Raises ValueError on a negative weight or a step that is not positive.
    """
    if step <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights are zero or more, the step is more than zero")
    steps = int(abs(Fraction(Decimal(total))) // Fraction(Decimal(step)))
    counts = _steps_by_largest_remainder(steps, [Fraction(Decimal(weight)) for weight in weights])
    signed = counts if total >= 0 else [-count for count in counts]
    if isinstance(total, int) and isinstance(step, int):
        return [count * step for count in signed]
    return [unsigned_zero(EXACT.multiply(Decimal(count), Decimal(step))) for count in signed]


def _steps_by_largest_remainder(steps: int, weights: Sequence[Fraction]) -> list[int]:
    whole = sum(weights, Fraction(0))
    if not whole:
        return [0] * len(weights)
    quotas = [steps * weight / whole for weight in weights]
    counts = [int(quota) for quota in quotas]
    left = steps - sum(counts)
    for index in sorted(range(len(quotas)), key=lambda i: counts[i] - quotas[i])[:left]:
        counts[index] += 1
    return counts
