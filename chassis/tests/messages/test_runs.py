"""Cutting batches into runs: few of them, nothing lost, the order of each key kept."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chassis.kafka import TopicKind
from chassis.messages.envelope import Received
from chassis.messages.runs import cut

MAKERS = (UUID(int=1), UUID(int=2))


def message(at: int, key: int, type_: int, maker: int) -> Received:
    return Received(
        topic="example.events",
        partition=0,
        offset=at,
        key=b"%d" % key,
        value=b"",
        headers=(),
        kind=TopicKind.EVENTS,
        type=f"t{type_}",
        maker_id=MAKERS[maker],
    )


batches = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 1)), max_size=60).map(
    lambda drawn: [message(at, *facts) for at, facts in enumerate(drawn)]
)


@given(batches)
def test_every_message_is_in_exactly_one_run_of_its_type_and_maker(batch: list[Received]) -> None:
    runs = cut(batch)
    assert sorted(one.offset for run in runs for one in run.messages) == [one.offset for one in batch]
    assert all((one.type, one.maker_id) == (run.type, run.maker_id) for run in runs for one in run.messages)


@given(batches)
def test_the_order_of_each_key_is_kept(batch: list[Received]) -> None:
    applied = [one for run in cut(batch) for one in run.messages]
    for key in {one.key for one in batch}:
        assert [one.offset for one in applied if one.key == key] == [one.offset for one in batch if one.key == key]


@given(batches)
def test_there_are_never_more_runs_than_changes_of_type_or_maker(batch: list[Received]) -> None:
    changes = sum(1 for one, other in pairwise(batch) if (one.type, one.maker_id) != (other.type, other.maker_id))
    assert len(cut(batch)) <= changes + bool(batch)


def test_types_that_alternate_over_different_keys_are_two_runs() -> None:
    assert len(cut([message(at, key=at, type_=at % 2, maker=0) for at in range(500)])) == 2


def test_types_that_alternate_within_one_key_stay_in_order() -> None:
    assert len(cut([message(at, key=1, type_=at % 2, maker=0) for at in range(6)])) == 6
