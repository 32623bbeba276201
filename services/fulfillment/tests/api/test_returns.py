"""Return notes over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import ReturnNoteIssued
from contracts.parts import DeliveredLine
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import a_customer, a_line, a_void, an_invoice, an_order

pytestmark = pytest.mark.usefixtures("shop")

Client = httpx.AsyncClient
Json = dict[str, Any]


async def a_note(client: Client, outbox: Outbox, *orders: str, advance: str = "shipped") -> Json:
    """A note over everything open of these orders."""
    lines = [{"order_number": order} for order in orders or ("W-100",)]
    body = {"lines": lines, "advance": advance, "delivery_date": "2026-06-03", "issued_on": "2026-06-03"}
    answer = await client.post("/v1/delivery-notes", json=body)
    assert answer.status_code == 201, answer.text
    await outbox.clear()
    note: Json = answer.json()
    return note


def a_return(note: Json, *lines: Json, **more: object) -> Json:
    return {"note_number": note["number"], "reason": "誤納品", "lines": list(lines), **more}


@pytest.mark.req("FUL-070", "FUL-071", "INV-091")
async def test_goods_come_back_on_an_issued_return_at_the_shipped_price(client: Client, outbox: Outbox) -> None:
    note = await a_note(client, outbox)
    wanted = a_return(
        note, {"sku_code": "SKU-1", "quantity": 3}, returned_on="2026-06-23", advance="issued", restock=True
    )
    answer = await client.post("/v1/return-notes", json=wanted)
    returned = answer.json()
    assert (answer.status_code, returned["state"], returned["number"]) == (201, "ISSUED", "RN202606-00001")
    assert (returned["quantity"], returned["amount"], returned["issued_on"]) == (3, "300", "2026-06-23")
    assert (await client.get(f"/v1/return-notes/{returned['return_id']}")).json() == returned
    assert await outbox() == [issued_of(note, returned)]
    line = (await client.get(f"/v1/delivery-notes/{note['note_id']}")).json()["lines"][0]
    assert (line["quantity"], line["returned"]) == (10, 3)
    open_after = (await client.get("/v1/unshipped-skus")).json()["items"]
    assert open_after == []


def issued_of(note: Json, returned: Json) -> ReturnNoteIssued:
    """What others are told of three pieces of line 1."""
    line = DeliveredLine(
        line_id=UUID(returned["lines"][0]["line_id"]),
        order_id=an_id(100),
        order_number="W-100",
        order_line_id=a_line(100, 1).line_id,
        sku_code="SKU-1",
        product_name="商品1",
        quantity=3,
        unit_price=Decimal(100),
        amount=Decimal(300),
        tax_rate=Decimal(10),
        tax_included=False,
        reduced=False,
    )
    return ReturnNoteIssued(
        customer_id=an_id(1),
        return_id=UUID(returned["return_id"]),
        number="RN202606-00001",
        note_id=UUID(note["note_id"]),
        note_number=note["number"],
        currency="JPY",
        returned_on=date(2026, 6, 23),
        delivery_date=date(2026, 6, 3),
        reason="誤納品",
        lines=(line,),
    )


@pytest.mark.req("FUL-071")
async def test_returns_of_one_call_never_take_back_more_than_was_shipped(client: Client, outbox: Outbox) -> None:
    note = await a_note(client, outbox)
    six = a_return(note, {"line_no": 1, "quantity": 6})
    asked = [six, six, a_return(note, {"line_no": 1}), a_return(note, {"line_no": 1}), a_return(note, {"line_no": 9})]
    results = (await client.post("/v1/return-note-batches", json=asked)).json()["results"]
    assert [one["item"]["quantity"] if one["ok"] else one["problem"]["code"] for one in results] == [
        6,
        "RETURN_EXCEEDS",
        4,
        "NOTHING_TO_RETURN",
        "UNKNOWN_NOTE_LINE",
    ]
    assert await outbox() == []


@pytest.mark.req("FUL-071", "FUL-030")
async def test_only_shipped_goods_come_back_and_a_hold_does_not_matter(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    note = await a_note(client, outbox, advance="issued")
    early = await client.post("/v1/return-notes", json=a_return(note))
    assert (early.status_code, early.json()["code"]) == (409, "INVALID_STATE")
    await client.post(f"/v1/delivery-notes/{note['note_id']}/shipment", json={})
    await deliver(a_customer(1, on_hold=True))
    whole = await client.post("/v1/return-notes", json=a_return(note))
    assert (whole.status_code, whole.json()["quantity"]) == (201, 20)


@pytest.mark.req("FUL-071")
async def test_a_sku_of_two_orders_is_told_apart_by_the_order(client: Client, deliver: Deliver, outbox: Outbox) -> None:
    await deliver(an_order(101, a_line(101, 1, price="90")))
    note = await a_note(client, outbox, "W-100", "W-101")
    vague = await client.post("/v1/return-notes", json=a_return(note, {"sku_code": "SKU-1", "quantity": 1}))
    assert (vague.status_code, vague.json()["code"], vague.json()["lines"]) == (422, "AMBIGUOUS_NOTE_LINE", "1, 3")
    exact = {"sku_code": "SKU-1", "order_number": "W-101", "quantity": 1}
    clear = await client.post("/v1/return-notes", json=a_return(note, exact))
    assert clear.json()["amount"] == "90"
    by_id = {"line_id": note["lines"][0]["line_id"], "quantity": 1}
    assert (await client.post("/v1/return-notes", json=a_return(note, by_id))).json()["amount"] == "100"


@pytest.mark.req("FUL-071")
async def test_a_sku_sold_with_and_without_tax_is_told_apart_by_the_order(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    """100 with tax and 100 plus tax are two prices: which of them comes back is not ours to guess."""
    with_tax = a_line(101, 1).model_copy(update={"tax_included": True})
    await deliver(an_order(101, with_tax))
    note = await a_note(client, outbox, "W-100", "W-101")
    vague = await client.post("/v1/return-notes", json=a_return(note, {"sku_code": "SKU-1", "quantity": 1}))
    assert (vague.status_code, vague.json()["code"], vague.json()["lines"]) == (422, "AMBIGUOUS_NOTE_LINE", "1, 3")


@pytest.mark.req("FUL-073")
async def test_drafts_are_issued_one_by_one_or_together(client: Client, outbox: Outbox) -> None:
    note = await a_note(client, outbox)
    first, second = [
        (await client.post("/v1/return-notes", json=a_return(note, {"line_no": 1, "quantity": 1}))).json()
        for _ in range(2)
    ]
    path = f"/v1/return-notes/{first['return_id']}"
    stale = await client.post(f"{path}/issuance", json={}, headers={"If-Match": '"7"'})
    assert stale.json()["code"] == "CONFLICT"
    issued = await client.post(f"{path}/issuance", json={"issued_on": "2026-06-30"}, headers={"If-Match": '"1"'})
    assert (issued.json()["number"], issued.headers["etag"]) == ("RN202606-00001", '"2"')
    assert (await client.get(path)).json() == issued.json()
    asked = [{"return_id": one, "issued_on": "2026-06-30"} for one in (second["return_id"],) * 2]
    asked += [{"return_id": first["return_id"]}, {"return_id": str(an_id(9))}]
    results = (await client.post("/v1/return-note-issuances", json=asked)).json()["results"]
    assert [one["item"]["number"] if one["ok"] else one["problem"]["code"] for one in results] == [
        "RN202606-00002",
        "INVALID_STATE",
        "INVALID_STATE",
        "NOT_FOUND",
    ]
    assert len(await outbox()) == 2


@pytest.mark.req("FUL-073", "GEN-011")
async def test_a_deleted_draft_lets_its_pieces_come_back_again(client: Client, outbox: Outbox) -> None:
    note = await a_note(client, outbox)
    drafted = (await client.post("/v1/return-notes", json=a_return(note))).json()
    path = f"/v1/return-notes/{drafted['return_id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404
    again = await client.post("/v1/return-notes", json=a_return(note, advance="issued"))
    assert again.json()["quantity"] == 20
    kept = await client.delete(f"/v1/return-notes/{again.json()['return_id']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "INVALID_STATE")


@pytest.mark.req("FUL-073", "FUL-072")
async def test_an_invoice_applies_a_return_and_a_void_frees_it(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    note = await a_note(client, outbox)
    returned = (await client.post("/v1/return-notes", json=a_return(note, advance="issued"))).json()
    path, invoice = (
        f"/v1/return-notes/{returned['return_id']}",
        an_invoice(1, ("return_note", UUID(returned["return_id"]))),
    )
    await deliver(invoice)
    applied = (await client.get(path)).json()
    assert (applied["state"], applied["invoice_id"]) == ("APPLIED", str(an_id(1)))
    await deliver(a_void(invoice))
    assert (await client.get(path)).json() == returned


@pytest.mark.req("GEN-016")
async def test_returns_are_listed_and_filtered(client: Client, outbox: Outbox) -> None:
    note = await a_note(client, outbox)
    one_piece = {"line_no": 1, "quantity": 1}
    first = await client.post(
        "/v1/return-notes", json=a_return(note, one_piece, returned_on="2026-06-10", advance="issued")
    )
    second = await client.post("/v1/return-notes", json=a_return(note, one_piece, returned_on="2026-06-20"))
    a, b = first.json()["return_id"], second.json()["return_id"]

    async def found(**filters: str) -> list[str]:
        answer = await client.get("/v1/return-notes", params=filters)
        assert answer.status_code == 200, answer.text
        return [one["return_id"] for one in answer.json()["items"]]

    assert await found() == [b, a]
    assert await found(state="DRAFT") == [b]
    assert await found(number="RN202606-00001") == [a]
    assert await found(note_number=note["number"], customer_code="C1") == [b, a]
    assert await found(note_id=note["note_id"], customer_id=str(an_id(1))) == [b, a]
    assert await found(returned_from="2026-06-11", returned_to="2026-06-20") == [b]
    page = (await client.get("/v1/return-notes", params={"limit": "1"})).json()
    assert (page["items"][0]["amount"], page["items"][0]["quantity"]) == ("100", 1)
    assert await found(cursor=page["next_cursor"]) == [a]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"reason": ""}, "/reason", "REQUIRED"),
        ({"note_id": str(an_id(1))}, "", "ONE_OF"),
        ({"lines": [{"quantity": 0}]}, "/lines/0/quantity", "OUT_OF_RANGE"),
        ({"advance": "shipped"}, "/advance", "BAD_CHOICE"),
    ],
)
async def test_a_malformed_return_is_refused_naming_the_field(
    client: Client, change: Json, field: str, code: str
) -> None:
    body = {**a_return({"number": "DN202606-00001"}), **change}
    answer = await client.post("/v1/return-notes", json=body)
    assert answer.status_code == 422
    assert (field, code) in [(one.get("field", ""), one["code"]) for one in answer.json()["errors"]], answer.text


@pytest.mark.req("GEN-005", "GEN-007")
async def test_a_stranger_finds_no_return_and_a_repeated_call_makes_none(
    client: Client, tokens: Tokens, outbox: Outbox
) -> None:
    note = await a_note(client, outbox)
    headers = {"Idempotency-Key": "return-1"}
    first = await client.post("/v1/return-notes", json=a_return(note), headers=headers)
    again = await client.post("/v1/return-notes", json=a_return(note), headers=headers)
    assert first.content == again.content
    path, stranger = f"/v1/return-notes/{first.json()['return_id']}", tokens.of_owner(an_id(77))
    assert (await client.get(path, headers=stranger)).status_code == 404
    assert (await client.delete(path, headers=stranger)).status_code == 404
    assert (await client.post(f"{path}/issuance", json={}, headers=stranger)).status_code == 404
    assert (await client.post("/v1/return-notes", json=a_return(note), headers=stranger)).status_code == 404
    assert (await client.get("/v1/return-notes", headers=stranger)).json()["items"] == []
