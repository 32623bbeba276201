"""Whatever happens to a stream on its way: effects are once, in order per subject, and nothing is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.database import Database
from chassis.example.trials import Scripted, customer, noted, query
from chassis.service import Service
from chassis.testing.messages import Deliver, InMemoryRecord

SUBJECTS, LONGEST = 4, 5
_offsets = count(10**9)  # a relay that sends twice makes two records


@dataclass(frozen=True)
class Stream:
    """Messages per subject, which of them fail or wait, and how they arrive: shuffled, repeated, cut into batches."""

    lengths: tuple[int, ...]
    poison: frozenset[tuple[int, int]]
    waiting: frozenset[int]
    arrivals: tuple[int, ...]
    cuts: tuple[int, ...]


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    lengths = tuple(draw(st.lists(st.integers(1, LONGEST), min_size=SUBJECTS, max_size=SUBJECTS)))
    total = sum(lengths)
    places = st.tuples(st.integers(0, SUBJECTS - 1), st.integers(1, LONGEST))
    repeated = draw(st.lists(st.integers(0, total - 1), max_size=6))
    return Stream(
        lengths,
        frozenset(draw(st.lists(places, max_size=2))),
        frozenset(draw(st.lists(st.integers(0, SUBJECTS - 1), max_size=1))),
        tuple(draw(st.permutations([*range(total), *repeated]))),
        tuple(sorted(draw(st.lists(st.integers(0, total), max_size=5)))),
    )


def _batches(stream: Stream, deliver: Deliver) -> list[list[InMemoryRecord]]:
    records = [
        deliver.record(noted(subject, of=subject, text="bad" if (subject, number) in stream.poison else "A"))
        for subject, length in enumerate(stream.lengths)
        for number in range(1, length + 1)
    ]
    arriving = [replace(records[at], offset=next(_offsets)) for at in stream.arrivals]
    bounds = [0, *stream.cuts, len(arriving)]
    return [arriving[start:end] for start, end in pairwise(bounds) if end > start]


async def _heard(database: Database, maker_id: UUID) -> dict[str, list[int]]:
    rows = await query(database, "select subject, sequence from heard where maker_id = $1 order by id", maker_id)
    found: dict[str, list[int]] = defaultdict(list)
    for subject, sequence in rows:
        found[subject].append(sequence)
    return found


async def _held(database: Database, maker_id: UUID, *reasons: str) -> list[int]:
    sql = "select id from parked_messages where maker_id = $1 and ($2::text[] = '{}' or reason = any($2)) order by id"
    return [id_ for (id_,) in await query(database, sql, maker_id, list(reasons))]


def _expected(stream: Stream, subject: int) -> Sequence[int]:
    """What may be applied before anything is repaired: everything before the first failing or waiting message."""
    if subject in stream.waiting:
        return []
    fails = [number for place, number in stream.poison if place == subject]
    return range(1, min([*fails, stream.lengths[subject] + 1]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=streams())
async def test_every_message_is_applied_once_and_in_order_whatever_arrives_how(
    database: Database, service: Service, stream: Stream
) -> None:
    script = Scripted(poison={"bad"}, missing={customer(subject) for subject in stream.waiting})
    deliver = Deliver(database, replace(service, listens=script.listens), clock.new_id())
    for batch in _batches(stream, deliver):
        await deliver.records(*batch, may_park=True)
    heard = await _heard(database, deliver.maker_id)
    for subject in range(SUBJECTS):
        assert heard[noted(subject).subject()] == list(_expected(stream, subject))

    script.poison.clear()
    script.missing.clear()
    async with database.transaction(deliver.maker_id) as tx:
        await tx.arrived([f"customer/{customer(subject)}" for subject in stream.waiting])
    intake = deliver.intake()
    await intake.release()
    await intake.replay(await _held(database, deliver.maker_id, "failed"))
    heard = await _heard(database, deliver.maker_id)
    for subject, length in enumerate(stream.lengths):
        assert heard[noted(subject).subject()] == list(range(1, length + 1))
    assert await _held(database, deliver.maker_id) == []
