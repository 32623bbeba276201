"""Money comes in: files twice and overlapping, too much, too little, taken back, and what was owed on a day."""

from __future__ import annotations

import pytest

from suite.demo.client import Json
from tests.flows.wholesaler import BOWL, SHIRT, Wholesaler
from tests.flows.zengin import Transfer, notice

PAYER = "ﾐﾎﾝｼﾖｳﾃﾝ"


@pytest.fixture
def invoice(maker: Wholesaler) -> Json:
    """2,200 yen billed to the customer BUYER, due at the end of October."""
    maker.customer("BUYER", kana="ミホンシヨウテン", credit_limit="100000")
    return maker.invoiced("BUYER", {SHIRT: 2}, on="2026-09-10", closing_date="2026-09-30")


def lines(maker: Wholesaler) -> list[Json]:
    return list(maker.api.all("/v1/bank-lines"))


def confirm(maker: Wholesaler, line: Json, invoice: Json, amount: str, **rest: str) -> Json:
    """A person settles one invoice with a bank line; `remainder` of the invoice, `excess` of the line."""
    allocation = {
        "invoice_number": invoice["number"],
        "amount": amount,
        "remainder": rest.get("remainder", "leave_open"),
    }
    body: Json = {"customer_code": "BUYER", "allocations": [allocation]}
    if "excess" in rest:
        body["remainder"] = rest["excess"]
    settled = maker.api.post(f"/v1/bank-lines/{line['bank_line_id']}/confirmation", body)
    maker.quiet()
    return settled


@pytest.mark.req("PAY-010", "PAY-012", "PAY-016", "PAY-031", "PAY-034", "PAY-040", "ORD-006")
def test_a_bank_file_twice_and_an_overlapping_one_book_each_transfer_once(maker: Wholesaler, invoice: Json) -> None:
    first = maker.bank("2026-10-05", Transfer(PAYER, 2200, reference=1), Transfer("ｼﾗﾅｲﾋﾄ", 500, reference=2))
    again = maker.bank("2026-10-05", Transfer(PAYER, 2200, reference=1), Transfer("ｼﾗﾅｲﾋﾄ", 500, reference=2))
    overlapping = maker.bank("2026-10-05", Transfer("ｼﾗﾅｲﾋﾄ", 500, reference=2), Transfer("ｼﾗﾅｲﾋﾄ", 500, reference=3))

    counts = [(one["counts"]["new"], one["counts"]["duplicates"]) for one in (first, again, overlapping)]
    assert counts == [(2, 0), (0, 2), (1, 1)]
    assert sorted(line["amount"] for line in lines(maker)) == ["2200", "500", "500"]
    assert maker.invoice(invoice)["state"] == "PAID"
    assert (maker.balance("BUYER"), maker.exposure("BUYER")) == ("0", "0")


@pytest.mark.req("PAY-012", "PAY-017")
def test_a_bank_file_whose_trailer_disagrees_books_nothing(maker: Wholesaler, invoice: Json) -> None:
    file = {"file": ("wrong.txt", _with_wrong_total())}
    answer = maker.http.post("/v1/bank-files", files=file, data=maker.account())

    assert (answer.status_code, answer.json()["code"]) == (422, "ZENGIN_TOTAL_MISMATCH")
    assert (lines(maker), maker.balance("BUYER")) == ([], "2200")


def _with_wrong_total() -> bytes:
    return notice("2026-10-05", [Transfer(PAYER, 2200)]).replace(b"8000001000000002200", b"8000001000000002201")


@pytest.mark.req("PAY-051", "INV-070", "PAY-001")
def test_what_was_paid_too_much_becomes_a_credit_note(maker: Wholesaler, invoice: Json) -> None:
    maker.bank("2026-10-05", Transfer(PAYER, 3000))
    [line] = lines(maker)
    settled = confirm(maker, line, invoice, "2200", excess="overpayment")

    [credit] = maker.api.get("/v1/credit-notes", bill_to_id=maker.ids["BUYER"])["items"]
    [balance] = maker.api.get("/v1/balances", customer_code="BUYER")["items"]
    assert line["state"] != "MATCHED"
    assert (settled["overpayment"]["amount"], credit["amount"]) == ("800", "800")
    assert (balance["open_invoices"], balance["open_credit_notes"]) == ("0", "800")
    assert maker.invoice(invoice)["state"] == "PAID"


