"""Generated customer codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.core.codes import next_codes


@pytest.mark.req("CUS-030")
def test_the_next_code_follows_the_last_one() -> None:
    assert next_codes("C", 1, last=122, taken=set()) == (["C000123"], 123)


@pytest.mark.req("CUS-030")
def test_used_codes_are_skipped_ignoring_case() -> None:
    assert next_codes("c", 2, last=122, taken={"C000123", "C000125"}) == (["c000124", "c000126"], 126)


@pytest.mark.req("CUS-030")
@pytest.mark.parametrize(
    ("prefix", "last", "given"), [("ABCDEF", 8, ["ABCDEF9"]), ("ABCDEF", 9, []), ("", 0, ["0000001"])]
)
def test_a_sequence_ends_with_its_digits(prefix: str, last: int, given: list[str]) -> None:
    assert next_codes(prefix, 1, last=last, taken=set())[0] == given


@pytest.mark.req("CUS-030")
def test_what_is_left_of_a_sequence_is_given_out() -> None:
    assert next_codes("ABCDE", 5, last=96, taken={"ABCDE98"}) == (["ABCDE97", "ABCDE99"], 99)


@given(st.from_regex(r"\A[A-Za-z0-9]{0,6}\Z"), st.integers(0, 50), st.integers(0, 200), st.sets(st.integers(0, 250)))
def test_codes_are_new_different_seven_long_and_ascending(prefix: str, count: int, last: int, used: set[int]) -> None:
    digits = 7 - len(prefix)
    taken = {f"{prefix.upper()}{number:0{digits}d}" for number in used}

    codes, now = next_codes(prefix, count, last=last, taken=taken)

    assert len(codes) <= count
    assert all(len(code) == 7 and code.startswith(prefix) and code.upper() not in taken for code in codes)
    assert codes == sorted(set(codes))
    assert now >= last
    again, _ = next_codes(prefix, count, last=now, taken=taken)
    assert not set(codes) & set(again)
