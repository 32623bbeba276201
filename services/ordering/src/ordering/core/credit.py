"""Credit exposure: every yen of a customer's debt is in one bucket, ordered or posted (CUS-060, CUS-065, R24).

The ordered bucket belongs to ordering and falls by what is invoiced; the posted one is what payments last said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from kernel.money import Currency, Money
from ordering.core.order_warning import OrderWarning

CREDIT_LIMIT_EXCEEDED: Final = "CREDIT_LIMIT_EXCEEDED"
RATE_MISSING: Final = "RATE_MISSING"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a customer owes in one currency: not yet invoiced orders, and the posted balance of payments. `limit` is
    the credit limit in the maker's own currency, None = unlimited."""

    currency: Currency
    ordered: Decimal
    posted: Decimal
    limit: Decimal | None

    def grown(self, amount: Money) -> Exposure:
        """After an order value was added (or taken away, when negative)."""
        return replace(self, ordered=self.ordered + amount.amount)

    def problem(self, increase: Money, *, home: Currency) -> OrderWarning | None:
        """The warning when posted + ordered + increase is more than the limit; equal is fine. Foreign amounts cannot
        be converted yet and count as exceeding (CUS-060, CUS-065)."""
        if self.limit is None:
            return None
        if self.currency != home:
            return OrderWarning(RATE_MISSING, {"currency": self.currency.code, "limit_currency": home.code})
        total = self.posted + self.ordered + increase.amount
        if total <= self.limit:
            return None
        return OrderWarning(CREDIT_LIMIT_EXCEEDED, {"limit": format(self.limit, "f"), "exposure": format(total, "f")})
