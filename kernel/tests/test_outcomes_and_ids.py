"""Outcomes, refusals and time-ordered ids."""

from __future__ import annotations

from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import uuid7
from kernel.outcome import Outcome, accepted, refusals
from kernel.refusal import Refusal

entropies = st.binary(min_size=10, max_size=16)


def test_outcomes_fall_apart_into_what_was_done_and_what_was_refused() -> None:
    on_hold = Refusal("CUSTOMER_ON_HOLD", {"customer": "C000109"})
    outcomes: list[Outcome[int]] = [1, on_hold, 3]

    assert accepted(outcomes) == [1, 3]
    assert refusals(outcomes) == [on_hold]


def test_a_refusal_tells_where_and_what() -> None:
    refusal = Refusal("NOT_A_NUMBER", row=5, column=4, field="発送料", value="1,000")

    assert (refusal.code, dict(refusal.facts), refusal.row, refusal.column) == ("NOT_A_NUMBER", {}, 5, 4)
    assert refusal == Refusal("NOT_A_NUMBER", row=5, column=4, field="発送料", value="1,000")


@given(st.integers(0, 2**48 - 1), entropies)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond(unix_ms: int, entropy: bytes) -> None:
    made = uuid7(unix_ms, entropy)

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == unix_ms


@given(st.integers(0, 2**48 - 2), entropies, entropies)
def test_a_later_id_sorts_after_an_earlier_one(unix_ms: int, first: bytes, second: bytes) -> None:
    earlier, later = uuid7(unix_ms, first), uuid7(unix_ms + 1, second)

    assert earlier < later
    assert str(earlier) < str(later)


@pytest.mark.parametrize(("unix_ms", "entropy"), [(0, b"123456789"), (-1, b"1234567890"), (2**48, b"1234567890")])
def test_too_little_entropy_and_impossible_times_make_no_id(unix_ms: int, entropy: bytes) -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        uuid7(unix_ms, entropy)
