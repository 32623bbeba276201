"""Broker and database away: what was accepted is not lost, what cannot be done is told as such."""

from __future__ import annotations

import pytest

from tests.flows.problems import problem
from tests.flows.running import Suite, eventually
from tests.flows.wholesaler import SHIRT, Wholesaler


@pytest.mark.req("GEN-008", "CON-071")
def test_orders_are_taken_while_the_broker_stands_still_and_delivered_later(suite: Suite, maker: Wholesaler) -> None:
    maker.customer("PATIENT")
    with suite.paused("kafka"):
        order = maker.order("PATIENT", {SHIRT: 2})
        done = maker.api.post(
            f"/v1/orders/{order['order_id']}/order-confirmation", {"require_approval": False, "confirm": True}
        )
        waiting = maker.api.get("/v1/unshipped-skus", customer_code="PATIENT")["items"]

    assert (done["state"], waiting) == ("UNSHIPPED", [])
    maker.quiet()
    stocked = maker.api.get("/v1/unshipped-skus", customer_code="PATIENT")["items"]
    assert [(one["sku_code"], one["open"]) for one in stocked] == [(SHIRT, 2)]


@pytest.mark.req("CON-071")
def test_a_database_that_stands_still_is_unavailable_and_no_error(suite: Suite, maker: Wholesaler) -> None:
    maker.customer("STILL")
    order = {"customer_code": "STILL", "lines": [{"sku_code": SHIRT, "quantity": 1}], "purchase_order_number": "S1"}
    with suite.paused("postgres"):
        read = maker.http.get("/v1/orders")
        deed = maker.http.post("/v1/orders", json=order, headers={"Idempotency-Key": "still"})

    for answer in (read, deed):
        assert (answer.status_code, problem(answer)["code"]) == (503, "UNAVAILABLE")
        assert int(answer.headers["retry-after"]) >= 1
    eventually(lambda: maker.http.get("/v1/orders").status_code == 200, "ordering did not come back")
    again = maker.http.post("/v1/orders", json=order, headers={"Idempotency-Key": "still"})
    orders = maker.api.get("/v1/orders", purchase_order_number="S1")["items"]
    assert again.status_code == 201
    assert [one["order_id"] for one in orders] == [again.json()["order_id"]]
