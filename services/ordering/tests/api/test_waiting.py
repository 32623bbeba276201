"""`Prefer: wait`: a confirmation is answered when fulfillment has acknowledged the unshipped SKUs."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import UnshippedStocked
from contracts.ordering import OrderConfirmed
from services.ordering.tests import masters

WAIT = {"Prefer": "wait=8"}


@pytest.fixture(autouse=True)
async def the_shop(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*masters.small_shop(maker_id))


async def placed(client: httpx.AsyncClient, number: str) -> str:
    body = {"customer_code": "C000122", "number": number, "lines": [{"sku_code": "AP-1", "quantity": 10}]}
    return str((await client.post("/v1/orders", json=body)).json()["order_id"])


async def fulfillment(outbox: Outbox, deliver: Deliver, *, orders: int) -> None:
    """Acknowledges confirmed orders as they come, each in a batch of its own."""
    done: set[UUID] = set()
    while len(done) < orders:
        for order in await outbox():
            if isinstance(order, OrderConfirmed) and order.order_id not in done:
                done.add(order.order_id)
                await deliver(_stocked(order))
        await asyncio.sleep(0.02)


def _stocked(order: OrderConfirmed) -> UnshippedStocked:
    return UnshippedStocked(
        customer_id=order.customer_id, order_id=order.order_id, oc_version=1, unshipped_skus=1, quantity=10
    )


async def test_a_confirmation_is_answered_when_fulfillment_has_the_goods(
    client: httpx.AsyncClient, outbox: Outbox, deliver: Deliver
) -> None:
    order_id = await placed(client, "W1")
    confirm = client.post(f"/v1/orders/{order_id}/order-confirmation", json={"confirm": True}, headers=WAIT)

    answer, _ = await asyncio.gather(confirm, fulfillment(outbox, deliver, orders=1))

    assert (answer.status_code, answer.json()["state"]) == (201, "UNSHIPPED")
    assert answer.json()["stocked_at"] is not None
    assert answer.headers["preference-applied"] == "wait=8"
    assert answer.json() == (await client.get(f"/v1/orders/{order_id}")).json()


async def test_many_confirmations_are_answered_when_all_are_there(
    client: httpx.AsyncClient, outbox: Outbox, deliver: Deliver
) -> None:
    orders = [await placed(client, f"W{n}") for n in range(3)]
    wanted = [{"order_id": order_id, "confirm": True} for order_id in orders]
    confirm = client.post("/v1/order-confirmations", json=wanted, headers=WAIT)

    answer, _ = await asyncio.gather(confirm, fulfillment(outbox, deliver, orders=3))

    items = [result["item"] for result in answer.json()["results"]]
    assert [item["order_id"] for item in items] == orders
    assert all(item["stocked_at"] for item in items)
    listed = (await client.get("/v1/orders")).json()["items"]
    assert sorted(items, key=str) == sorted(listed, key=str)


async def test_an_order_that_waits_for_its_conversion_by_hand_is_answered_at_once(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(masters.maker(maker_id, unshipped_creation="manual"))
    order_id = await placed(client, "W1")

    answer = await asyncio.wait_for(
        client.post(f"/v1/orders/{order_id}/order-confirmation", json={"confirm": True}, headers=WAIT), 4
    )

    assert (answer.json()["state"], answer.json()["stocked_at"]) == ("OC_CONFIRMED", None)


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("order-confirmation", "order-confirmations"),
        ("approval", "order-approvals"),
        ("confirmation", "confirmations"),
        ("conversion", "order-conversions"),
    ],
)
async def test_every_deed_that_makes_unshipped_skus_takes_the_preference(
    client: httpx.AsyncClient, one: str, many: str
) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    for path in (f"/v1/orders/{{order_id}}/{one}", f"/v1/{many}"):
        assert "Prefer" in [parameter["name"] for parameter in paths[path]["post"]["parameters"]]
