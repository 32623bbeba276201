"""The order of computation of an invoice (INV-151) and the trace that proves it (DOMAIN_RULES §2 no. 7).

Sums per rate first, deductions per their rates in full, then tax once per rate, then what carries no tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from invoicing.core.parties import TaxRule, TaxRules
from kernel.money import Currency, Money, Rate, Rounding, total
from kernel.tax import TaxedSums, TaxSums, tax_of


@dataclass(frozen=True, slots=True)
class RateTax:
    """One rate of an invoice with its trace: `taxed` is the result, made by `rounding` from `exact_tax`.

    `returned` are the (positive) sums of goods that came back and are already taken off `taxed` (INV-083).
    """

    taxed: TaxedSums
    rounding: Rounding
    returned: TaxSums

    @property
    def exact_tax(self) -> Fraction:
        """The tax before its one rounding: E·r + I·r/(1 + r), in currency units."""
        percent = Fraction(self.taxed.rate.percent)
        on_net = Fraction(self.taxed.exclusive.amount) * percent / 100
        in_gross = Fraction(self.taxed.inclusive.amount) * percent / (100 + percent)
        return on_net + in_gross

    @property
    def sold(self) -> TaxedSums:
        """The rate before returns; less the returned part it is `taxed`, to the last unit (R14)."""
        return tax_of(sums_of(self.taxed) + self.returned, self.rounding)


@dataclass(frozen=True, slots=True)
class InvoiceAmounts:
    """What an invoice asks for. `total` is its own total (step 5), `billing_amount` adds what is brought forward."""

    per_rate: tuple[RateTax, ...]
    payment_points: Money
    brought_forward: Money

    @property
    def currency(self) -> Currency:
        return self.payment_points.currency

    @property
    def net(self) -> Money:
        return total((one.taxed.net for one in self.per_rate), self.currency)

    @property
    def tax(self) -> Money:
        return total((one.taxed.tax for one in self.per_rate), self.currency)

    @property
    def gross(self) -> Money:
        """With tax, before payment points."""
        return total((one.taxed.gross for one in self.per_rate), self.currency)

    @property
    def total(self) -> Money:
        return self.gross - self.payment_points

    @property
    def billing_amount(self) -> Money:
        return self.total + self.brought_forward


def calculate(
    sold: Iterable[TaxSums],
    returned: Iterable[TaxSums] = (),
    *,
    currency: Currency,
    rules: TaxRules,
    payment_points: Money | None = None,
    brought_forward: Money | None = None,
) -> InvoiceAmounts:
    """Steps 1 to 6 of INV-151 at 100 %. `sold` is signed (bank fee and discounts negative), `returned` positive.

    Rates come out in descending order; tax is rounded once per rate, on the absolute value (INV-154, GEN-003).
    """
    charged, back = _by_rate(sold), _by_rate(returned)
    nothing = Money.zero(currency)
    per_rate = []
    for rate in sorted(charged.keys() | back.keys(), key=lambda one: one.percent, reverse=True):
        none = TaxSums(rate, nothing, nothing)
        per_rate.append(_taxed(charged.get(rate, none), back.get(rate, none), rules.of(rate)))
    return InvoiceAmounts(tuple(per_rate), payment_points or nothing, brought_forward or nothing)


def unwinding_tax(remaining: TaxSums, returned: TaxSums, rounding: Rounding) -> Money:
    """The tax a return takes back: tax of what remained before it, less tax of what remains after (R14).

    Returning everything piece by piece gives back exactly the tax that was charged.
    """
    return tax_of(remaining, rounding).tax - tax_of(remaining + -returned, rounding).tax


def sums_of(taxed: TaxedSums) -> TaxSums:
    """The sums a result was computed from."""
    return TaxSums(taxed.rate, taxed.exclusive, taxed.inclusive, taxed.reduced)


def _taxed(sold: TaxSums, returned: TaxSums, rule: TaxRule) -> RateTax:
    left = sold + -returned
    reduced = left.reduced or rule.reduced
    return RateTax(
        tax_of(replace(left, reduced=reduced), rule.rounding), rule.rounding, replace(returned, reduced=reduced)
    )


def _by_rate(sums: Iterable[TaxSums]) -> Mapping[Rate, TaxSums]:
    by_rate: dict[Rate, TaxSums] = {}
    for one in sums:
        known = by_rate.get(one.rate)
        by_rate[one.rate] = one if known is None else known + one
    return by_rate
