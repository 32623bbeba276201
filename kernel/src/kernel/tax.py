"""Consumption tax: one rounding per rate and document, from the exact fraction (GEN-003, INT-055).

A document carries two sums per rate, what was entered without tax (E) and what was entered with it (I). They are
kept apart to the end; only here they become net, tax and gross.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from kernel.exact import EXACT, HUNDRED
from kernel.money import Currency, CurrencyMismatch, Money, Rate, Rounding, total


class RateMismatch(ValueError):
    """Sums of two tax rates were added; each rate is taxed on its own (GEN-003)."""


@dataclass(frozen=True, slots=True)
class TaxSums:
    """What one tax rate of a document is computed from: the sum entered without tax and the sum entered with it.

    `reduced` marks the reduced rate (軽減税率, ※ on print); it does not change the arithmetic.
    """

    rate: Rate
    exclusive: Money
    inclusive: Money
    reduced: bool = False

    def __add__(self, other: TaxSums) -> TaxSums:
        """Both together. Raises RateMismatch, CurrencyMismatch."""
        if self.rate != other.rate:
            raise RateMismatch(f"{self.rate} % and {other.rate} %")
        exclusive, inclusive = self.exclusive + other.exclusive, self.inclusive + other.inclusive
        return TaxSums(self.rate, exclusive, inclusive, self.reduced or other.reduced)

    def __neg__(self) -> TaxSums:
        return TaxSums(self.rate, -self.exclusive, -self.inclusive, self.reduced)


@dataclass(frozen=True, slots=True)
class TaxedSums:
    """One rate of a document with its tax: gross is what the buyer pays, net = gross - tax."""

    rate: Rate
    reduced: bool
    exclusive: Money
    inclusive: Money
    net: Money
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class TaxBreakdown:
    """A document's amounts per tax rate, highest rate first."""

    per_rate: tuple[TaxedSums, ...]
    currency: Currency

    @property
    def net(self) -> Money:
        """Without tax, over all rates."""
        return total((taxed.net for taxed in self.per_rate), self.currency)

    @property
    def tax(self) -> Money:
        """The tax of all rates; each was rounded once."""
        return total((taxed.tax for taxed in self.per_rate), self.currency)

    @property
    def gross(self) -> Money:
        """What the buyer pays, over all rates."""
        return total((taxed.gross for taxed in self.per_rate), self.currency)


def tax_of(sums: TaxSums, rounding: Rounding) -> TaxedSums:
    """Tax = round(E·r + I·r/(1 + r)); gross = E + I + round(E·r); net = gross - tax (INT-055).

    Rounded once from the exact fraction, to minor units, on the absolute value. Raises CurrencyMismatch.
    """
    exclusive, inclusive = sums.exclusive, sums.inclusive
    added = (exclusive * sums.rate.fraction).rounded(rounding)
    tax = _contained_and_added(sums, rounding) if inclusive else added
    gross = exclusive + inclusive + added
    return TaxedSums(sums.rate, sums.reduced, exclusive, inclusive, gross - tax, tax, gross)


def tax_breakdown(sums: Iterable[TaxSums], currency: Currency, rounding: Rounding) -> TaxBreakdown:
    """The document's tax: sums of one rate are added first, then rounded once (GEN-003). Raises CurrencyMismatch."""
    by_rate: dict[Rate, TaxSums] = {}
    for one in sums:
        if one.exclusive.currency != currency:
            raise CurrencyMismatch(f"{currency.code} and {one.exclusive.currency.code}")
        known = by_rate.get(one.rate)
        by_rate[one.rate] = one if known is None else known + one
    ordered = sorted(by_rate.values(), key=_percent, reverse=True)
    return TaxBreakdown(tuple(tax_of(one, rounding) for one in ordered), currency)


def _percent(sums: TaxSums) -> Decimal:
    return sums.rate.percent


def _contained_and_added(sums: TaxSums, rounding: Rounding) -> Money:
    # With r = p/100:  E·r + I·r/(1+r)  =  (E·p·(100+p) + I·p·100) / (100·(100+p)); both halves exact decimals.
    percent, currency = sums.rate.percent, (sums.exclusive + sums.inclusive).currency
    with_tax = EXACT.add(HUNDRED, percent)
    on_net = EXACT.multiply(EXACT.multiply(sums.exclusive.amount, percent), with_tax)
    in_gross = EXACT.multiply(EXACT.multiply(sums.inclusive.amount, percent), HUNDRED)
    per_unit = EXACT.multiply(EXACT.multiply(HUNDRED, with_tax), currency.unit)
    units = _rounded_quotient(EXACT.add(on_net, in_gross), per_unit, rounding)
    return Money(EXACT.multiply(units, currency.unit), currency)


def _rounded_quotient(numerator: Decimal, denominator: Decimal, rounding: Rounding) -> int:
    whole, rest = EXACT.divmod(numerator.copy_abs(), denominator)
    match rounding:
        case Rounding.FLOOR:
            up = False
        case Rounding.HALF_UP:
            up = EXACT.add(rest, rest) >= denominator
        case Rounding.CEIL:
            up = bool(rest)
        case _:
            assert_never(rounding)
    units = int(whole) + up
    return -units if numerator < 0 else units
