"""Which wholesale rate wins (CAT-052)."""

from __future__ import annotations

import pytest

from kernel.money import Rate
from kernel.rates import applicable_rate

R55, R60, R65 = Rate.of("55"), Rate.of("60"), Rate.of("65")


@pytest.mark.req("CAT-052")
@pytest.mark.parametrize(
    ("product_customer", "product", "customer", "wins"),
    [
        (R55, R60, R65, R55),
        (None, R60, R65, R60),
        (None, None, R65, R65),
        (R55, None, R65, R55),
        (None, None, None, Rate.of(100)),
    ],
)
def test_the_products_rate_for_the_customer_wins_then_the_products_then_the_customers(
    product_customer: Rate | None, product: Rate | None, customer: Rate | None, wins: Rate
) -> None:
    assert applicable_rate(product_customer=product_customer, product=product, customer=customer) == wins


@pytest.mark.req("CAT-052")
def test_a_rate_of_zero_is_set_and_wins() -> None:
    assert applicable_rate(product_customer=Rate.of(0), product=R60, customer=R65) == Rate.of(0)
