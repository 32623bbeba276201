"""Money, rates and the unit wholesale price (GEN-001, GEN-002, CAT-051, R6, R7)."""

from __future__ import annotations

import decimal
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import (
    JPY,
    SUPPORTED,
    BadRate,
    Currency,
    CurrencyMismatch,
    Money,
    Rate,
    Rounding,
    UnknownCurrency,
    total,
    wholesale_price,
)

USD = Currency.of("USD")
KWD = Currency("KWD", 3)

cents = st.decimals(min_value=-(10**12), max_value=10**12, places=4)
rates = st.decimals(min_value=0, max_value=100, places=2).map(Rate)
roundings = st.sampled_from(Rounding)


def yen(amount: str | int) -> Money:
    return Money.of(amount, JPY)


@pytest.mark.req("GEN-002")
@pytest.mark.parametrize(
    ("rounding", "amount", "expected"),
    [
        (Rounding.FLOOR, "101.5", "101"),
        (Rounding.HALF_UP, "101.5", "102"),
        (Rounding.CEIL, "101.5", "102"),
        (Rounding.HALF_UP, "101.4999", "101"),
        (Rounding.CEIL, "101.0001", "102"),
        (Rounding.CEIL, "101", "101"),
        (Rounding.FLOOR, "-101.5", "-101"),
        (Rounding.HALF_UP, "-101.5", "-102"),
        (Rounding.CEIL, "-101.5", "-102"),
        (Rounding.FLOOR, "-0.9", "0"),
        (Rounding.HALF_UP, "0.5", "1"),
        (Rounding.HALF_UP, "2.5", "3"),
    ],
)
def test_rounding_works_on_the_absolute_value_and_restores_the_sign(
    rounding: Rounding, amount: str, expected: str
) -> None:
    assert str(yen(amount).rounded(rounding)) == f"{expected} JPY"


@pytest.mark.req("GEN-002")
@given(cents, roundings, st.sampled_from([JPY, USD, KWD]))
def test_rounding_moves_less_than_one_unit_and_mirrors_negative_amounts(
    amount: Decimal, rounding: Rounding, currency: Currency
) -> None:
    money = Money(amount, currency)

    rounded = money.rounded(rounding)

    assert rounded.is_whole
    assert abs(rounded - money).amount < currency.unit
    assert rounded == -((-money).rounded(rounding))
    assert rounded.rounded(rounding) == rounded


@pytest.mark.req("CAT-051")
@pytest.mark.parametrize(
    ("original", "rate", "quantity", "unit_price", "amount"),
    [(1980, "65", 1, 1287, 1287), (999, "65", 10, 649, 6490), (2000, "60", 3, 1200, 3600)],
)
def test_the_unit_price_is_rounded_and_then_multiplied(
    original: int, rate: str, quantity: int, unit_price: int, amount: int
) -> None:
    price = wholesale_price(yen(original), Rate.of(rate), Rounding.FLOOR)

    assert price == yen(unit_price)
    assert price * quantity == yen(amount)


@pytest.mark.req("CAT-051", "GEN-002")
def test_half_a_yen_is_decided_at_the_unit_price_and_nowhere_else() -> None:
    original, rate = yen(1990), Rate.of("55")

    assert wholesale_price(original, rate, Rounding.FLOOR) * 3 == yen(3282)
    assert wholesale_price(original, rate, Rounding.HALF_UP) * 3 == yen(3285)
    assert (original * rate.fraction * 3).rounded(Rounding.FLOOR) == yen(3283)


@pytest.mark.req("CAT-051")
@pytest.mark.parametrize(
    ("original", "rate", "price"), [(4900, "57", 2793), (5800, "58", 3364), (12800, "57", 7296), (100, "62.5", 62)]
)
def test_prices_that_floats_get_wrong_are_exact(original: int, rate: str, price: int) -> None:
    assert wholesale_price(yen(original), Rate.of(rate), Rounding.FLOOR) == yen(price)


@pytest.mark.req("CAT-051")
@given(st.integers(0, 10**9), rates, roundings)
def test_a_wholesale_price_is_within_one_yen_of_the_fraction_and_never_above_the_original(
    original: int, rate: Rate, rounding: Rounding
) -> None:
    exact = Fraction(original) * Fraction(rate.percent) / 100

    price = wholesale_price(yen(original), rate, rounding)

    assert abs(Fraction(price.amount) - exact) < 1
    assert yen(0) <= price <= yen(original)


def test_the_yen_has_no_minor_unit_and_the_dinar_has_three() -> None:
    assert [JPY.unit, USD.unit, KWD.unit] == [Decimal(1), Decimal("0.01"), Decimal("0.001")]
    assert str(Money.of("30.025", USD).rounded(Rounding.HALF_UP)) == "30.03 USD"
    assert str(Money.of("30.0005", KWD).rounded(Rounding.HALF_UP)) == "30.001 KWD"
    assert str(yen(1500)) == "1500 JPY"


