"""Money of one currency, exact to the last digit, and the only roundings the suite knows (GEN-001, GEN-002).

Nothing here reads or changes the thread's decimal context: sums and products are computed under a private context
that raises instead of losing a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

from kernel.exact import EXACT, HUNDRED, QUANTIZING, ZERO, unsigned_zero

LIMIT: Final = Decimal(999_999_999_999)
"""The largest amount a document may carry, either sign (GEN-001)."""

_PLAIN_DECIMAL: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_UNITS: Final = (Decimal("1"), Decimal("0.1"), Decimal("0.01"), Decimal("0.001"), Decimal("0.0001"))
_FINEST_RATE: Final = Decimal("0.001")


class UnknownCurrency(ValueError):
    """The code is not one of the 23 supported currencies (CAT-005)."""


class CurrencyMismatch(ValueError):
    """Two currencies met in one sum or comparison; the suite never converts on its own (CAT-055)."""


class BadRate(ValueError):
    """Not a percentage from 0 to 100 with at most three decimals (GEN-018, CAT-010)."""


class Rounding(StrEnum):
    """How a fraction of the minor unit ends; always on the absolute value, the sign is restored (GEN-002)."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEIL = "ceil"


_MODES: Final = {Rounding.FLOOR: ROUND_DOWN, Rounding.HALF_UP: ROUND_HALF_UP, Rounding.CEIL: ROUND_UP}


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and how many decimals its smallest coin has: 0 for JPY, 2 for USD."""

    code: str
    minor_units: int

    @staticmethod
    def of(code: str) -> Currency:
        """The supported currency of this ISO code. Raises UnknownCurrency."""
        try:
            return SUPPORTED[code]
        except KeyError:
            raise UnknownCurrency(code) from None

    @property
    def unit(self) -> Decimal:
        """The smallest amount that can be paid: 1 for JPY, 0.01 for USD."""
        return _UNITS[self.minor_units]

    def __str__(self) -> str:
        return self.code


_WITHOUT_MINOR_UNIT: Final = frozenset({"JPY", "KRW", "VND"})
_CODES: Final = "JPY USD EUR GBP CNY KRW TWD HKD SGD THB MYR IDR PHP VND INR AUD NZD CAD CHF SEK NOK DKK AED"
SUPPORTED: Final[dict[str, Currency]] = {
    code: Currency(code, 0 if code in _WITHOUT_MINOR_UNIT else 2) for code in _CODES.split()
}
"""The 23 currencies of CAT-005 by code, in the order they are offered."""

JPY: Final = SUPPORTED["JPY"]


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency; may carry more decimals than the currency until `rounded` (GEN-002)."""

    amount: Decimal
    currency: Currency

    @staticmethod
    def of(amount: str | int | Decimal, currency: Currency) -> Money:
        """The amount in that currency. Raises ValueError on text that is no plain decimal, NaN or infinity;
        TypeError on floats, which cannot hold money (GEN-001)."""
        return Money(_exact(amount), currency)

    @staticmethod
    def zero(currency: Currency) -> Money:
        """Nothing, in that currency."""
        return Money(ZERO, currency)

    def rounded(self, rounding: Rounding) -> Money:
        """To the currency's minor units, on the absolute value, the sign restored (GEN-002)."""
        unit = self.currency.unit
        return Money(unsigned_zero(self.amount.quantize(unit, _MODES[rounding], QUANTIZING)), self.currency)

    @property
    def is_negative(self) -> bool:
        """Below zero; zero itself is not."""
        return self.amount < 0

    @property
    def is_whole(self) -> bool:
        """Has no fraction of the minor unit, so it can be paid and stored."""
        return not EXACT.remainder(self.amount, self.currency.unit)

    @property
    def is_within_limit(self) -> bool:
        """At most ±999,999,999,999 (GEN-001)."""
        return -LIMIT <= self.amount <= LIMIT

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(EXACT.subtract(self.amount, other.amount), self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        if not isinstance(factor, (int, Decimal)):
            raise TypeError(f"money is multiplied by int or Decimal, not {type(factor).__name__}")
        return Money(unsigned_zero(EXACT.multiply(self.amount, factor)), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(EXACT.minus(self.amount), self.currency)

    def __abs__(self) -> Money:
        return Money(self.amount.copy_abs(), self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount > other.amount

    def __ge__(self, other: Money) -> bool:
        self._same_currency(other)
        return self.amount >= other.amount

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency.code}"

    def _same_currency(self, other: Money) -> None:
        if self.currency is not other.currency and self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency.code} and {other.currency.code}")


def total(amounts: Iterable[Money], currency: Currency) -> Money:
    """The exact sum; zero of that currency when there are none. Raises CurrencyMismatch."""
    amount = ZERO
    for money in amounts:
        if money.currency is not currency and money.currency != currency:
            raise CurrencyMismatch(f"{currency.code} and {money.currency.code}")
        amount = EXACT.add(amount, money.amount)
    return Money(amount, currency)


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A percentage from 0 to 100, at most three decimals: a wholesale rate (掛率) or a tax rate."""

    percent: Decimal

    @staticmethod
    def of(percent: str | int | Decimal) -> Rate:
        """The rate of that many percent. Raises BadRate outside 0..100 or with more than three decimals."""
        return _rate(percent)

    @staticmethod
    def off(percent: str | int | Decimal) -> Rate:
        """The rate left after a discount: 40 % off is the rate 60 (CAT-053). Raises BadRate."""
        return Rate(EXACT.subtract(HUNDRED, _rate(percent).percent))

    @property
    def fraction(self) -> Decimal:
        """62.5 % as 0.625, exact."""
        return self.percent.scaleb(-2, EXACT)

    def __str__(self) -> str:
        text = f"{self.percent:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096, typed=True)
def _rate(percent: str | int | Decimal) -> Rate:
    try:
        value = _exact(percent)
    except ValueError:
        raise BadRate("a rate is a plain decimal number of percent") from None
    if not 0 <= value <= 100 or EXACT.remainder(value, _FINEST_RATE):
        raise BadRate("a rate is 0 to 100 percent with at most three decimals")
    return Rate(unsigned_zero(value))


def wholesale_price(original: Money, rate: Rate, rounding: Rounding) -> Money:
    """What one piece costs the customer: original price (上代) times rate, rounded to minor units (CAT-051).

    Multiply by the quantity afterwards: the unit price is the rounding point buyers check.
    """
    return (original * rate.fraction).rounded(rounding)


def _exact(number: str | int | Decimal) -> Decimal:
    if isinstance(number, Decimal):
        if not number.is_finite():
            raise ValueError("an amount is a finite number")
        return number
    if isinstance(number, str):
        if not _PLAIN_DECIMAL.fullmatch(number):
            raise ValueError("an amount is a plain decimal number")
        return Decimal(number)
    if isinstance(number, int):
        return Decimal(number)
    raise TypeError(f"an amount is str, int or Decimal, not {type(number).__name__}")
