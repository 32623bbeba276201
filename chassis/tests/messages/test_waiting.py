"""Messages that need a fact of another topic: pending, in order behind it, and tried when the fact arrives."""

from __future__ import annotations

import pytest

from chassis.database import Database, Role
from chassis.example.trials import Scripted, customer, heard, held, noted, order, query, struck
from chassis.example.wire import BuyerState
from chassis.testing.messages import Deliver

ORDER_1, ORDER_2 = f"order/{order(1)}", f"order/{order(2)}"


async def arrive(database: Database, scripted: Deliver, number: int) -> None:
    async with database.transaction(scripted.maker_id) as tx:
        await tx.arrived([f"customer/{customer(number)}"])


@pytest.mark.req("GEN-008")
async def test_a_message_waits_for_its_fact_and_later_ones_of_its_subject_with_it(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.missing = {customer(1)}
    await scripted(noted(1, of=1), struck(1, of=1), noted(2, of=2))
    assert await heard(database) == [(ORDER_2, 1)]
    assert await held(database) == [("waiting", ORDER_1, 1), ("behind", ORDER_1, 2)]
    script.missing.clear()
    await arrive(database, scripted, 1)
    await scripted.intake().release()
    assert await heard(database) == [(ORDER_2, 1), (ORDER_1, 1), (ORDER_1, 2)]
    assert await held(database) == []


async def test_a_fact_of_another_maker_wakes_nobody(scripted: Deliver, script: Scripted, database: Database) -> None:
    script.missing = {customer(1)}
    await scripted(noted(1))
    async with database.transaction(customer(99)) as tx:
        await tx.arrived([f"customer/{customer(1)}"])
    assert await query(database, "select ready from parked_messages") == [(False,)]


async def test_a_message_that_waited_in_vain_goes_on_waiting_ever_longer(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.missing = {customer(1)}
    await scripted(noted(1))
    await arrive(database, scripted, 1)
    assert await scripted.intake().release() == 1
    assert await scripted.intake().release() == 0
    assert await query(database, "select reason, attempts, ready from parked_messages") == [("waiting", 1, False)]


async def test_a_wake_up_that_was_missed_is_made_good(scripted: Deliver, script: Scripted, database: Database) -> None:
    """The fact's transaction looked for waiting messages just before ours committed one."""
    script.missing = {customer(1)}
    await scripted(noted(1))
    script.missing.clear()
    async with database.connection(Role.WORKER) as connection:
        await connection.exec_driver_sql("update parked_messages set retry_at = now()")
        await connection.commit()
    await scripted.intake().release()
    assert await heard(database) == [(ORDER_1, 1)]


async def test_a_fact_in_the_same_batch_wakes_the_message_before_it(deliver: Deliver, database: Database) -> None:
    """The worked example: the order comes first, its customer right behind."""
    await deliver(noted(1, of=1), BuyerState(customer_id=customer(1), name="山田"))
    assert await query(database, "select orders from tallies") == [(1,)]
    assert await held(database) == []


async def test_a_waiting_message_that_fails_when_its_turn_comes_is_parked(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.missing, script.poison = {customer(1)}, {"bad"}
    await scripted(noted(2, of=2), noted(1, of=1, text="A"))
    await scripted(struck(1, of=1))
    script.missing.clear()
    script.poison = {"A"}
    await arrive(database, scripted, 1)
    await scripted.intake().release()
    assert await held(database) == [("failed", ORDER_1, 1), ("behind", ORDER_1, 2)]


async def test_a_wait_in_the_middle_of_a_batch_costs_the_others_nothing(
    scripted: Deliver, script: Scripted, database: Database
) -> None:
    script.missing = {customer(3)}
    await scripted(*(body for n in range(1, 7) for body in (noted(n, of=n), struck(n, of=n))))
    assert len(await heard(database)) == 10
    assert await held(database) == [("waiting", f"order/{order(3)}", 1), ("behind", f"order/{order(3)}", 2)]
