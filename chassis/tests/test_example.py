"""The worked example of README.md does what the README says."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from chassis.database import Database
from chassis.example.tables import Row, TallyRow
from chassis.example.wire import BuyerState, OrderNoted
from chassis.statements import table_of
from chassis.testing.messages import Deliver, Outbox
from chassis.testing.migrations import differences

CUSTOMER = UUID("01900000-0000-7000-8000-000000000001")


def a_note(number: str = "A-1", amount: str = "100") -> dict[str, str]:
    return {"customer_id": str(CUSTOMER), "number": number, "amount": amount, "ordered_on": "2026-01-05"}


async def test_a_noted_order_is_announced(client: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await client.post("/v1/notes", json=a_note())
    assert answer.status_code == 201, answer.text
    order_id = UUID(answer.json()["order_id"])
    assert await outbox() == [OrderNoted(order_id=order_id, customer_id=CUSTOMER, number="A-1", amount=Decimal(100))]


async def test_a_refused_order_leaves_nothing_behind(client: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await client.post("/v1/notes", json=a_note(amount="0"))
    assert (answer.status_code, answer.json()["code"]) == (422, "NOTHING_ORDERED")
    assert await outbox() == []


async def test_of_many_orders_the_good_ones_stand(client: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await client.post("/v1/note-batches", json=[a_note("A-1"), a_note("A-2", "0"), a_note("A-3")])
    assert (answer.json()["accepted"], answer.json()["refused"]) == (2, 1)
    assert [body.number for body in await outbox() if isinstance(body, OrderNoted)] == ["A-1", "A-3"]


@pytest.mark.req("GEN-008")
async def test_an_order_waits_for_its_customer_and_is_then_counted(
    database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    noted = OrderNoted(order_id=UUID(int=1), customer_id=CUSTOMER, number="A-1", amount=Decimal(100))
    await deliver(noted)
    async with database.transaction(maker_id) as tx:
        assert await tx.rows(select(table_of(TallyRow))) == []
    await deliver(BuyerState(customer_id=CUSTOMER, name="山田"))
    async with database.transaction(maker_id) as tx:
        [tally] = await tx.rows(select(table_of(TallyRow)).where(col(TallyRow.maker_id) == maker_id))
    assert (tally.orders, tally.amount) == (1, Decimal(100))


async def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    assert await differences(database, Row.metadata) == []
