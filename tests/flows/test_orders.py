"""From order to shipment: credit, holds, exactly once, part deliveries, charges."""

from __future__ import annotations

import asyncio

import pytest

from suite.demo.client import ApiRefused
from tests.flows.kafka import say_again
from tests.flows.running import Suite
from tests.flows.wholesaler import BOWL, SHIRT, TEA, Wholesaler, accepted


@pytest.mark.req("CUS-060", "CUS-066", "ORD-016")
def test_an_order_over_the_credit_limit_waits_for_an_override(maker: Wholesaler) -> None:
    maker.customer("LIMITED", credit_limit="3300")

    within = maker.confirmed("LIMITED", {SHIRT: 1}, number="A1")
    to_the_limit = maker.confirmed("LIMITED", {SHIRT: 2}, number="A2")
    over = maker.order("LIMITED", {TEA: 1}, number="A3")
    with pytest.raises(ApiRefused) as refused:
        maker.api.post(f"/v1/orders/{over['order_id']}/order-confirmation", {"confirm": True})

    assert (within["over_limit"], to_the_limit["over_limit"], over["over_limit"]) == (False, False, True)
    assert (refused.value.status, refused.value.code) == (409, "CREDIT_LIMIT_EXCEEDED")
    assert maker.now(over)["state"] == "PLACED"

    maker.api.post(f"/v1/orders/{over['order_id']}/credit-override", {"reason": "部長承認"})
    maker.confirm(over)
    assert maker.now(over)["state"] == "UNSHIPPED"


@pytest.mark.req("CUS-061", "FUL-030", "ORD-075")
def test_a_held_customers_note_is_neither_issued_nor_shipped_but_what_was_shipped_is_billed(maker: Wholesaler) -> None:
    customer_id = maker.customer("HELD")
    shipped = maker.delivered("HELD", {SHIRT: 1}, on="2026-09-10")
    order = maker.confirmed("HELD", {SHIRT: 2, BOWL: 1})
    issued = maker.note(order, {SHIRT: 2}, on="2026-09-11", advance="issued")

    maker.api.post(f"/v1/customers/{customer_id}/hold", {"reason": "支払遅延"})
    maker.quiet()
    draft = maker.note(order, {BOWL: 1}, on="2026-09-12", advance="draft")
    with pytest.raises(ApiRefused) as issue:
        maker.api.post(f"/v1/delivery-notes/{draft['note_id']}/issuance", {"issued_on": "2026-09-12"})
    with pytest.raises(ApiRefused) as ship:
        maker.api.post(f"/v1/delivery-notes/{issued['note_id']}/shipment", {"shipped_on": "2026-09-12"})

    assert (issue.value.code, ship.value.code) == ("CUSTOMER_ON_HOLD", "CUSTOMER_ON_HOLD")
    [invoice] = maker.close("2026-09-30")["invoices"]
    assert [source["number"] for source in maker.invoice(invoice)["sources"]] == [shipped["number"]]

    maker.api.post(f"/v1/customers/{customer_id}/hold-release", {"reason": "入金確認"})
    maker.quiet()
    released = maker.api.post(f"/v1/delivery-notes/{issued['note_id']}/shipment", {"shipped_on": "2026-09-13"})
    assert released["state"] == "SHIPPED"


def test_who_waits_for_a_confirmation_can_deliver_at_once(maker: Wholesaler) -> None:
    maker.customer("WAITS")
    order, other = maker.order("WAITS", {SHIRT: 2}), maker.order("WAITS", {TEA: 1})
    agreed = {"require_approval": False, "confirm": True}
    wait = {"Prefer": "wait=10"}

    one = maker.http.post(f"/v1/orders/{order['order_id']}/order-confirmation", json=agreed, headers=wait)
    many = maker.http.post("/v1/order-confirmations", json=[{"order_id": other["order_id"], **agreed}], headers=wait)
    note = maker.note(order, {SHIRT: 2}, on="2026-09-05")  # nothing else is waited for

    assert (one.status_code, one.headers["preference-applied"], note["state"]) == (201, "wait=10", "SHIPPED")
    [stocked] = accepted(many.json()["results"])
    assert all(answer["stocked_at"] for answer in (one.json(), stocked))