def test_a_foreign_sum_is_rounded_in_its_own_currency() -> None:
    assert (Money.of("100.10", USD) * 3 * Rate.of(10).fraction).rounded(Rounding.FLOOR) == Money.of("30.03", USD)


def test_exactly_23_currencies_are_supported_and_others_are_named_unknown() -> None:
    assert len(SUPPORTED) == 23
    assert {code for code, currency in SUPPORTED.items() if currency.minor_units == 0} == {"JPY", "KRW", "VND"}
    with pytest.raises(UnknownCurrency, match="KWD"):
        Currency.of("KWD")


@pytest.mark.parametrize("mixed", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_two_currencies_never_meet_in_one_sum_or_comparison(mixed: object) -> None:
    assert callable(mixed)
    with pytest.raises(CurrencyMismatch):
        mixed(yen(1), Money.of(1, USD))


def test_a_total_of_nothing_is_zero_and_refuses_another_currency() -> None:
    assert total([], JPY) == yen(0)
    assert total([yen(1), yen("0.5"), yen(-3)], JPY) == yen("-1.5")
    with pytest.raises(CurrencyMismatch):
        total([yen(1), Money.of(1, USD)], JPY)


@pytest.mark.parametrize("text", ["", "1e3", "１０", "1_000", "1,000", "NaN", "Infinity", "+1", " 1", ".5", "1."])
def test_text_that_is_no_plain_decimal_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        Money.of(text, JPY)


def test_floats_and_infinities_hold_no_money() -> None:
    with pytest.raises(TypeError):
        Money.of(0.1, JPY)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError):
        yen(1) * 0.5  # type: ignore[operator]  # that is the point
    with pytest.raises(ValueError, match="finite"):
        Money.of(Decimal("NaN"), JPY)


def test_zero_has_no_sign() -> None:
    assert str(yen(0) * -1) == "0 JPY"
    assert str(-yen(0)) == "0 JPY"
    assert not yen(0).is_negative
    assert not yen(0)


@pytest.mark.parametrize(("amount", "within"), [(999_999_999_999, True), (1_000_000_000_000, False)])
def test_amounts_end_at_the_limit_of_either_sign(amount: int, within: bool) -> None:
    assert yen(amount).is_within_limit is within
    assert yen(-amount).is_within_limit is within


@given(cents, cents, st.integers(-(10**6), 10**6))
def test_arithmetic_is_exact_whatever_the_thread_has_set_as_precision(a: Decimal, b: Decimal, factor: int) -> None:
    expected = Fraction(a) * factor + Fraction(b) - Fraction(a)

    with decimal.localcontext(prec=3, rounding=decimal.ROUND_UP):
        result = Money(a, USD) * factor + Money(b, USD) - Money(a, USD)

    assert Fraction(result.amount) == expected


def test_a_product_too_long_to_be_exact_raises_instead_of_rounding() -> None:
    long = Decimal("1." + "1" * 60)
    with pytest.raises(decimal.Inexact):
        Money(long, USD) * long


@pytest.mark.parametrize("percent", ["-0.01", "100.01", "100.001", "62.1234", "abc", "NaN", ""])
def test_a_rate_outside_0_to_100_or_finer_than_three_decimals_is_refused(percent: str) -> None:
    with pytest.raises(BadRate):
        Rate.of(percent)


@pytest.mark.parametrize(
    ("given_text", "shown", "fraction"),
    [
        ("62.50", "62.5", "0.625"),
        ("0", "0", "0"),
        ("100", "100", "1"),
        ("8.0", "8", "0.08"),
        ("7.125", "7.125", "0.07125"),
    ],
)
def test_a_rate_shows_as_people_write_it(given_text: str, shown: str, fraction: str) -> None:
    assert str(Rate.of(given_text)) == shown
    assert Rate.of(given_text).fraction == Decimal(fraction)


def test_a_discount_of_40_percent_is_the_rate_60() -> None:
    assert wholesale_price(yen(10000), Rate.off("40"), Rounding.FLOOR) == yen(6000)
    assert Rate.off("40") == Rate.of("60.0")


def test_equal_amounts_are_one_key_however_many_zeros_they_carry() -> None:
    assert {Money.of("1.0", USD): "x"}[Money.of("1.00", USD)] == "x"
    assert {Rate.of("8"): "x"}[Rate.of("8.00")] == "x"
    assert Rate.of("8") < Rate.of("10")
    assert pickle.loads(pickle.dumps(yen(5))) == yen(5)
