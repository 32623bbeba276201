"""A fact that has not arrived is asked for once before a deed is refused for want of it (ARCHITECTURE §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI

from chassis import peers
from chassis.http.shell import shell_of
from chassis.testing.messages import Deliver
from contracts.customers import CustomerState
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of

Answers = dict[str, list[dict[str, Any]]]


class Customers:
    """Stands for the service `customers`: answers its internal routes and remembers what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, orjson.loads(request.content)))
        return httpx.Response(200, json={"items": self.answers.get(request.url.path, []), "next_cursor": None})


@pytest.fixture
def customers(app: FastAPI, tmp_path: Path) -> Iterator[Callable[[Answers], Customers]]:
    """Puts a `customers` that answers so within reach of the app."""
    token = tmp_path / "token"
    token.write_text("secret", encoding="ascii")
    shell = shell_of(app)
    kept = shell.settings

    def within_reach(answers: Answers) -> Customers:
        owner = Customers(answers)
        addresses = {"customers": "http://customers.test"}
        shell.settings = kept.model_copy(update={"peers": addresses, "service_token_file": token})
        peers.configure(shell.settings, httpx.MockTransport(owner))
        return owner

    yield within_reach
    shell.settings = kept
    peers.configure(kept)


def fact(state: CustomerState, *, billed_to: str | None = None) -> dict[str, Any]:
    terms = messages.terms(state.code).model_dump(mode="json")
    return {
        "version": 3,
        "state": state.model_dump(mode="json"),
        "terms": terms,
        "terms_version": 1,
        "delegatee_id": str(id_of(billed_to)) if billed_to else None,
        "delegation_version": 1,
    }


def maker_fact(maker_id: UUID) -> dict[str, Any]:
    return {"version": 1, "state": messages.maker(maker_id).model_dump(mode="json")}


async def issue(client: httpx.AsyncClient, bill_to: str, *notes: str) -> httpx.Response:
    body = {"bill_to": bill_to, "delivery_notes": list(notes), "issued_on": "2026-06-30"}
    return await client.post("/v1/invoices", json=body)


async def test_maker_addressee_terms_and_delegation_are_asked_for_and_kept(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(messages.note("DN1", "A"))
    owner = customers(
        {"/internal/makers": [maker_fact(maker_id)], "/internal/customers": [fact(messages.customer("P"))]}
    )

    first = await issue(client, "P", "DN1")
    assert [error["code"] for error in first.json()["errors"]] == ["SOURCE_NOT_IN_GROUP"]

    owner.answers["/internal/customers"].append(fact(messages.customer("A"), billed_to="P"))
    second = await issue(client, "P", "DN1")

    assert second.status_code == 201, second.text
    assert (second.json()["due_on"], second.json()["members"][0]["code"]) == ("2026-07-31", "A")
    assert (
        owner.asked
        == [
            ("/internal/customers", {"ids": [str(id_of("A"))], "codes": ["P"]}),
            ("/internal/makers", {"ids": [str(maker_id)]}),
        ]
        * 2
    )


async def test_nobody_is_asked_when_nothing_is_missing(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    owner = customers({})

    assert (await issue(client, "K1", "DN1")).status_code == 201
    assert owner.asked == []


async def test_what_the_owner_does_not_know_either_is_refused(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    owner = customers({})

    refused = await issue(client, "X", "DN1")

    assert (refused.status_code, refused.json()["code"], len(owner.asked)) == (422, "UNKNOWN_CUSTOMER", 1)


async def test_a_newer_state_that_arrived_meanwhile_stays(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(messages.maker(maker_id), messages.note("DN1"))
    for _ in range(4):
        await deliver(messages.customer("K1", name="新社名"))
    customers({"/internal/customers": [fact(messages.customer("K1", name="旧社名"))]})

    answer = await issue(client, "K1", "DN1")

    assert (answer.status_code, answer.json()["recipient"]["name"]) == (201, "新社名")


async def test_a_closing_asks_for_customers_of_waiting_notes_and_for_those_named(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(messages.maker(maker_id), messages.note("DN1", "A"))
    known = [fact(messages.customer("P")), fact(messages.customer("A"), billed_to="P")]
    owner = customers({"/internal/customers": known})
    body = {"closing_date": "2026-06-30", "customers": ["P"]}

    preview = await client.post("/v1/closing-runs/preview", json=body)

    assert preview.status_code == 200, preview.text
    assert [one["bill_to_code"] for one in preview.json()["invoices"]] == ["P"]
    assert owner.asked == [("/internal/customers", {"ids": [str(id_of("A"))], "codes": ["P"]})]


async def test_an_owner_that_answers_nonsense_is_away(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, customers: Callable[[Answers], Customers]
) -> None:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    customers({"/internal/customers": [{"version": "x"}]})

    answer = await issue(client, "X", "DN1")

    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
