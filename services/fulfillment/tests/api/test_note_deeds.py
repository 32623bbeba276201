"""What becomes of notes over HTTP: issued, shipped, delivered, revised, exempted, deleted; listed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import DeliveryNoteIssued, DeliveryNoteShipped
from contracts.ordering import OrderHoldChanged
from contracts.wire import Message
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import (
    DEPOT,
    a_customer,
    a_lifting,
    a_maker,
    a_void,
    an_exemption,
    an_invoice,
    an_order,
)

pytestmark = pytest.mark.usefixtures("shop")

Client = httpx.AsyncClient
Json = dict[str, Any]


async def a_draft(client: Client, quantity: int = 2, order: str = "W-100", **more: object) -> Json:
    line = {"order_number": order, "line_no": 1, "quantity": quantity}
    answer = await client.post("/v1/delivery-notes", json={"lines": [line], "delivery_date": "2026-06-03", **more})
    assert answer.status_code == 201, answer.text
    note: Json = answer.json()
    return note


async def post(client: Client, path: str, body: object, **headers: str) -> tuple[int, Json]:
    answer = await client.post(path, json=body, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.req("FUL-020")
async def test_a_note_is_issued_shipped_and_delivered_step_by_step(client: Client, outbox: Outbox) -> None:
    path = f"/v1/delivery-notes/{(await a_draft(client))['note_id']}"
    status, issued = await post(client, f"{path}/issuance", {"issued_on": "2026-06-04"})
    assert (status, issued["state"], issued["number"], issued["version"]) == (200, "ISSUED", "DN202606-00001", 2)
    status, shipped = await post(client, f"{path}/shipment", {"shipped_on": "2026-06-05"})
    assert (status, shipped["state"], shipped["shipped_on"]) == (200, "SHIPPED", "2026-06-05")
    status, delivered = await post(client, f"{path}/delivery", {"delivered_on": "2026-06-06"})
    assert (status, delivered["state"], delivered["delivered_on"]) == (200, "DELIVERED", "2026-06-06")
    assert (await client.get(path)).json() == delivered
    assert [type(body) for body in await outbox()] == [DeliveryNoteIssued, DeliveryNoteShipped]
    line = (await client.get("/v1/unshipped-skus", params={"order_number": "W-100"})).json()["items"][0]
    assert (line["allocated"], line["shipped"], line["open"]) == (0, 2, 8)


async def test_a_deed_out_of_turn_is_refused_naming_the_state(client: Client) -> None:
    path = f"/v1/delivery-notes/{(await a_draft(client))['note_id']}"
    status, problem = await post(client, f"{path}/shipment", {})
    assert (status, problem["code"], problem["state"], problem["allowed"]) == (
        409,
        "INVALID_STATE",
        "DRAFT",
        "issue, revise, delete, exempt, lift",
    )
    await post(client, f"{path}/issuance", {})
    assert (await post(client, f"{path}/issuance", {}))[1]["code"] == "INVALID_STATE"
    assert (await client.delete(path)).json()["code"] == "INVALID_STATE"
    assert (await client.patch(path, json={"memo": "x"})).json()["code"] == "INVALID_STATE"


@pytest.mark.req("FUL-030", "CUS-061")
async def test_holds_are_checked_at_issue_and_again_at_shipment(client: Client, deliver: Deliver) -> None:
    path = f"/v1/delivery-notes/{(await a_draft(client))['note_id']}"
    await deliver(a_customer(1, on_hold=True))
    assert (await post(client, f"{path}/issuance", {}))[1]["code"] == "CUSTOMER_ON_HOLD"
    await deliver(a_customer(1))
    assert (await post(client, f"{path}/issuance", {}))[0] == 200
    await deliver(a_customer(1, on_hold=True))
    assert (await post(client, f"{path}/shipment", {}))[1]["code"] == "CUSTOMER_ON_HOLD"
    held = OrderHoldChanged(
        order_id=an_id(100), number="W-100", customer_id=an_id(1), currency="JPY", on_hold=True, reason="要確認"
    )
    await deliver(a_customer(1), held)
    assert (await post(client, f"{path}/shipment", {}))[1]["code"] == "ORDER_ON_HOLD"
    await deliver(held.model_copy(update={"on_hold": False}))
    assert (await post(client, f"{path}/shipment", {}))[0] == 200


@pytest.mark.req("FUL-020", "INV-091")
async def test_many_notes_are_issued_and_shipped_at_once(client: Client, deliver: Deliver, outbox: Outbox) -> None:
    await deliver(an_order(102, customer=2))
    await outbox.clear()
    drafts = [await a_draft(client), await a_draft(client, order="W-102"), await a_draft(client)]
    asked = [{"note_id": note["note_id"], "issued_on": "2026-06-04"} for note in drafts]
    _, issued = await post(client, "/v1/delivery-note-issuances", [*asked, asked[0], {"note_id": str(an_id(9))}])
    assert [one["item"]["number"] if one["ok"] else one["problem"]["code"] for one in issued["results"]] == [
        "DN202606-00001",
        "CUSTOMER_ON_HOLD",
        "DN202606-00002",
        "INVALID_STATE",
        "NOT_FOUND",
    ]
    numbers = [{"number": "DN202606-00002", "shipped_on": "2026-06-05"}, {"number": "DN202606-00001"}]
    _, shipped = await post(client, "/v1/delivery-note-shipments", [*numbers, numbers[0]])
    assert [one["ok"] for one in shipped["results"]] == [True, True, False]
    assert [type(body).__name__ for body in await outbox()] == ["DeliveryNoteIssued"] * 2 + ["DeliveryNoteShipped"] * 2
    _, delivered = await post(client, "/v1/delivery-note-deliveries", numbers[1:])
    assert delivered["results"][0]["item"]["state"] == "DELIVERED"


@pytest.mark.req("FUL-061", "GEN-011")
async def test_a_deleted_draft_frees_its_quantities_and_charges(client: Client) -> None:
    note = await a_draft(client)
    path = f"/v1/delivery-notes/{note['note_id']}"
    gone = await client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 404
    line = (await client.get("/v1/unshipped-skus")).json()["items"][0]
    assert (line["allocated"], line["available"]) == (0, 10)
    again = await a_draft(client)
    assert [one["kind"] for one in again["charges"]] == ["shipping"]


@pytest.mark.req("FUL-026", "GEN-006")
async def test_a_draft_is_revised_by_whoever_read_its_version(client: Client) -> None:
    path = f"/v1/delivery-notes/{(await a_draft(client))['note_id']}"
    change = {"memo": "至急", "location_code": "W1", "ship_to": {"name": DEPOT.name}, "delivery_date": "2026-06-08"}
    revised = await client.patch(path, json=change, headers={"If-Match": '"1"'})
    note = revised.json()
    assert (revised.status_code, revised.headers["etag"]) == (200, '"2"')
    assert (note["memo"], note["location"]["code"], note["delivery_date"]) == ("至急", "W1", "2026-06-08")
    assert note["ship_to"]["name"] == DEPOT.name
    stale = await client.patch(path, json={"memo": "後で"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")
    assert (await client.get(path)).json() == note
    unknown = await client.patch(path, json={"location_code": "W9"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "UNKNOWN_LOCATION")


@pytest.mark.req("FUL-022", "FUL-063")
async def test_order_charges_go_with_the_first_note_that_is_billed(client: Client, outbox: Outbox) -> None:
    sample = await a_draft(client)
    path = f"/v1/delivery-notes/{sample['note_id']}"
    exempted = await client.put(f"{path}/non-billable", json={"reason": "見本"})
    assert exempted.json()["charges"] == []
    assert (await client.get(path)).json() == exempted.json()
    await post(client, f"{path}/issuance", {})
    billed = await a_draft(client)
    assert [one["kind"] for one in billed["charges"]] == ["shipping"]
    assert [body.charges for body in await outbox() if isinstance(body, DeliveryNoteIssued)] == [()]


@pytest.mark.req("FUL-022", "FUL-063")
async def test_a_note_that_is_billable_again_takes_the_charges_still_free(client: Client) -> None:
    first, second = await a_draft(client), await a_draft(client)
    for note in (first, second):
        await client.put(f"/v1/delivery-notes/{note['note_id']}/non-billable", json={"reason": "見本"})
    lifted = [await client.delete(f"/v1/delivery-notes/{note['note_id']}/non-billable") for note in (second, first)]
    assert [[one["kind"] for one in answer.json()["charges"]] for answer in lifted] == [["shipping"], []]
    kept = await client.get(f"/v1/delivery-notes/{second['note_id']}")
    assert kept.json() == lifted[0].json()


@pytest.mark.req("FUL-063")
async def test_lifting_what_is_not_exempt_takes_no_charges(client: Client) -> None:
    note = await a_draft(client, charges=[])
    lifted = await client.delete(f"/v1/delivery-notes/{note['note_id']}/non-billable")
    assert lifted.json()["charges"] == []


@pytest.mark.req("FUL-022")
async def test_a_non_billable_note_is_told_as_such(client: Client, outbox: Outbox) -> None:
    path = f"/v1/delivery-notes/{(await a_draft(client))['note_id']}"
    await client.put(f"{path}/non-billable", json={"reason": "見本"})
    lifted = await client.delete(f"{path}/non-billable")
    assert (lifted.status_code, lifted.json()["billing_status"]) == (200, "UNBILLED")
    exempted = await client.put(f"{path}/non-billable", json={"reason": "見本"})
    assert (exempted.json()["billing_status"], exempted.json()["non_billable_reason"]) == ("NON_BILLABLE", "見本")
    await post(client, f"{path}/issuance", {})
    assert [body.billable for body in await outbox() if isinstance(body, DeliveryNoteIssued)] == [False]
    assert (await client.put(f"{path}/non-billable", json={"reason": ""})).status_code == 422
    assert (await client.delete(f"{path}/non-billable")).json()["code"] == "INVALID_STATE"


@pytest.mark.req("FUL-022")
async def test_invoices_take_notes_and_voided_ones_free_them(client: Client, deliver: Deliver) -> None:
    first, second = await a_draft(client, advance="issued"), await a_draft(client, advance="issued")
    invoice = an_invoice(1, ("delivery_note", UUID(first["note_id"])), ("charge", an_id(5)))
    await deliver(invoice, invoice)

    async def statuses() -> list[str]:
        found = await client.get("/v1/delivery-notes", params={"sort": "created"})
        return [one["billing_status"] for one in found.json()["items"]]

    assert await statuses() == ["INVOICED", "UNBILLED"]
    await deliver(an_invoice(2, ("delivery_note", UUID(second["note_id"])), ("delivery_note", an_id(99))))
    await deliver(a_void(an_invoice(3, ("delivery_note", UUID(first["note_id"])))))
    assert await statuses() == ["INVOICED", "INVOICED"]
    await deliver(a_void(invoice))
    assert await statuses() == ["UNBILLED", "INVOICED"]
    held = await client.get("/v1/delivery-notes", params={"invoice_id": str(an_id(2))})
    assert [one["note_id"] for one in held.json()["items"]] == [second["note_id"]]


@pytest.mark.req("FUL-022", "GEN-008")
async def test_a_late_invoice_and_its_void_do_not_free_a_note_that_was_billed_anew(
    client: Client, deliver: Deliver
) -> None:
    """Invoices of different addressees have different keys: what came first may be heard of last."""
    note = await a_draft(client, advance="issued")
    source = ("delivery_note", UUID(note["note_id"]))
    await deliver(an_invoice(2, source))
    await deliver(an_invoice(1, source))
    await deliver(a_void(an_invoice(1, source)))
    held = await client.get("/v1/delivery-notes", params={"invoice_id": str(an_id(2))})
    assert [one["billing_status"] for one in held.json()["items"]] == ["INVOICED"]


async def billing_of(client: Client, note: Json) -> tuple[str, str | None]:
    now = (await client.get(f"/v1/delivery-notes/{note['note_id']}")).json()
    return now["billing_status"], now["non_billable_reason"]


@pytest.mark.req("FUL-022")
async def test_a_note_shows_that_invoicing_exempts_it_and_ships_as_such(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    first, second = await a_draft(client, advance="issued"), await a_draft(client, advance="issued")
    exempted = an_exemption(UUID(first["note_id"]))
    await deliver(
        exempted, exempted, an_exemption(an_id(99)), an_exemption(UUID(second["note_id"]), kind="return_note")
    )
    assert (await billing_of(client, first), await billing_of(client, second)) == (
        ("NON_BILLABLE", "見本"),
        ("UNBILLED", None),
    )
    for note in (first, second):
        assert (await post(client, f"/v1/delivery-notes/{note['note_id']}/shipment", {}))[0] == 200
    assert [one.billable for one in await outbox() if isinstance(one, DeliveryNoteShipped)] == [False, True]
    assert await billing_of(client, first) == ("NON_BILLABLE", "見本")
    lifted = a_lifting(UUID(first["note_id"]))
    await deliver(lifted, lifted)
    assert await billing_of(client, first) == ("UNBILLED", None)


@pytest.mark.req("FUL-022", "GEN-008")
async def test_invoices_and_exemptions_are_followed_in_whatever_order_they_are_heard_of(
    client: Client, deliver: Deliver
) -> None:
    """They have different keys: exempt, lifted, billed, voided, exempt again is what happened."""
    exemptions, invoices = ("exempt", "lift", "exempt again"), ("bill", "void")
    for heard in interleaved(exemptions, invoices):
        note_id = UUID((await a_draft(client, 1, advance="issued"))["note_id"])
        invoice = an_invoice(note_id.int % 10**6, ("delivery_note", note_id))
        bodies = {
            "exempt": an_exemption(note_id),
            "lift": a_lifting(note_id),
            "exempt again": an_exemption(note_id, "破損"),
            "bill": invoice,
            "void": a_void(invoice),
        }
        for name in heard:
            await deliver(bodies[name])
            if "bill" in heard[: heard.index(name) + 1] and "void" not in heard[: heard.index(name) + 1]:
                assert (await billing_of(client, {"note_id": note_id}))[0] == "INVOICED", heard
        assert await billing_of(client, {"note_id": note_id}) == ("NON_BILLABLE", "破損"), heard


def interleaved(first: tuple[str, ...], second: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every order in which two ordered stories can be heard of."""
    if not first or not second:
        return [first + second]
    return [(first[0], *rest) for rest in interleaved(first[1:], second)] + [
        (second[0], *rest) for rest in interleaved(first, second[1:])
    ]


