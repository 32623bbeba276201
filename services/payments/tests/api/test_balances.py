"""Balances, open items, overdue invoices, statements and the ledger's proof over HTTP, now and as of a date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database import Database, Role
from chassis.testing.http import codes_without_text
from payments.app import service
from payments.usecases import issuing
from payments.views.ledger import MOST_MOVEMENTS
from services.payments.tests.builders import A, B, invoice_id, invoice_issued, receivable
from services.payments.tests.desk import Desk


@pytest.mark.req("PAY-001")
async def test_balances_are_shown_per_customer_and_currency(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(
        invoice_issued(1, 14_120), invoice_issued(2, "500.00", currency="USD"), invoice_issued(3, 70, bill_to=B)
    )
    rows = await desk.items("/v1/balances")
    assert [(one["customer"]["code"], one["currency"], one["balance"]) for one in rows] == [
        ("C1", "JPY", "14120"),
        ("C1", "USD", "500.00"),
        ("C2", "JPY", "70"),
    ]
    assert [one["currency"] for one in await desk.items("/v1/balances", currency="USD")] == ["USD"]
    for options in ({}, {"as_of": "2026-12-31"}):
        first = await desk.get("/v1/balances", limit=2, **options)
        rest = await desk.get("/v1/balances", limit=2, cursor=first["next_cursor"], **options)
        assert [one["balance"] for one in [*first["items"], *rest["items"]]] == ["14120", "500.00", "70"]


@pytest.mark.req("PAY-004")
async def test_a_balance_as_of_any_day_follows_from_the_ledger_alone(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(
        invoice_issued(1, 1_000, issued_on=date(2026, 7, 31)), invoice_issued(2, 500, issued_on=date(2026, 8, 31))
    )
    await desk.received(1_000)  # value date 2026-09-04
    expected = {
        "2026-07-30": "0",
        "2026-07-31": "1000",
        "2026-08-31": "1500",
        "2026-09-03": "1500",
        "2026-09-04": "500",
    }
    for day, balance in expected.items():
        assert (await desk.balance(as_of=day))["balance"] == balance, day
    assert (await desk.balance(known_at=datetime(2020, 1, 1, tzinfo=UTC).isoformat()))["balance"] == "0"
    assert (await desk.balance())["balance"] == "500"


@pytest.mark.req("PAY-004", "PAY-040")
async def test_open_items_as_of_a_day_forget_what_came_later(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000, issued_on=date(2026, 7, 31), due_on=date(2026, 8, 31)))
    line = await desk.received(400)
    await desk.confirm(line["bank_line_id"], allocations=[{"invoice_number": "INV-1"}])
    await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {"reversed_on": "2026-10-01"})
    history = []
    for day in ("2026-07-30", "2026-07-31", "2026-09-04", "2026-10-01"):
        items = await desk.items("/v1/receivables", as_of=day)
        history.append([(one["open_amount"], one["state"]) for one in items])
    assert history == [[], [("1000", "ISSUED")], [("600", "PARTLY_PAID")], [("1000", "ISSUED")]]
    assert await desk.items("/v1/receivables", as_of="2026-09-04", state="PAID") == []


async def test_receivables_are_listed_by_filters(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(
        invoice_issued(1, 1_000, due_on=date(2026, 9, 30)),
        invoice_issued(2, 2_000, due_on=date(2026, 10, 31)),
        invoice_issued(3, 3_000, bill_to=B),
    )
    await desk.received(1_000)

    async def numbers(**filters: str) -> list[str]:
        return [one["number"] for one in await desk.items("/v1/receivables", **filters)]

    assert await numbers() == ["INV-1", "INV-3", "INV-2"]
    assert await numbers(open_only="true") == ["INV-3", "INV-2"]
    assert await numbers(state="PAID") == ["INV-1"]
    assert await numbers(customer_code="C2") == ["INV-3"]
    assert await numbers(number="INV-2") == ["INV-2"]
    assert await numbers(due_from="2026-10-01", due_to="2026-10-31") == ["INV-2"]
    first = await desk.get("/v1/receivables", limit=2)
    rest = await desk.get("/v1/receivables", limit=2, cursor=first["next_cursor"])
    assert [one["number"] for one in rest["items"]] == ["INV-2"]


@pytest.mark.req("PAY-060", "PAY-064")
@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-06-30", []),
        ("2026-07-01", [(1, "1-30")]),
        ("2026-07-31", [(31, "31-60")]),
        ("2026-09-29", [(91, "over-90")]),
    ],
)
async def test_an_invoice_is_overdue_from_the_day_after_it_was_due(
    desk: Desk, as_of: str, expected: list[tuple[int, str]]
) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000, issued_on=date(2026, 5, 31), due_on=date(2026, 6, 30)))
    found = await desk.items("/v1/overdue-invoices", as_of=as_of)
    assert [(one["days_late"], one["bucket"]) for one in found] == expected
    if found:
        assert (found[0]["customer"]["code"], found[0]["due_on"], found[0]["open_amount"]) == (
            "C1",
            "2026-06-30",
            "33000",
        )


@pytest.mark.req("PAY-060")
async def test_what_was_paid_by_the_day_is_not_overdue_on_it(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000, due_on=date(2026, 8, 31)))
    await desk.received(33_000)
    assert [one["number"] for one in await desk.items("/v1/overdue-invoices", as_of="2026-09-03")] == ["INV-1"]
    assert await desk.items("/v1/overdue-invoices", as_of="2026-09-04") == []
    assert await desk.items("/v1/overdue-invoices") == []


async def test_an_account_statement_leads_from_opening_to_closing_balance(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(
        invoice_issued(1, 1_000, issued_on=date(2026, 7, 31)), invoice_issued(2, 5_000, issued_on=date(2026, 8, 31))
    )
    line = await desk.received(1_000 + 4_900)
    shares = [{"invoice_number": "INV-1"}, {"invoice_number": "INV-2", "amount": "4900"}]
    await desk.confirm(line["bank_line_id"], allocations=shares, remainder="slip")
    asked = {"customer_code": "C1", "from_date": "2026-08-01", "to_date": "2026-09-30"}
    statement = await desk.get("/v1/account-statements", **asked)
    assert (statement["opening_balance"], statement["closing_balance"]) == ("1000", "100")
    movements = [(one["kind"], one["invoice_number"], one["amount"], one["balance"]) for one in statement["movements"]]
    assert movements == [
        ("invoice", "INV-2", "5000", "6000"),
        ("payment", "INV-1", "-1000", "5000"),
        ("payment", "INV-2", "-4900", "100"),
    ]
    nobody = await desk.client.get("/v1/account-statements", params={**asked, "customer_code": "C9"})
    assert nobody.status_code == 404
    unasked = await desk.client.get(
        "/v1/account-statements", params={"from_date": "2026-08-01", "to_date": "2026-08-02"}
    )
    assert (unasked.status_code, unasked.json()["errors"][0]["code"]) == (422, "REQUIRED")


@pytest.mark.req("PAY-005")
async def test_a_statement_with_more_movements_than_it_shows_is_refused_not_cut(
    desk: Desk, database: Database, maker_id: UUID
) -> None:
    await desk.masters()
    asked = {"customer_code": "C1", "from_date": "2026-08-01", "to_date": "2026-09-30"}
    several = [receivable(number, 1) for number in range(1, MOST_MOVEMENTS + 2)]
    async with database.transaction(maker_id) as tx:
        await issuing.add_invoices(tx, several[:-1])
    assert (await desk.get("/v1/account-statements", **asked))["closing_balance"] == str(MOST_MOVEMENTS)
    async with database.transaction(maker_id) as tx:
        await issuing.add_invoices(tx, several[-1:])
    refused = await desk.client.get("/v1/account-statements", params=asked)
    assert (refused.status_code, refused.json()["code"]) == (422, "TOO_MANY_MOVEMENTS")


async def test_ledger_entries_are_listed_by_filters(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, 1_000, bill_to=B))
    line = await desk.received(32_560)
    await desk.confirm(line["bank_line_id"])

    async def kinds(**filters: str) -> list[str]:
        return [one["kind"] for one in await desk.items("/v1/ledger-entries", **filters)]

    assert await kinds() == ["invoice", "invoice", "bank_line", "payment", "bank_fee"]
    assert await kinds(customer_code="C2") == ["invoice"]
    assert await kinds(account="fee_discount") == ["bank_fee"]
    assert await kinds(invoice_id=str(invoice_id(1))) == ["invoice", "payment", "bank_fee"]
    assert await kinds(kind="payment", from_date="2026-09-01") == ["payment"]
    assert await kinds(to_date="2026-08-31", currency="JPY") == ["invoice", "invoice"]
    [entry] = await desk.items("/v1/ledger-entries", kind="payment")
    assert (entry["debit"], entry["credit"], entry["credit_customer"]["code"]) == ("unallocated", "receivable", "C1")


@pytest.mark.req("PAY-004")
async def test_the_proof_finds_a_balance_and_an_open_item_that_somebody_changed(
    desk: Desk, database: Database, maker_id: UUID
) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, 1_000, bill_to=B))
    await desk.verified()
    async with database.connection(Role.WORKER) as connection:
        await connection.execute(text("update balances set open_invoices = 1 where customer_id = :a"), {"a": A})
        await connection.execute(
            text("update receivables set total = 999, open_amount = 999 where bill_to_id = :b"), {"b": B}
        )
        await connection.commit()
    proof = await desk.get("/v1/ledger-verification")
    found = [(one["what"], one["ledger"], one["other"]) for one in proof["differences"]]
    assert (proof["ok"], found) == (False, [("balance", "33000", "1"), ("receivable", "1000", "999")])


@pytest.mark.req("PAY-004")
async def test_the_proof_finds_a_line_whose_money_somebody_changed(desk: Desk, database: Database) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 20_000))
    part = await desk.received(33_000)
    held: dict[str, Any] = {"allocations": [{"invoice_number": "INV-1"}], "customer_code": "C1", "remainder": "advance"}
    await desk.confirm(part["bank_line_id"], **held)
    ignored = await desk.received(700, "ﾘｿｸ", reference="000002")
    await desk.post(f"/v1/bank-lines/{ignored['bank_line_id']}/ignoring", {"reason": "利息"})
    open_ = await desk.received(500, "ﾀﾞﾚｶ", reference="000003")
    await desk.verified()
    async with database.connection(Role.WORKER) as connection:
        await connection.execute(
            text("update bank_lines set amount = 1, free_amount = 1 where line_id = :line"),
            {"line": open_["bank_line_id"]},
        )
        await connection.commit()
    proof = await desk.get("/v1/ledger-verification")
    found = [(one["what"], one["id"], one["ledger"], one["other"]) for one in proof["differences"]]
    assert found == [("bank_line", open_["bank_line_id"], "500", "1")]


async def test_a_profile_is_checked_listed_and_changed_only_by_its_reader(desk: Desk) -> None:
    await desk.masters()
    good = {"name": "A", "value_date": "d", "amount": "a"}
    made = await desk.post("/v1/statement-profiles", good, status=201)
    wrong = {"name": "A", "value_date": "d", "amount_out": 3, "bank_account_id": str(uuid4()), "header": False}
    answer = await desk.client.post("/v1/statement-profiles", json=wrong)
    assert {one["code"] for one in answer.json()["errors"]} == {
        "AMOUNT_COLUMN",
        "COLUMN_NUMBER_NEEDED",
        "DUPLICATE_NAME",
        "UNKNOWN_BANK_ACCOUNT",
    }
    path = f"/v1/statement-profiles/{made['profile_id']}"
    changed = await desk.client.put(path, json={**good, "skip_rows": 2}, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.json()["skip_rows"], changed.json()["version"]) == (200, 2, 1)
    stale = await desk.client.put(path, json=good, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")
    assert [one["name"] for one in await desk.items("/v1/statement-profiles")] == ["A"]
    unknown = await desk.client.put(f"/v1/statement-profiles/{uuid4()}", json=good)
    assert unknown.status_code == 404


def test_every_code_has_a_text_in_every_language() -> None:
    assert codes_without_text(service) == []
