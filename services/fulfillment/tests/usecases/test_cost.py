"""The cost of a bulk call: as many statements for a hundred commands as for two (PERFORMANCE)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event

from chassis.database import Database, Role
from chassis.testing.messages import Deliver
from services.fulfillment.tests.wires import a_customer, a_maker, an_exemption, an_invoice, an_order

Client = httpx.AsyncClient
Json = dict[str, Any]


@contextmanager
def counted(database: Database, role: Role) -> Iterator[list[str]]:
    """Every statement that runs under the role meanwhile."""
    engine, seen = database.engine(role).sync_engine, list[str]()

    def count(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


def notes(first: int, last: int, advance: str = "shipped") -> list[Json]:
    day = {"issued_on": "2026-06-10", "delivery_date": "2026-06-10"}
    numbers = range(first, last + 1)
    return [{"lines": [{"order_number": f"W-{number}"}], "advance": advance, **day} for number in numbers]


async def test_many_cost_as_many_statements_as_two(
    client: Client, database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer())
    stocked = [await worker_cost(database, deliver, first, last) for first, last in ((1, 2), (3, 102))]
    assert stocked[0] == stocked[1]
    few, many = notes(1, 2), notes(3, 102)
    assert await cost(client, database, "/v1/delivery-note-batches", few) == await cost(
        client, database, "/v1/delivery-note-batches", many
    )


async def worker_cost(database: Database, deliver: Deliver, first: int, last: int) -> int:
    with counted(database, Role.WORKER) as seen:
        await deliver(*(an_order(number) for number in range(first, last + 1)))
    return len(seen)


async def cost(client: Client, database: Database, path: str, body: object) -> int:
    with counted(database, Role.API) as seen:
        answer = await client.post(path, json=body)
    assert (answer.status_code, answer.json()["refused"]) == (200, 0), answer.text
    return len(seen)


async def test_every_bulk_deed_costs_the_same_for_two_and_for_forty(
    client: Client, database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), *(an_order(number) for number in range(1, 85)))
    costs: dict[str, list[int]] = {}
    for first, last in ((1, 2), (3, 42)):
        drafts = (await client.post("/v1/delivery-note-batches", json=notes(first, last, "draft"))).json()["results"]
        named = [{"note_id": one["item"]["note_id"]} for one in drafts]
        deeds: list[tuple[str, object]] = [
            (f"/v1/delivery-note-{deed}", named) for deed in ("issuances", "shipments", "deliveries")
        ]
        returned = [{**one, "reason": "誤納品", "lines": [{"line_no": 1, "quantity": 1}]} for one in named]
        closing = [{"order_number": f"W-{42 + number}", "reason": "欠品"} for number in range(first, last + 1)]
        deeds += [("/v1/return-note-batches", returned), ("/v1/unshipped-closures", closing)]
        for path, body in deeds:
            costs.setdefault(path, []).append(await cost(client, database, path, body))
        sources = [("delivery_note", UUID(one["note_id"])) for one in named]
        with counted(database, Role.WORKER) as seen:
            await deliver(an_invoice(first, *sources))
        costs.setdefault("invoice", []).append(len(seen))
        with counted(database, Role.WORKER) as seen:
            await deliver(*(an_exemption(UUID(one["note_id"])) for one in named))
        costs.setdefault("exemption", []).append(len(seen))
    assert {path: few for path, (few, _) in costs.items()} == {path: many for path, (_, many) in costs.items()}


async def test_a_run_costs_the_same_for_two_orders_and_for_forty(
    client: Client, database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), *(a_customer(number) for number in range(1, 43)))
    await deliver(*(an_order(number, customer=number) for number in range(1, 43)))
    few = await cost(client, database, "/v1/delivery-note-runs", {"customer_codes": ["C1", "C2"]})
    assert few == await cost(client, database, "/v1/delivery-note-runs", {})


@pytest.mark.parametrize("path", ["/v1/delivery-notes", "/v1/unshipped-skus", "/v1/order-charges"])
async def test_a_page_of_a_list_costs_the_same_however_long(
    client: Client, database: Database, deliver: Deliver, maker_id: UUID, path: str
) -> None:
    await deliver(a_maker(maker_id), a_customer(), *(an_order(number) for number in range(1, 30)))
    await client.post("/v1/delivery-note-batches", json=notes(1, 20))
    costs = []
    for limit in ("1", "200"):
        with counted(database, Role.API) as seen:
            assert (await client.get(path, params={"limit": limit})).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]
