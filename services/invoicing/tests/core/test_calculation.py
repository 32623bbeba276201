"""Tax once per rate and invoice, and the order of computation (GEN-003, INV-151, DOMAIN_RULES R1 to R4, R14)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.calculation import calculate, unwinding_tax
from invoicing.core.parties import TaxRule, TaxRules
from kernel.money import JPY, Money, Rate, Rounding, total
from kernel.tax import TaxSums, tax_of
from services.invoicing.tests.builders import TAXES, sums, yen

amounts = st.integers(-1_000_000, 1_000_000)


@pytest.mark.req("GEN-003")
def test_three_lines_of_105_at_8_percent_bear_25_yen_of_tax() -> None:
    invoice = calculate([sums(8, 105)] * 3, currency=JPY, rules=TAXES)

    assert invoice.tax == yen(25)
    assert invoice.total == yen(340)


@pytest.mark.req("GEN-003")
def test_three_lines_of_105_at_10_percent_bear_31_yen_of_tax() -> None:
    assert calculate([sums(10, 105)] * 3, currency=JPY, rules=TAXES).tax == yen(31)


def test_amounts_with_tax_contain_their_tax() -> None:
    invoice = calculate([sums(10, 0, 60_000), sums(8, 0, 40_000)], currency=JPY, rules=TAXES)

    assert [one.taxed.tax for one in invoice.per_rate] == [yen(5_454), yen(2_962)]
    assert invoice.total == yen(100_000)


def test_three_notes_of_1015_are_taxed_together_not_one_by_one() -> None:
    assert calculate([sums(10, 1_015)] * 3, currency=JPY, rules=TAXES).tax == yen(304)


def test_two_issuers_are_two_invoices_and_may_differ_from_one() -> None:
    apart = [calculate([sums(10, base)], currency=JPY, rules=TAXES).tax for base in (11_345, 12_549)]

    assert apart == [yen(1_134), yen(1_254)]
    assert calculate([sums(10, 11_345), sums(10, 12_549)], currency=JPY, rules=TAXES).tax == yen(2_389)


def test_food_and_cloth_are_taxed_apart_and_the_reduced_rate_is_marked() -> None:
    invoice = calculate([sums(8, 4_980), sums(10, 12_350)], currency=JPY, rules=TAXES)

    assert [(str(one.taxed.rate), one.taxed.reduced, one.taxed.tax) for one in invoice.per_rate] == [
        ("10", False, yen(1_235)),
        ("8", True, yen(398)),
    ]
    assert invoice.total == yen(18_963)


def test_shipping_bears_the_standard_rate_even_for_food() -> None:
    invoice = calculate([sums(8, 10_000), sums(10, 800)], currency=JPY, rules=TAXES)

    assert invoice.total == yen(11_680)


@pytest.mark.req("INV-150", "INV-151", "INV-153")
def test_the_order_of_computation_gives_the_worked_example() -> None:
    sold = [sums(10, 6_000), sums(8, 5_000), sums(10, 800), sums(10, 300), sums(10, -500), sums(10, -400)]

    invoice = calculate(sold, [sums(10, 1_000)], currency=JPY, rules=TAXES, brought_forward=yen(3_000))

    assert [(one.taxed.net, one.taxed.tax) for one in invoice.per_rate] == [
        (yen(5_200), yen(520)),
        (yen(5_000), yen(400)),
    ]
    assert invoice.total == yen(11_120)
    assert invoice.billing_amount == yen(14_120)


@pytest.mark.req("INV-151", "INV-155")
def test_payment_points_are_taken_off_after_tax() -> None:
    invoice = calculate([sums(10, 1_000)], currency=JPY, rules=TAXES, payment_points=yen(300))

    assert (invoice.tax, invoice.total) == (yen(100), yen(800))


@pytest.mark.req("INV-154")
def test_a_negative_base_has_a_negative_tax_rounded_on_its_absolute_value() -> None:
    assert calculate([sums(10, -105)], currency=JPY, rules=TAXES).tax == yen(-10)


@pytest.mark.req("GEN-002")
@pytest.mark.parametrize(("rounding", "tax"), [(Rounding.FLOOR, 10), (Rounding.HALF_UP, 11), (Rounding.CEIL, 11)])
def test_each_tax_rounds_as_the_maker_set_it(rounding: Rounding, tax: int) -> None:
    rules = TaxRules((TaxRule(Rate.of(10), rounding),))

    assert calculate([sums(10, 105)], currency=JPY, rules=rules).tax == yen(tax)


def test_the_trace_tells_the_exact_fraction_and_what_rounded_it() -> None:
    one = calculate([sums(10, 105, 100)], currency=JPY, rules=TAXES).per_rate[0]

    assert one.exact_tax == Fraction(21, 2) + Fraction(100, 11)
    assert (one.rounding, one.taxed.tax) == (Rounding.FLOOR, yen(19))


def test_returns_one_by_one_give_back_10_11_and_10() -> None:
    remaining, piece = sums(10, 315), sums(10, 105)

    taxes = []
    for _ in range(3):
        taxes.append(unwinding_tax(remaining, piece, Rounding.FLOOR))
        remaining = remaining + -piece

    assert taxes == [yen(10), yen(11), yen(10)]


@given(
    st.sampled_from([0, 8, 10]),
    amounts,
    amounts,
    st.lists(st.tuples(amounts, amounts), max_size=6),
    st.sampled_from(Rounding),
)
def test_returning_everything_in_any_pieces_gives_back_the_tax_exactly(
    rate: int, exclusive: int, inclusive: int, pieces: list[tuple[int, int]], rounding: Rounding
) -> None:
    sold = sums(rate, exclusive, inclusive)
    remaining, given_back = sold, yen(0)

    for back in [sums(rate, one, other) for one, other in pieces]:
        given_back = given_back + unwinding_tax(remaining, back, rounding)
        remaining = remaining + -back
    given_back = given_back + unwinding_tax(remaining, remaining, rounding)

    assert given_back == tax_of(sold, rounding).tax


@pytest.mark.req("INV-083")
def test_the_part_that_came_back_is_told_with_its_tax() -> None:
    one = calculate([sums(10, 315)], [sums(10, 105)], currency=JPY, rules=TAXES).per_rate[0]

    assert (one.sold.tax, one.taxed.tax) == (yen(31), yen(21))
    assert one.returned == sums(10, 105)


rate_sums = st.builds(sums, st.sampled_from([0, 8, 10]), amounts, amounts)


@given(st.lists(rate_sums, max_size=20), st.lists(rate_sums, max_size=5), st.integers(0, 10_000))
def test_the_total_is_what_the_rates_say_whatever_the_order(
    sold: list[TaxSums], back: list[TaxSums], points: int
) -> None:
    invoice = calculate(sold, back, currency=JPY, rules=TAXES, payment_points=yen(points))
    reversed_ = calculate(sold[::-1], back[::-1], currency=JPY, rules=TAXES, payment_points=yen(points))

    gross: Money = total((one.taxed.gross for one in invoice.per_rate), JPY)
    assert invoice == reversed_
    assert invoice.total == gross - yen(points) == invoice.net + invoice.tax - yen(points)
    assert all(abs(Fraction(one.taxed.tax.amount) - one.exact_tax) < 1 for one in invoice.per_rate)
    assert len({one.taxed.rate for one in invoice.per_rate}) == len(invoice.per_rate)
