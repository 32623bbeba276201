"""Importing statement files over HTTP: once, whole, decided; and what hostile or wrong files get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis import peers
from chassis.settings import ServiceSettings
from services.payments.tests.builders import (
    account_part,
    customer_state,
    invoice_issued,
    maker_state,
    transfer,
    zengin,
    zengin_header,
)
from services.payments.tests.desk import Desk

CSV = "date,amount,payer,description,reference\n2026-09-04,33000,カ）ヤマダ,,1\n2026-09-05,-500,手数料,,2\n"


def _codes(problem: dict[str, Any]) -> list[str]:
    return [one["code"] for one in problem["errors"]]


@pytest.mark.req("PAY-010", "PAY-012", "PAY-034")
async def test_a_file_is_imported_and_its_automatic_lines_are_confirmed(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    answer = await desk.upload(zengin(transfer(33_000, "ｶ)ﾔﾏﾀﾞ"), transfer(5_511, "ﾀﾞﾚｶ", reference="000002")))
    file = answer.json()
    assert answer.status_code == 201, answer.text
    counts = {"lines": 2, "new": 2, "duplicates": 0, "outgoing": 0, "auto": 1, "suggest": 0, "review": 1}
    assert file["counts"] == counts
    assert (file["layout"], file["bank_account_code"], file["total"]) == ("A", "B1", "38511")
    assert [(one["decision"], one["state"]) for one in file["lines"]] == [("auto", "MATCHED"), ("review", "NEW")]
    assert await desk.balance() == {
        "balance": "0",
        "open_invoices": "0",
        "open_slips": "0",
        "open_credit_notes": "0",
        "advances": "0",
    }
    [listed] = await desk.items("/v1/bank-files")
    assert (listed["bank_file_id"], listed["counts"]) == (file["bank_file_id"], counts)
    content = await desk.client.get(f"/v1/bank-files/{file['bank_file_id']}/content")
    assert content.content == zengin(transfer(33_000, "ｶ)ﾔﾏﾀﾞ"), transfer(5_511, "ﾀﾞﾚｶ", reference="000002"))
    await desk.verified()


@pytest.mark.req("PAY-034")
async def test_without_automatic_confirmation_everything_waits_for_a_person(desk: Desk) -> None:
    await desk.masters(auto_confirm=False)
    await desk.deliver(invoice_issued(1, 33_000))
    line = await desk.received(33_000)
    assert (line["decision"], line["state"]) == ("auto", "SUGGESTED")
    assert [one["ticked"] for one in line["candidates"]] == [True]
    confirmed = await desk.confirm(line["bank_line_id"])
    assert confirmed["state"] == "MATCHED"


@pytest.mark.req("PAY-016")
async def test_the_same_file_twice_and_an_overlapping_one_add_each_line_once(desk: Desk) -> None:
    await desk.masters()
    first, second = transfer(100, "ﾓﾘﾀ"), transfer(100, "ﾓﾘﾀ")
    half = (await desk.upload(zengin(first))).json()
    again = (await desk.upload(zengin(first))).json()
    whole = (await desk.upload(zengin(first, second))).json()
    assert [one["counts"]["new"] for one in (half, again, whole)] == [1, 0, 1]
    assert [one["duplicate"] for one in whole["lines"]] == [True, False]
    assert again["lines"][0]["bank_line_id"] == half["lines"][0]["bank_line_id"]
    assert len(await desk.items("/v1/bank-lines")) == 2


@pytest.mark.req("PAY-016", "PAY-043")
async def test_two_users_importing_the_same_file_at_once_add_each_line_once(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    content = zengin(transfer(33_000, "ｶ)ﾔﾏﾀﾞ"), transfer(700, "ﾓﾘﾀ"))
    answers = await asyncio.gather(*(desk.upload(content) for _ in range(4)))
    assert [one.status_code for one in answers] == [201] * 4
    assert sum(one.json()["counts"]["new"] for one in answers) == 2
    assert len(await desk.items("/v1/bank-lines")) == 2
    assert (await desk.balance())["balance"] == "0"
    await desk.verified()


@pytest.mark.req("PAY-011")
async def test_a_csv_statement_is_read_by_the_generic_preset(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000))
    file = (await desk.upload(CSV.encode("cp932"), name="s.csv")).json()
    assert (file["layout"], file["encoding"], file["counts"]["outgoing"]) == ("csv", "cp932", 1)
    assert [(one["row"], one["decision"]) for one in file["lines"]] == [(2, "auto")]


@pytest.mark.req("PAY-011")
async def test_a_mapping_profile_of_the_account_reads_its_files(desk: Desk) -> None:
    await desk.masters()
    profile = {
        "name": "みどり銀行",
        "bank_account_id": str(account_part().bank_account_id),
        "value_date": "日付",
        "amount_in": "お預り金額",
        "amount_out": "お支払金額",
        "payer": "摘要",
        "skip_rows": 1,
        "date_format": "GYY.MM.DD",
    }
    made = await desk.post("/v1/statement-profiles", profile, status=201)
    content = '口座,1\n日付,摘要,お支払金額,お預り金額\nR8.9.4,カ）ヤマダ,,"1,000"\n'
    file = (await desk.upload(content.encode("cp932"), name="s.csv")).json()
    assert [(one["row"], one["value_date"], one["amount"]) for one in file["lines"]] == [(3, "2026-09-04", "1000")]
    by_name = await desk.upload(content.encode("cp932"), name="s.csv", profile="みどり銀行", bank_account_code="")
    assert by_name.json()["counts"]["duplicates"] == 1
    assert (await desk.get(f"/v1/statement-profiles/{made['profile_id']}"))["version"] == 0


@pytest.mark.req("PAY-015")
async def test_a_file_of_another_account_is_refused_whole(desk: Desk) -> None:
    await desk.masters(accounts=[account_part(1), account_part(2, code="B2", digits="0000001")])
    answer = await desk.upload(zengin(transfer()), bank_account_code="B2")
    assert (answer.status_code, answer.json()["code"]) == (422, "ACCOUNT_MISMATCH")
    named_by_the_file = await desk.upload(zengin(transfer()), bank_account_code="")
    assert named_by_the_file.json()["bank_account_code"] == "B1"
    by_id = await desk.upload(
        zengin(transfer(), header=zengin_header("0000001")), bank_account_id=str(account_part(2).bank_account_id)
    )
    assert by_id.json()["bank_account_code"] == "B2"


@pytest.mark.req("PAY-012", "PAY-017")
async def test_every_problem_of_a_file_is_told_and_nothing_is_imported(desk: Desk) -> None:
    await desk.masters()
    answer = await desk.upload(zengin(transfer(100), transfer(0), transfer(1, day="081399")))
    problem = answer.json()
    assert answer.status_code == 422
    assert _codes(problem) == ["BAD_AMOUNT", "BAD_DATE"]
    assert [(one["row"], one["column"]) for one in problem["errors"]] == [(3, 20), (4, 14)]
    totals = await desk.upload(zengin(transfer(100), total=99))
    assert totals.json()["code"] == "ZENGIN_TOTAL_MISMATCH"
    assert await desk.items("/v1/bank-lines") == []
    assert await desk.items("/v1/bank-files") == []


@pytest.mark.req("PAY-018")
async def test_a_line_dated_after_tomorrow_is_a_warning(desk: Desk) -> None:
    await desk.masters()
    file = (await desk.upload(zengin(transfer(100)), imported_on="2026-09-02")).json()
    assert file["warnings"] == [{"code": "DATE_IN_FUTURE", "facts": {"row": "2"}}]
    assert (await desk.upload(zengin(transfer(200)), imported_on="2026-09-03")).json()["warnings"] == []


async def test_a_transfer_that_the_bank_cancels_in_the_same_file_is_ignored_with_it(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 5_000))
    pair = (transfer(5_000, "ｶ)ﾔﾏﾀﾞ"), transfer(5_000, "ｶ)ﾔﾏﾀﾞ", cancels=True))
    file = (await desk.upload(zengin(*pair, cancelled=(1, 5_000)))).json()
    assert [one["state"] for one in file["lines"]] == ["IGNORED", "IGNORED"]
    assert (await desk.balance())["balance"] == "5000"
    alone = (await desk.upload(zengin(transfer(70, cancels=True), cancelled=(1, 70)))).json()
    assert (alone["lines"][0]["decision"], alone["lines"][0]["state"]) == ("review", "NEW")
    await desk.verified()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\x00" * 500, "EMPTY_FILE"),
        (b"PK\x03\x04" + b"\x00\xff" * 300, "ENCODING"),
        (b"%PDF-1.7 \x81", "ENCODING"),
        (b"a\x00b", "BAD_FILE"),
        ("date,amount\n2026-09-04,1".encode("utf-16"), "MISSING_COLUMN"),
        (zengin(transfer())[:333], "TRUNCATED_RECORD"),
        (zengin(transfer(), header=zengin_header(type_code="21")), "UNSUPPORTED_FORMAT"),
        (b'date,amount,payer,description,reference\n"2026', "BAD_FILE"),
        (b"date,amount,payer,description,reference\n2026-09-04,=1+1,x,,", "BAD_AMOUNT"),
        (b"date,amount,payer,description,reference\n2026-09-04,1e400,x,,", "BAD_AMOUNT"),
        ("date,amount,payer,description,reference\n2026-09-04,1,\u200b\x07,,".encode(), "BAD_TEXT"),
    ],
)
async def test_garbage_is_refused_and_leaves_nothing(desk: Desk, content: bytes, code: str) -> None:
    await desk.masters()
    answer = await desk.upload(content)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert await desk.items("/v1/bank-lines") == []


async def test_strange_but_harmless_text_is_kept_as_text(desk: Desk) -> None:
    await desk.masters()
    names = ["=HYPERLINK(1)", "'; DROP TABLE x", "<script>", "\u202eabc", "𠮷野家"]
    rows = "".join(f'2026-09-04,{at + 1},"{name}",,\n' for at, name in enumerate(names))
    await desk.upload(f"date,amount,payer,description,reference\n{rows}".encode(), name="../../etc/passwd\r\n.csv")
    assert [one["payer"] for one in await desk.items("/v1/bank-lines")] == names


Answering = Callable[[dict[str, Any] | None], None]


@pytest.fixture
def customers_answer(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Lets the service `customers` answer with one item, or with none."""
    settings = ServiceSettings.of(
        "payments", {"DATABASE_URL_PAYMENTS": "postgresql://x", "OROSHI_URL_CUSTOMERS": "http://customers"}
    )
    monkeypatch.setattr(peers, "_token", lambda _: "token")
    monkeypatch.setattr(peers, "_peers", {})

    def answer(item: dict[str, Any] | None) -> None:
        body = {"items": [item] if item else [], "next_cursor": None}
        peers.configure(settings, httpx.MockTransport(lambda _: httpx.Response(200, json=body)))

    return answer


