"""Invoices over HTTP: put together by hand, listed, read whole, voided (INV §2 to §7, §14)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.invoicing import InvoiceIssued, InvoiceSource, InvoiceVoided, OrderShare
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of


async def post(client: httpx.AsyncClient, path: str, body: object, status: int = 201, **headers: str) -> Any:
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def issued(client: httpx.AsyncClient, *notes: str, bill_to: str = "K1", **more: object) -> Any:
    return await post(client, "/v1/invoices", {"bill_to": bill_to, "delivery_notes": list(notes), **more})


async def refused(client: httpx.AsyncClient, body: Mapping[str, object], status: int = 422) -> list[tuple[str, str]]:
    answer = await post(client, "/v1/invoices", body, status)
    return [(error["code"], error.get("field", "")) for error in answer["errors"]]


@pytest.mark.req("INV-002", "INV-120", "INV-122", "INV-132", "INV-151", "INV-170")
async def test_a_consolidated_invoice_with_fees_returns_and_bank_fee_is_the_worked_example(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(
        *messages.world(maker_id, "P", A="P", B="P"),
        messages.note("DN1", "A", lines=[messages.delivered(6_000, 10, "O1")]),
        messages.note("DN2", "B", lines=[messages.delivered(5_000, 8, "O2")]),
        messages.returned("RT1", of="DN1", customer="A", lines=[messages.delivered(1_000, 10, "O1")]),
    )

    invoice = await issued(
        client,
        "DN1",
        str(id_of("DN2")),
        bill_to="P",
        return_notes=["RT1"],
        fees=[
            {"kind": "shipping", "name": "送料", "amount": "800", "tax_rate": "10"},
            {"name": "代引手数料", "amount": "300", "tax_rate": "10"},
            {"name": "値引", "amount": "-500", "tax_rate": "10"},
        ],
        bank_fee={"amount": "400", "tax_rate": "10"},
        issued_on="2026-06-25",
        header_comment="夏季休業 8/13～16",
        footer_comment="一行目\n二行目",
        internal_note="社内用",
    )

    assert (invoice["number"], invoice["total"], invoice["state"]) == ("INV202606-00001", "11120", "ISSUED")
    assert (invoice["due_on"], invoice["closing_date"]) == ("2026-07-31", None)
    assert [(rate["net"], rate["tax"], rate["exact_tax"]) for rate in invoice["per_rate"]] == [
        ("5200", "520", "520"),
        ("5000", "400", "400"),
    ]
    assert [source["number"] for source in invoice["sources"]] == ["DN1", "RT1", "DN2"]
    whole = (await client.get(f"/v1/invoices/{invoice['invoice_id']}")).json()
    assert {name: value for name, value in whole.items() if name != "lines"} == invoice
    assert [(line["source_number"], line["amount"]) for line in whole["lines"]] == [
        ("DN1", "6000"),
        ("RT1", "-1000"),
        ("DN2", "5000"),
    ]
    assert [(fee["kind"], fee["amount"]) for fee in invoice["fees"]] == [
        ("shipping", "800"),
        ("other", "300"),
        ("other", "-500"),
        ("bank_fee", "-400"),
    ]
    assert [member["code"] for member in invoice["members"]] == ["A", "B"]
    assert (invoice["issuer"]["registration_number"], invoice["recipient"]["name"]) == ("T8700110005901", "P商店")
    assert invoice["bank_account"]["number"] == "8235504"
    (announced,) = await outbox()
    assert isinstance(announced, InvoiceIssued)
    assert sum(share.amount for share in announced.orders) == announced.total == 11_120


async def test_everything_wrong_with_a_request_is_told_at_once(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "P", "C", A="P"), messages.note("DN1", "A"), messages.note("DN2", "C"))
    await issued(client, "DN1", bill_to="P")
    await outbox.clear()

    problems = await refused(
        client,
        {
            "bill_to": "A",
            "delivery_notes": ["DN1", "DN2", "DN9", "DN2"],
            "issued_on": "2026-06-10",
            "due_on": "2026-06-09",
            "currency": "USD",
            "bank_account_id": str(id_of("nobody's")),
            "fees": [{"name": "x", "amount": "1.5", "tax_rate": "10"}],
            "replaces": "INV1",
        },
    )

    assert set(problems) == {
        ("NOT_A_DELEGATEE", "/bill_to"),
        ("SOURCE_ALREADY_USED", "/delivery_notes/0"),
        ("SOURCE_NOT_IN_GROUP", "/delivery_notes/1"),
        ("SOURCE_NOT_FOUND", "/delivery_notes/2"),
        ("SOURCE_NOT_IN_GROUP", "/delivery_notes/3"),
        ("SOURCE_REPEATED", "/delivery_notes/3"),
        ("MIXED_CURRENCY", "/currency"),
        ("TOO_MANY_DECIMALS", "/fees/0/amount"),
        ("DUE_BEFORE_ISSUE", "/due_on"),
        ("BANK_ACCOUNT_UNKNOWN", "/bank_account_id"),
        ("REPLACES_UNKNOWN", "/replaces"),
    }
    assert await outbox() == []


async def test_an_unknown_addressee_is_named(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))

    assert await refused(client, {"bill_to": "X", "delivery_notes": ["DN1"]}) == [("UNKNOWN_CUSTOMER", "/bill_to")]


@pytest.mark.req("INV-142")
async def test_an_invoice_of_nothing_is_refused(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"))

    assert await refused(client, {"bill_to": "K1"}) == [("EMPTY_INVOICE", "/delivery_notes")]


@pytest.mark.req("INV-025")
async def test_more_than_2000_sources_are_refused(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"))

    problems = await refused(client, {"bill_to": "K1", "delivery_notes": [f"DN{number}" for number in range(2_001)]})

    assert problems == [("TOO_MANY_SOURCES", "/delivery_notes")]


@pytest.mark.req("FUL-034")
async def test_a_maker_that_bills_from_shipping_cannot_invoice_an_unshipped_note(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    await deliver(messages.maker(maker_id, bill_from="shipped"))

    assert await refused(client, {"bill_to": "K1", "delivery_notes": ["DN1"]}, 409) == [
        ("SOURCE_NOT_SHIPPED", "/delivery_notes/0")
    ]
    await deliver(messages.shipped("DN1"))
    assert (await issued(client, "DN1"))["state"] == "ISSUED"


@pytest.mark.req("INV-081")
async def test_a_maker_without_number_issues_a_plain_invoice_with_a_warning_or_none_at_all(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    await deliver(messages.maker(maker_id, registration_number=None))

    body = {"bill_to": "K1", "delivery_notes": ["DN1"], "require_qualified": True}
    assert await refused(client, body, 409) == [("REG_NO_MISSING", "")]
    plain = await issued(client, "DN1")
    assert (plain["qualified"], [warning["code"] for warning in plain["warnings"]]) == (False, ["REG_NO_MISSING"])


@pytest.mark.req("GEN-002")
async def test_tax_rounds_as_the_makers_tax_says(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1", lines=[messages.delivered(105)]))
    await deliver(messages.tax(rounding="half_up"))

    (rate,) = (await issued(client, "DN1"))["per_rate"]

    assert (rate["exact_tax"], rate["rounding"], rate["tax"]) == ("21/2", "half_up", "11")


@pytest.mark.req("INV-027", "INV-092")
async def test_a_batch_uses_each_source_once_and_numbers_only_what_is_issued(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"), messages.note("DN2"))

    answer = await post(
        client,
        "/v1/invoice-batches",
        [
            {"bill_to": "K1", "delivery_notes": ["DN1"], "issued_on": "2026-07-01"},
            {"bill_to": "K1", "delivery_notes": ["DN1"], "issued_on": "2026-07-01"},
            {"bill_to": "K1", "delivery_notes": ["DN2"], "issued_on": "2026-06-30"},
        ],
        200,
    )

    assert [result["ok"] for result in answer["results"]] == [True, False, True]
    assert [result["item"]["number"] for result in answer["results"] if result["ok"]] == [
        "INV202607-00001",
        "INV202606-00001",
    ]
    assert answer["results"][1]["problem"]["errors"][0]["field"] == "/1/delivery_notes/0"
    assert len(await outbox()) == 2


@pytest.mark.req("INV-170")
async def test_voiding_frees_the_notes_keeps_the_number_and_is_announced(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1", lines=[messages.delivered(order="O1")]))
    invoice = await issued(client, "DN1", issued_on="2026-06-30")
    await outbox.clear()

    void = await post(
        client, f"/v1/invoices/{invoice['invoice_id']}/voiding", {"reason": "宛先違い", "voided_on": "2026-07-01"}, 200
    )

    assert (void["state"], void["void_reason"], void["voided_on"]) == ("VOID", "宛先違い", "2026-07-01")
    assert await outbox() == [
        InvoiceVoided(
            bill_to_id=id_of("K1"),
            invoice_id=UUID(invoice["invoice_id"]),
            number="INV202606-00001",
            currency="JPY",
            voided_on=date(2026, 7, 1),
            reason="宛先違い",
            total=1_100,
            sources=(
                InvoiceSource(kind="delivery_note", source_id=id_of("DN1"), number="DN1", customer_id=id_of("K1")),
            ),
            orders=(OrderShare(order_id=id_of("O1"), customer_id=id_of("K1"), amount=1_100),),
        )
    ]
    again = await issued(client, "DN1", issued_on="2026-06-30", replaces=void["number"])
    assert (again["number"], again["replaces_number"]) == ("INV202606-00002", "INV202606-00001")


@pytest.mark.req("INV-170")
async def test_an_invoice_issued_for_a_day_to_come_is_voided_on_that_day(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    invoice = await issued(client, "DN1", issued_on="2099-12-31")
    path = f"/v1/invoices/{invoice['invoice_id']}/voiding"

    problem = await post(client, path, {"reason": "x", "voided_on": "2099-12-30"}, 422)
    void = await post(client, path, {"reason": "x"}, 200)

    assert (problem["code"], problem["issued_on"]) == ("VOID_BEFORE_ISSUE", "2099-12-31")
    assert void["voided_on"] == "2099-12-31"


@pytest.mark.req("INV-170")
async def test_an_invoice_with_a_payment_is_not_voided(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    invoice = await issued(client, "DN1")
    await deliver(messages.allocated(UUID(invoice["invoice_id"]), 100))

    problem = await post(client, f"/v1/invoices/{invoice['invoice_id']}/voiding", {"reason": "x"}, 409)

    assert (problem["code"], problem["invoice"]) == ("HAS_PAYMENTS", invoice["number"])


async def test_many_invoices_are_voided_at_once_each_on_its_own(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"), messages.note("DN2"))
    first, second = await issued(client, "DN1"), await issued(client, "DN2")

    answer = await post(
        client,
        "/v1/invoice-voidings",
        [
            {"invoice": first["number"], "reason": "x"},
            {"invoice": second["invoice_id"], "reason": "x"},
            {"invoice": first["invoice_id"], "reason": "again"},
            {"invoice": "INV0", "reason": "x"},
        ],
        200,
    )

    assert [result["ok"] for result in answer["results"]] == [True, True, False, False]
    assert [result["problem"]["code"] for result in answer["results"][2:]] == ["INVALID_STATE", "NOT_FOUND"]
    assert len([one for one in await outbox() if isinstance(one, InvoiceVoided)]) == 2


@pytest.mark.req("GEN-006")
async def test_a_void_of_an_older_version_is_a_conflict(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    invoice = await issued(client, "DN1")
    path = f"/v1/invoices/{invoice['invoice_id']}/voiding"

    assert (await post(client, path, {"reason": "x"}, 409, **{"If-Match": '"7"'}))["code"] == "CONFLICT"
    assert (await post(client, path, {"reason": "x"}, 200, **{"If-Match": '"1"'}))["version"] == 2


@pytest.mark.req("INV-172", "GEN-016")
async def test_invoices_are_found_by_addressee_state_date_number_and_sum_up(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1", "K2"))
    await deliver(*(messages.note(f"DN{number}") for number in range(3)), messages.note("DN9", "K2"))
    numbers = [
        (await issued(client, f"DN{number}", issued_on=f"2026-06-1{number}", due_on="2026-07-31"))["number"]
        for number in range(3)
    ]
    other = await issued(client, "DN9", bill_to="K2", issued_on="2026-07-01", due_on="2026-08-31")
    await post(client, f"/v1/invoices/{other['invoice_id']}/voiding", {"reason": "x"}, 200)

    async def found(**filters: str) -> list[str]:
        answer = await client.get("/v1/invoices", params=filters)
        assert answer.status_code == 200, answer.text
        return [item["number"] for item in answer.json()["items"]]

    assert await found() == [other["number"], *reversed(numbers)]
    assert await found(sort="oldest_first") == [*numbers, other["number"]]
    assert await found(bill_to_id=str(id_of("K2"))) == [other["number"]]
    assert await found(state="VOID") == [other["number"]]
    assert await found(number=numbers[1]) == [numbers[1]]
    assert await found(issued_from="2026-06-11", issued_to="2026-06-12") == [numbers[2], numbers[1]]
    assert await found(overdue_on="2026-08-01") == [*reversed(numbers)]
    assert await found(overdue_on="2026-07-31") == []
    totals = (await client.get("/v1/invoice-totals", params={"bill_to_id": str(id_of("K1"))})).json()["totals"]
    assert totals == [
        {"currency": "JPY", "invoices": 3, "net": "3000", "tax": "300", "total": "3300", "open_amount": "3300"}
    ]
    assert (await client.get("/v1/invoice-totals")).json()["totals"][0]["invoices"] == 3
    assert (await client.get("/v1/invoices", params={"staet": "VOID"})).status_code == 422


async def test_the_list_comes_in_pages(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*messages.world(maker_id, "K1"), *(messages.note(f"DN{number}") for number in range(5)))
    for number in range(5):
        await issued(client, f"DN{number}", issued_on="2026-06-30")

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/invoices", params=params)).json()
        seen += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == [f"INV202606-{number:05d}" for number in range(5, 0, -1)]


@pytest.mark.req("GEN-005")
async def test_another_makers_invoice_is_not_found(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, tokens: Tokens
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    invoice_id = (await issued(client, "DN1"))["invoice_id"]
    strange = tokens.of_owner(id_of("another"))

    for path in (f"/v1/invoices/{invoice_id}", f"/v1/invoices/{invoice_id}/pdf"):
        answer = await client.get(path, headers=strange)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    answer = await client.get("/v1/invoices", headers=strange)
    assert answer.json()["items"] == []


async def test_another_maker_cannot_void_it(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, tokens: Tokens
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    invoice_id = (await issued(client, "DN1"))["invoice_id"]
    another = id_of("another")
    await deliver.records(*(deliver.record(one) for one in [as_message(another)]))

    answer = await client.post(
        f"/v1/invoices/{invoice_id}/voiding", json={"reason": "x"}, headers=tokens.of_owner(another)
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def as_message(maker_id: UUID) -> Any:
    from contracts.wire import Message

    return Message(maker_id, messages.maker(maker_id))


@pytest.mark.req("GEN-007")
async def test_a_repeated_request_with_the_same_key_issues_once(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    body = {"bill_to": "K1", "delivery_notes": ["DN1"]}

    first = await client.post("/v1/invoices", json=body, headers={"Idempotency-Key": "a"})
    again = await client.post("/v1/invoices", json=body, headers={"Idempotency-Key": "a"})

    assert (first.status_code, again.content) == (201, first.content)
    assert len(await outbox()) == 1


@pytest.mark.req("INV-006", "GEN-014")
@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", "/v1/invoices", "invoice.read"),
        ("POST", f"/v1/invoices/{id_of('x')}/voiding", "invoice.issue"),
        ("GET", "/v1/invoices", "order.read"),
        ("GET", "/v1/credit-notes", "order.read"),
        ("POST", "/v1/billable-deferrals", "invoice.read"),
    ],
)
async def test_each_route_asks_for_its_permission(
    client: httpx.AsyncClient, tokens: Tokens, method: str, path: str, permission: str
) -> None:
    answer = await client.request(
        method, path, headers=tokens.headers(permission), json={} if method == "POST" else None
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bill_to": ""}, "/bill_to"),
        ({"delivery_notes": [1]}, "/delivery_notes/0"),
        ({"fees": [{"name": "x", "amount": 1.5, "tax_rate": "10"}]}, "/fees/0/amount"),
        ({"fees": [{"name": "x", "amount": "1", "tax_rate": "101"}]}, "/fees/0/tax_rate"),
        ({"bank_fee": {"amount": "-1", "tax_rate": "10"}}, "/bank_fee/amount"),
        ({"header_comment": "あ" * 101}, "/header_comment"),
        ({"internal_note": "a" * 10_001}, "/internal_note"),
        ({"issued_on": "20260630"}, "/issued_on"),
    ],
)
@pytest.mark.req("INV-137", "INV-139")
async def test_a_wrong_field_is_named(client: httpx.AsyncClient, change: Mapping[str, object], field: str) -> None:
    body = {"bill_to": "K1", "delivery_notes": ["DN1"], **change}

    assert [at for _, at in await refused(client, body)] == [field]
