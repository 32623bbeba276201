"""Goods that are never billed: samples, exemptions, and what they leave of the customer's credit."""

from __future__ import annotations

import pytest

from suite.demo.client import Json
from tests.flows.wholesaler import BOWL, SHIRT, Wholesaler, accepted

LIMIT = "11000"


def exempt(maker: Wholesaler, note: Json, reason: str) -> None:
    maker.api.post(f"/v1/billable-notes/{note['note_id']}/exemption", {"reason": reason})
    maker.quiet()


def lift(maker: Wholesaler, note: Json) -> None:
    accepted(maker.api.many("/v1/billable-exemptions", [{"note": note["note_id"], "reason": None}]))
    maker.quiet()


def shown(maker: Wholesaler, note: Json) -> tuple[str, str | None]:
    """How fulfillment shows that the note is billed, and why it is not."""
    now = maker.api.get(f"/v1/delivery-notes/{note['note_id']}")
    return now["billing_status"], now["non_billable_reason"]


@pytest.mark.req("CUS-060", "CUS-065", "FUL-022")
def test_what_accounting_exempts_no_longer_weighs_on_the_credit_and_does_again_when_it_is_lifted(
    maker: Wholesaler,
) -> None:
    maker.customer("EXEMPT", credit_limit=LIMIT)
    order = maker.confirmed("EXEMPT", {SHIRT: 6, BOWL: 1})
    shirts = maker.note(order, {SHIRT: 6}, on="2026-09-05")
    maker.quiet()
    assert maker.exposure("EXEMPT") == "9350"

    exempt(maker, shirts, "見本")
    assert (maker.exposure("EXEMPT"), shown(maker, shirts)) == ("2750", ("NON_BILLABLE", "見本"))
    within = maker.order("EXEMPT", {SHIRT: 7})
    assert (within["over_limit"], maker.exposure("EXEMPT")) == (False, "10450")
    maker.api.post(f"/v1/orders/{within['order_id']}/cancellation", {"reason": "試し"})

    lift(maker, shirts)
    assert (maker.exposure("EXEMPT"), shown(maker, shirts)) == ("9350", ("UNBILLED", None))
    assert maker.order("EXEMPT", {SHIRT: 7})["over_limit"] is True


@pytest.mark.req("CUS-065", "FUL-022", "ORD-100", "INV-061")
def test_an_order_of_samples_and_goods_is_settled_by_the_invoice_over_the_goods(maker: Wholesaler) -> None:
    maker.customer("SAMPLES", credit_limit=LIMIT)
    order = maker.confirmed("SAMPLES", {SHIRT: 2, BOWL: 1})
    sample = maker.note(order, {SHIRT: 2}, on="2026-09-05", advance="draft")
    marked = maker.http.put(f"/v1/delivery-notes/{sample['note_id']}/non-billable", json={"reason": "見本"})
    assert marked.status_code == 200, marked.text
    for deed in ("issuance", "shipment"):
        maker.api.post(f"/v1/delivery-notes/{sample['note_id']}/{deed}", {})
    maker.quiet()
    assert maker.exposure("SAMPLES") == "2750"

    maker.note(order, {BOWL: 1}, on="2026-09-06")
    maker.quiet()
    [invoice] = maker.close("2026-09-30")["invoices"]
    assert (invoice["total"], maker.exposure("SAMPLES"), maker.now(order)["invoiced"]) == ("2750", "2750", "yes")
    assert maker.balance("SAMPLES") == "2750"

    lift(maker, sample)
    assert maker.exposure("SAMPLES") == "4950"
    number = maker.api.get(f"/v1/delivery-notes/{sample['note_id']}")["number"]
    body = {"bill_to": "SAMPLES", "delivery_notes": [number], "issued_on": "2026-10-01", "due_on": "2026-10-31"}
    maker.api.post("/v1/invoices", body)
    maker.quiet()
    assert (maker.exposure("SAMPLES"), maker.balance("SAMPLES")) == ("4950", "4950")
    assert (shown(maker, sample), maker.now(order)["invoiced"]) == (("INVOICED", None), "yes")
    assert all(service["parked"] == 0 for service in maker.api.get("/v1/quiet")["services"])


@pytest.mark.req("FUL-022", "FUL-073", "INV-150")
def test_goods_that_came_back_from_an_exempt_note_are_not_deducted(maker: Wholesaler) -> None:
    maker.customer("GIFT", credit_limit=LIMIT)
    gift = maker.delivered("GIFT", {SHIRT: 3}, on="2026-09-05")
    sold = maker.delivered("GIFT", {BOWL: 1}, on="2026-09-06")
    back = {"note_id": gift["note_id"], "reason": "不良", "returned_on": "2026-09-08", "issued_on": "2026-09-08"}
    lines = [{"sku_code": SHIRT, "quantity": 1}]
    maker.api.post("/v1/return-notes", {**back, "lines": lines, "advance": "issued"})
    maker.quiet()

    exempt(maker, gift, "販促品")
    [invoice] = maker.close("2026-09-30")["invoices"]

    assert [source["number"] for source in maker.invoice(invoice)["sources"]] == [sold["number"]]
    assert (invoice["total"], maker.exposure("GIFT")) == ("2750", "2750")
    exempt_now = maker.api.get("/v1/billable-notes", customer_id=maker.ids["GIFT"], state="NON_BILLABLE")["items"]
    assert {one["kind"] for one in exempt_now} == {"delivery_note", "return_note"}
