"""What messages do: once, in order, whatever order and however often they come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.database import Database, Role
from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import UnshippedStocked
from contracts.ordering import OrderCancelled, OrderConverted, OrderHoldChanged, OrderReopened
from contracts.wire import Message
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import a_charge, a_customer, a_line, a_maker, an_order

Client = httpx.AsyncClient


async def skus(client: Client, **filters: object) -> list[dict[str, Any]]:
    answer = await client.get("/v1/unshipped-skus", params={name: str(value) for name, value in filters.items()})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.req("FUL-002", "FUL-004", "FUL-060", "ORD-080")
async def test_a_confirmed_order_becomes_unshipped_skus_and_charges(
    client: Client, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), an_order())
    assert await outbox() == [
        UnshippedStocked(customer_id=an_id(1), order_id=an_id(100), oc_version=1, unshipped_skus=2, quantity=20)
    ]
    first, second = await skus(client)
    assert (first["order_number"], first["sku_code"], first["open"], first["available"]) == ("W-100", "SKU-1", 10, 10)
    assert (second["line_no"], second["customer_name"], second["unit_price"]) == (2, "得意先1", "100")
    charges = (await client.get("/v1/order-charges")).json()["items"]
    assert [(one["kind"], one["amount"], one["tax_rate"], one["note_id"]) for one in charges] == [
        ("shipping", "660", "10", None)
    ]


@pytest.mark.req("FUL-005")
async def test_the_same_order_confirmed_again_is_stocked_once(client: Client, deliver: Deliver, outbox: Outbox) -> None:
    await deliver(an_order(), an_order())
    await deliver(an_order(), an_order(oc_version=2))
    assert len(await outbox()) == 1
    assert len(await skus(client)) == 2


@pytest.mark.req("GEN-008")
async def test_the_same_message_delivered_twice_counts_once(client: Client, deliver: Deliver, outbox: Outbox) -> None:
    record = deliver.record(an_order())
    await deliver.records(record, record)
    await deliver.records(record)
    assert len(await outbox()) == 1
    assert len(await skus(client)) == 2


@pytest.mark.req("GEN-008")
async def test_a_message_that_overtook_another_waits_for_it(client: Client, deliver: Deliver) -> None:
    order = an_order(automatic=False)
    converted = OrderConverted(
        order_id=order.order_id, number=order.number, customer_id=an_id(1), currency="JPY", oc_version=1
    )
    await deliver.records(deliver.record(converted, sequence=2))
    assert await skus(client) == []
    await deliver.records(deliver.record(order, sequence=1))
    assert len(await skus(client)) == 2


@pytest.mark.req("ORD-080")
async def test_in_manual_mode_nothing_is_unshipped_before_the_conversion(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    order = an_order(automatic=False)
    await deliver(order)
    assert (await skus(client), await outbox()) == ([], [])
    converted = OrderConverted(
        order_id=order.order_id, number=order.number, customer_id=an_id(1), currency="JPY", oc_version=1
    )
    await deliver(converted, converted)
    assert [type(body) for body in await outbox()] == [UnshippedStocked]
    assert len(await skus(client)) == 2


async def test_a_conversion_of_an_order_never_confirmed_is_parked(deliver: Deliver, database: Database) -> None:
    order = an_order()
    converted = OrderConverted(
        order_id=order.order_id, number=order.number, customer_id=an_id(1), currency="JPY", oc_version=1
    )
    await deliver(converted, may_park=True)
    async with database.connection(Role.WORKER) as connection:
        reasons = (await connection.exec_driver_sql("select reason from parked_messages")).scalars().all()
    assert list(reasons) == ["failed"]


@pytest.mark.req("ORD-076")
async def test_a_reopened_order_is_withdrawn_and_stocked_anew_with_its_new_content(
    client: Client, deliver: Deliver
) -> None:
    await deliver(an_order(automatic=False))
    reopened = OrderReopened(order_id=an_id(100), number="W-100", customer_id=an_id(1), currency="JPY", oc_version=1)
    await deliver(reopened)
    assert (await client.get("/v1/order-charges")).json()["items"] == []
    fewer = a_line(100, 1, quantity=3)
    await deliver(an_order(100, fewer, oc_version=2, charges=(a_charge(100, amount="330"),)))
    assert [(one["sku_code"], one["open"]) for one in await skus(client)] == [("SKU-1", 3)]
    charges = (await client.get("/v1/order-charges")).json()["items"]
    assert [one["amount"] for one in charges] == ["330"]


@pytest.mark.req("ORD-076")
async def test_a_later_confirmation_replaces_one_that_was_never_converted(client: Client, deliver: Deliver) -> None:
    await deliver(an_order(automatic=False))
    await deliver(an_order(100, a_line(100, 5, quantity=7), oc_version=2))
    assert [(one["line_no"], one["open"]) for one in await skus(client)] == [(5, 7)]


async def test_a_cancelled_order_is_forgotten_and_a_cancelled_stranger_ignored(
    client: Client, deliver: Deliver
) -> None:
    await deliver(an_order(automatic=False))
    for number in (100, 999):
        await deliver(
            OrderCancelled(
                order_id=an_id(number), number=f"W-{number}", customer_id=an_id(1), currency="JPY", reason="重複"
            )
        )
    assert (await client.get("/v1/order-charges")).json()["items"] == []


@pytest.mark.req("ORD-075", "CUS-062")
async def test_holds_of_orders_and_customers_are_followed_apart(client: Client, deliver: Deliver) -> None:
    await deliver(a_customer(), an_order())
    held = OrderHoldChanged(
        order_id=an_id(100), number="W-100", customer_id=an_id(1), currency="JPY", on_hold=True, reason="要確認"
    )
    await deliver(held)
    assert [(one["order_on_hold"], one["customer_on_hold"]) for one in await skus(client)] == [(True, False)] * 2
    await deliver(held.model_copy(update={"on_hold": False}), a_customer(on_hold=True))
    assert [(one["order_on_hold"], one["customer_on_hold"]) for one in await skus(client)] == [(False, True)] * 2


async def test_an_older_state_never_replaces_a_newer_one(client: Client, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(an_order())
    await deliver(Message(maker_id, a_customer(on_hold=True), version=5))
    await deliver(Message(maker_id, a_customer(on_hold=False), version=4))
    assert (await skus(client))[0]["customer_on_hold"] is True


async def test_a_deleted_customer_is_forgotten(client: Client, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(an_order(), a_customer())
    await deliver(Message(maker_id, a_customer(), version=9, tombstone=True))
    assert (await skus(client))[0]["customer_name"] is None


@pytest.mark.req("GEN-005")
async def test_another_makers_orders_stay_his(client: Client, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(Message(an_id(77), an_order()), an_order(101))
    assert {one["order_number"] for one in await skus(client)} == {"W-101"}


async def test_an_order_no_core_can_hold_is_parked_and_blocks_nobody(
    client: Client, deliver: Deliver, database: Database
) -> None:
    broken = an_order(101).model_copy(update={"currency": "XXX"})
    over = an_order(102, a_line(102, 1, quantity=-1))
    await deliver(an_order(100), broken, over, an_order(103), may_park=True)
    assert {one["order_number"] for one in await skus(client)} == {"W-100", "W-103"}
    async with database.connection(Role.WORKER) as connection:
        parked = (await connection.exec_driver_sql("select subject from parked_messages order by subject")).scalars()
    assert list(parked) == [f"order/{an_id(101)}", f"order/{an_id(102)}"]


async def test_many_orders_of_one_batch_are_stocked_together(client: Client, deliver: Deliver) -> None:
    await deliver(*(an_order(number, customer=number % 3) for number in range(200, 260)))
    found = await client.get("/v1/unshipped-customers")
    assert [(one["customer_code"], one["orders"], one["skus"], one["open"]) for one in found.json()["items"]] == [
        ("C0", 20, 40, 400),
        ("C1", 20, 40, 400),
        ("C2", 20, 40, 400),
    ]
    assert found.json()["items"][0]["open_amount"] == "40000"


async def test_a_customer_deleted_and_made_again_in_one_batch_is_known(
    client: Client, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(an_order())
    gone = Message(maker_id, a_customer(), version=2, tombstone=True)
    await deliver(Message(maker_id, a_customer(), version=1), gone, Message(maker_id, a_customer(), version=3))
    assert (await skus(client))[0]["customer_name"] == "得意先1"