async def test_an_unknown_account_or_profile_is_refused(desk: Desk, customers_answer: Answering) -> None:
    customers_answer(None)
    await desk.masters()
    answer = await desk.upload(zengin(transfer()), bank_account_code="B9")
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_BANK_ACCOUNT")
    answer = await desk.upload(CSV.encode(), profile="nobody's")
    assert (answer.status_code, answer.json()["code"]) == (422, "UNKNOWN_PROFILE")


async def test_a_maker_that_has_not_arrived_is_asked_for(desk: Desk, customers_answer: Answering) -> None:
    customers_answer({"version": 3, "state": json.loads(maker_state(desk.maker_id).model_dump_json())})
    imported = await desk.upload(zengin(transfer(100)))
    assert (imported.status_code, imported.json()["bank_account_code"]) == (201, "B1")


async def test_a_customer_that_has_not_arrived_is_asked_for(desk: Desk, customers_answer: Answering) -> None:
    await desk.masters()
    line = await desk.received(100, "ﾀﾞﾚｶ")
    state = json.loads(customer_state(UUID(int=77), code="C77").model_dump_json())
    customers_answer({"version": 1, "state": state, "delegatee_id": None, "delegation_version": 0})
    confirmed = await desk.confirm(line["bank_line_id"], customer_code="C77", allocations=[], remainder="advance")
    assert confirmed["customer"]["code"] == "C77"


async def test_an_owner_that_does_not_answer_makes_it_unavailable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "_peers", {})
    answer = await desk.upload(zengin(transfer(100)))
    assert answer.status_code == 503


@pytest.mark.req("PAY-031", "PAY-011")
async def test_an_invoice_number_in_the_reference_of_a_csv_line_is_found(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000, name="INV202608-00001"))
    file = "date,amount,payer,description,reference\n2026-09-04,33000,ﾀﾞﾚｶ,,INV202608-00001\n"
    answer = await desk.upload(file.encode(), name="b.csv")
    line = await desk.line(answer.json()["lines"][0]["bank_line_id"])
    assert (line["decision"], line["reasons"][0]["code"]) == ("auto", "INVOICE_NUMBER_FOUND")
