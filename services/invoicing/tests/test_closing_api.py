"""Closing runs over HTTP: preview, run, rerun, seal, concurrency (INV-060 to INV-062)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.invoicing import InvoiceIssued, InvoiceSource, OrderShare
from contracts.parts import RateSums
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of

JUNE_END = {"closing_date": "2026-06-30"}


async def post(client: httpx.AsyncClient, path: str, body: Mapping[str, object], status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def closed(client: httpx.AsyncClient, **more: object) -> Any:
    return await post(client, "/v1/closing-runs", {**JUNE_END, **more})


async def previewed(client: httpx.AsyncClient, **more: object) -> Any:
    return await post(client, "/v1/closing-runs/preview", {**JUNE_END, **more}, status=200)


@pytest.mark.req("INV-060", "INV-061", "INV-002")
async def test_a_run_issues_one_invoice_per_delegatee_and_announces_it_whole(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(
        *messages.world(maker_id, "P", A="P"),
        messages.note("DN1", "A", lines=[messages.delivered(5_000, 8, "O1")], charges=[messages.charge(660)]),
        messages.note("DN2", "P", lines=[messages.delivered(6_000, 10, "O2")]),
        messages.returned("RT1", of="DN2", customer="P", lines=[messages.delivered(1_000, 10, "O2")]),
    )

    run = await closed(client)

    (invoice,) = run["invoices"]
    assert (invoice["number"], invoice["bill_to_code"], invoice["total"]) == ("INV202606-00001", "P", "11560")
    (announced,) = await outbox()
    assert announced == InvoiceIssued(
        bill_to_id=id_of("P"),
        invoice_id=UUID(invoice["invoice_id"]),
        number="INV202606-00001",
        bill_to_code="P",
        currency="JPY",
        issued_on=date(2026, 6, 30),
        closing_date=date(2026, 6, 30),
        due_on=date(2026, 7, 31),
        per_rate=(
            RateSums(
                tax_rate=10, reduced=False, exclusive_sum=5_000, inclusive_sum=660, net=5_600, tax=560, gross=6_160
            ),
            RateSums(tax_rate=8, reduced=True, exclusive_sum=5_000, inclusive_sum=0, net=5_000, tax=400, gross=5_400),
        ),
        net=10_600,
        tax=960,
        payment_points=0,
        total=11_560,
        brought_forward=0,
        billing_amount=11_560,
        sources=(
            InvoiceSource(kind="delivery_note", source_id=id_of("DN1"), number="DN1", customer_id=id_of("A")),
            InvoiceSource(kind="delivery_note", source_id=id_of("DN2"), number="DN2", customer_id=id_of("P")),
            InvoiceSource(kind="return_note", source_id=id_of("RT1"), number="RT1", customer_id=id_of("P")),
        ),
        orders=(
            OrderShare(order_id=id_of("O1"), customer_id=id_of("A"), amount=6_060),
            OrderShare(order_id=id_of("O2"), customer_id=id_of("P"), amount=5_500, returned=1_100),
        ),
    )


@pytest.mark.req("INV-061", "FUL-063")
async def test_a_charge_on_a_note_over_two_orders_is_owed_by_the_order_it_names(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    lines = [messages.delivered(1_000, 10, order) for order in ("O1", "O2")]
    charges = [messages.charge(660, order="O2"), messages.charge(-110, "payment_points", None, order="O1")]
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1", "K1", lines=lines, charges=charges))

    await closed(client)

    (announced,) = await outbox()
    assert isinstance(announced, InvoiceIssued)
    assert [(one.order_id, int(one.amount)) for one in announced.orders] == [(id_of("O1"), 990), (id_of("O2"), 1_760)]


@pytest.mark.req("INV-061")
async def test_the_preview_is_the_run_and_writes_nothing(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(
        *messages.world(maker_id, "K1", "K2"),
        messages.note("DN1"),
        messages.note("DN2", delivery_date=date(2026, 7, 1)),
        messages.note("DN3", "stranger"),
    )

    preview = await previewed(client)

    (proposed,) = preview["invoices"]
    assert [(source["number"], source["late"]) for source in proposed["sources"]] == [("DN1", False)]
    assert (proposed["total"], proposed["due_on"], preview["totals"]) == ("1100", "2026-07-31", {"JPY": "1100"})
    assert [(one["number"], one["reason"]) for one in preview["sources_out"]] == [("DN2", "DATED_AFTER_CLOSING")]
    assert [(one["customer_id"], one["reason"], one["waiting_notes"]) for one in preview["bill_tos_out"]] == [
        (str(id_of("stranger")), "UNKNOWN_CUSTOMER", 1)
    ]
    assert [one["bill_to_id"] for one in preview["closed_empty"]] == [str(id_of("K2"))]
    assert await outbox() == []
    assert (await client.get("/v1/invoices")).json()["items"] == []

    run = await closed(client, seal=preview["seal"])

    assert run["seal"] == preview["seal"]
    assert [one["total"] for one in run["invoices"]] == ["1100"]


async def test_a_run_is_refused_when_its_preview_no_longer_holds(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    seal = (await previewed(client))["seal"]
    await deliver(messages.note("DN2"))

    refused = await post(client, "/v1/closing-runs", {**JUNE_END, "seal": seal}, status=409)

    assert (refused["code"], refused["errors"][0]["field"]) == ("PREVIEW_CHANGED", "/seal")
    assert refused["seal"] == (await previewed(client))["seal"]


@pytest.mark.req("INV-061", "INV-062")
async def test_a_rerun_creates_nothing_and_a_late_note_comes_with_the_next_run(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    await closed(client)
    await outbox.clear()
    await deliver(messages.note("DN2", delivery_date=date(2026, 6, 29)))

    rerun = await closed(client)

    assert (rerun["run_id"], rerun["invoices"], len(rerun["already_closed"])) == (None, [], 1)
    assert [(one["number"], one["reason"]) for one in rerun["sources_out"]] == [("DN2", "ALREADY_CLOSED")]
    assert await outbox() == []
    july = await previewed(client, closing_date="2026-07-31")
    assert [(one["number"], one["late"]) for one in july["invoices"][0]["sources"]] == [("DN2", True)]


@pytest.mark.req("INV-061")
async def test_an_account_closed_empty_stays_closed(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"))
    assert (await closed(client))["counts"]["closed_empty"] == 1
    await deliver(messages.note("DN1"))

    assert (await closed(client))["invoices"] == []


@pytest.mark.req("INV-061")
async def test_runs_at_the_same_moment_bill_every_note_once(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    codes = [f"K{number}" for number in range(8)]
    await deliver(*messages.world(maker_id, *codes))
    await deliver(*(messages.note(f"DN{code}", code) for code in codes))

    runs = await asyncio.gather(*(closed(client) for _ in range(3)))

    numbers = sorted(invoice["number"] for run in runs for invoice in run["invoices"])
    assert numbers == [f"INV202606-{number:05d}" for number in range(1, 9)]
    assert len(await outbox()) == 8


@pytest.mark.req("INV-027", "GEN-009")
async def test_a_run_and_an_invoice_by_hand_at_the_same_moment_use_a_note_once(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), *(messages.note(f"DN{number}") for number in range(5)))
    by_hand = [
        client.post("/v1/invoices", json={"bill_to": "K1", "delivery_notes": [f"DN{number}"]}) for number in range(5)
    ]

    await asyncio.gather(closed(client), *by_hand)

    sources = [source.number for one in await outbox() if isinstance(one, InvoiceIssued) for source in one.sources]
    assert sorted(sources) == [f"DN{number}" for number in range(5)]


async def test_customers_may_be_chosen_by_id_or_code(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1", "K2", "K3"))
    await deliver(*(messages.note(f"DN{code}", code) for code in ("K1", "K2", "K3")))

    run = await closed(client, customers=["K1", str(id_of("K2"))])

    assert [one["bill_to_code"] for one in run["invoices"]] == ["K1", "K2"]
    assert [(one["reason"], one["waiting_notes"]) for one in run["bill_tos_out"]] == [("NOT_SELECTED", 1)]
    assert [one["bill_to_code"] for one in (await closed(client))["invoices"]] == ["K3"]


async def test_every_unknown_customer_is_named(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"))

    refused = await post(
        client, "/v1/closing-runs", {**JUNE_END, "customers": ["K1", "X", str(id_of("nobody"))]}, status=422
    )

    assert [(one["code"], one["field"]) for one in refused["errors"]] == [
        ("UNKNOWN_CUSTOMER", "/customers/1"),
        ("UNKNOWN_CUSTOMER", "/customers/2"),
    ]


async def test_nothing_is_closed_for_a_maker_whose_state_has_not_arrived(client: httpx.AsyncClient) -> None:
    refused = await post(client, "/v1/closing-runs", JUNE_END, status=503)

    assert refused["code"] == "FACTS_MISSING"


async def test_the_issue_date_makes_the_number_and_may_differ_from_the_closing_date(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))

    run = await closed(client, issued_on="2026-07-02")

    assert run["invoices"][0]["number"] == "INV202607-00001"
    found = (await client.get(f"/v1/invoices/{run['invoices'][0]['invoice_id']}")).json()
    assert (found["issued_on"], found["closing_date"]) == ("2026-07-02", "2026-06-30")
    assert (found["period_from"], found["period_to"]) == ("2026-06-01", "2026-06-30")


@pytest.mark.req("INV-081")
async def test_only_qualified_invoices_are_issued_when_asked_for(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    await deliver(messages.maker(maker_id, registration_number=None))

    run = await closed(client, require_qualified=True)
    assert (run["invoices"], run["counts"]["out:NOT_QUALIFIED"]) == ([], 1)

    run = await closed(client)
    assert [warning["code"] for warning in run["invoices"][0]["warnings"]] == ["REG_NO_MISSING"]


async def test_past_runs_are_listed_newest_first_and_read_one_by_one(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, tokens: Tokens
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    june = await closed(client)
    july = await closed(client, closing_date="2026-07-31")

    first = (await client.get("/v1/closing-runs", params={"limit": 1})).json()
    second = (await client.get("/v1/closing-runs", params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert [one["run_id"] for one in first["items"] + second["items"]] == [july["run_id"], june["run_id"]]
    one = (await client.get(f"/v1/closing-runs/{june['run_id']}")).json()
    assert (one["invoices"], one["notes"], one["totals"], one["run_by"]) == (1, 1, {"JPY": "1100"}, "tester")
    strange = await client.get(f"/v1/closing-runs/{june['run_id']}", headers=tokens.of_owner(id_of("another")))
    assert strange.status_code == 404
    filtered = (
        await client.get("/v1/closing-runs", params={"closing_to": "2026-06-30", "sort": "oldest_first"})
    ).json()
    assert [one["run_id"] for one in filtered["items"]] == [june["run_id"]]


@pytest.mark.req("GEN-007")
async def test_a_repeated_run_with_the_same_key_gets_the_same_answer(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    key = {"Idempotency-Key": "june"}

    first = await client.post("/v1/closing-runs", json=JUNE_END, headers=key)
    again = await client.post("/v1/closing-runs", json=JUNE_END, headers=key)

    assert first.content == again.content
    assert len(await outbox()) == 1


@pytest.mark.req("GEN-014")
async def test_only_those_who_may_issue_may_close(client: httpx.AsyncClient, tokens: Tokens) -> None:
    answer = await client.post("/v1/closing-runs", json=JUNE_END, headers=tokens.headers("invoice.read"))

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/closing_date"),
        ({"closing_date": "2026-02-30"}, "/closing_date"),
        ({**JUNE_END, "header_comment": "あ" * 101}, "/header_comment"),
        ({**JUNE_END, "seal": "x"}, "/seal"),
        ({**JUNE_END, "customers": []}, "/customers"),
        ({**JUNE_END, "surprise": 1}, "/surprise"),
        ({**JUNE_END, "footer_comment": "a\u0000b"}, "/footer_comment"),
    ],
)
@pytest.mark.req("INV-139", "GEN-015")
async def test_a_wrong_request_is_a_problem_with_its_field(
    client: httpx.AsyncClient, body: Mapping[str, object], field: str
) -> None:
    refused = await post(client, "/v1/closing-runs", body, status=422)

    assert [one["field"] for one in refused["errors"]] == [field]
