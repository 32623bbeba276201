"""Sets of amounts that add up (PAY-031 c): exact, oldest and smallest first, bounded for two hundred invoices."""

from __future__ import annotations

from itertools import combinations, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.core.matching.sums import MOST_ITEMS, OLDEST, Sums


def _sets(amounts: list[int], *targets: int, most: int = 1_000) -> list[tuple[int, ...]]:
    return list(islice(Sums(amounts, targets[-1]).sets(targets), most))


@pytest.mark.req("PAY-031")
def test_a_pair_comes_before_three_and_more() -> None:
    assert _sets([100, 200, 300, 150, 50], 300) == [(0, 1), (0, 3, 4)]
    assert _sets([10, 20, 30, 40], 100) == [(0, 1, 2, 3)]
    assert _sets([10, 20], 40) == []


@pytest.mark.req("PAY-031")
def test_ten_invoices_may_be_paid_at_once_but_not_eleven() -> None:
    amounts = [1 << at for at in range(11)]
    assert _sets(amounts, sum(amounts[:10])) == [tuple(range(10))]
    assert _sets(amounts, sum(amounts)) == []


@pytest.mark.req("PAY-031")
def test_sets_come_in_the_order_of_their_invoices() -> None:
    assert _sets([50, 70, 50, 30, 50], 100) == [(0, 2), (0, 4), (1, 3), (2, 4)]
    assert _sets([40, 20, 40, 20], 100, 105)[:2] == [(0, 1, 2), (0, 2, 3)]


@given(st.lists(st.integers(1, 60), max_size=9), st.integers(1, 200))
def test_among_few_invoices_every_set_is_found_once(amounts: list[int], target: int) -> None:
    indexes = range(len(amounts))
    expected = [
        chosen
        for size in range(2, min(MOST_ITEMS, len(amounts)) + 1)
        for chosen in combinations(indexes, size)
        if sum(amounts[at] for at in chosen) == target
    ]
    sums = Sums(amounts, target)
    assert sorted(sums.sets([target])) == sorted(expected)
    assert not sums.exhausted


@given(st.lists(st.integers(1, 60), max_size=8), st.integers(1, 150), st.integers(1, 20))
def test_several_sums_are_looked_for_in_one_go(amounts: list[int], target: int, gap: int) -> None:
    apart = [*_sets(amounts, target), *_sets(amounts, target + gap)]
    assert sorted(_sets(amounts, target, target + gap)) == sorted(apart)


def test_two_hundred_invoices_are_looked_through_without_walking_every_set() -> None:
    amounts = [10_000 + 997 * at * at % 700_001 for at in range(200)]
    sums = Sums(amounts, sum(amounts[:6]))
    found = list(islice(sums.sets([sum(amounts[:6])]), 3))
    assert all(sum(amounts[at] for at in one) == sum(amounts[:6]) for one in found)
    assert tuple(range(6)) in found or len(found) == 3
    assert OLDEST < 200


def test_a_walk_without_end_stops_and_says_so() -> None:
    amounts = [2] * OLDEST
    sums = Sums([*amounts, 1], 25)
    assert len(list(islice(sums.sets([18]), 3))) == 3
    hopeless = Sums([3 + (at % 3) for at in range(OLDEST)], 41)
    list(hopeless.sets([41]))
    assert hopeless.exhausted
