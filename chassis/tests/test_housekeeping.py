"""Old inbox entries and idempotency keys are forgotten; what they guarded against stays guarded."""

from __future__ import annotations

from datetime import timedelta

from chassis import clock
from chassis.database import Database, Role
from chassis.example.trials import heard, held, noted, query, struck
from chassis.housekeeping import INBOX_KEPT, KEYS_KEPT, tidy
from chassis.testing.messages import Deliver, InMemoryRecord


def dated(record: InMemoryRecord, age: timedelta) -> InMemoryRecord:
    time = (clock.now() - age).isoformat().encode()
    record.headers = [(name, time if name == "ce_time" else value) for name, value in record.headers]
    return record


async def test_a_duplicate_is_known_by_its_number_when_the_inbox_has_forgotten_it(
    scripted: Deliver, database: Database
) -> None:
    old = [dated(scripted.record(body), INBOX_KEPT + timedelta(days=1)) for body in (noted(1), struck(1))]
    await scripted.records(*old)
    assert await tidy(database, clock.now() + INBOX_KEPT + timedelta(hours=1)) == 2
    await scripted.records(*old)
    assert [number for _, number in await heard(database)] == [1, 2]
    assert await held(database) == []


async def test_only_what_is_past_its_time_is_forgotten(scripted: Deliver, database: Database) -> None:
    await scripted(noted(1))
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql(
            "insert into idempotency_keys (maker_id, route, key, body_hash, status, headers, body, created_at) "
            "select $1, 'POST /x', age::text, '', 201, '{}', '', now() - make_interval(days => age) "
            "from unnest(array[0, 7, 8, 9]) as age",
            (scripted.maker_id,),
        )
        await connection.commit()
    assert await tidy(database, clock.now()) == 2
    assert await query(database, "select count(*) from inbox") == [(1,)]
    assert timedelta(days=7) < KEYS_KEPT
