"""What of a maker's preferences payments depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.money import JPY, Currency, Money
from payments.core.matching import MatchingRules
from payments.core.statement import AccountNumber


@dataclass(frozen=True, slots=True)
class Maker:
    """`fee_tolerance` is in the default currency; in other currencies no bank fee is taken for granted (PAY-039)."""

    time_zone: str
    default_currency: Currency
    auto_confirm: bool
    fee_tolerance: Money

    def tolerance_in(self, currency: Currency) -> Money | None:
        """None where no fee may be booked."""
        return self.fee_tolerance if self.fee_tolerance and currency == self.fee_tolerance.currency else None

    def rules(self) -> MatchingRules:
        """As matching takes them; a tolerance finer than the coin counts down to it."""
        units = int(self.fee_tolerance.amount.scaleb(self.default_currency.minor_units))
        return MatchingRules({self.default_currency.code: units}, self.auto_confirm)


UNHEARD_OF: Final = Maker("Asia/Tokyo", JPY, auto_confirm=False, fee_tolerance=Money.of(880, JPY))
"""The defaults of the specification, until the maker's own state has arrived."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account of the maker (CUS-008)."""

    bank_account_id: UUID
    code: str
    number: AccountNumber
    currency: Currency
    active: bool = True
