"""One rounding per rate and document (GEN-003, INT-055, R1 to R5, R7)."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import JPY, Currency, CurrencyMismatch, Money, Rate, Rounding
from kernel.sharing import share_by_largest_remainder
from kernel.tax import RateMismatch, TaxBreakdown, TaxSums, tax_breakdown, tax_of

USD = Currency.of("USD")
TEN, EIGHT = Rate.of("10"), Rate.of("8")

amounts = st.integers(-(10**9), 10**9)
positive = st.integers(0, 10**9)
tax_rates = st.decimals(min_value=0, max_value=100, places=3).map(Rate)
roundings = st.sampled_from(Rounding)


def yen(amount: int) -> Money:
    return Money.of(amount, JPY)


def exclusive(amount: int, rate: Rate = TEN) -> TaxSums:
    return TaxSums(rate, yen(amount), yen(0))


def inclusive(amount: int, rate: Rate = TEN) -> TaxSums:
    return TaxSums(rate, yen(0), yen(amount))


def floor_breakdown(*sums: TaxSums) -> TaxBreakdown:
    return tax_breakdown(sums, JPY, Rounding.FLOOR)


@pytest.mark.req("GEN-003")
def test_three_lines_of_105_at_8_percent_carry_25_yen_of_tax_not_24() -> None:
    assert floor_breakdown(*[exclusive(105, EIGHT)] * 3).tax == yen(25)


@pytest.mark.req("GEN-003")
def test_three_lines_of_105_at_10_percent_carry_31_yen_of_tax_not_30() -> None:
    document = floor_breakdown(*[exclusive(105)] * 3)

    assert (document.net, document.tax, document.gross) == (yen(315), yen(31), yen(346))


@pytest.mark.req("GEN-003")
def test_tax_is_taken_out_of_an_inclusive_sum_once_per_rate() -> None:
    document = floor_breakdown(inclusive(60_000), inclusive(40_000, EIGHT))

    assert [taxed.tax for taxed in document.per_rate] == [yen(5454), yen(2962)]
    assert (document.tax, document.gross) == (yen(8416), yen(100_000))


@pytest.mark.req("GEN-003")
@pytest.mark.parametrize("rounding", Rounding)
def test_an_inclusive_sum_that_divides_evenly_is_the_same_in_every_mode(rounding: Rounding) -> None:
    document = tax_breakdown([inclusive(88_000), inclusive(43_200, EIGHT)], JPY, rounding)

    assert [taxed.tax for taxed in document.per_rate] == [yen(8000), yen(3200)]


@pytest.mark.req("GEN-003")
@pytest.mark.parametrize(("rounding", "tax"), [(Rounding.FLOOR, 10), (Rounding.HALF_UP, 11), (Rounding.CEIL, 11)])
def test_half_a_yen_of_tax_ends_as_the_issuer_chose(rounding: Rounding, tax: int) -> None:
    assert tax_of(exclusive(105), rounding).tax == yen(tax)
    assert tax_of(exclusive(-105), rounding).tax == yen(-tax)


@pytest.mark.req("GEN-003")
def test_three_notes_of_1015_yen_are_taxed_together_on_one_invoice() -> None:
    per_note = [floor_breakdown(exclusive(1015)).tax for _ in range(3)]

    assert per_note == [yen(101)] * 3
    assert floor_breakdown(*[exclusive(1015)] * 3).tax == yen(304)


@pytest.mark.req("GEN-003")
@pytest.mark.parametrize(
    ("rate", "first", "second", "two_issuers", "one_issuer"),
    [(TEN, 11_345, 12_549, 2388, 2389), (EIGHT, 9_987, 12_345, 1785, 1786)],
)
def test_two_issuers_are_rounded_apart_and_one_issuer_together(
    rate: Rate, first: int, second: int, two_issuers: int, one_issuer: int
) -> None:
    apart = floor_breakdown(exclusive(first, rate)).tax + floor_breakdown(exclusive(second, rate)).tax

    assert apart == yen(two_issuers)
    assert floor_breakdown(exclusive(first, rate), exclusive(second, rate)).tax == yen(one_issuer)


@pytest.mark.req("GEN-003")
def test_rates_stay_apart_with_the_reduced_one_marked() -> None:
    tea = TaxSums(EIGHT, yen(4980), yen(0), reduced=True)

    document = floor_breakdown(tea, exclusive(12_350))

    assert [(t.rate, t.reduced, t.tax) for t in document.per_rate] == [(TEN, False, yen(1235)), (EIGHT, True, yen(398))]
    assert document.gross == yen(18_963)


@pytest.mark.req("GEN-003")
def test_shipping_of_food_is_taxed_at_the_standard_rate() -> None:
    assert floor_breakdown(exclusive(10_000, EIGHT), exclusive(800)).gross == yen(11_680)


@pytest.mark.req("GEN-003")
def test_a_discount_over_two_rates_loses_no_yen() -> None:
    off_8, off_10 = share_by_largest_remainder(92, [7398, 1595])

    document = floor_breakdown(inclusive(7398 - off_8, EIGHT), inclusive(1595 - off_10))

    assert (off_8, off_10) == (76, 16)
    assert document.gross == yen(8901)
    assert [taxed.tax for taxed in document.per_rate] == [yen(143), yen(542)]


@pytest.mark.req("GEN-003")
def test_tax_of_a_dollar_invoice_is_rounded_in_cents() -> None:
    lines = [TaxSums(TEN, Money.of("100.10", USD), Money.zero(USD))] * 3

    assert tax_breakdown(lines, USD, Rounding.FLOOR).tax == Money.of("30.03", USD)


@pytest.mark.req("GEN-003")
def test_a_dollar_invoice_shown_in_yen_is_taxed_on_the_converted_base() -> None:
    base = Money(Decimal(1000) * Decimal("150.25"), JPY).rounded(Rounding.FLOOR)

    taxed = tax_of(TaxSums(TEN, base, yen(0)), Rounding.FLOOR)

    assert (taxed.exclusive, taxed.tax) == (yen(150_250), yen(15_025))


@pytest.mark.req("INT-055")
def test_exclusive_goods_and_inclusive_charges_of_one_rate_are_taxed_in_one_rounding() -> None:
    taxed = tax_of(TaxSums(TEN, yen(6000), yen(660)), Rounding.FLOOR)

    assert (taxed.net, taxed.tax, taxed.gross) == (yen(6600), yen(660), yen(7260))


@pytest.mark.req("INT-055")
def test_the_buyer_pays_the_goods_with_their_tax_and_the_charges_as_entered() -> None:
    # E·r = 0.5 and I·r/(1+r) = 0.909…: the tax of both together is one yen, of each apart none.
    taxed = tax_of(TaxSums(TEN, yen(5), yen(10)), Rounding.FLOOR)

    assert (taxed.tax, taxed.gross, taxed.net) == (yen(1), yen(15), yen(14))


@pytest.mark.req("INT-055")
@pytest.mark.parametrize("rounding", Rounding)
def test_a_rate_of_zero_carries_no_tax(rounding: Rounding) -> None:
    taxed = tax_of(TaxSums(Rate.of(0), yen(300), yen(700)), rounding)

    assert (taxed.net, taxed.tax, taxed.gross) == (yen(1000), yen(0), yen(1000))


def exact_tax(sums: TaxSums) -> Fraction:
    rate = Fraction(sums.rate.percent) / 100
    return Fraction(sums.exclusive.amount) * rate + Fraction(sums.inclusive.amount) * rate / (1 + rate)


@pytest.mark.req("INT-055", "GEN-003")
@given(tax_rates, amounts, amounts, roundings)
def test_tax_is_less_than_one_yen_from_the_exact_fraction_on_the_side_of_its_mode(
    rate: Rate, without: int, with_tax: int, rounding: Rounding
) -> None:
    sums = TaxSums(rate, yen(without), yen(with_tax))
    exact = exact_tax(sums)

    tax = Fraction(tax_of(sums, rounding).tax.amount)

    assert abs(tax - exact) < 1
    match rounding:
        case Rounding.FLOOR:
            assert abs(tax) <= abs(exact)
        case Rounding.CEIL:
            assert abs(tax) >= abs(exact)
        case Rounding.HALF_UP:
            assert abs(tax - exact) <= Fraction(1, 2)


@pytest.mark.req("INT-055")
@given(tax_rates, amounts, amounts, roundings)
def test_gross_is_net_plus_tax_and_a_reversal_mirrors_it(
    rate: Rate, without: int, with_tax: int, rounding: Rounding
) -> None:
    sums = TaxSums(rate, yen(without), yen(with_tax))

    taxed, reversed_ = tax_of(sums, rounding), tax_of(-sums, rounding)

    assert taxed.gross == taxed.net + taxed.tax
    assert (reversed_.net, reversed_.tax, reversed_.gross) == (-taxed.net, -taxed.tax, -taxed.gross)


@pytest.mark.req("INT-055")
@given(tax_rates, positive, positive, st.integers(0, 1000), roundings)
def test_more_goods_never_mean_less_tax(rate: Rate, without: int, with_tax: int, more: int, rounding: Rounding) -> None:
    tax = tax_of(TaxSums(rate, yen(without), yen(with_tax)), rounding).tax

    assert tax_of(TaxSums(rate, yen(without + more), yen(with_tax)), rounding).tax >= tax
    assert tax_of(TaxSums(rate, yen(without), yen(with_tax + more)), rounding).tax >= tax


@pytest.mark.req("GEN-003")
@given(st.lists(st.tuples(st.sampled_from([TEN, EIGHT, Rate.of(0)]), amounts, amounts)), roundings)
def test_a_document_rounds_each_rate_once_whatever_the_order_of_its_lines(
    lines: list[tuple[Rate, int, int]], rounding: Rounding
) -> None:
    sums = [TaxSums(rate, yen(without), yen(with_tax)) for rate, without, with_tax in lines]

    document = tax_breakdown(sums, JPY, rounding)

    assert document == tax_breakdown(reversed(sums), JPY, rounding)
    assert document.gross == document.net + document.tax
    assert [taxed.rate for taxed in document.per_rate] == sorted({rate for rate, _, _ in lines}, reverse=True)


def test_a_document_without_lines_has_no_rates_and_no_tax() -> None:
    assert floor_breakdown() == TaxBreakdown((), JPY)
    assert floor_breakdown().gross == yen(0)


def test_tax_does_not_depend_on_the_threads_decimal_context() -> None:
    sums = TaxSums(Rate.of("7.125"), yen(123_456_789), yen(987_654_321))
    expected = tax_of(sums, Rounding.HALF_UP)

    with decimal.localcontext(prec=2, rounding=decimal.ROUND_UP):
        assert tax_of(sums, Rounding.HALF_UP) == expected


def test_sums_of_two_rates_or_currencies_are_not_added() -> None:
    with pytest.raises(RateMismatch):
        exclusive(1) + exclusive(1, EIGHT)
    with pytest.raises(CurrencyMismatch):
        tax_breakdown([exclusive(1)], USD, Rounding.FLOOR)
    with pytest.raises(CurrencyMismatch):
        tax_of(TaxSums(TEN, yen(1), Money.of(1, USD)), Rounding.FLOOR)
