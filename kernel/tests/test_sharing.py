"""Parts that add up to the whole (INT-052, R5, R23)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.money import JPY, Currency, Money, total
from kernel.refusal import Refusal
from kernel.sharing import prorate_down, share_by_largest_remainder

USD = Currency.of("USD")
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


def yen(amount: int) -> Money:
    return Money.of(amount, JPY)


def test_fifty_units_over_10_20_50_give_6_13_31() -> None:
    assert share_by_largest_remainder(50, [10, 20, 50]) == [6, 13, 31]


def test_equal_remainders_go_to_the_earlier_order() -> None:
    assert share_by_largest_remainder(50, [25, 35, 40]) == [13, 17, 20]


def test_cases_of_six_are_not_broken_and_two_units_stay() -> None:
    assert share_by_largest_remainder(50, [25, 35, 40], 6) == [12, 18, 18]


def test_a_discount_of_92_is_shared_as_76_and_16() -> None:
    assert share_by_largest_remainder(92, [7398, 1595]) == [76, 16]
    assert share_by_largest_remainder(-92, [7398, 1595]) == [-76, -16]


def test_a_decimal_total_is_shared_in_decimal_steps() -> None:
    assert share_by_largest_remainder(Decimal("9.20"), [7398, 1595], Decimal("0.01")) == [
        Decimal("7.57"),
        Decimal("1.63"),
    ]


def test_nothing_is_given_where_nobody_has_a_weight() -> None:
    assert share_by_largest_remainder(50, []) == []
    assert share_by_largest_remainder(50, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("shares", "step"), [([1, -1], 1), ([1, 1], 0), ([1, 1], -1)])
def test_negative_weights_and_empty_steps_are_refused(shares: list[int], step: int) -> None:
    with pytest.raises(ValueError, match="weights are zero or more"):
        share_by_largest_remainder(50, shares, step)


@given(st.integers(-(10**9), 10**9), weights)
def test_the_shares_add_up_and_each_is_less_than_one_from_its_due(amount: int, weights: list[int]) -> None:
    assume(any(weights))

    shares = share_by_largest_remainder(amount, weights)

    assert sum(shares) == amount
    assert all(abs(s * sum(weights) - amount * w) < sum(weights) for s, w in zip(shares, weights, strict=True))


@given(weights, st.integers(0, 10**6))
def test_scarce_goods_shared_by_request_never_exceed_the_request(requests: list[int], stock: int) -> None:
    assume(stock <= sum(requests))

    shares = share_by_largest_remainder(stock, requests)

    assert all(share <= request for share, request in zip(shares, requests, strict=True))


@pytest.mark.req("INT-052")
def test_a_thousand_points_over_11000_and_5400_give_671_and_329() -> None:
    assert prorate_down(yen(1000), [("10", yen(11_000)), ("8", yen(5400))]) == {"10": yen(671), "8": yen(329)}


@pytest.mark.req("INT-052")
def test_the_remainder_goes_to_the_largest_base_and_on_a_tie_to_the_higher_rate() -> None:
    bases = [(8, yen(500)), (10, yen(500)), (0, yen(1))]

    assert prorate_down(yen(101), bases, tie=lambda rate: rate) == {8: yen(50), 10: yen(51), 0: yen(0)}
    assert prorate_down(yen(101), bases) == {8: yen(51), 10: yen(50), 0: yen(0)}


@pytest.mark.req("INT-052")
def test_an_amount_equal_to_the_bases_is_taken_and_one_yen_more_is_refused() -> None:
    bases = [("10", yen(60)), ("8", yen(40))]

    assert prorate_down(yen(100), bases) == {"10": yen(60), "8": yen(40)}
    assert prorate_down(yen(101), bases) == Refusal("PRORATE_EXCEEDS", {"amount": "101 JPY", "most": "100 JPY"})


def test_nothing_over_nothing_is_nothing_and_something_is_refused() -> None:
    assert prorate_down(yen(0), []) == {}
    assert prorate_down(yen(0), [("10", yen(0))]) == {"10": yen(0)}
    assert isinstance(prorate_down(yen(1), []), Refusal)


def test_a_base_below_zero_takes_nothing() -> None:
    assert prorate_down(yen(10), [("10", yen(100)), ("8", yen(-50))]) == {"10": yen(10), "8": yen(0)}


def test_a_base_named_twice_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="once"):
        prorate_down(yen(1), [("10", yen(1)), ("10", yen(1))])


def test_dollars_are_prorated_to_the_cent() -> None:
    bases = [("a", Money.of("10.00", USD)), ("b", Money.of("20.00", USD))]

    assert prorate_down(Money.of("1.00", USD), bases) == {"a": Money.of("0.33", USD), "b": Money.of("0.67", USD)}


@pytest.mark.req("INT-052")
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=5), st.integers(-(10**9), 10**9))
def test_prorated_shares_add_up_and_round_down_except_for_the_largest(bases: list[int], amount: int) -> None:
    assume(abs(amount) <= sum(bases))

    shares = prorate_down(yen(amount), [(index, yen(base)) for index, base in enumerate(bases)])

    assert not isinstance(shares, Refusal)
    assert total(shares.values(), JPY) == yen(amount)
    largest = bases.index(max(bases))
    for index, base in enumerate(bases):
        if index != largest:
            assert abs(shares[index]) == yen(abs(amount) * base // sum(bases) if amount else 0)
