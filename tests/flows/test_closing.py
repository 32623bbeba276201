"""Closing runs, delegation, void and paper: what is billed to whom, once."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from suite.demo.client import ApiRefused
from tests.flows.running import eventually
from tests.flows.wholesaler import BOWL, REGISTRATION, SHIRT, TEA, Wholesaler
from tests.flows.zengin import Transfer


@pytest.mark.req("INV-060", "INV-061", "INV-062", "CUS-051")
def test_a_closing_run_does_what_its_preview_showed_once_and_leaves_late_notes_to_the_next(maker: Wholesaler) -> None:
    maker.customer("LASTDAY")
    inside = maker.delivered("LASTDAY", {SHIRT: 1}, on="2026-09-30")
    outside = maker.delivered("LASTDAY", {BOWL: 1}, on="2026-10-01")

    preview = maker.api.post("/v1/closing-runs/preview", {"closing_date": "2026-09-30"})
    run = maker.close("2026-09-30")
    rerun = maker.close("2026-09-30")

    [proposed], [made] = preview["invoices"], run["invoices"]
    assert [source["number"] for source in proposed["sources"]] == [inside["number"]]
    assert [source["number"] for source in preview["sources_out"]] == [outside["number"]]
    assert (made["total"], made["due_on"]) == (proposed["total"], proposed["due_on"]) == ("1100", "2026-10-31")
    assert rerun["invoices"] == []

    late = maker.delivered("LASTDAY", {TEA: 1}, on="2026-09-29")
    assert maker.close("2026-09-30")["invoices"] == []
    [october] = maker.close("2026-10-31")["invoices"]
    sources = {source["number"]: source["late"] for source in maker.invoice(october)["sources"]}
    assert sources == {outside["number"]: False, late["number"]: True}


@pytest.mark.req("INV-002", "INV-010", "INV-011", "INV-013", "CUS-075", "PAY-002", "GEN-003")
def test_the_delegators_notes_stand_on_the_delegatees_invoice(maker: Wholesaler) -> None:
    maker.customer("HEAD")
    maker.customer("BRANCH")
    accepted = maker.api.many("/v1/billing-delegations", [{"delegator_code": "BRANCH", "delegatee_code": "HEAD"}])
    maker.quiet()
    own = maker.delivered("HEAD", {TEA: 7}, on="2026-09-10")
    branch = maker.delivered("BRANCH", {TEA: 6, SHIRT: 1}, on="2026-09-11")

    [invoice] = maker.close("2026-09-30")["invoices"]
    details = maker.invoice(invoice)

    assert accepted[0]["ok"]
    assert details["bill_to_code"] == "HEAD"
    assert {source["number"] for source in details["sources"]} == {own["number"], branch["number"]}
    # 13 × 800 = 10,400 at 8 % and 1,000 at 10 %: each taxed once on the sum of both shops
    assert {sums["tax_rate"]: (sums["net"], sums["tax"]) for sums in details["per_rate"]} == {
        "8": ("10400", "832"),
        "10": ("1000", "100"),
    }
    assert (maker.balance("HEAD"), maker.balance("BRANCH")) == ("12332", "0")


@pytest.mark.req("INV-027", "INV-170", "GEN-011", "INV-092", "INV-160")
def test_a_voided_invoice_releases_its_notes_and_the_balance_falls_and_a_new_one_bills_them(maker: Wholesaler) -> None:
    maker.customer("VOID", credit_limit="100000")
    invoice = maker.invoiced("VOID", {SHIRT: 2}, on="2026-09-10", closing_date="2026-09-30")
    assert (maker.balance("VOID"), maker.exposure("VOID")) == ("2200", "2200")

    maker.api.post(f"/v1/invoices/{invoice['invoice_id']}/voiding", {"reason": "宛名違い", "voided_on": "2026-10-01"})
    maker.quiet()

    assert maker.invoice(invoice)["state"] == "VOID"
    assert (maker.balance("VOID"), maker.exposure("VOID")) == ("0", "2200")
    [waiting] = maker.api.get("/v1/billable-notes", customer_id=maker.ids["VOID"], state="UNBILLED")["items"]
    again = maker.api.post(
        "/v1/invoices",
        {"bill_to": "VOID", "delivery_notes": [waiting["number"]], "issued_on": "2026-10-01", "due_on": "2026-10-31"},
    )
    maker.quiet()
    assert (again["total"], again["number"] != invoice["number"]) == ("2200", True)
    assert (maker.balance("VOID"), maker.exposure("VOID")) == ("2200", "2200")
    with pytest.raises(ApiRefused) as taken:
        maker.api.post("/v1/invoices", {"bill_to": "VOID", "delivery_notes": [waiting["number"]]})
    assert taken.value.code == "SOURCE_ALREADY_USED"


@pytest.mark.req("INV-170", "GEN-011")
def test_a_paid_invoice_cannot_be_voided(maker: Wholesaler) -> None:
    maker.customer("PAID", kana="ペイドシヨウテン")
    invoice = maker.invoiced("PAID", {SHIRT: 1}, on="2026-09-10", closing_date="2026-09-30")
    maker.bank("2026-10-05", Transfer("ﾍﾟｲﾄﾞｼﾖｳﾃﾝ", 1100))

    with pytest.raises(ApiRefused) as refused:
        maker.api.post(f"/v1/invoices/{invoice['invoice_id']}/voiding", {"reason": "宛名違い"})

    assert maker.invoice(invoice)["state"] == "PAID"
    assert (refused.value.status, refused.value.code) == (409, "HAS_PAYMENTS")
    assert maker.balance("PAID") == "0"


@pytest.mark.req("INV-080", "INV-081", "CON-060")
def test_the_pdf_says_number_and_registration_number_as_text(maker: Wholesaler) -> None:
    maker.customer("PAPER")
    invoice = maker.invoiced("PAPER", {SHIRT: 3, TEA: 1}, on="2026-09-10", closing_date="2026-09-30")
    eventually(lambda: maker.invoice(invoice)["pdf"] == "ready", "the PDF is not printed")

    pdf = maker.api.download(f"/v1/invoices/{invoice['invoice_id']}/pdf")
    again = maker.api.download(f"/v1/invoices/{invoice['invoice_id']}/pdf")

    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert pdf.startswith(b"%PDF-")
    assert invoice["number"] in text
    assert REGISTRATION in text
    assert "4,164" in text  # 3,000 + 300 and 800 + 64
    assert again == pdf


@pytest.mark.req("FUL-070", "FUL-071", "INV-150", "INV-083")
def test_returned_goods_are_deducted_on_the_invoice_and_never_more_than_were_shipped(maker: Wholesaler) -> None:
    maker.customer("BACK")
    note = maker.delivered("BACK", {SHIRT: 3}, on="2026-09-10")
    wanted = {
        "note_id": note["note_id"],
        "lines": [{"sku_code": SHIRT, "quantity": 1}],
        "reason": "不良",
        "returned_on": "2026-09-12",
        "issued_on": "2026-09-12",
        "advance": "issued",
    }
    maker.api.post("/v1/return-notes", wanted)
    with pytest.raises(ApiRefused) as refused:
        maker.api.post("/v1/return-notes", {**wanted, "lines": [{"sku_code": SHIRT, "quantity": 3}]})
    maker.quiet()

    [invoice] = maker.close("2026-09-30")["invoices"]
    assert refused.value.code == "RETURN_EXCEEDS"
    assert (invoice["net"], invoice["tax"], invoice["total"]) == ("2000", "200", "2200")
