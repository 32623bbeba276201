"""Writing delivery notes over HTTP: one, many, and a run over everything open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import DeliveryNoteIssued, DeliveryNoteShipped, ShippedLine
from contracts.parts import DeliveredLine
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import DEPOT, SHOP, a_charge, a_customer, a_line, an_order

pytestmark = pytest.mark.usefixtures("shop")

Client = httpx.AsyncClient
Json = dict[str, Any]


def a_note(*lines: Json, order: str = "W-100", **more: object) -> Json:
    """Two pieces of line 1, unless said otherwise."""
    wanted = [{"order_number": order, **line} for line in lines or ({"line_no": 1, "quantity": 2},)]
    return {"lines": wanted, **more}


SHIPPED = {"delivery_date": "2026-06-03", "issued_on": "2026-06-04", "advance": "shipped"}


async def skus(client: Client) -> dict[str, tuple[int, int, int]]:
    """(allocated, shipped, available) per line."""
    found = (await client.get("/v1/unshipped-skus", params={"only_open": "false"})).json()["items"]
    return {
        f"{one['order_number']}/{one['line_no']}": (one["allocated"], one["shipped"], one["available"]) for one in found
    }


@pytest.mark.req("FUL-020", "FUL-021", "FUL-003", "FUL-063")
async def test_a_draft_reserves_quantities_and_charges(client: Client, outbox: Outbox) -> None:
    answer = await client.post("/v1/delivery-notes", json=a_note(delivery_date="2026-06-03", memo="午前着\n指定"))
    assert answer.status_code == 201, answer.text
    note = answer.json()
    assert (note["state"], note["number"], note["billing_status"]) == ("DRAFT", None, "UNBILLED")
    assert (note["customer_code"], note["customer_name"], note["currency"]) == ("C1", "得意先1", "JPY")
    assert (note["delivery_date"], note["quantity"], note["memo"]) == ("2026-06-03", 2, "午前着\n指定")
    assert note["location"]["code"] == "HQ"
    assert note["ship_to"]["name"] == SHOP.name
    assert note["rates"] == [{"tax_rate": "10", "reduced": False, "exclusive_sum": "200", "inclusive_sum": "660"}]
    assert [(one["kind"], one["amount"]) for one in note["charges"]] == [("shipping", "660")]
    assert [(one["sku_code"], one["quantity"], one["amount"]) for one in note["lines"]] == [("SKU-1", 2, "200")]
    assert answer.headers["etag"] == '"1"'
    assert await skus(client) == {"W-100/1": (2, 0, 8), "W-100/2": (0, 0, 10)}
    assert (await client.get("/v1/order-charges")).json()["items"][0]["note_id"] == note["note_id"]
    assert (await client.get(f"/v1/delivery-notes/{note['note_id']}")).json() == note
    assert await outbox() == []


async def test_all_notes_of_a_batch_are_told_as_issued_before_the_first_is_told_as_shipped(
    client: Client, outbox: Outbox
) -> None:
    await client.post("/v1/delivery-note-batches", json=[a_note(**SHIPPED), a_note(**SHIPPED)])
    kinds = [type(body) for body in await outbox()]
    assert kinds == [DeliveryNoteIssued] * 2 + [DeliveryNoteShipped] * 2


@pytest.mark.req("FUL-020", "FUL-034", "INV-091")
async def test_a_note_is_written_issued_and_shipped_in_one_call(client: Client, outbox: Outbox) -> None:
    answer = await client.post("/v1/delivery-notes", json=a_note(**SHIPPED))
    note = answer.json()
    assert (note["state"], note["number"], note["issued_on"]) == ("SHIPPED", "DN202606-00001", "2026-06-04")
    assert note["shipped_on"] == "2026-06-04"
    assert await skus(client) == {"W-100/1": (0, 2, 8), "W-100/2": (0, 0, 10)}
    assert await outbox() == [issued_of(note), shipped_of(note)]


def issued_of(note: Json) -> DeliveryNoteIssued:
    """What others are told of two pieces of line 1, issued on June 4."""
    line = DeliveredLine(
        line_id=UUID(note["lines"][0]["line_id"]),
        order_id=an_id(100),
        order_number="W-100",
        order_line_id=a_line(100, 1).line_id,
        sku_code="SKU-1",
        product_name="商品1",
        quantity=2,
        unit_price=Decimal(100),
        amount=Decimal(200),
        tax_rate=Decimal(10),
        tax_included=False,
        reduced=False,
    )
    return DeliveryNoteIssued(
        customer_id=an_id(1),
        note_id=UUID(note["note_id"]),
        number="DN202606-00001",
        customer_code="C1",
        currency="JPY",
        issued_on=date(2026, 6, 4),
        delivery_date=date(2026, 6, 3),
        location_id=an_id(2),
        billable=True,
        ship_to=SHOP,
        lines=(line,),
        charges=(a_charge(100).model_copy(update={"order_id": an_id(100)}),),
    )


def shipped_of(note: Json) -> DeliveryNoteShipped:
    line = ShippedLine(order_id=an_id(100), order_line_id=a_line(100, 1).line_id, sku_code="SKU-1", quantity=2)
    return DeliveryNoteShipped(
        customer_id=an_id(1),
        note_id=UUID(note["note_id"]),
        number="DN202606-00001",
        shipped_on=date(2026, 6, 4),
        lines=(line,),
    )


@pytest.mark.req("GEN-007")
async def test_the_same_key_twice_makes_one_note(client: Client, outbox: Outbox) -> None:
    headers = {"Idempotency-Key": "note-1"}
    first = await client.post("/v1/delivery-notes", json=a_note(**SHIPPED), headers=headers)
    again = await client.post("/v1/delivery-notes", json=a_note(**SHIPPED), headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert len(await outbox()) == 2
    other = await client.post("/v1/delivery-notes", json=a_note({"line_no": 2}), headers=headers)
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.req("FUL-004", "FUL-003", "GEN-010")
async def test_everything_wrong_with_a_note_is_told_at_once_and_nothing_is_written(client: Client) -> None:
    body = a_note(
        {"line_no": 1, "quantity": 11}, {"sku_code": "NONE", "quantity": 1}, location_code="W9", advance="issued"
    )
    body["lines"].append({"order_number": "W-999"})
    body["charges"] = [{"order_number": "W-100", "kind": "fee", "tax_rate": "10"}]
    answer = await client.post("/v1/delivery-notes", json=body)
    assert answer.status_code == 422
    assert [(one["code"], one["field"]) for one in answer.json()["errors"]] == [
        ("UNKNOWN_LINE", "/lines/1"),
        ("UNKNOWN_ORDER", "/lines/2"),
        ("QTY_EXCEEDS_OPEN", "/lines/0"),
        ("UNKNOWN_CHARGE", "/charges/0"),
        ("UNKNOWN_LOCATION", "/location"),
    ]
    assert await skus(client) == {"W-100/1": (0, 0, 10), "W-100/2": (0, 0, 10)}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"lines": []}, "/lines", "TOO_SHORT"),
        ({"lines": [{"order_number": "W-100", "order_id": str(an_id(100))}]}, "/lines/0", "ONE_OF"),
        ({"lines": [{}]}, "/lines/0", "ONE_OF"),
        (a_note({"quantity": 0}), "/lines/0/quantity", "OUT_OF_RANGE"),
        (a_note({"quantity": "2"}), "/lines/0/quantity", "NOT_AN_INTEGER"),
        (a_note({"quantity": 10**12}), "/lines/0/quantity", "OUT_OF_RANGE"),
        (a_note(memo="a\x00b"), "/memo", "BAD_CHARS"),
        (a_note(carrier="x" * 201), "/carrier", "TOO_LONG"),
        (a_note(delivery_date="2026-02-30"), "/delivery_date", "BAD_DATE"),
        (a_note(advance="delivered"), "/advance", "BAD_CHOICE"),
        (a_note(price="1"), "/price", "UNKNOWN_FIELD"),
        (a_note(ship_to={"address1": "東京"}), "/ship_to/name", "REQUIRED"),
        (a_note(charges=[{"order_number": "W-100"}]), "/charges/0", "ONE_OF"),
    ],
)
async def test_a_malformed_note_is_refused_naming_the_field(client: Client, body: Json, field: str, code: str) -> None:
    answer = await client.post("/v1/delivery-notes", json=body)
    assert answer.status_code == 422, answer.text
    assert (field, code) in [(one["field"], one["code"]) for one in answer.json()["errors"]], answer.text


@pytest.mark.req("FUL-030", "CUS-061", "CUS-062")
async def test_a_customer_on_hold_gets_drafts_that_keep_their_charges_and_nothing_more(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    await deliver(an_order(102, customer=2))
    await outbox.clear()
    refused = await client.post("/v1/delivery-notes", json=a_note(order="W-102", **SHIPPED))
    assert (refused.status_code, refused.json()["code"]) == (409, "CUSTOMER_ON_HOLD")
    assert "C2" in refused.json()["detail"]
    draft = await client.post("/v1/delivery-notes", json=a_note(order="W-102"))
    assert draft.status_code == 201
    charges = await client.get("/v1/order-charges", params={"order_number": "W-102"})
    assert charges.json()["items"][0]["note_id"] == draft.json()["note_id"]
    assert await outbox() == []


@pytest.mark.req("FUL-030", "ORD-075")
async def test_a_held_order_stops_only_notes_with_its_lines(client: Client, deliver: Deliver) -> None:
    await deliver(an_order(101, on_hold=True))
    both = {"lines": [{"order_number": "W-100"}, {"order_number": "W-101"}], "advance": "issued"}
    refused = await client.post("/v1/delivery-notes", json=both)
    assert (refused.status_code, refused.json()["code"], refused.json()["order"]) == (409, "ORDER_ON_HOLD", "W-101")
    assert (await client.post("/v1/delivery-notes", json=a_note(**SHIPPED))).status_code == 201


@pytest.mark.req("FUL-003")
async def test_orders_of_two_customers_do_not_mix(client: Client, deliver: Deliver) -> None:
    await deliver(an_order(102, customer=2))
    mixed = await client.post(
        "/v1/delivery-notes", json={"lines": [{"order_number": "W-100"}, {"order_number": "W-102"}]}
    )
    assert (mixed.status_code, mixed.json()["code"], mixed.json()["what"]) == (422, "MIXED_NOTE", "customer")


@pytest.mark.req("FUL-003")
async def test_many_notes_are_written_in_order_each_seeing_the_earlier_ones(client: Client, outbox: Outbox) -> None:
    sevens = [a_note({"line_no": 1, "quantity": 7}, **SHIPPED) for _ in range(2)]
    answer = await client.post(
        "/v1/delivery-note-batches", json=[*sevens, a_note({"line_no": 1, "quantity": 3}, **SHIPPED)]
    )
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["refused"]) == (200, 2, 1)
    first, second, third = body["results"]
    assert (first["item"]["number"], third["item"]["number"]) == ("DN202606-00001", "DN202606-00002")
    assert second["problem"]["errors"][0]["code"] == "QTY_EXCEEDS_OPEN"
    assert (first["item"]["rates"][0]["inclusive_sum"], third["item"]["rates"][0]["inclusive_sum"]) == ("660", "0")
    assert len(await outbox()) == 4


@pytest.mark.req("GEN-010")
async def test_an_atomic_batch_is_written_whole_or_not_at_all(client: Client, outbox: Outbox) -> None:
    notes = [a_note(**SHIPPED), a_note({"line_no": 9}, **SHIPPED)]
    refused = await client.post("/v1/delivery-note-batches", params={"atomic": "true"}, json=notes)
    assert refused.json()["code"] == "BATCH_REFUSED"
    assert await skus(client) == {"W-100/1": (0, 0, 10), "W-100/2": (0, 0, 10)}
    assert await outbox() == []
    whole = await client.post("/v1/delivery-note-batches", params={"atomic": "true"}, json=notes[:1])
    assert whole.json()["results"][0]["item"]["number"] == "DN202606-00001"


@pytest.mark.req("INV-091")
async def test_numbers_count_per_month_of_issue_without_gaps(client: Client) -> None:
    def issued(on: str) -> Json:
        return a_note({"line_no": 1, "quantity": 1}, advance="issued", issued_on=on)

    days = ["2026-06-30", "2026-07-01", "2026-06-01", "2026-07-31"]
    refused = a_note({"line_no": 9}, advance="issued", issued_on="2026-06-02")
    answer = await client.post("/v1/delivery-note-batches", json=[issued(days[0]), refused, *map(issued, days[1:])])
    numbers = [one["item"]["number"] for one in answer.json()["results"] if one["ok"]]
    assert numbers == ["DN202606-00001", "DN202607-00001", "DN202606-00002", "DN202607-00002"]


@pytest.mark.req("FUL-063", "FUL-061")
async def test_a_note_takes_the_charges_it_names(client: Client, deliver: Deliver) -> None:
    fees = (
        a_charge(103, 1),
        a_charge(103, 2, kind="fee", amount="220"),
        a_charge(103, 3, kind="points", amount="-500"),
    )
    await deliver(an_order(103, charges=fees))
    named = [{"order_number": "W-103", "kind": "fee", "tax_rate": "10"}]
    one_piece = {"line_no": 1, "quantity": 1}
    first = await client.post("/v1/delivery-notes", json=a_note(one_piece, order="W-103", charges=named))
    assert [one["kind"] for one in first.json()["charges"]] == ["fee"]
    again = await client.post("/v1/delivery-notes", json=a_note(one_piece, order="W-103", charges=named))
    assert (again.status_code, again.json()["code"]) == (409, "FEE_ALREADY_USED")
    by_id = [{"order_number": "W-103", "charge_id": str(fees[2].charge_id)}]
    third = await client.post("/v1/delivery-notes", json=a_note(one_piece, order="W-103", charges=by_id))
    assert [one["amount"] for one in third.json()["charges"]] == ["-500"]
    none = await client.post("/v1/delivery-notes", json=a_note(one_piece, order="W-103", charges=[]))
    assert none.json()["charges"] == []
    rest = await client.post("/v1/delivery-notes", json=a_note(one_piece, order="W-103"))
    assert [one["kind"] for one in rest.json()["charges"]] == ["shipping"]


@pytest.mark.req("FUL-033", "FUL-031")
async def test_a_run_writes_one_note_per_customer_and_destination(client: Client, deliver: Deliver) -> None:
    drop = a_line(104, 1).model_copy(update={"ship_to_number": 7})
    await deliver(
        a_customer(3), an_order(101), an_order(102, customer=2), an_order(103, customer=3), an_order(104, drop)
    )
    answer = await client.post("/v1/delivery-note-runs", json={"advance": "shipped", "issued_on": "2026-06-20"})
    results = answer.json()["results"]
    assert [one["ok"] for one in results] == [True, False, True, True]
    assert [one["item"]["quantity"] for one in results if one["ok"]] == [40, 20, 10]
    assert results[1]["problem"]["code"] == "CUSTOMER_ON_HOLD"
    goods = await client.get(f"/v1/delivery-notes/{results[3]['item']['note_id']}")
    assert goods.json()["ship_to"]["name"] == DEPOT.name
    assert {line for line, (_, _, available) in (await skus(client)).items() if available} == {"W-102/1", "W-102/2"}


@pytest.mark.req("FUL-033")
@pytest.mark.parametrize(
    ("selection", "quantity"),
    [
        ({"order_numbers": ["W-101"]}, 20),
        ({"order_ids": [str(an_id(100))], "sku_codes": ["SKU-2"]}, 10),
        ({"customer_codes": ["C1"]}, 40),
        ({"customer_ids": [str(an_id(1))], "planned_until": "2026-06-05"}, 40),
        ({"line_ids": [str(a_line(100, 1).line_id), str(a_line(101, 2).line_id)]}, 20),
    ],
)
async def test_a_run_keeps_to_what_is_selected(
    client: Client, deliver: Deliver, selection: Json, quantity: int
) -> None:
    await deliver(an_order(101))
    answer = await client.post("/v1/delivery-note-runs", json=selection)
    assert [one["item"]["quantity"] for one in answer.json()["results"]] == [quantity]


@pytest.mark.parametrize("selection", [{"planned_until": "2026-06-04"}, {"customer_codes": ["NOBODY"]}])
async def test_a_run_over_nothing_is_refused(client: Client, selection: Json) -> None:
    answer = await client.post("/v1/delivery-note-runs", json=selection)
    assert answer.json()["results"][0]["problem"]["code"] == "NOTHING_OPEN"


@pytest.mark.req("GEN-005", "GEN-014")
async def test_another_makers_orders_and_notes_are_not_found(client: Client, tokens: Tokens) -> None:
    note = (await client.post("/v1/delivery-notes", json=a_note())).json()
    stranger = tokens.of_owner(an_id(77))
    read = await client.get(f"/v1/delivery-notes/{note['note_id']}", headers=stranger)
    missing = await client.get(f"/v1/delivery-notes/{an_id(12345)}", headers=stranger)
    assert (read.status_code, read.json()["code"]) == (404, "NOT_FOUND")
    assert {**read.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    write = await client.post("/v1/delivery-notes", json=a_note(), headers=stranger)
    assert write.json()["code"] == "UNKNOWN_ORDER"
    assert (await client.get("/v1/unshipped-skus", headers=stranger)).json()["items"] == []
    assert (
        await client.post("/v1/delivery-notes", json=a_note(), headers=tokens.headers("delivery.read"))
    ).status_code == 403