@pytest.mark.req("FUL-022", "GEN-008")
async def test_a_note_issued_as_non_billable_and_lifted_later_may_be_heard_of_as_billed_first(
    client: Client, deliver: Deliver
) -> None:
    note = await a_draft(client)
    await client.put(f"/v1/delivery-notes/{note['note_id']}/non-billable", json={"reason": "見本"})
    await post(client, f"/v1/delivery-notes/{note['note_id']}/issuance", {})
    await deliver(an_invoice(1, ("delivery_note", UUID(note["note_id"]))))
    assert (await billing_of(client, note))[0] == "INVOICED"
    await deliver(a_lifting(UUID(note["note_id"])))
    assert await billing_of(client, note) == ("INVOICED", None)


@pytest.mark.req("GEN-016")
async def test_notes_are_listed_filtered_sorted_and_paged(client: Client, deliver: Deliver) -> None:
    await deliver(a_customer(3), an_order(103, customer=3))
    early = await a_draft(client, advance="shipped", delivery_date="2026-06-01", issued_on="2026-06-01")
    late = await a_draft(client, order="W-103", delivery_date="2026-06-30")
    middle = await a_draft(client, delivery_date="2026-06-15")

    async def found(**filters: str) -> list[str]:
        answer = await client.get("/v1/delivery-notes", params=filters)
        assert answer.status_code == 200, answer.text
        return [one["note_id"] for one in answer.json()["items"]]

    e, m, la = early["note_id"], middle["note_id"], late["note_id"]
    assert await found() == [m, la, e]
    assert await found(sort="created") == [e, la, m]
    assert await found(sort="delivery_date") == [e, m, la]
    assert await found(sort="-delivery_date") == [la, m, e]
    assert await found(state="DRAFT") == [m, la]
    assert await found(customer_code="C3") == await found(customer_id=str(an_id(3))) == [la]
    assert await found(number="DN202606-00001") == [e]
    assert await found(order_number="W-103") == [la]
    assert await found(delivery_from="2026-06-02", delivery_to="2026-06-15") == [m]
    assert await found(billing_status="UNBILLED", state="SHIPPED") == [e]
    item = (await client.get("/v1/delivery-notes", params={"number": "DN202606-00001"})).json()["items"][0]
    assert (item["quantity"], item["rates"], item["payment_points"]) == (2, early["rates"], "0")


