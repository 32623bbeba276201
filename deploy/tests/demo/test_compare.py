"""A difference in any expected figure is found, and nothing that is equal passes for one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.demo.compare import Step, differences, figure, rate_name, rates_asked, same, total

_LEAF = st.one_of(st.integers(), st.text("abc", max_size=3), st.booleans(), st.none())
_TREE = st.recursive(
    _LEAF, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("xyz"), inner, max_size=3))
)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (660, "660"), (660, "660.0000"), ("55", "55.00"), (0, "0"), (0, "-0"), ("S", "S"), (None, None), (True, True),
    ],
)  # fmt: skip
def test_the_same_number_in_another_spelling_is_the_same(expected: Any, actual: Any) -> None:
    assert same(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (660, "661"), (660, "660.01"), (1, True), (True, 1), (0, False), (0, None), (None, 0), ("", None), ("S", "s"),
        (660, "six"), ("NaN", "NaN?"),
    ],
)  # fmt: skip
def test_what_only_looks_alike_is_a_difference(expected: Any, actual: Any) -> None:
    assert not same(expected, actual)


@given(_TREE)
def test_anything_equals_itself(tree: Any) -> None:
    assert list(differences("x", tree, tree)) == []


@given(st.dictionaries(st.text("xyz"), st.integers(), min_size=1), st.data())
def test_a_change_of_one_figure_is_that_one_difference(expected: dict[str, int], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(expected)))
    actual = {"deep": [expected | {key: expected[key] + 1}]}

    [found] = differences("x", {"deep": [expected]}, actual)

    assert (found.where, found.expected, found.actual) == (f"x.deep[0].{key}", expected[key], expected[key] + 1)


@pytest.mark.parametrize("actual", [None, "no", 7, [], [1], [1, 2, 3], {"a": 1}])
def test_a_list_of_another_length_or_kind_is_one_difference(actual: Any) -> None:
    assert len(list(differences("x", [1, 2], actual))) == 1


def test_a_key_that_is_missing_is_a_difference_and_one_too_many_is_not() -> None:
    found = list(differences("x", {"a": 1, "b": 2}, {"a": 1, "c": 3}))

    assert [(one.where, one.actual) for one in found] == [("x.b", None)]


def test_counts_must_not_hold_what_nobody_expects() -> None:
    step = Step("s")

    step.check_counts("states", {"PAID": 2, "ISSUED": 0}, {"PAID": 2, "VOID": 1})

    assert [one.as_json() for one in step.differences] == [{"where": "states.VOID", "expected": 0, "actual": 1}]


def test_sums_are_never_cut_to_whole_numbers() -> None:
    assert total(["10", "0.5", 2]) == "12.5"
    assert total(["10", "0.5", "0.50"]) == 11
    assert total([]) == 0
    assert (figure("660.000"), figure("-1.10"), figure(Decimal("1E+3"))) == (660, "-1.10", 1000)
    assert (rate_name("10.000"), rate_name("0"), rate_name("7.125")) == ("10", "0", "7.125")


def test_rates_of_nothing_but_zeros_are_not_asked_for_nor_is_another_reading() -> None:
    sums: dict[str, dict[str, Any]] = {"10": {"net": 100, "gross_alt": 111}, "8": {"net": 0, "tax": "0"}, "0": {"net": 0, "inclusive_sum": 200}}

    assert rates_asked(sums) == {"10": {"net": 100}, "0": {"net": 0, "inclusive_sum": 200}}


def test_a_report_shows_two_hundred_differences_and_counts_all() -> None:
    step = Step("s", expected={"n": 1}, actual={"n": 2})
    for number in range(201):
        step.check(f"n{number}", 1, 2)

    told = step.as_json()

    assert (told["ok"], told["difference_count"], len(told["differences"])) == (False, 201, 200)
    assert told["differences"][0] == {"where": "n0", "expected": 1, "actual": 2}
