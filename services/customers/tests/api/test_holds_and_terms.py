"""Credit holds, terms and ship-tos over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Outbox, Tombstone
from contracts.customers import CustomerState, TermsState
from services.customers.tests.api.calls import ADDRESS, errors, many, refusals, registered

TERMS = {"closing_day": 20, "payment_month_offset": 1, "payment_day": 0}


@pytest.mark.req("CUS-061", "CUS-063", "CUS-064")
async def test_a_hold_is_shown_announced_and_logged(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}"
    await outbox.clear()

    held = (await client.post(f"{path}/hold", json={"reason": "支払遅延"})).json()
    freed = (await client.post(f"{path}/hold-release", json={"reason": "入金確認"})).json()

    assert (held["on_hold"], held["standing"], held["hold"]["reason"]) == (True, "problem", "支払遅延")
    assert (held["hold"]["held_by"], freed["on_hold"], freed["standing"]) == ("tester", False, "ok")
    assert [state.on_hold for state in await outbox() if isinstance(state, CustomerState)] == [True, False]
    assert [row["sequence"] for row in await outbox.messages()] == [2, 3]
    log = (await client.get(f"{path}/holds")).json()["items"]
    assert [(one["deed"], one["reason"], one["done_by"]) for one in log] == [
        ("release", "入金確認", "tester"),
        ("hold", "支払遅延", "tester"),
    ]
    newest = (await client.get(f"{path}/holds?limit=1")).json()
    older = (await client.get(f"{path}/holds?limit=1&cursor={newest['next_cursor']}")).json()
    assert [*newest["items"], *older["items"]] == log


@pytest.mark.req("CUS-064")
async def test_holding_twice_for_the_same_reason_changes_nothing(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}"
    await outbox.clear()

    for _ in range(2):
        assert (await client.post(f"{path}/hold", json={"reason": "支払遅延"})).status_code == 200

    assert len(await outbox()) == 1
    assert len((await client.get(f"{path}/holds")).json()["items"]) == 1


async def test_a_hold_needs_a_reason(client: httpx.AsyncClient, maker: UUID) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}/hold"

    assert errors(await client.post(path, json={})) == [("REQUIRED", "/reason")]
    assert errors(await client.post(path, json={"reason": " 　"})) == [("REQUIRED", "/reason")]
    assert errors(await client.post(path, json={"reason": "x" * 501})) == [("TOO_LONG", "/reason")]


@pytest.mark.req("CUS-064")
async def test_many_are_held_and_released_at_once(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    ids = await many(client, "A1", "A2", "A3")
    await outbox.clear()

    held = await client.post(
        "/v1/customer-holds",
        json=[
            {"customer_code": "A1", "reason": "x"},
            {"customer_id": ids["A2"], "reason": "y"},
            {"customer_code": "NOBODY", "reason": "z"},
        ],
    )
    freed = await client.post("/v1/customer-hold-releases", json=[{"customer_code": "A1", "reason": "paid"}])

    assert refusals(held) == [(2, "UNKNOWN_CUSTOMER")]
    assert [one["item"]["on_hold"] for one in held.json()["results"] if one["ok"]] == [True, True]
    assert freed.json()["results"][0]["item"]["on_hold"] is False
    assert [(state.code, state.on_hold) for state in await outbox() if isinstance(state, CustomerState)] == [
        ("A1", True),
        ("A2", True),
        ("A1", False),
    ]


@pytest.mark.req("CUS-051")
async def test_terms_are_set_changed_dropped_and_set_again_with_a_rising_version(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    customer_id = (await registered(client))["customer_id"]
    path = f"/v1/customers/{customer_id}/terms"
    await outbox.clear()

    first = await client.put(path, json=TERMS)
    second = await client.put(path, json=TERMS | {"business_day_rule": "next"}, headers={"If-Match": '"1"'})
    stale = await client.put(path, json=TERMS, headers={"If-Match": '"1"'})
    dropped = await client.delete(path)
    again = await client.put(path, json=TERMS)

    assert (first.json()["terms"]["version"], second.json()["terms"]["version"]) == (1, 2)
    assert (stale.status_code, dropped.json()["terms"], again.json()["terms"]["version"]) == (409, None, 4)
    told = await outbox()
    assert told[2] == Tombstone("customers.terms.v1", customer_id)
    assert told[3] == TermsState(customer_id=UUID(customer_id), **TERMS, business_day_rule="none")
    assert [row["sequence"] for row in await outbox.messages()] == [1, 2, 3, 4]


@pytest.mark.req("CUS-051")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"closing_day": 29}, "/closing_day"),
        ({"payment_month_offset": 7}, "/payment_month_offset"),
        ({"payment_day": -1}, "/payment_day"),
    ],
)
async def test_days_and_months_have_bounds(
    client: httpx.AsyncClient, maker: UUID, changed: dict[str, Any], field: str
) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}/terms"

    assert errors(await client.put(path, json=TERMS | changed)) == [("OUT_OF_RANGE", field)]


async def test_a_due_day_before_the_closing_is_warned_about(client: httpx.AsyncClient, maker: UUID) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}/terms"

    answer = await client.put(path, json={"closing_day": 20, "payment_month_offset": 0, "payment_day": 10})

    assert [warning["code"] for warning in answer.json()["warnings"]] == ["DUE_BEFORE_CLOSING"]


async def test_terms_of_many_are_set_at_once(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    await many(client, "A1", "A2")
    await outbox.clear()

    answer = await client.post(
        "/v1/customer-terms",
        json=[{"customer_code": code, "terms": TERMS} for code in ("A1", "A2", "A9")],
    )

    assert refusals(answer) == [(2, "UNKNOWN_CUSTOMER")]
    assert len(await outbox()) == 2


@pytest.mark.req("CUS-035", "CUS-036")
async def test_ship_tos_are_added_by_number_or_next_free_one_and_changed(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}/ship-tos"
    await outbox.clear()

    seventh = await client.post(path, json={"number": 7, "address": ADDRESS})
    eighth = await client.post(path, json={"address": ADDRESS})
    taken = await client.post(path, json={"number": 7, "address": {}})
    changed = await client.patch(f"{path}/8", json={"address": {"phone": "03-9"}})
    missing = await client.patch(f"{path}/9", json={"address": {"phone": "03-9"}})

    assert (seventh.status_code, seventh.json()["number"], eighth.json()["number"]) == (201, 7, 8)
    assert errors(taken) == [("REQUIRED", "/address/name"), ("SHIP_TO_TAKEN", "/number")]
    assert (changed.json()["address"]["phone"], changed.json()["version"]) == ("03-9", 4)
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")
    listed = (await client.get(path)).json()["items"]
    assert [(one["number"], one["address"]["phone"]) for one in listed] == [(7, "022-0000-7390"), (8, "03-9")]
    first = (await client.get(f"{path}?limit=1")).json()
    assert (await client.get(f"{path}?limit=1&cursor={first['next_cursor']}")).json()["items"] == listed[1:]
    last = (await outbox())[-1]
    assert isinstance(last, CustomerState)
    assert [one.number for one in last.ship_tos] == [7, 8]


@pytest.mark.req("CUS-035")
async def test_many_ship_tos_are_added_at_once_each_counting_for_the_next(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    await many(client, "A1", "A2")
    await outbox.clear()

    answer = await client.post(
        "/v1/customer-ship-tos",
        json=[
            {"customer_code": "A1", "ship_to": {"address": ADDRESS}},
            {"customer_code": "A1", "ship_to": {"address": ADDRESS}},
            {"customer_code": "A2", "ship_to": {"number": 9_999, "address": ADDRESS}},
            {"customer_code": "A2", "ship_to": {"address": ADDRESS}},
            {"customer_code": "A1", "ship_to": {"number": 2, "address": ADDRESS}},
        ],
    )

    assert [one["item"]["number"] for one in answer.json()["results"] if one["ok"]] == [1, 2, 9_999, 1]
    assert refusals(answer) == [(4, "SHIP_TO_TAKEN")]
    assert len(await outbox()) == 2
