"""Billable notes over HTTP: the list, deferrals and exemptions (FUL-022, R10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens, codes_without_text
from chassis.testing.messages import Deliver, Outbox
from contracts.invoicing import BillableExempted, BillableExemptionLifted, OrderShare
from invoicing.app import service
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of


async def notes(client: httpx.AsyncClient, **filters: str) -> list[str]:
    answer = await client.get("/v1/billable-notes", params=filters)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def done(client: httpx.AsyncClient, method: str, path: str, body: object = None, status: int = 200) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_every_code_has_its_texts() -> None:
    assert codes_without_text(service) == []


@pytest.mark.req("INV-022", "INV-025", "GEN-016")
async def test_notes_are_found_by_kind_state_customer_bill_to_date_and_number(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(
        *messages.world(maker_id, "P", A="P"),
        messages.note("DN1", "A", delivery_date=date(2026, 6, 1)),
        messages.note("DN2", "P", delivery_date=date(2026, 6, 2)),
        messages.note("DN3", "stranger", delivery_date=date(2026, 6, 3), billable=False),
        messages.returned("RT1", of="DN1", customer="A", on=date(2026, 6, 4)),
    )

    assert await notes(client) == ["RT1", "DN3", "DN2", "DN1"]
    assert await notes(client, sort="oldest_first", kind="delivery_note") == ["DN1", "DN2", "DN3"]
    assert await notes(client, state="NON_BILLABLE") == ["DN3"]
    assert await notes(client, customer_id=str(id_of("A"))) == ["RT1", "DN1"]
    assert await notes(client, bill_to_id=str(id_of("P"))) == ["RT1", "DN2", "DN1"]
    assert await notes(client, dated_from="2026-06-02", dated_to="2026-06-03") == ["DN3", "DN2"]
    assert await notes(client, number="DN2", currency="JPY") == ["DN2"]


async def test_a_note_is_read_with_its_sums_and_its_invoice(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, tokens: Tokens
) -> None:
    lines = [messages.delivered(1_000, 10, "O1"), messages.delivered(500, 10, "O2"), messages.delivered(100, 8, "O1")]
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1", lines=lines, charges=[messages.charge(660)]))
    await done(client, "POST", "/v1/closing-runs", {"closing_date": "2026-06-30"}, 201)

    note = await done(client, "GET", f"/v1/billable-notes/{id_of('DN1')}")

    assert (note["customer_code"], note["state"], note["invoice_number"]) == ("K1", "INVOICED", "INV202606-00001")
    assert [(one["tax_rate"], one["exclusive_sum"], one["inclusive_sum"]) for one in note["per_rate"]] == [
        ("10", "1500", "660"),
        ("8", "100", "0"),
    ]
    strange = await client.get(f"/v1/billable-notes/{id_of('DN1')}", headers=tokens.of_owner(id_of("another")))
    assert strange.status_code == 404


async def test_a_deferred_note_waits_for_the_closing_after(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    path = f"/v1/billable-notes/{id_of('DN1')}/deferral"

    deferred = await done(client, "POST", path, {"past": "2026-06-30"})

    assert (deferred["deferred_past"], deferred["version"]) == ("2026-06-30", 2)
    june = await done(client, "POST", "/v1/closing-runs/preview", {"closing_date": "2026-06-30"})
    assert (june["invoices"], june["sources_out"][0]["reason"]) == ([], "DEFERRED")
    july = await done(client, "POST", "/v1/closing-runs/preview", {"closing_date": "2026-07-31"})
    assert len(july["invoices"]) == 1
    assert (await done(client, "DELETE", path))["deferred_past"] is None


@pytest.mark.req("FUL-022")
async def test_an_exempt_note_is_not_billed_until_the_exemption_is_lifted(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    path = f"/v1/billable-notes/{id_of('DN1')}/exemption"

    exempt = await done(client, "POST", path, {"reason": "見本"})

    assert (exempt["state"], exempt["exemption"]) == ("NON_BILLABLE", "見本")
    assert (await done(client, "POST", path, {"reason": "見本"}, 409))["code"] == "INVALID_STATE"
    preview = await done(client, "POST", "/v1/closing-runs/preview", {"closing_date": "2026-06-30"})
    assert preview["sources_out"][0]["reason"] == "NON_BILLABLE"
    assert (await done(client, "DELETE", path))["state"] == "UNBILLED"


async def states(client: httpx.AsyncClient) -> dict[str, tuple[str, str]]:
    items = (await client.get("/v1/billable-notes")).json()["items"]
    return {item["number"]: (item["state"], item["exemption"]) for item in items}


@pytest.mark.req("FUL-022", "FUL-073")
async def test_returns_go_with_their_exempt_note_and_are_deducted_again_when_it_is_lifted(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(
        *messages.world(maker_id, "K1"),
        *(messages.note(number) for number in ("DN1", "DN2")),
        *(messages.returned(number, of=of) for number, of in (("RT1", "DN1"), ("RT2", "DN1"), ("RT3", "DN2"))),
    )
    own = {"note": "RT2", "kind": "return_note", "reason": "破損"}
    await done(client, "POST", "/v1/billable-exemptions", [own, {"note": "DN1", "reason": "見本"}])

    assert await states(client) == {
        "DN1": ("NON_BILLABLE", "見本"),
        "RT1": ("NON_BILLABLE", "見本"),
        "RT2": ("NON_BILLABLE", "破損"),
        "DN2": ("UNBILLED", ""),
        "RT3": ("UNBILLED", ""),
    }
    preview = await done(client, "POST", "/v1/closing-runs/preview", {"closing_date": "2026-06-30"})
    assert [one["total"] for one in preview["invoices"]] == ["990"]  # DN2 less RT3
    await done(client, "DELETE", f"/v1/billable-notes/{id_of('DN1')}/exemption")
    lifted = await states(client)
    assert (lifted["DN1"], lifted["RT1"], lifted["RT2"]) == (
        ("UNBILLED", ""),
        ("UNBILLED", ""),
        ("NON_BILLABLE", "破損"),
    )


def told(number: str, amount: int, order: str, kind: str = "delivery_note") -> dict[str, Any]:
    """What exemption and lifting tell of a note of K1."""
    returned = Decimal(max(-amount, 0))
    share = OrderShare(order_id=id_of(order), customer_id=id_of("K1"), amount=Decimal(amount), returned=returned)
    named = {"customer_id": id_of("K1"), "billable_id": id_of(number), "number": number}
    return {**named, "kind": kind, "currency": "JPY", "orders": (share,)}


@pytest.mark.req("FUL-022")
async def test_exempting_and_lifting_are_told_once_with_what_the_note_is_worth(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, outbox: Outbox
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"), messages.returned("RT1", of="DN1"))
    path = f"/v1/billable-notes/{id_of('DN1')}/exemption"
    key = {"Idempotency-Key": "exempt-1"}

    for _ in range(2):  # a repeated request is answered, and not told again
        answer = await client.post(path, json={"reason": "見本"}, headers=key)
        assert (answer.status_code, answer.json()["state"]) == (200, "NON_BILLABLE")
    assert (await client.post(path, json={"reason": "見本"})).status_code == 409
    await done(client, "POST", f"/v1/billable-notes/{id_of('DN1')}/deferral", {"past": "2026-06-30"}, 409)
    await done(client, "DELETE", path)

    note = told("DN1", 1_100, "order of DN1")
    back = told("RT1", -110, "order of DN1", "return_note")
    assert await outbox() == [
        BillableExempted(**note, reason="見本"),
        BillableExempted(**back, reason="見本"),
        BillableExemptionLifted(**note),
        BillableExemptionLifted(**back),
    ]


@pytest.mark.req("FUL-022", "FUL-073")
async def test_a_return_let_go_by_a_void_goes_with_the_note_that_was_exempted_meanwhile(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, outbox: Outbox
) -> None:
    await deliver(
        *messages.world(maker_id, "K1"),
        *(messages.note(number) for number in ("DN1", "DN2")),
        messages.returned("RT1", of="DN1"),
    )
    body = {"bill_to": "K1", "delivery_notes": ["DN2"], "return_notes": ["RT1"], "issued_on": "2026-06-30"}
    invoice = await done(client, "POST", "/v1/invoices", {**body, "due_on": "2026-07-31"}, 201)
    await done(client, "POST", f"/v1/billable-notes/{id_of('DN1')}/exemption", {"reason": "見本"})
    assert (await states(client))["RT1"] == ("INVOICED", "")

    await done(client, "POST", f"/v1/invoices/{invoice['invoice_id']}/voiding", {"reason": "誤り"})

    assert await states(client) == {
        "DN1": ("NON_BILLABLE", "見本"),
        "RT1": ("NON_BILLABLE", "見本"),
        "DN2": ("UNBILLED", ""),
    }
    exempted = [body.number for body in await outbox() if isinstance(body, BillableExempted)]
    assert exempted == ["DN1", "RT1"]


@pytest.mark.req("INV-027")
async def test_an_invoiced_note_is_neither_deferred_nor_exempted(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    await done(client, "POST", "/v1/closing-runs", {"closing_date": "2026-06-30"}, 201)

    for deed, body in (("deferral", {"past": "2026-06-30"}), ("exemption", {"reason": "x"})):
        refused = await done(client, "POST", f"/v1/billable-notes/{id_of('DN1')}/{deed}", body, 409)
        assert refused["code"] == "SOURCE_ALREADY_USED"


async def test_many_notes_are_deferred_and_exempted_by_number_or_id(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"), messages.returned("RT1", of="DN1"))

    deferrals = await done(
        client,
        "POST",
        "/v1/billable-deferrals",
        [
            {"note": "DN1", "past": "2026-06-30"},
            {"note": "RT1", "kind": "return_note", "past": "2026-06-30"},
            {"note": "RT1", "past": "2026-06-30"},
            {"note": str(id_of("DN1")), "past": None},
        ],
    )
    exemptions = await done(
        client,
        "POST",
        "/v1/billable-exemptions",
        [{"note": "DN1", "reason": "見本"}, {"note": "DN1", "reason": None}, {"note": "DN1", "reason": None}],
    )

    assert [result["ok"] for result in deferrals["results"]] == [True, True, False, True]
    assert deferrals["results"][2]["problem"]["errors"][0]["field"] == "/2/note"
    assert deferrals["results"][3]["item"]["deferred_past"] is None
    assert [result["ok"] for result in exemptions["results"]] == [True, True, False]


async def test_a_note_nobody_knows_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/v1/billable-notes/{id_of('DN9')}")).status_code == 404
    await done(client, "POST", f"/v1/billable-notes/{id_of('DN9')}/exemption", {"reason": "x"}, 404)


async def test_credit_notes_are_listed_and_read(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, tokens: Tokens
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.overpaid(), messages.overpaid("b", bill_to="K2"))

    listed = await client.get("/v1/credit-notes", params={"bill_to_id": str(id_of("K1")), "state": "OPEN"})

    (item,) = listed.json()["items"]
    assert (item["number"][:2], item["bill_to_code"], item["amount"]) == ("CN", "K1", "2000")
    path = f"/v1/credit-notes/{item['credit_note_id']}"
    assert (await done(client, "GET", path)) == item
    assert (await client.get(path, headers=tokens.of_owner(id_of("another")))).status_code == 404
