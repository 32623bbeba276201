"""The bank steps of the demo wholesaler through consumers, routes and PostgreSQL: every figure equals the oracle's."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.customers import BankAccount, DelegationState
from contracts.payments import BalanceChanged, OverpaymentRecorded, PaymentAllocated
from services.payments.tests.builders import customer_state, invoice_issued, maker_state

DEMO = Path(__file__).parents[4] / "demo" / "wholesaler"
FIRST, SECOND = "zengin_transfers.txt", "zengin_transfers_2.txt"


def _json(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def _masters(deliver: Deliver, maker_id: UUID) -> dict[str, UUID]:
    maker = _json("maker.json")
    [account] = maker["bank_accounts"]
    part = BankAccount(
        bank_account_id=UUID(int=501),
        code=account["code"],
        bank_code=account["bank_code"],
        bank_name=account["bank_name"],
        branch_code=account["branch_code"],
        branch_name=account["branch_name"],
        account_type=account["zengin_type"],
        number=account["number"],
        holder_kana=account["holder_kana"],
        currency=account["currency"],
    )
    tolerance, auto = str(maker["bank_fee_tolerance"]), maker["auto_confirm_matches"]
    await deliver(maker_state(maker_id, auto_confirm=auto, tolerance=tolerance, accounts=[part]))
    rows = _rows("customers.csv")
    ids = {row["customer_code"]: UUID(int=1000 + at) for at, row in enumerate(rows)}
    await deliver(
        *(
            customer_state(ids[row["customer_code"]], code=row["customer_code"], name=row["name"], kana=row["kana"])
            for row in rows
        )
    )
    delegations = [(ids[row["delegator_code"]], ids[row["delegatee_code"]]) for row in _rows("delegations.csv")]
    await deliver(*(DelegationState(delegator_id=one, delegatee_id=other) for one, other in delegations))
    return ids


async def _invoices(deliver: Deliver, ids: dict[str, UUID]) -> None:
    invoices = _json("expected.json")["invoices"]
    await deliver(
        *(
            invoice_issued(
                at,
                invoice["total"],
                bill_to=ids[invoice["bill_to"]],
                name=key,
                issued_on=date.fromisoformat(invoice["closing_date"]),
                due_on=date.fromisoformat(invoice["due_date"]),
                members=[ids[code] for code in invoice["members"]],
            )
            for at, (key, invoice) in enumerate(invoices.items())
        )
    )


async def _import(client: httpx.AsyncClient, name: str, **options: str) -> dict[str, Any]:
    answer = await client.post(
        "/v1/bank-files",
        params=options,
        files={"file": (name, (DEMO / name).read_bytes(), "text/plain")},
        data={"bank_account_code": "B1", "imported_on": "2026-10-31"},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _all(client: httpx.AsyncClient, path: str, **filters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**filters, **cursor, "limit": "200"})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items.extend(page["items"])
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def _compare_decision(line: dict[str, Any], expected: dict[str, Any]) -> None:
    assert line["decision"] in {expected["decision"], *expected["accept_also"]}, expected["line"]
    assert line["amount"] == str(expected["amount"])
    assert line["reasons"]
    if "apply automatically" in expected.get("must_not", ""):
        assert line["decision"] != "auto"
    if expected["customer"]:
        assert line["customer"]["code"] == expected["customer"]


def _confirmation(line: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any] | None:
    """What the person of `resolution` sends."""
    resolution = expected["resolution"]
    if line["state"] == "MATCHED" or resolution.startswith("leave unallocated"):
        return None
    if resolution.startswith("confirm"):
        return {"bank_line_id": line["bank_line_id"]}
    remainder = "slip" if "shortage_slip" in expected else "overpayment" if "credit_note" in expected else None
    return {
        "bank_line_id": line["bank_line_id"],
        "customer_code": expected["bill_to"],
        "allocations": [
            {"invoice_number": one["invoice"], "amount": str(one["amount"])} for one in expected["allocations"]
        ],
        **({"remainder": remainder} if remainder else {}),
    }


async def _run_file(client: httpx.AsyncClient, name: str, expected: dict[str, Any]) -> None:
    imported = await _import(client, name)
    file = expected["files"][name]
    assert imported["counts"]["new"] == file["new"]
    assert imported["counts"]["duplicates"] == file["duplicates"]
    assert imported["total"] == str(file["total"])
    new = [line for line in imported["lines"] if not line["duplicate"]]
    lines = [one for one in expected["lines"] if one["file"] == name]
    for line, one in zip(new, lines, strict=True):
        _compare_decision(line, one)
    deeds = [deed for line, one in zip(new, lines, strict=True) if (deed := _confirmation(line, one)) is not None]
    answer = await client.post("/v1/bank-line-confirmations", json=deeds)
    assert answer.status_code == 200, answer.text
    assert answer.json()["refused"] == 0, answer.text
    stored = {one["bank_line_id"]: one for one in await _all(client, "/v1/bank-lines")}
    for line, one in zip(new, lines, strict=True):
        _compare_outcome(stored[line["bank_line_id"]], one)


def _compare_outcome(line: dict[str, Any], expected: dict[str, Any]) -> None:
    assert line["state"] == expected["line_state"], expected["line"]
    allocations = [{"invoice": one["invoice_number"], "amount": int(one["amount"])} for one in line["allocations"]]
    assert allocations == expected["allocations"], expected["line"]
    for name in ("fee_discount", "shortage_slip"):
        found = [
            {"invoice": one["invoice_number"], "amount": int(one[name])}
            for one in line["allocations"]
            if one[name] != "0"
        ]
        assert found == expected.get(name, []), expected["line"]
    kept = line["overpayment"]
    assert (int(kept["amount"]) if kept else 0) == expected.get("credit_note", {}).get("amount", 0)


async def _compare_balances(client: httpx.AsyncClient, expected: dict[str, Any], totals: dict[str, int]) -> None:
    for options in ({}, {"as_of": "2026-12-31"}):
        found = {one["customer"]["code"]: one for one in await _all(client, "/v1/balances", **options)}
        assert found.keys() == expected.keys()
        for code, figures in expected.items():
            for name in ("balance", "open_invoices", "open_slips", "open_credit_notes"):
                assert int(found[code][name]) == figures[name], (code, name)
    proof = (await client.get("/v1/ledger-verification")).json()
    assert proof["ok"], proof["differences"]
    [actual] = proof["totals"]
    assert {name: int(actual[name]) for name in totals} == totals
    assert actual["debits"] == actual["credits"]


async def _compare_invoices(client: httpx.AsyncClient, when: str) -> None:
    found = {one["number"]: one for one in await _all(client, "/v1/receivables")}
    for key, invoice in _json("expected.json")["invoices"].items():
        assert int(found[key]["open_amount"]) == invoice[f"open_{when}"], key
        assert found[key]["state"] == invoice[f"state_{when}"], key


@pytest.mark.req("PAY-001", "PAY-002", "PAY-004", "PAY-012", "PAY-016", "PAY-030", "PAY-031", "PAY-034", "PAY-060")
async def test_the_bank_steps_of_the_wholesaler_equal_the_oracle(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    expected, bank = _json("bank_lines_expected.json"), _json("expected.json")["steps"]["6_bank"]
    await _invoices(deliver, await _masters(deliver, maker_id))

    await _run_file(client, FIRST, expected)
    await _compare_balances(client, expected["balances_after_file_1"], expected["after_file_1"]["totals"])
    await _compare_invoices(client, "after_file_1")
    await _run_file(client, SECOND, expected)
    await _compare_balances(client, expected["balances"], expected["after_file_2"]["totals"])
    await _compare_invoices(client, "after_file_2")

    again = await _import(client, FIRST)
    assert (again["counts"]["new"], again["counts"]["duplicates"]) == (0, 58)
    overdue = await _all(client, "/v1/overdue-invoices", as_of="2026-10-31")
    assert sorted(one["number"] for one in overdue) == sorted(bank["overdue_at_2026_10_31"])
    await _compare_proofs(client)
    await _compare_announced(outbox, bank["after_file_2"])


async def _compare_proofs(client: httpx.AsyncClient) -> None:
    """DOMAIN_RULES 2.1: deciding the stored evidence again gives the same answer for every line."""
    for line in await _all(client, "/v1/bank-lines"):
        detail = (await client.get(f"/v1/bank-lines/{line['bank_line_id']}")).json()
        assert [proof["reproduced"] for proof in detail["match_proofs"]] == [True]


async def _compare_announced(outbox: Outbox, totals: dict[str, int]) -> None:
    told = await outbox()
    allocated = [one for one in told if isinstance(one, PaymentAllocated)]
    assert sum(one.amount for one in allocated) == totals["allocated"]
    assert sum(one.fee_discount for one in allocated) == totals["fee_discounts"]
    kept = [one for one in told if isinstance(one, OverpaymentRecorded)]
    assert sum(one.amount for one in kept) == totals["open_credit_notes"]
    newest = {one.bill_to_id: one.balance for one in told if isinstance(one, BalanceChanged)}
    assert sum(newest.values()) == totals["balance"]


async def test_a_dry_run_answers_the_same_and_keeps_nothing(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await _invoices(deliver, await _masters(deliver, maker_id))
    await outbox.clear()
    dry = await _import(client, FIRST, dry_run="true")
    assert (await client.get("/v1/bank-lines")).json()["items"] == []
    assert (await client.get("/v1/bank-files")).json()["items"] == []
    assert await outbox() == []
    real = await _import(client, FIRST)
    assert (dry["dry_run"], real["dry_run"]) == (True, False)
    assert dry["counts"] == real["counts"]
    both = [[(one["row"], one["decision"], one["state"]) for one in answer["lines"]] for answer in (dry, real)]
    assert both[0] == both[1]