@pytest.mark.req("FUL-005", "GEN-008")
def test_a_confirmation_delivered_twice_is_stocked_once(suite: Suite, maker: Wholesaler) -> None:
    maker.customer("TWICE")
    order = maker.confirmed("TWICE", {SHIRT: 5, TEA: 3}, shipping_fee="660")

    again = asyncio.run(say_again(suite.environment(), "ordering.events", order["order_id"]))
    later = maker.confirmed("TWICE", {BOWL: 1})  # same customer, same partition: behind the repetitions

    stocked = list(maker.api.all("/v1/unshipped-skus", customer_code="TWICE"))
    assert again >= 2
    assert sorted((one["sku_code"], one["ordered"], one["open"]) for one in stocked) == [
        (BOWL, 1, 1),
        (SHIRT, 5, 5),
        (TEA, 3, 3),
    ]
    charges = list(maker.api.all("/v1/order-charges", order_id=order["order_id"]))
    assert [charge["amount"] for charge in charges] == ["660"]
    assert maker.now(later)["state"] == "UNSHIPPED"
    assert all(service["parked"] == 0 for service in maker.api.get("/v1/quiet")["services"])


@pytest.mark.req("FUL-003", "FUL-004", "FUL-015", "ORD-084", "ORD-100")
def test_part_deliveries_and_a_short_close_bring_the_order_to_its_end(maker: Wholesaler) -> None:
    maker.customer("PARTS")
    order = maker.confirmed("PARTS", {SHIRT: 10, BOWL: 4})

    maker.note(order, {SHIRT: 6}, on="2026-09-05")
    maker.quiet()
    assert maker.now(order)["state"] == "PART_DELIVERED"

    maker.note(order, {SHIRT: 1, BOWL: 4}, on="2026-09-06")
    with pytest.raises(ApiRefused) as too_many:
        maker.note(order, {SHIRT: 4}, on="2026-09-07")
    assert too_many.value.code == "QTY_EXCEEDS_OPEN"
    maker.quiet()
    assert maker.now(order)["state"] == "PART_DELIVERED"

    close = {"order_id": order["order_id"], "lines": [{"sku_code": SHIRT}], "reason": "廃番", "closed_on": "2026-09-08"}
    accepted(maker.api.many("/v1/unshipped-closures", [close]))
    maker.quiet()

    done = maker.now(order)
    assert done["state"] == "DELIVERED"
    assert {line["sku_code"]: (line["shipped"], line["closed"], line["open"]) for line in done["content"]["lines"]} == {
        SHIRT: (7, 3, 0),
        BOWL: (4, 0, 0),
    }


@pytest.mark.req("FUL-060", "FUL-061", "FUL-063")
def test_the_shipping_fee_travels_with_the_first_note_only(maker: Wholesaler) -> None:
    maker.customer("FEES")
    order = maker.confirmed("FEES", {SHIRT: 2}, shipping_fee="660")

    first = maker.note(order, {SHIRT: 1}, on="2026-09-05")
    second = maker.note(order, {SHIRT: 1}, on="2026-09-06")
    maker.quiet()
    [invoice] = maker.close("2026-09-30")["invoices"]

    assert [charge["amount"] for charge in first["charges"]] == ["660"]
    assert second["charges"] == []
    assert invoice["total"] == "2860"  # 2 × 1,000 + 200 tax, and 660 with its tax, once


@pytest.mark.req("ORD-081", "ORD-082", "FUL-006")
def test_an_order_is_cancelled_before_its_goods_are_unshipped_skus_and_never_after(maker: Wholesaler) -> None:
    maker.customer("CANCEL", credit_limit="100000")
    placed = maker.order("CANCEL", {SHIRT: 3})
    converted = maker.confirmed("CANCEL", {SHIRT: 2})

    maker.api.post(f"/v1/orders/{placed['order_id']}/cancellation", {"reason": "客先都合"})
    with pytest.raises(ApiRefused) as refused:
        maker.api.post(f"/v1/orders/{converted['order_id']}/cancellation", {"reason": "客先都合"})

    assert maker.now(placed)["state"] == "CANCELLED"
    assert (refused.value.status, refused.value.code) == (409, "UNSHIPPED_EXISTS")
    assert maker.exposure("CANCEL") == "2200"
