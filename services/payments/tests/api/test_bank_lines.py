"""Confirming, reversing and ignoring lines over HTTP, one and many; what is announced; what is refused."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Outbox
from contracts.customers import DelegationState
from contracts.payments import (
    BalanceChanged,
    OverpaymentRecorded,
    OverpaymentReversed,
    PaymentAllocated,
    PaymentReversed,
)
from services.payments.tests.builders import A, B, C, invoice_id, invoice_issued, transfer, zengin
from services.payments.tests.desk import Desk


@pytest.mark.req("PAY-030", "PAY-031", "PAY-039")
async def test_a_suggestion_is_confirmed_as_it_stands_with_its_bank_fee(desk: Desk, outbox: Outbox) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(32_560)
    assert (line["decision"], line["state"], line["bill_to"]["code"]) == ("suggest", "SUGGESTED", "C1")
    assert [one["code"] for one in line["reasons"]] == ["PAYER_KNOWN", "SHORT_BY_A_BANK_FEE"]
    await outbox.clear()
    confirmed = await desk.confirm(line["bank_line_id"])
    [allocation] = confirmed["allocations"]
    assert (confirmed["state"], allocation["amount"], allocation["fee_discount"]) == ("MATCHED", "32560", "440")
    allocated = PaymentAllocated(
        bill_to_id=A,
        currency="JPY",
        allocation_id=UUID(allocation["allocation_id"]),
        invoice_id=invoice_id(1),
        invoice_number="INV-1",
        bank_line_id=UUID(line["bank_line_id"]),
        value_date=date(2026, 9, 4),
        amount=Decimal(32_560),
        fee_discount=Decimal(440),
        shortage_slip=Decimal(0),
        open_amount=Decimal(0),
    )
    zero = Decimal(0)
    balance = BalanceChanged(
        bill_to_id=A, currency="JPY", balance=zero, open_invoices=zero, open_slips=zero, sequence=2
    )
    assert await outbox() == [allocated, balance]
    await desk.verified()


@pytest.mark.req("PAY-030", "PAY-051")
@pytest.mark.parametrize("remainder", ["overpayment", "advance"])
async def test_the_ticked_suggestion_is_confirmed_and_only_what_remains_is_kept(desk: Desk, remainder: str) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(32_560)
    confirmed = await desk.confirm(line["bank_line_id"], remainder=remainder)
    [allocation] = confirmed["allocations"]
    assert (confirmed["state"], allocation["amount"], allocation["fee_discount"]) == ("MATCHED", "32560", "440")
    assert (confirmed["overpayment"], confirmed["advance"]) == (None, None)
    await desk.verified()


@pytest.mark.req("PAY-051")
async def test_without_a_suggestion_all_of_the_line_goes_where_the_remainder_says(desk: Desk) -> None:
    await desk.masters()
    line = await desk.received(35_000)
    confirmed = await desk.confirm(line["bank_line_id"], customer_code="C1", remainder="overpayment")
    assert (confirmed["allocations"], confirmed["overpayment"]["amount"]) == ([], "35000")
    await desk.verified()


@pytest.mark.req("PAY-051")
async def test_an_overpayment_is_recorded_for_invoicing_and_taken_back_by_a_reversal(
    desk: Desk, outbox: Outbox
) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(35_000)
    assert (line["decision"], line["customer"]["code"]) == ("review", "C1")
    await outbox.clear()
    confirmed = await desk.confirm(
        line["bank_line_id"], allocations=[{"invoice_number": "INV-1"}], remainder="overpayment"
    )
    assert (confirmed["state"], confirmed["overpayment"]["amount"], confirmed["unallocated"]) == (
        "MATCHED",
        "2000",
        "0",
    )
    kept_id = UUID(confirmed["overpayment"]["overpayment_id"])
    told = await outbox()
    assert isinstance(told[0], PaymentAllocated)
    assert told[1] == OverpaymentRecorded(
        bill_to_id=A,
        currency="JPY",
        overpayment_id=kept_id,
        bank_line_id=UUID(line["bank_line_id"]),
        recorded_on=date(2026, 9, 4),
        amount=Decimal(2_000),
    )
    assert (await desk.balance())["open_credit_notes"] == "2000"
    await outbox.clear()
    await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {"reversed_on": "2026-10-05"})
    kinds = [type(one) for one in await outbox()]
    assert kinds == [PaymentReversed, OverpaymentReversed, BalanceChanged]
    assert (await desk.balance())["open_credit_notes"] == "0"
    await desk.verified()


async def test_a_shortage_becomes_a_slip_that_stays_in_the_balance(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(32_000)
    confirmed = await desk.confirm(
        line["bank_line_id"], allocations=[{"invoice_id": str(invoice_id(1)), "amount": "32000"}], remainder="slip"
    )
    assert confirmed["allocations"][0]["shortage_slip"] == "1000"
    balance = await desk.balance()
    assert (balance["balance"], balance["open_invoices"], balance["open_slips"]) == ("1000", "0", "1000")
    customer = await desk.get(f"/v1/balances/{A}")
    assert [one["amount"] for one in customer["open_slips"]] == ["1000"]
    assert (await desk.get(f"/v1/receivables/{invoice_id(1)}"))["state"] == "PAID"
    await desk.verified()


async def test_money_is_held_on_account_and_pays_an_invoice_that_comes_later(desk: Desk) -> None:
    await desk.masters()
    line = await desk.received(50_000)
    held = await desk.confirm(line["bank_line_id"], customer_code="C1", allocations=[], remainder="advance")
    assert (held["state"], held["advance"]["amount"], held["unallocated"]) == ("PART_MATCHED", "50000", "0")
    assert (await desk.balance())["advances"] == "50000"
    await desk.deliver(invoice_issued(1, 30_000, issued_on=date(2026, 9, 30)))
    paid = await desk.confirm(line["bank_line_id"], allocations=[{"invoice_number": "INV-1"}])
    assert (paid["advance"]["amount"], paid["allocations"][0]["booked_on"]) == ("20000", "2026-09-30")
    balance = await desk.balance()
    assert (balance["balance"], balance["advances"]) == ("0", "20000")
    customer = await desk.get(f"/v1/balances/{A}")
    assert [one["amount"] for one in customer["advances"]] == ["20000"]
    await desk.verified()


@pytest.mark.req("PAY-035", "PAY-038")
async def test_one_receipt_pays_invoices_of_several_customers_and_one_invoice_by_several_lines(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 180_000, bill_to=A), invoice_issued(2, 120_000, bill_to=B))
    corporate = await desk.received(250_000, "ﾀﾅｶ")
    shares = [{"invoice_number": "INV-1"}, {"invoice_number": "INV-2", "amount": "70000"}]
    confirmed = await desk.confirm(corporate["bank_line_id"], customer_code="C3", allocations=shares)
    assert (confirmed["state"], confirmed["customer"]["code"]) == ("MATCHED", "C3")
    rest = await desk.received(50_000, "ｽｽﾞｷ", reference="000002")
    assert rest["decision"] == "auto"
    assert (await desk.balance("C1"))["balance"] == (await desk.balance("C2"))["balance"] == "0"
    assert len((await desk.get(f"/v1/receivables/{invoice_id(2)}"))["allocations"]) == 2
    await desk.verified()


@pytest.mark.req("PAY-033")
async def test_a_confirmation_teaches_the_payers_name(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000), invoice_issued(2, 2_000))
    first = await desk.received(1_000, "ﾔﾏﾀﾞﾀﾛｳ")
    assert (first["decision"], first["customer"]) == ("review", None)
    await desk.confirm(first["bank_line_id"], customer_code="C1", allocations=[{"invoice_number": "INV-1"}])
    second = await desk.received(2_000, "ﾔﾏﾀﾞ ﾀﾛｳ", reference="000002")
    assert (second["decision"], second["state"], second["reasons"][0]["facts"]["by"]) == ("auto", "MATCHED", "alias")
    [alias] = await desk.items("/v1/payer-aliases", customer_code="C1")
    assert (alias["name"], alias["key"], alias["bank_line_id"]) == ("ﾔﾏﾀﾞﾀﾛｳ", "ヤマダタロウ", first["bank_line_id"])


@pytest.mark.req("PAY-033", "PAY-042")
async def test_a_reversal_forgets_the_name_that_the_line_taught(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_000, "ﾔﾏﾀﾞﾀﾛｳ")
    await desk.confirm(line["bank_line_id"], customer_code="C1", allocations=[{"invoice_number": "INV-1"}])
    await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {})
    assert await desk.items("/v1/payer-aliases") == []
    again = await desk.received(1_000, "ﾔﾏﾀﾞﾀﾛｳ", reference="000002")
    assert (again["decision"], again["customer"]) == ("review", None)


@pytest.mark.req("PAY-033")
async def test_a_name_learned_for_two_customers_is_offered_not_used(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000), invoice_issued(2, 2_000, bill_to=B), invoice_issued(3, 3_000))
    for at, code in ((1, "C1"), (2, "C2")):
        line = await desk.received(at * 1_000, "ﾌｱｸﾀ", reference=f"00000{at}")
        await desk.confirm(line["bank_line_id"], customer_code=code, allocations=[{"invoice_number": f"INV-{at}"}])
    third = await desk.received(3_000, "ﾌｱｸﾀ", reference="000003")
    assert (third["decision"], third["customer"]) == ("review", None)
    assert {one["customer"]["code"] for one in third["candidates"]} == {"C1", "C2"}


@pytest.mark.req("PAY-036")
async def test_a_delegators_transfer_suggests_the_delegatees_invoice(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(DelegationState(delegator_id=C, delegatee_id=B))
    await desk.deliver(invoice_issued(1, 7_000, bill_to=B, members=(B, C)), invoice_issued(2, 7_000, bill_to=B))
    line = await desk.received(7_000, "ﾕ)ﾀﾅｶ")
    assert (line["decision"], line["customer"]["code"], line["bill_to"]["code"]) == ("suggest", "C3", "C2")
    confirmed = await desk.confirm(line["bank_line_id"])
    assert (confirmed["allocations"][0]["invoice_number"], confirmed["customer"]["code"]) == ("INV-1", "C3")
    assert (await desk.balance("C2"))["balance"] == "7000"


@pytest.mark.req("PAY-033", "PAY-036")
async def test_naming_the_delegatees_invoice_does_not_teach_it_the_delegators_name(desk: Desk) -> None:
    """The payer stays who the matcher knew it to be: else its name would fit two customers from now on."""
    await desk.masters()
    await desk.deliver(DelegationState(delegator_id=C, delegatee_id=B))
    await desk.deliver(invoice_issued(1, 7_000, bill_to=B, members=(B, C)))
    await desk.deliver(invoice_issued(2, 8_000, bill_to=B, members=(B, C)))
    first = await desk.received(7_000, "ﾕ)ﾀﾅｶ")
    confirmed = await desk.confirm(first["bank_line_id"], allocations=[{"invoice_number": "INV-1"}])
    assert (confirmed["customer"]["code"], confirmed["bill_to"]["code"]) == ("C3", "C2")
    assert await desk.items("/v1/payer-aliases") == []
    second = await desk.received(8_000, "ﾕ)ﾀﾅｶ", reference="000002")
    assert (second["decision"], second["customer"]["code"]) == ("suggest", "C3")


@pytest.mark.req("PAY-042")
async def test_a_reversal_reopens_line_and_invoice_and_keeps_both_entries(desk: Desk, outbox: Outbox) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(33_000)
    await outbox.clear()
    back = await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {"reversed_on": "2026-10-05"})
    assert (back["state"], back["allocations"], back["decision"]) == ("NEW", [], None)
    detail = await desk.line(line["bank_line_id"])
    assert [one["reversed_on"] for one in detail["reversed_allocations"]] == ["2026-10-05"]
    told = [one for one in await outbox() if isinstance(one, PaymentReversed)]
    assert [(one.open_amount, one.reversed_on) for one in told] == [(Decimal(33_000), date(2026, 10, 5))]
    kinds = [one["kind"] for one in await desk.items("/v1/ledger-entries", bank_line_id=line["bank_line_id"])]
    assert kinds == ["bank_line", "payment", "payment_reversal"]
    as_of = [(await desk.balance(as_of=day))["balance"] for day in ("2026-09-03", "2026-09-04", "2026-10-05")]
    assert as_of == ["33000", "0", "33000"]
    again = await desk.post("/v1/bank-line-proposals", {"bank_line_ids": [line["bank_line_id"]]})
    assert [(one["item"]["decision"], one["item"]["state"]) for one in again["results"]] == [("auto", "SUGGESTED")]
    assert (await desk.confirm(line["bank_line_id"]))["state"] == "MATCHED"
    await desk.verified()


@pytest.mark.req("PAY-041")
async def test_a_line_is_ignored_with_a_reason_and_taken_up_again(desk: Desk) -> None:
    await desk.masters()
    line = await desk.received(12, "ﾘｿｸ")
    ignored = await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/ignoring", {"reason": "預金利息"})
    assert (ignored["state"], ignored["ignore_reason"]) == ("IGNORED", "預金利息")
    refused = await desk.confirm(
        line["bank_line_id"], status=409, allocations=[], remainder="advance", customer_code="C1"
    )
    assert refused["code"] == "INVALID_STATE"
    back = await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/unignoring", {})
    assert (back["state"], back["ignore_reason"]) == ("NEW", None)
    await desk.verified()


@pytest.mark.req("PAY-038", "PAY-039")
async def test_every_problem_of_a_confirmation_is_told_with_its_field(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, "10.50", currency="USD"))
    line = await desk.received(90_000)
    shares = [
        {"invoice_number": "INV-1", "amount": "1.5"},
        {"invoice_number": "INV-2"},
        {"invoice_id": str(invoice_id(1))},
    ]
    problem = await desk.confirm(line["bank_line_id"], status=422, allocations=shares)
    assert [(one["code"], one["field"]) for one in problem["errors"]] == [
        ("BAD_AMOUNT", "/allocations/0"),
        ("CURRENCY_MISMATCH", "/allocations/1"),
        ("DUPLICATE_INVOICE", "/allocations/2"),
    ]
    over = await desk.confirm(
        line["bank_line_id"], status=409, allocations=[{"invoice_number": "INV-1", "amount": "33001"}]
    )
    assert [(one["code"], one["field"]) for one in over["errors"]] == [("OVER_ALLOCATED", "/allocations/0/amount")]
    unknown = await desk.confirm(line["bank_line_id"], status=422, allocations=[{"invoice_number": "NONE"}])
    assert unknown["code"] == "UNKNOWN_INVOICE"
    nothing = await desk.confirm(line["bank_line_id"], status=409)
    assert nothing["code"] == "NOTHING_SUGGESTED"
    short = await desk.confirm(
        line["bank_line_id"], status=422, allocations=[{"invoice_number": "INV-1", "amount": "100"}], remainder="fee"
    )
    assert short["code"] == "FEE_OVER_TOLERANCE"
    assert (await desk.line(line["bank_line_id"]))["state"] == "SUGGESTED"
    await desk.verified()


@pytest.mark.req("PAY-030")
async def test_many_lines_are_confirmed_at_once_with_a_result_each(desk: Desk) -> None:
    await desk.masters(auto_confirm=False)
    await desk.deliver(invoice_issued(1, 1_000), invoice_issued(2, 2_000, bill_to=B))
    first, second, third = [
        await desk.received(amount, payer, reference=reference)
        for amount, payer, reference in ((1_000, "ﾔﾏﾀﾞ", "000001"), (2_000, "ｽｽﾞｷ", "000002"), (1_000, "ﾔﾏﾀﾞ", "000003"))
    ]
    deeds = [{"bank_line_id": one["bank_line_id"]} for one in (first, second, third)]
    answer = await desk.post("/v1/bank-line-confirmations", [*deeds, {"bank_line_id": str(uuid4())}])
    assert [one["ok"] for one in answer["results"]] == [True, True, False, False]
    assert [one["problem"]["code"] for one in answer["results"][2:]] == ["OVER_ALLOCATED", "NOT_FOUND"]
    undone = await desk.post("/v1/bank-line-reversals", deeds)
    assert (undone["accepted"], undone["refused"]) == (2, 1)
    ignored = await desk.post("/v1/bank-line-ignorings", [{**one, "reason": "x"} for one in deeds])
    assert ignored["accepted"] == 3
    assert (await desk.post("/v1/bank-line-unignorings", deeds))["accepted"] == 3
    await desk.verified()


async def test_a_batch_of_which_one_is_refused_is_undone_when_asked_to_be_atomic(desk: Desk) -> None:
    await desk.masters(auto_confirm=False)
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_000)
    deeds = [{"bank_line_id": line["bank_line_id"]}, {"bank_line_id": str(uuid4())}]
    answer = await desk.client.post("/v1/bank-line-confirmations", params={"atomic": "true"}, json=deeds)
    assert (answer.status_code, answer.json()["code"]) == (422, "BATCH_REFUSED")
    assert (await desk.line(line["bank_line_id"]))["state"] == "SUGGESTED"


@pytest.mark.req("PAY-043")
async def test_only_one_of_two_concurrent_payments_takes_the_last_open_amount(desk: Desk) -> None:
    await desk.masters(auto_confirm=False)
    await desk.deliver(invoice_issued(1, 1_000))
    lines = [await desk.received(1_000, reference=f"00000{at}") for at in range(1, 6)]
    answers = await asyncio.gather(
        *(desk.client.post(f"/v1/bank-lines/{one['bank_line_id']}/confirmation", json={}) for one in lines)
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"OVER_ALLOCATED"}
    assert (await desk.balance())["balance"] == "0"
    await desk.verified()


@pytest.mark.req("GEN-007")
async def test_a_repeated_key_confirms_once(desk: Desk) -> None:
    await desk.masters(auto_confirm=False)
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_000)
    path = f"/v1/bank-lines/{line['bank_line_id']}/confirmation"
    answers = [await desk.client.post(path, json={}, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content


@pytest.mark.req("GEN-005")
async def test_another_makers_line_invoice_and_customer_are_not_found(desk: Desk, tokens: Tokens) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(500)
    file_id, line_id = line["bank_file_id"], line["bank_line_id"]
    stranger = tokens.of_owner(uuid4())
    for path in (
        f"/v1/bank-lines/{line_id}",
        f"/v1/bank-files/{file_id}",
        f"/v1/bank-files/{file_id}/content",
        f"/v1/receivables/{invoice_id(1)}",
        f"/v1/balances/{A}",
        f"/v1/statement-profiles/{uuid4()}",
    ):
        answer = await desk.client.get(path, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    for deed, body in (
        ("confirmation", {"allocations": [{"invoice_id": str(invoice_id(1))}]}),
        ("reversal", {}),
        ("ignoring", {"reason": "x"}),
        ("unignoring", {}),
    ):
        answer = await desk.client.post(f"/v1/bank-lines/{line_id}/{deed}", json=body, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), deed
    for path in ("bank-lines", "bank-files", "receivables", "balances", "ledger-entries", "overdue-invoices"):
        answer = await desk.client.get(f"/v1/{path}", headers=stranger)
        assert answer.json()["items"] == [], path


@pytest.mark.req("PAY-021", "GEN-014")
async def test_reading_and_writing_need_their_permissions(desk: Desk, tokens: Tokens) -> None:
    reader, stranger = tokens.headers("payment.read"), tokens.headers("order.read")
    assert (await desk.client.get("/v1/bank-lines", headers=reader)).status_code == 200
    assert (await desk.client.get("/v1/bank-lines", headers=stranger)).status_code == 403
    answer = await desk.client.post("/v1/bank-line-proposals", json={}, headers=reader)
    assert answer.status_code == 403
    files = {"file": ("z.txt", zengin(transfer()), "text/plain")}
    assert (await desk.client.post("/v1/bank-files", files=files, headers=reader)).status_code == 403


async def test_lines_are_listed_by_filters_and_pages(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    names = ("ﾔﾏﾀﾞ", "ｽｽﾞｷ", "ﾀﾞﾚｶ")
    records = [transfer(33_000 + at, name, reference=f"00000{at}") for at, name in enumerate(names)]
    file = (await desk.upload(zengin(*records))).json()
    every = await desk.items("/v1/bank-lines")
    assert [one["payer"] for one in every] == list(names)
    newest = await desk.items("/v1/bank-lines", sort="-imported")
    assert newest == every[::-1]
    assert [one["payer"] for one in await desk.items("/v1/bank-lines", decision="auto")] == ["ﾔﾏﾀﾞ"]
    assert [one["payer"] for one in await desk.items("/v1/bank-lines", state=["NEW", "SUGGESTED"])] == list(names[1:])
    assert [one["payer"] for one in await desk.items("/v1/bank-lines", customer_code="C2")] == ["ｽｽﾞｷ"]
    assert await desk.items("/v1/bank-lines", customer_code="nobody") == []
    assert len(await desk.items("/v1/bank-lines", bank_file_id=file["bank_file_id"], payer="ﾔﾏ")) == 1
    assert await desk.items("/v1/bank-lines", to_date="2026-09-03") == []
    for sort in ("imported", "-imported", "value_date"):
        seen, cursor = list[str](), dict[str, str]()
        for _ in range(3):
            page = await desk.get("/v1/bank-lines", limit=1, sort=sort, **cursor)
            seen += [one["bank_line_id"] for one in page["items"]]
            cursor = {"cursor": page["next_cursor"]}
        assert sorted(seen) == sorted(one["bank_line_id"] for one in every)
        assert page["next_cursor"] is None
    assert (await desk.client.get("/v1/bank-lines", params={"cursor": "x"})).status_code == 400


@pytest.mark.req("PAY-020")
async def test_cash_is_entered_by_hand_and_settles_like_a_line(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    cash = {"value_date": "2026-09-10", "amount": "33000", "method": "cash", "payer": "ヤマダ", "memo": "店頭"}
    paid = await desk.post("/v1/payments", cash, status=201)
    assert (paid["state"], paid["decision"], paid["method"], paid["bank_file_id"]) == ("MATCHED", "auto", "cash", None)
    several = await desk.post(
        "/v1/payment-batches",
        [
            {**cash, "amount": "0.5"},
            {**cash, "currency": "XXX"},
            {**cash, "amount": "12.34", "currency": "USD"},
            {**cash, "currency": "USD", "bank_account_code": "B1"},
        ],
    )
    assert [one.get("problem", {}).get("code") if not one["ok"] else None for one in several["results"]] == [
        "BAD_AMOUNT",
        "UNKNOWN_CURRENCY",
        None,
        "CURRENCY_MISMATCH",
    ]
    await desk.verified()


@pytest.mark.req("PAY-037")
async def test_a_payment_in_dollars_settles_an_invoice_in_dollars(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, "100.10", currency="USD"), invoice_issued(2, 10_010))
    paid = await desk.post(
        "/v1/payments",
        {"value_date": "2026-09-10", "amount": "100.10", "currency": "USD", "method": "cheque", "payer": "ヤマダ"},
        status=201,
    )
    assert [(one["invoice_number"], one["amount"]) for one in paid["allocations"]] == [("INV-1", "100.10")]
    rows = {one["currency"]: one["balance"] for one in await desk.items("/v1/balances", customer_code="C1")}
    assert rows == {"JPY": "10010", "USD": "0.00"}
    await desk.verified()
