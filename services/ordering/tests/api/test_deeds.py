"""Deeds over HTTP: confirmations, approvals, overrides, holds, cancellations, assignments; one and many."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.ordering import (
    OrderCancelled,
    OrderConfirmed,
    OrderConverted,
    OrderHoldChanged,
    OrderPlaced,
    OrderReopened,
)
from contracts.parts import Address, Charge, OrderLine
from services.ordering.tests import masters
from services.ordering.tests.builders import an_id

HEADERS = "顧客コード,店舗伝票番号,受注日,商品コード,商品価格,受注数量"


@pytest.fixture(autouse=True)
async def the_shop(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*masters.small_shop(maker_id))


async def manual_mode(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(masters.maker(maker_id, unshipped_creation="manual"))


async def placed(client: httpx.AsyncClient, number: str = "W1", **overrides: Any) -> dict[str, Any]:
    body = {"customer_code": "C000122", "number": number, "lines": [{"sku_code": "AP-1", "quantity": 10}]} | overrides
    answer = await client.post("/v1/orders", json=body)
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


async def deed(client: httpx.AsyncClient, order: dict[str, Any], name: str, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/orders/{order['order_id']}/{name}", json=body)


async def state_of(client: httpx.AsyncClient, order: dict[str, Any]) -> str:
    return str((await client.get(f"/v1/orders/{order['order_id']}")).json()["state"])


async def told(outbox: Outbox) -> list[str]:
    return [type(event).__name__ for event in await outbox()]


@pytest.mark.req("ORD-074", "ORD-080")
async def test_a_confirmed_order_tells_fulfillment_everything_it_needs(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    order = await placed(client, shipping_fee="660", ordered_at="2026-06-01T12:00:00+09:00")
    await outbox.clear()
    answer = await deed(client, order, "order-confirmation", confirm=True, confirmed_on="2026-06-02")
    assert (answer.status_code, answer.json()["state"], answer.headers["etag"]) == (201, "UNSHIPPED", '"2"')
    (event,) = await outbox()
    line, charge = order["content"]["lines"][0], order["content"]["charges"][0]
    assert event == OrderConfirmed.model_validate(
        {
            "order_id": order["order_id"],
            "number": "W1",
            "customer_id": an_id(900),
            "customer_code": "C000122",
            "currency": "JPY",
            "oc_version": 1,
            "ordered_at": order["ordered_at"],
            "confirmed_on": "2026-06-02",
            "create_unshipped": True,
            "on_hold": False,
            "ship_to": Address(postal_code="060-0000", address1="札幌市中央区1", name="玉野井 札幌倉庫"),
            "lines": [
                OrderLine(
                    line_id=line["line_id"],
                    line_no=1,
                    sku_id=an_id(100),
                    sku_code="AP-1",
                    product_name="商品 AP-1",
                    quantity=10,
                    original_price="10000",
                    wholesale_rate="65",
                    unit_price="6500",
                    tax_rate="10",
                    tax_included=False,
                    reduced=False,
                )
            ],
            "charges": [
                Charge(
                    charge_id=charge["charge_id"],
                    kind="shipping",
                    name="発送料",
                    tax_rate="10",
                    amount="660",
                    tax_included=True,
                )
            ],
            "grand_total": "72160",
        }
    )


@pytest.mark.req("ORD-071", "ORD-015", "ORD-078")
async def test_an_adjusted_oc_keeps_what_was_placed(client: httpx.AsyncClient) -> None:
    order = await placed(client)
    answer = await deed(
        client,
        order,
        "order-confirmation",
        changes=[{"line_no": 1, "quantity": 8, "wholesale_rate": "60"}],
        added_lines=[{"sku_code": "MD-1", "quantity": 2}],
        shipping_fee="550",
        charges=[{"kind": "fee", "amount": "108", "tax_rate": "8"}],
    )
    body = answer.json()
    assert [line["amount"] for line in body["content"]["lines"]] == ["48000", "1300"]
    assert [(charge["kind"], charge["amount"]) for charge in body["content"]["charges"]] == [
        ("shipping", "550"),
        ("fee", "108"),
    ]
    assert body["placed_content"]["items"] == "65000"
    (document,) = (await client.get(f"/v1/orders/{order['order_id']}/order-confirmations")).json()["items"]
    assert (document["version"], document["content"]["items"]) == (1, "49300")


@pytest.mark.req("ORD-077", "GEN-006")
async def test_bulk_creation_lists_the_orders_it_skips(client: httpx.AsyncClient) -> None:
    first, second = await placed(client, "W1"), await placed(client, "W2")
    await deed(client, second, "cancellation", reason="間違い")
    wanted = [{"order_id": first["order_id"], "require_approval": True}, {"number": "W2"}, {"number": "W9"}]
    answer = (await client.post("/v1/order-confirmations", json=wanted)).json()
    assert [one["ok"] for one in answer["results"]] == [True, False, False]
    problems = [one["problem"] for one in answer["results"][1:]]
    assert [problem["code"] for problem in problems] == ["INVALID_STATE", "NOT_FOUND"]
    assert (problems[0]["state"], problems[0]["allowed"]) == ("CANCELLED", "")
    stale = await client.post(f"/v1/orders/{first['order_id']}/approval", json={}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")


@pytest.mark.req("GEN-010")
async def test_all_problems_of_an_adjustment_are_told_and_nothing_is_written(client: httpx.AsyncClient) -> None:
    order = await placed(client)
    answer = await deed(
        client,
        order,
        "order-confirmation",
        changes=[{"line_no": 7}, {"sku_code": "AP-1", "tax_rate": "5"}, {"line_no": 1, "unit_price": "0.5"}],
    )
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [
        ("TOO_MANY_DECIMALS", "/changes/2/unit_price")
    ]
    answer = await deed(
        client, order, "order-confirmation", changes=[{"line_no": 7}, {"sku_code": "AP-1", "tax_rate": "5"}]
    )
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [
        ("UNKNOWN_LINE", "/changes/0/line_no"),
        ("BAD_TAX_RATE", "/changes/1/tax_rate"),
    ]
    assert await state_of(client, order) == "PLACED"


@pytest.mark.req("ORD-072", "ORD-100")
async def test_approval_by_hand_confirms_too_in_automatic_mode(client: httpx.AsyncClient, outbox: Outbox) -> None:
    order, later = await placed(client, "W1"), await placed(client, "W2")
    for one in (order, later):
        await deed(client, one, "order-confirmation", require_approval=True)
    refused = await deed(client, order, "confirmation")
    assert (refused.status_code, refused.json()["code"]) == (409, "APPROVAL_REQUIRED")
    approved = (await deed(client, order, "approval", note="電話で確認")).json()
    assert (approved["state"], approved["order_confirmations"][0]["approved"]["note"]) == ("UNSHIPPED", "電話で確認")
    waiting = (await deed(client, later, "approval", confirm=False)).json()
    assert waiting["state"] == "OC_APPROVED"
    results = (await client.post("/v1/confirmations", json=[{"number": "W2"}])).json()["results"]
    assert results[0]["item"]["state"] == "UNSHIPPED"
    assert (await told(outbox)).count("OrderConfirmed") == 2


@pytest.mark.req("ORD-016", "CUS-060", "GEN-013")
async def test_an_order_over_the_limit_waits_for_an_override_with_its_reason(client: httpx.AsyncClient) -> None:
    order = await placed(client, customer_code="C000200")
    assert order["over_limit"]
    refused = await deed(client, order, "order-confirmation", confirm=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "CREDIT_LIMIT_EXCEEDED")
    assert await state_of(client, order) == "PLACED"
    assert (await deed(client, order, "credit-override", reason=" ")).status_code == 422
    assert (await deed(client, order, "credit-override", reason="前金あり")).json()["over_limit"] is False
    assert (await deed(client, order, "order-confirmation", confirm=True)).json()["state"] == "UNSHIPPED"
    (kept,) = (await client.get(f"/v1/orders/{order['order_id']}/deeds")).json()["items"]
    assert (kept["deed"], kept["by"], kept["note"]) == ("override_credit", "tester", "前金あり")


@pytest.mark.req("ORD-079", "CUS-066")
async def test_an_oc_that_adds_is_checked_and_one_that_takes_away_frees_the_bucket(client: httpx.AsyncClient) -> None:
    order = await placed(client, customer_code="C000200", lines=[{"sku_code": "AP-1", "quantity": 6}])
    assert not order["over_limit"]
    more = (await deed(client, order, "order-confirmation", changes=[{"line_no": 1, "quantity": 7}])).json()
    assert (more["over_limit"], [one["code"] for one in more["warnings"]]) == (True, ["CREDIT_LIMIT_EXCEEDED"])
    await deed(client, order, "reopening")
    await deed(client, order, "order-confirmation", changes=[{"line_no": 1, "quantity": 2}])
    (exposure,) = (await client.get("/v1/exposures", params={"customer_id": str(an_id(901))})).json()["items"]
    assert exposure["ordered"] == "14300"


@pytest.mark.req("ORD-076", "ORD-080", "ORD-082")
async def test_manual_mode_confirms_converts_and_reopens_apart(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await manual_mode(deliver, maker_id)
    order, other = await placed(client, "W1"), await placed(client, "W2")
    await outbox.clear()
    for one in (order, other):
        assert (await deed(client, one, "order-confirmation", confirm=True)).json()["state"] == "OC_CONFIRMED"
    assert (await deed(client, other, "reopening", note="数量変更")).json()["state"] == "OC_REVISION"
    assert (await deed(client, order, "conversion")).json()["state"] == "UNSHIPPED"
    confirmed, _, reopened, converted = await outbox()
    assert isinstance(confirmed, OrderConfirmed)
    assert not confirmed.create_unshipped
    assert isinstance(reopened, OrderReopened)
    assert reopened.oc_version == 1
    assert isinstance(converted, OrderConverted)
    for name, code in (
        ("cancellation", "UNSHIPPED_EXISTS"),
        ("reopening", "OC_LOCKED"),
        ("conversion", "INVALID_STATE"),
    ):
        body = {"reason": "too late"} if name == "cancellation" else {}
        refused = await deed(client, order, name, **body)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await deed(client, other, "cancellation", reason="取消")).json()["state"] == "CANCELLED"


@pytest.mark.req("ORD-082", "ORD-083")
async def test_a_cancelled_order_leaves_the_exposure_and_tells_why(client: httpx.AsyncClient, outbox: Outbox) -> None:
    order = await placed(client)
    await outbox.clear()
    assert (await deed(client, order, "cancellation")).status_code == 422
    results = (await client.post("/v1/order-cancellations", json=[{"number": "W1", "reason": "得意先都合"}])).json()
    assert results["results"][0]["item"]["state"] == "CANCELLED"
    (event,) = await outbox()
    assert event == OrderCancelled(
        order_id=UUID(order["order_id"]), number="W1", customer_id=an_id(900), currency="JPY", reason="得意先都合"
    )
    (exposure,) = (await client.get("/v1/exposures", params={"customer": "C000122"})).json()["items"]
    assert exposure["ordered"] == "0"


@pytest.mark.req("ORD-075")
async def test_a_hold_after_confirmation_is_told_a_hold_before_travels_with_it(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    order = await placed(client)
    assert (await deed(client, order, "hold", reason="入金待ち")).json()["on_hold"] is True
    assert (await deed(client, order, "hold", reason="また")).json()["code"] == "INVALID_STATE"
    await deed(client, order, "order-confirmation", confirm=True)
    released = (await client.post("/v1/order-hold-releases", json=[{"number": "W1"}])).json()["results"][0]["item"]
    assert released["on_hold"] is False
    held = (await client.post("/v1/order-holds", json=[{"number": "W1", "reason": "再確認"}])).json()["results"][0]
    assert held["item"]["on_hold"] is True
    _, confirmed, release, hold = await outbox()
    assert isinstance(confirmed, OrderConfirmed)
    assert confirmed.on_hold
    assert isinstance(release, OrderHoldChanged)
    assert isinstance(hold, OrderHoldChanged)
    assert (release.on_hold, hold.on_hold, hold.reason) == (False, True, "再確認")
    kept = (await client.get(f"/v1/orders/{order['order_id']}/deeds")).json()["items"]
    assert [one["deed"] for one in kept] == ["hold", "release", "hold"]


@pytest.mark.req("ORD-073")
async def test_a_rejected_oc_is_revised(client: httpx.AsyncClient) -> None:
    order, other = await placed(client, "W1"), await placed(client, "W2")
    for one in (order, other):
        await deed(client, one, "order-confirmation", require_approval=True)
    assert (await deed(client, order, "rejection", reason="高い")).json()["state"] == "OC_REJECTED"
    bulk = (await client.post("/v1/order-rejections", json=[{"number": "W2", "reason": "多い"}])).json()
    assert bulk["results"][0]["item"]["state"] == "OC_REJECTED"
    revised = await deed(client, order, "order-confirmation", changes=[{"line_no": 1, "wholesale_rate": "60"}])
    assert [one["version"] for one in revised.json()["order_confirmations"]] == [1, 2]


@pytest.mark.req("ORD-064", "ORD-061", "INT-057")
async def test_a_held_order_gets_its_customer_and_its_rates(client: httpx.AsyncClient, outbox: Outbox) -> None:
    file = f"{HEADERS}\nNOPE,H1,2026/06/01 10:00:00,AP-1,10000,10\n,H2,2026/06/01 10:00:00,AP-1,10000,1\n"
    report = (await client.post("/v1/order-imports", files={"file": ("o.csv", file.encode(), "text/csv")})).json()
    held = report["orders"][0]
    assert (held["outcome"], held["grand_total"]) == ("held", "110000")
    refused = await deed(client, held, "order-confirmation")
    assert (refused.json()["code"], refused.json()["allowed"]) == ("INVALID_STATE", "assign_customer, cancel")
    unknown = await deed(client, held, "assignment", customer_code="NOBODY")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "UNKNOWN_CUSTOMER")
    await outbox.clear()
    order = (await deed(client, held, "assignment", customer_code="C000200")).json()
    assert (order["state"], order["grand_total"], order["over_limit"]) == ("PLACED", "71500", True)
    assert order["master_fields"]["purchaser_postal_code"] == "9804994"
    (event,) = await outbox()
    assert isinstance(event, OrderPlaced)
    assert (event.state, event.customer_id) == ("PLACED", an_id(901))
    bulk = (await client.post("/v1/order-assignments", json=[{"number": "H2", "customer_code": "C000122"}])).json()
    assert bulk["results"][0]["item"]["state"] == "PLACED"
    again = (await client.get(f"/v1/orders/{held['order_id']}")).json()
    assert again["content"]["lines"] == order["content"]["lines"]
    (exposure,) = (await client.get("/v1/exposures", params={"customer": "C000200"})).json()["items"]
    assert exposure["ordered"] == "71500"


@pytest.mark.req("ORD-064", "CUS-060")
async def test_orders_assigned_together_count_for_each_other_at_their_new_price(client: httpx.AsyncClient) -> None:
    """11,000 each at full price, 7,150 for this customer: six of them fit its limit of 50,000, the seventh does not."""
    numbers = [f"H{at}" for at in range(1, 8)]
    lines = "".join(f"NOPE,{number},2026/06/01 10:00:00,AP-1,10000,1\n" for number in numbers)
    await client.post("/v1/order-imports", files={"file": ("o.csv", f"{HEADERS}\n{lines}".encode(), "text/csv")})
    asked = [{"number": number, "customer_code": "C000200"} for number in numbers]
    results = (await client.post("/v1/order-assignments", json=asked)).json()["results"]
    told = [(one["item"]["grand_total"], one["item"]["over_limit"]) for one in results]
    assert told == [("7150", False)] * 6 + [("7150", True)]


@pytest.mark.req("ORD-071", "INT-052")
async def test_an_oc_takes_no_amount_to_be_prorated(client: httpx.AsyncClient) -> None:
    """What was prorated is shared out for good: an OC names the rate whose amount it sets."""
    order = await placed(client)
    charges = [{"kind": kind, "amount": "100", "prorated": True} for kind in ("coupon", "points", "fee")]
    refused = await deed(client, order, "order-confirmation", charges=charges)
    assert refused.status_code == 422
    told = [(one["code"], one["field"]) for one in refused.json()["errors"]]
    assert told == [("NOT_PRORATABLE", f"/charges/{at}/prorated") for at in range(3)]


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("credit-override", "credit.override"),
        ("hold", "credit.hold"),
        ("order-confirmation", "oc.write"),
        ("approval", "oc.write"),
        ("cancellation", "order.write"),
    ],
)
@pytest.mark.req("GEN-014", "CUS-064")
async def test_each_deed_needs_its_own_permission(
    client: httpx.AsyncClient, tokens: Any, path: str, needed: str
) -> None:
    order = await placed(client)
    others = sorted(tokens.owner - {needed})
    body = {"reason": "x"} if path in ("credit-override", "hold", "cancellation") else {}
    url = f"/v1/orders/{order['order_id']}/{path}"
    assert (await client.post(url, json=body, headers=tokens.headers(*others))).status_code == 403
    assert (await client.post(url, json=body, headers=tokens.headers(needed))).status_code != 403


@pytest.mark.req("ORD-077")
async def test_several_deeds_on_one_order_in_one_call_follow_each_other(client: httpx.AsyncClient) -> None:
    await placed(client)
    answer = (await client.post("/v1/order-confirmations", json=[{"number": "W1"}, {"number": "W1"}])).json()
    assert [one["ok"] for one in answer["results"]] == [True, False]
    assert answer["results"][1]["problem"]["code"] == "INVALID_STATE"
    too_many = await client.post("/v1/order-cancellations", json=[{"number": "W1", "reason": "x"}] * 1_001)
    assert too_many.status_code == 422


@pytest.mark.req("ORD-111", "ORD-082")
async def test_of_a_cancellation_and_a_confirmation_at_the_same_time_one_wins(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    for number in range(8):
        order = await placed(client, f"R{number}")
        await deed(client, order, "order-confirmation")
        answers = await asyncio.gather(
            deed(client, order, "cancellation", reason="取消"),
            deed(client, order, "confirmation"),
            deed(client, order, "confirmation"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        winner = next(answer.json()["state"] for answer in answers if answer.status_code == 200)
        assert await state_of(client, order) == winner
    names = await told(outbox)
    assert names.count("OrderCancelled") + names.count("OrderConfirmed") == 8


@pytest.mark.req("CUS-060")
async def test_orders_placed_at_the_same_time_count_together_against_the_limit(client: httpx.AsyncClient) -> None:
    body = {"customer_code": "C000200", "lines": [{"sku_code": "AP-1", "quantity": 3}]}
    answers = await asyncio.gather(*[client.post("/v1/orders", json=body) for _ in range(6)])
    assert [answer.status_code for answer in answers] == [201] * 6
    assert sorted(answer.json()["over_limit"] for answer in answers) == [False, False, True, True, True, True]
    (exposure,) = (await client.get("/v1/exposures", params={"customer": "C000200"})).json()["items"]
    assert exposure["ordered"] == str(6 * 21_450)
