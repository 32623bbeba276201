"""Makers and customers whose state has not arrived: asked for once, outside the transaction, then kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis import peers
from chassis.settings import ServiceSettings
from chassis.testing.messages import Deliver, Outbox
from contracts.wire import Message
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import a_customer, a_maker, an_order

Client = httpx.AsyncClient
Json = dict[str, Any]
NOTE = {"lines": [{"order_number": "W-100", "line_no": 1, "quantity": 1}], "advance": "shipped"}


class Customers:
    """The service `customers`, as far as it is asked."""

    def __init__(self) -> None:
        self.known: dict[str, Json] = {}
        self.asked: list[Json] = []
        self.status = 200

    def answer(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        self.asked.append({**question, "path": request.url.path, "maker": request.headers["oroshi-maker"]})
        found = [self.known[one] for one in question["ids"] if one in self.known]
        return httpx.Response(self.status, json={"items": found, "next_cursor": None})

    def knows(self, number: int, *, on_hold: bool = False) -> None:
        state = a_customer(number, on_hold=on_hold).model_dump(mode="json")
        self.known[str(an_id(number))] = {"version": 3, "state": state, "terms": None}

    def knows_maker(self, maker_id: UUID) -> None:
        self.known[str(maker_id)] = {"version": 2, "state": a_maker(maker_id).model_dump(mode="json")}


@pytest.fixture
def customers(settings: ServiceSettings, tmp_path: Path) -> Iterator[Customers]:
    token = tmp_path / "token"
    token.write_text("secret")
    asked = Customers()
    reach = settings.model_copy(update={"peers": {"customers": "http://customers"}, "service_token_file": token})
    peers.configure(reach, httpx.MockTransport(asked.answer))
    yield asked
    peers.configure(settings)


@pytest.fixture
async def maker(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(a_maker(maker_id))


async def test_a_missing_maker_is_asked_for_so_that_the_note_has_its_location(
    client: Client, deliver: Deliver, customers: Customers, maker_id: UUID
) -> None:
    await deliver(an_order(), a_customer())
    unknown = await client.post("/v1/delivery-notes", json={**NOTE, "advance": "draft"})
    assert unknown.json()["location"] is None
    customers.knows_maker(maker_id)
    first = await client.post("/v1/delivery-notes", json=NOTE)
    assert first.json()["location"]["code"] == "HQ"
    assert (await client.post("/v1/delivery-notes", json=NOTE)).status_code == 201
    assert [one["path"] for one in customers.asked] == ["/internal/makers"] * 2


@pytest.mark.usefixtures("maker")
@pytest.mark.req("FUL-030")
async def test_a_missing_customer_is_asked_for_once_and_kept(
    client: Client, deliver: Deliver, customers: Customers, maker_id: UUID
) -> None:
    await deliver(an_order())
    customers.knows(1)
    first = await client.post("/v1/delivery-notes", json=NOTE)
    assert (first.status_code, first.json()["customer_name"]) == (201, "得意先1"), first.text
    assert customers.asked == [{"ids": [str(an_id(1))], "path": "/internal/customers", "maker": str(maker_id)}]
    assert (await client.post("/v1/delivery-notes", json=NOTE)).status_code == 201
    assert len(customers.asked) == 1


@pytest.mark.usefixtures("maker")
@pytest.mark.req("FUL-030", "CUS-061")
async def test_the_hold_of_a_customer_asked_for_counts(client: Client, deliver: Deliver, customers: Customers) -> None:
    await deliver(an_order())
    customers.knows(1, on_hold=True)
    assert (await client.post("/v1/delivery-notes", json=NOTE)).json()["code"] == "CUSTOMER_ON_HOLD"


@pytest.mark.usefixtures("maker")
async def test_many_missing_customers_are_asked_for_together(
    client: Client, deliver: Deliver, customers: Customers, outbox: Outbox
) -> None:
    await deliver(*(an_order(100 + number, customer=number) for number in range(4)), a_customer(0))
    for number in (1, 2):
        customers.knows(number)
    notes = [{**NOTE, "lines": [{"order_number": f"W-{100 + number}"}]} for number in range(4)]
    results = (await client.post("/v1/delivery-note-batches", json=notes)).json()["results"]
    assert [one["ok"] or one["problem"]["code"] for one in results] == [True, True, True, "UNKNOWN_CUSTOMER"]
    assert [sorted(one["ids"]) for one in customers.asked] == [sorted(str(an_id(number)) for number in (1, 2, 3))]
    run = await client.post("/v1/delivery-note-runs", json={"order_numbers": ["W-103"]})
    assert run.json()["results"][0]["problem"]["code"] == "UNKNOWN_CUSTOMER"


@pytest.mark.usefixtures("maker")
@pytest.mark.parametrize("deed", ["issuance", "shipment"])
async def test_a_customer_forgotten_meanwhile_is_asked_for_at_issue_and_shipment(
    client: Client, deliver: Deliver, customers: Customers, maker_id: UUID, deed: str
) -> None:
    await deliver(a_customer(), an_order())
    advance = "draft" if deed == "issuance" else "issued"
    note = (await client.post("/v1/delivery-notes", json={**NOTE, "advance": advance})).json()
    await deliver(Message(maker_id, a_customer(), version=9, tombstone=True))
    path = f"/v1/delivery-notes/{note['note_id']}/{deed}"
    assert (await client.post(path, json={})).json()["code"] == "UNKNOWN_CUSTOMER"
    customers.knows(1)
    assert (await client.post(path, json={})).status_code == 200
    assert len(customers.asked) == 2


def _breaks(customers: Customers) -> None:
    customers.status = 500


def _answers_garbage(customers: Customers) -> None:
    customers.known[str(an_id(1))] = {"customer_id": str(an_id(1))}


@pytest.mark.usefixtures("maker")
@pytest.mark.parametrize("trouble", [_breaks, _answers_garbage])
async def test_an_owner_who_does_not_answer_makes_the_call_fail_for_now_and_writes_nothing(
    client: Client, deliver: Deliver, customers: Customers, trouble: Callable[[Customers], None]
) -> None:
    await deliver(an_order())
    trouble(customers)
    answer = await client.post("/v1/delivery-notes", json=NOTE, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    customers.status = 200
    customers.knows(1)
    again = await client.post("/v1/delivery-notes", json=NOTE, headers={"Idempotency-Key": "k"})
    assert again.status_code == 201
