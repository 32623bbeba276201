"""Which wholesale rate (掛率) a line takes."""

from __future__ import annotations

from typing import Final

from kernel.money import Rate

FULL_PRICE: Final = Rate.of(100)
"""No wholesale rate anywhere: the original price is the price (CAT-052)."""


def applicable_rate(*, product_customer: Rate | None, product: Rate | None, customer: Rate | None) -> Rate:
    """The product's rate for this customer, else the product's, else the customer's, else 100 % (CAT-052).

    A rate of 0 is a rate: the goods are free, the next rate is not asked.
    """
    for rate in (product_customer, product, customer):
        if rate is not None:
            return rate
    return FULL_PRICE
