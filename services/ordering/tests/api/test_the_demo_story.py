"""The ordering part of the demo, steps 2 and 3, through HTTP on a real database: every figure equals the oracle's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.ordering import OrderCancelled, OrderConfirmed, OrderPlaced
from services.ordering.tests import masters, wholesaler

INVOICE, ORDINARY, ERRORS = "nextengine_invoice.csv", "nextengine_ordinary.csv", "nextengine_errors.csv"


async def imported(client: httpx.AsyncClient, name: str, **options: Any) -> dict[str, Any]:
    upload = {"file": (name, (wholesaler.FOLDER / name).read_bytes(), "text/csv")}
    answer = await client.post("/v1/order-imports", files=upload, params=options)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def done(client: httpx.AsyncClient, path: str, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = await client.post(path, json=commands)
    assert answer.status_code == 200, answer.text
    assert answer.json()["refused"] == 0, [one for one in answer.json()["results"] if not one["ok"]][:3]
    return [result["item"] for result in answer.json()["results"]]


def warned(report: dict[str, Any]) -> dict[str, int]:
    labels = {"COUPON_ENTERED_POSITIVE", "OTHER_COST_SUM_DIFFERS", "ZERO_QUANTITY_LINE"}
    codes = Counter(warning["code"] for order in report["orders"] for warning in order["warnings"])
    return {code.lower() if code in labels else code: count for code, count in codes.items()}


@dataclass
class CameIn:
    """What the three files brought: numbers of held orders and of orders over their limit, and the last report."""

    held: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)


async def the_files(client: httpx.AsyncClient) -> CameIn:
    """Step 2: each file previewed, imported, and compared with the control totals."""
    control, came = wholesaler.expected()["steps"]["2_import"], CameIn()
    for name in (INVOICE, ORDINARY, ERRORS):
        preview = await imported(client, name, dry_run=True)
        report = came.report = await imported(client, name)
        assert {**report, "dry_run": True, "applied": False, "orders": []} == {**preview, "orders": []}
        counts = report["counts"]
        assert (counts["imported"], counts["held"]) == (control[name]["placed"], control[name]["held"])
        assert warned(report) == control[name]["warnings"]
        orders = [order for order in report["orders"] if order["order_id"]]
        assert sum(int(order["grand_total"]) for order in orders) == control[name]["grand_total"]
        came.held += [order["number"] for order in orders if order["outcome"] == "held"]
        over = "CREDIT_LIMIT_EXCEEDED"
        came.over += [one["number"] for one in orders if over in {warning["code"] for warning in one["warnings"]}]
    assert came.held == control["held_orders"]
    return came


def the_commands(held: list[str], cancelled: set[str]) -> list[dict[str, Any]]:
    """Step 3: an OC for every order of a known customer, adjusted where the data set says so."""
    wishes = {row["order_no"]: row for row in wholesaler.adjusted_and_cancelled()}
    commands = []
    for number, figure in wholesaler.expected()["orders"].items():
        if figure["file"] == ERRORS or number in held or number in cancelled:
            continue
        command: dict[str, Any] = {"number": number, "confirm": True, "confirmed_on": figure["order_date"][:10]}
        if figure["shipping"]:
            command["shipping_fee"] = str(figure["shipping"])
        if wish := wishes.get(number):
            change = {"line_no": int(wish["line_no"]), "sku_code": wish["sku_code"]}
            command["changes"] = [{**change, "quantity": int(wish["new_quantity"]), "wholesale_rate": wish["new_rate"]}]
        commands.append(command)
    return commands


@pytest.mark.req("ORD-060", "ORD-065", "ORD-077", "INT-046", "INT-040", "ORD-082")
async def test_import_cancel_override_adjust_and_confirm(
    client: httpx.AsyncClient, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(*masters.demo_wholesaler(maker_id))
    came = await the_files(client)
    compare_errors(came.report)
    again = await imported(client, INVOICE)
    assert again["counts"] == {"imported": 0, "held": 0, "skipped": 400, "rejected": 0}
    assert {error["code"] for error in again["errors"]} == {"DUPLICATE_ORDER_NO"}

    wishes = [wish for wish in wholesaler.adjusted_and_cancelled() if wish["action"] == "cancel"]
    cancelled = {wish["order_no"] for wish in wishes}
    reasons = [{"number": wish["order_no"], "reason": wish["reason"]} for wish in wishes]
    await done(client, "/v1/order-cancellations", reasons)
    over = [{"number": number, "reason": "長年の取引先"} for number in came.over if number not in cancelled]
    await done(client, "/v1/credit-overrides", over)
    confirmed = await done(client, "/v1/order-confirmations", the_commands(came.held, cancelled))

    steps = wholesaler.expected()["steps"]["3_order_confirmations"]
    assert len(confirmed) == steps["confirmed"]
    assert {order["state"] for order in confirmed} == {"UNSHIPPED"}
    assert sum(int(order["grand_total"]) for order in confirmed) == steps["oc_grand_total"]
    compare_events(await outbox())
    await compare_adjusted(client)
    await compare_exposures(client)


def compare_errors(report: dict[str, Any]) -> None:
    names = ("row", "column", "header", "code", "value", "outcome")
    told = [{"order_no": error["order_number"]} | {name: error[name] for name in names} for error in report["errors"]]
    assert told == wholesaler.expected_errors()["errors"]


def compare_events(events: Sequence[object]) -> None:
    steps = wholesaler.expected()["steps"]["3_order_confirmations"]
    kinds = Counter(type(event).__name__ for event in events)
    assert kinds == {"OrderPlaced": 465, "OrderCancelled": 4, "OrderConfirmed": 453}
    confirmed = [event for event in events if isinstance(event, OrderConfirmed)]
    assert sum(len(event.lines) for event in confirmed) == steps["unshipped_skus"]
    assert sum(line.quantity for event in confirmed for line in event.lines) == steps["unshipped_quantity"]
    assert sum(int(event.grand_total) for event in confirmed) == steps["oc_grand_total"]
    assert {event.number for event in events if isinstance(event, OrderCancelled)} == set(steps["cancelled"])
    assert all(event.create_unshipped and event.customer_code for event in confirmed)
    assert {event.state for event in events if isinstance(event, OrderPlaced)} == {"PLACED", "NEEDS_ATTENTION"}


async def compare_adjusted(client: httpx.AsyncClient) -> None:
    expected = wholesaler.expected()
    for number in expected["steps"]["3_order_confirmations"]["adjusted"]:
        (found,) = (await client.get("/v1/orders", params={"number": number})).json()["items"]
        order = (await client.get(f"/v1/orders/{found['order_id']}")).json()
        assert order["content"]["grand_total"] == str(expected["orders"][number]["oc"]["grand_total"])
        assert order["placed_content"]["grand_total"] == str(expected["orders"][number]["grand_total"])


async def compare_exposures(client: httpx.AsyncClient) -> None:
    exposures = (await client.get("/v1/exposures", params={"limit": 200})).json()["items"]
    owed = sum(
        figure.get("oc", figure)["grand_total"]
        for figure in wholesaler.expected()["orders"].values()
        if figure["final_state"] != "CANCELLED" and figure["state_after_import"] == "PLACED"
    )
    assert sum(Decimal(one["ordered"]) for one in exposures) == owed


@pytest.mark.req("INT-013")
async def test_ten_thousand_rows_are_validated_and_imported_in_one_go(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*masters.demo_wholesaler(maker_id))
    lines = (wholesaler.FOLDER / INVOICE).read_bytes().decode("cp932").split("\r\n")
    copies = [lines[0]]
    for copy in range(5):
        copies += [line.replace(",W26", f",{copy}W26", 1) for line in lines[1:] if line]
    upload = {"file": ("big.csv", "\r\n".join(copies).encode("cp932"), "text/csv")}
    answer = await client.post("/v1/order-imports", files=upload)
    assert answer.json()["counts"] == {"imported": 1985, "held": 15, "skipped": 0, "rejected": 0}
    assert answer.json()["rows"] == 10_415