@pytest.mark.req("FUL-034", "FUL-022")
async def test_what_is_billable_now_depends_on_the_makers_choice(
    client: Client, deliver: Deliver, maker_id: UUID
) -> None:
    issued, shipped = await a_draft(client, advance="issued"), await a_draft(client, advance="shipped")
    sample = await a_draft(client)
    await client.put(f"/v1/delivery-notes/{sample['note_id']}/non-billable", json={"reason": "見本"})
    await post(client, f"/v1/delivery-notes/{sample['note_id']}/issuance", {})
    billed = await a_draft(client, advance="shipped")
    await deliver(an_invoice(1, ("delivery_note", UUID(billed["note_id"]))))

    async def billable(asked: str = "true") -> list[str]:
        found = (await client.get("/v1/delivery-notes", params={"billable": asked, "sort": "created"})).json()["items"]
        assert {one["billable"] for one in found} == {asked == "true"}
        return [one["note_id"] for one in found]

    assert await billable() == [issued["note_id"], shipped["note_id"]]
    assert await billable("false") == [sample["note_id"], billed["note_id"]]
    await deliver(Message(maker_id, a_maker(maker_id, bill_from="shipped"), version=2))
    assert await billable() == [shipped["note_id"]]


@pytest.mark.req("GEN-016")
async def test_a_list_is_read_page_by_page_in_either_order(client: Client) -> None:
    written = [(await a_draft(client, 1, delivery_date=f"2026-06-0{1 + n % 2}"))["note_id"] for n in range(5)]
    for sort in ("created", "-created", "delivery_date", "-delivery_date"):
        read: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            params = {"sort": sort, "limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await client.get("/v1/delivery-notes", params=params)).json()
            read += [one["note_id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert sorted(read) == sorted(written)
        assert len(set(read)) == 5
    bad = await client.get("/v1/delivery-notes", params={"cursor": "nonsense"})
    assert (bad.status_code, bad.json()["code"]) == (400, "BAD_PARAMETER")
    assert (await client.get("/v1/delivery-notes", params={"stat": "DRAFT"})).status_code in (400, 422)


@pytest.mark.req("GEN-005")
async def test_a_strangers_deeds_find_no_note(client: Client, tokens: Tokens) -> None:
    note_id = (await a_draft(client))["note_id"]
    path, stranger = f"/v1/delivery-notes/{note_id}", tokens.of_owner(an_id(77))
    for deed in ("issuance", "shipment", "delivery"):
        assert (await client.post(f"{path}/{deed}", json={}, headers=stranger)).status_code == 404
    assert (await client.delete(path, headers=stranger)).status_code == 404
    assert (await client.patch(path, json={"memo": "x"}, headers=stranger)).status_code == 404
    assert (await client.put(f"{path}/non-billable", json={"reason": "x"}, headers=stranger)).status_code == 404
    assert (await client.delete(f"{path}/non-billable", headers=stranger)).status_code == 404
    bulk = await client.post("/v1/delivery-note-issuances", json=[{"note_id": note_id}], headers=stranger)
    assert bulk.json()["results"][0]["problem"]["code"] == "NOT_FOUND"
    assert (await client.get("/v1/delivery-notes", headers=stranger)).json()["items"] == []
