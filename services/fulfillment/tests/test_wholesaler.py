"""Step 4 of the sample wholesaler through the service itself: messages, HTTP, PostgreSQL, messages; to the yen."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import (
    DeliveryNoteIssued,
    DeliveryNoteShipped,
    ReturnNoteIssued,
    UnshippedClosed,
    UnshippedStocked,
)
from contracts.ordering import OrderConfirmed
from contracts.parts import Charge, OrderLine
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import a_customer, a_maker, an_order

DATA = Path(__file__).parents[3] / "demo" / "wholesaler"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text("utf-8"))
STEP = EXPECTED["steps"]["4_deliveries"]
NEVER_CONFIRMED = {"PLACED", "CANCELLED", "NEEDS_ATTENTION"}

Client = httpx.AsyncClient
Json = dict[str, Any]


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def customer_numbers() -> dict[str, int]:
    return {row["customer_code"]: number for number, row in enumerate(rows("customers.csv"), start=1)}


def confirmed_orders() -> list[OrderConfirmed]:
    charges: dict[str, list[Charge]] = defaultdict(list)
    for at, row in enumerate(rows("note_charges.csv")):
        charges[row["order_no"]].append(charge(50_000_000 + at, row))
    numbered = enumerate(EXPECTED["orders"].items(), start=1)
    return [
        order(at, number, facts, tuple(charges[number]))
        for at, (number, facts) in numbered
        if facts["final_state"] not in NEVER_CONFIRMED
    ]


def charge(at: int, row: dict[str, str]) -> Charge:
    return Charge(
        charge_id=an_id(at),
        kind=row["kind"],
        name=row["kind"],
        tax_rate=Decimal(row["tax_rate"]) if row["tax_rate"] else None,
        amount=Decimal(row["amount"]),
        tax_included=True,
    )


def order(at: int, number: str, facts: Json, charges: tuple[Charge, ...]) -> OrderConfirmed:
    lines = facts.get("oc", facts)["lines"]
    body = an_order(
        10_000 + at,
        *(line(at, line_no, one) for line_no, one in enumerate(lines, start=1)),
        customer=customer_numbers()[facts["customer"]],
        charges=charges,
    )
    return body.model_copy(update={"number": number, "customer_code": facts["customer"]})


def line(order_at: int, line_no: int, one: list[Any]) -> OrderLine:
    sku, price, rate, unit_price, quantity, _, tax_rate = one
    return OrderLine(
        line_id=an_id(1_000_000 + order_at * 1000 + line_no),
        line_no=line_no,
        sku_id=None,
        sku_code=sku,
        product_name=sku,
        quantity=quantity,
        original_price=Decimal(price),
        wholesale_rate=Decimal(rate),
        unit_price=Decimal(unit_price),
        tax_rate=Decimal(tax_rate),
        tax_included=False,
        reduced=tax_rate == 8,
    )


def the_notes() -> list[tuple[str, Json]]:
    """Each note as a person would enter it, with its charges as the file names them."""
    charges: dict[str, list[Json]] = defaultdict(list)
    for row in rows("note_charges.csv"):
        rate = {"tax_rate": row["tax_rate"]} if row["tax_rate"] else {}
        charges[row["note_key"]].append({"order_number": row["order_no"], "kind": row["kind"], **rate})
    found = []
    deliveries = sorted(rows("deliveries.csv"), key=lambda row: row["entered_on"])
    for key, lines in groupby(deliveries, key=lambda row: row["note_key"]):
        of_note = list(lines)
        day = of_note[0]["delivery_date"]
        asks = [
            {"order_number": row["order_no"], "sku_code": row["sku_code"], "quantity": int(row["quantity"])}
            for row in of_note
        ]
        note = {"customer_code": of_note[0]["customer_code"], "lines": asks, "charges": charges[key], "memo": key}
        found.append((key, {**note, "delivery_date": day, "issued_on": day, "shipped_on": day, "advance": "shipped"}))
    return found


async def the_list(client: Client, path: str, **filters: str) -> list[Json]:
    items: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "200", **filters, **({"cursor": cursor} if cursor else {})}
        page = (await client.get(path, params=params)).json()
        items += page["items"]
        cursor = page["next_cursor"]
    return items


@pytest.mark.req("FUL-002", "FUL-003", "FUL-015", "FUL-030", "FUL-063", "FUL-070", "FUL-071", "CUS-061")
async def test_the_wholesalers_deliveries_come_out_to_the_yen(
    client: Client, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await the_orders_arrive(deliver, maker_id)
    numbers = await the_notes_ship(client)
    await the_goods_come_back(client, numbers)
    await the_rest_is_closed_short(client)
    await the_lists_agree(client, numbers)
    await the_messages_agree(outbox)


async def the_orders_arrive(deliver: Deliver, maker_id: UUID) -> None:
    held = {row["customer_code"] for row in rows("customers.csv") if row["on_hold"] == "yes"}
    customers = [a_customer(at, code=code, on_hold=code in held) for code, at in customer_numbers().items()]
    await deliver(a_maker(maker_id), *customers, *confirmed_orders())


async def the_notes_ship(client: Client) -> dict[str, str]:
    """One call for all of them; those of held customers are refused and then kept as drafts."""
    notes = the_notes()
    answer = await client.post("/v1/delivery-note-batches", json=[note for _, note in notes])
    results = dict(zip((key for key, _ in notes), answer.json()["results"], strict=True))
    refused = {key: one["problem"]["code"] for key, one in results.items() if not one["ok"]}
    assert refused == dict.fromkeys(STEP["refused_notes"], "CUSTOMER_ON_HOLD")
    drafts = [{**note, "advance": "draft"} for key, note in notes if key in refused]
    kept = await client.post("/v1/delivery-note-batches", json=drafts)
    assert kept.json()["refused"] == 0
    return {key: one["item"]["number"] for key, one in results.items() if one["ok"]}


async def the_goods_come_back(client: Client, numbers: dict[str, str]) -> None:
    asked = [
        {
            "note_number": numbers[row["note_key"]],
            "lines": [{"order_number": row["order_no"], "sku_code": row["sku_code"], "quantity": int(row["quantity"])}],
            "reason": row["reason"],
            "returned_on": row["date"],
            "advance": "issued",
        }
        for row in rows("returns.csv")
    ]
    answer = (await client.post("/v1/return-note-batches", json=asked)).json()
    assert answer["refused"] == 0
    assert sum(int(one["item"]["amount"]) for one in answer["results"]) == STEP["return_amount_net"]


async def the_rest_is_closed_short(client: Client) -> None:
    asked = [
        {
            "order_number": row["order_no"],
            "lines": [{"sku_code": row["sku_code"], "quantity": int(row["quantity"])}],
            "reason": row["reason"],
            "closed_on": row["date"],
        }
        for row in rows("short_closes.csv")
    ]
    answer = (await client.post("/v1/unshipped-closures", json=asked)).json()
    assert answer["refused"] == 0


async def the_lists_agree(client: Client, numbers: dict[str, str]) -> None:
    listed = await the_list(client, "/v1/delivery-notes", state="SHIPPED")
    by_number = {note["number"]: figures(note) for note in listed}
    expected = {key: note for key, note in EXPECTED["notes"].items() if key in numbers}
    assert {key: by_number[numbers[key]] for key in expected} == {
        key: (note["quantity"], note["exclusive_sums"], note["inclusive_sums"], note["payment_points"])
        for key, note in expected.items()
    }
    drafts = await the_list(client, "/v1/delivery-notes", state="DRAFT")
    assert len(drafts) == STEP["refused"]
    still_open = await the_list(client, "/v1/unshipped-skus")
    assert sum(one["open"] for one in still_open) == STEP["still_open_quantity"]
    assert await the_list(client, "/v1/order-charges", state="FREE") == []


def figures(note: Json) -> tuple[int, dict[str, int], dict[str, int], int]:
    sums = {rate["tax_rate"]: (int(rate["exclusive_sum"]), int(rate["inclusive_sum"])) for rate in note["rates"]}
    exclusive = {rate: one for rate, (one, _) in sums.items() if one}
    inclusive = {rate: one for rate, (_, one) in sums.items() if one}
    return note["quantity"], exclusive, inclusive, int(note["payment_points"])


async def the_messages_agree(outbox: Outbox) -> None:
    told = await outbox()
    stocked = [body for body in told if isinstance(body, UnshippedStocked)]
    assert sum(body.quantity for body in stocked) == EXPECTED["steps"]["3_order_confirmations"]["unshipped_quantity"]
    issued = [body for body in told if isinstance(body, DeliveryNoteIssued)]
    shipped = [body for body in told if isinstance(body, DeliveryNoteShipped)]
    assert [body.number for body in issued] == [body.number for body in shipped]
    assert len({body.number for body in issued}) == STEP["shipped"]
    assert sum(line.quantity for body in shipped for line in body.lines) == STEP["shipped_quantity"]
    closed = [body for body in told if isinstance(body, UnshippedClosed)]
    assert sum(one.quantity for body in closed for one in body.lines) == STEP["short_closed_quantity"]
    returned = [body for body in told if isinstance(body, ReturnNoteIssued)]
    assert sum(one.amount for body in returned for one in body.lines) == STEP["return_amount_net"]