@pytest.mark.req("PAY-050", "PAY-053", "PAY-055", "INV-164")
def test_what_was_paid_too_little_is_carried_by_a_slip(maker: Wholesaler, invoice: Json) -> None:
    maker.bank("2026-10-05", Transfer(PAYER, 1000))
    [line] = lines(maker)
    settled = confirm(maker, line, invoice, "1000", remainder="slip")

    [balance] = maker.api.get("/v1/balances", customer_code="BUYER")["items"]
    [allocation] = settled["allocations"]
    assert allocation["shortage_slip"] == "1200"
    assert (balance["open_invoices"], balance["open_slips"], balance["balance"]) == ("0", "1200", "1200")


@pytest.mark.req("PAY-039", "PAY-034")
def test_a_known_bank_fee_is_booked_as_discount_and_the_invoice_is_paid(maker: Wholesaler, invoice: Json) -> None:
    maker.bank("2026-10-05", Transfer(PAYER, 1540))
    [line] = lines(maker)
    settled = confirm(maker, line, invoice, "1540", remainder="fee")

    assert (line["state"], settled["allocations"][0]["fee_discount"]) == ("SUGGESTED", "660")
    assert (maker.invoice(invoice)["state"], maker.balance("BUYER")) == ("PAID", "0")


@pytest.mark.req("PAY-042", "CUS-065", "PAY-006")
def test_a_reversed_payment_reopens_invoice_line_and_exposure(maker: Wholesaler, invoice: Json) -> None:
    maker.bank("2026-10-05", Transfer(PAYER, 2200))
    [line] = lines(maker)
    assert (maker.balance("BUYER"), maker.exposure("BUYER")) == ("0", "0")

    maker.api.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {"reversed_on": "2026-10-06"})
    maker.quiet()

    reversed_line = maker.api.get(f"/v1/bank-lines/{line['bank_line_id']}")
    assert reversed_line["unallocated"] == "2200"
    assert [one["reversed_on"] for one in reversed_line["reversed_allocations"]] == ["2026-10-06"]
    assert (maker.invoice(invoice)["state"], maker.invoice(invoice)["open_amount"]) == ("ISSUED", "2200")
    assert (maker.balance("BUYER"), maker.exposure("BUYER")) == ("2200", "2200")


@pytest.mark.req("PAY-004", "PAY-005", "PAY-060")
def test_the_balance_of_any_past_day_can_be_told(maker: Wholesaler, invoice: Json) -> None:
    maker.delivered("BUYER", {BOWL: 1}, on="2026-10-10")
    maker.close("2026-10-31")
    maker.bank("2026-11-05", Transfer(PAYER, 2200))

    days = ("2026-09-29", "2026-09-30", "2026-10-30", "2026-10-31", "2026-11-04", "2026-11-05")
    assert [maker.balance("BUYER", as_of=day) for day in days] == ["0", "2200", "2200", "4950", "4950", "2750"]
    overdue = {
        day: [one["number"] for one in maker.api.all("/v1/overdue-invoices", as_of=day)]
        for day in ("2026-10-31", "2026-11-01", "2026-11-05")
    }
    assert overdue == {"2026-10-31": [], "2026-11-01": [invoice["number"]], "2026-11-05": []}
    statement = maker.api.get(
        "/v1/account-statements", customer_code="BUYER", currency="JPY", from_date="2026-10-01", to_date="2026-11-05"
    )
    assert (statement["opening_balance"], statement["closing_balance"]) == ("2200", "2750")
    assert maker.api.get("/v1/ledger-verification")["ok"]


@pytest.mark.req("PAY-036", "CUS-079")
def test_a_transfer_in_the_delegators_name_suggests_the_delegatees_invoice(maker: Wholesaler) -> None:
    maker.customer("HEAD", kana="ホンテン")
    maker.customer("BRANCH", kana="シテン")
    maker.api.many("/v1/billing-delegations", [{"delegator_code": "BRANCH", "delegatee_code": "HEAD"}])
    maker.quiet()
    invoice = maker.invoiced("BRANCH", {SHIRT: 1}, on="2026-09-10", closing_date="2026-09-30")

    maker.bank("2026-10-05", Transfer("ｼﾃﾝ", 1100))

    [line] = lines(maker)
    assert line["decision"] == "suggest"
    assert [one["invoice_number"] for one in line["candidates"][0]["allocations"]] == [invoice["number"]]
    assert line["bill_to"]["code"] == "HEAD"
