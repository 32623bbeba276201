"""The unshipped list, its summary per customer, order charges and short closes over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import ClosedLine, UnshippedClosed
from contracts.wire import Message
from services.fulfillment.tests.builders import an_id
from services.fulfillment.tests.wires import a_charge, a_customer, a_line, a_maker, an_order

pytestmark = pytest.mark.usefixtures("shop")

Client = httpx.AsyncClient
Json = dict[str, Any]


async def found(client: Client, path: str = "/v1/unshipped-skus", /, **filters: object) -> list[Json]:
    answer = await client.get(path, params={name: str(value) for name, value in filters.items()})
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def shipped(client: Client, order: str, line_no: int, quantity: int) -> None:
    lines = [{"order_number": order, "line_no": line_no, "quantity": quantity}]
    answer = await client.post("/v1/delivery-notes", json={"lines": lines, "advance": "shipped"})
    assert answer.status_code == 201, answer.text


@pytest.mark.req("FUL-002", "FUL-007", "GEN-016")
async def test_the_list_is_filtered_by_customer_order_sku_and_planned_date(client: Client, deliver: Deliver) -> None:
    late = a_line(101, 1).model_copy(update={"planned_from": date(2099, 1, 1), "planned_to": date(2099, 1, 31)})
    unplanned = a_line(102, 1).model_copy(update={"planned_from": None})
    await deliver(an_order(101, late), an_order(102, unplanned, customer=2))

    async def lines(**filters: object) -> list[str]:
        listed = await found(client, "/v1/unshipped-skus", **filters)
        return [f"{one['order_number']}/{one['line_no']}" for one in listed]

    assert await lines() == ["W-100/1", "W-100/2", "W-101/1", "W-102/1"]
    assert await lines(customer_code="C2") == await lines(customer_id=an_id(2)) == ["W-102/1"]
    assert await lines(order_number="W-101") == await lines(order_id=an_id(101)) == ["W-101/1"]
    assert await lines(sku_code="SKU-2") == ["W-100/2"]
    assert await lines(planned_to="2026-06-05") == ["W-100/1", "W-100/2"]
    assert await lines(planned_from="2099-01-31") == ["W-101/1"]
    assert await lines(overdue="true") == ["W-100/1", "W-100/2"]
    assert [one["overdue"] for one in await found(client)] == [True, True, False, False]


@pytest.mark.req("FUL-004")
async def test_finished_lines_are_shown_only_when_asked_for(client: Client) -> None:
    await shipped(client, "W-100", 1, 10)
    assert [one["line_no"] for one in await found(client)] == [2]
    both = await found(client, only_open="false")
    assert [(one["line_no"], one["shipped"], one["open"]) for one in both] == [(1, 10, 0), (2, 0, 10)]


@pytest.mark.req("GEN-016")
async def test_the_list_is_read_page_by_page(client: Client, deliver: Deliver) -> None:
    await deliver(*(an_order(number) for number in range(101, 104)))
    read: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/unshipped-skus", params=params)).json()
        read += [f"{one['order_number']}/{one['line_no']}" for one in page["items"]]
        cursor = page["next_cursor"]
    assert read == [f"W-{number}/{line}" for number in range(100, 104) for line in (1, 2)]


@pytest.mark.req("FUL-002")
async def test_the_summary_adds_up_what_each_customer_waits_for(client: Client, deliver: Deliver) -> None:
    await deliver(an_order(102, a_line(102, 1, quantity=4, price="250"), customer=2))
    await shipped(client, "W-100", 1, 6)
    await client.post("/v1/delivery-notes", json={"lines": [{"order_number": "W-100", "line_no": 2, "quantity": 3}]})
    first, second = await found(client, "/v1/unshipped-customers")
    assert (first["customer_code"], first["orders"], first["skus"], first["on_hold"]) == ("C1", 1, 2, False)
    assert (first["open"], first["available"], first["open_amount"]) == (14, 11, "1400")
    assert (second["customer_name"], second["open_amount"], second["on_hold"]) == ("得意先2", "1000", True)
    assert (second["next_planned"], second["overdue_skus"]) == ("2026-06-05", 1)
    only = await found(client, "/v1/unshipped-customers", customer_code="C2")
    assert [one["customer_code"] for one in only] == ["C2"]
    paged = (await client.get("/v1/unshipped-customers", params={"limit": "1"})).json()
    rest = await found(client, "/v1/unshipped-customers", cursor=paged["next_cursor"])
    assert [one["customer_code"] for one in rest] == ["C2"]


@pytest.mark.req("GEN-004")
async def test_overdue_is_judged_by_the_makers_day(client: Client, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(Message(maker_id, a_maker(maker_id, time_zone="Pacific/Kiritimati"), version=2))
    assert all(one["overdue"] for one in await found(client))


@pytest.mark.req("FUL-060", "FUL-061")
async def test_charges_are_listed_free_and_taken(client: Client, deliver: Deliver) -> None:
    points = a_charge(101, 2, kind="payment_points", amount="-300", rate=None)
    await deliver(an_order(101, charges=(a_charge(101), points)))
    await shipped(client, "W-100", 1, 1)
    free = await found(client, "/v1/order-charges", state="FREE")
    assert [(one["order_number"], one["kind"], one["tax_rate"]) for one in free] == [
        ("W-101", "shipping", "10"),
        ("W-101", "payment_points", None),
    ]
    taken = await found(client, "/v1/order-charges", state="TAKEN", customer_code="C1")
    assert [one["order_number"] for one in taken] == ["W-100"]
    by_note = await found(client, "/v1/order-charges", note_id=taken[0]["note_id"])
    assert by_note == taken
    assert len(await found(client, "/v1/order-charges", order_id=an_id(101), customer_id=an_id(1))) == 2
    page = (await client.get("/v1/order-charges", params={"limit": "1"})).json()
    assert len(await found(client, "/v1/order-charges", cursor=page["next_cursor"])) == 2


@pytest.mark.req("FUL-015", "ORD-084")
async def test_open_quantities_are_closed_short_and_ordering_is_told(
    client: Client, deliver: Deliver, outbox: Outbox
) -> None:
    await deliver(an_order(101), a_customer(3))
    await outbox.clear()
    part = {"order_number": "W-100", "lines": [{"sku_code": "SKU-1", "quantity": 4}], "reason": "欠品"}
    whole = {"order_id": str(an_id(101)), "reason": "取消", "closed_on": "2026-06-20"}
    answer = await client.post("/v1/unshipped-closures", json=[{**part, "closed_on": "2026-06-17"}, whole])
    first, second = (one["item"] for one in answer.json()["results"])
    assert (first["order_number"], first["order_open"], first["lines"][0]["quantity"]) == ("W-100", 16, 4)
    assert (second["order_open"], [line["quantity"] for line in second["lines"]]) == (0, [10, 10])
    assert await outbox() == [
        UnshippedClosed(
            customer_id=an_id(1),
            order_id=an_id(100),
            closed_on=date(2026, 6, 17),
            reason="欠品",
            lines=(ClosedLine(order_line_id=a_line(100, 1).line_id, sku_code="SKU-1", quantity=4),),
        ),
        UnshippedClosed(
            customer_id=an_id(1),
            order_id=an_id(101),
            closed_on=date(2026, 6, 20),
            reason="取消",
            lines=tuple(
                ClosedLine(order_line_id=a_line(101, line).line_id, sku_code=f"SKU-{line}", quantity=10)
                for line in (1, 2)
            ),
        ),
    ]
    record = await found(client, "/v1/unshipped-closures", order_number="W-100")
    assert [(one["sku_code"], one["quantity"], one["reason"], one["closed_by"]) for one in record] == [
        ("SKU-1", 4, "欠品", "tester")
    ]
    newest = (await client.get("/v1/unshipped-closures", params={"limit": "1"})).json()
    assert len(await found(client, "/v1/unshipped-closures", cursor=newest["next_cursor"])) == 2


@pytest.mark.req("FUL-015", "FUL-004")
async def test_a_short_close_that_cannot_be_is_told_in_full(client: Client, outbox: Outbox) -> None:
    await client.post("/v1/delivery-notes", json={"lines": [{"order_number": "W-100", "line_no": 1, "quantity": 8}]})
    lines = [{"line_no": 1, "quantity": 3}, {"line_no": 9, "quantity": 1}]
    asked = [
        {"order_number": "W-100", "lines": lines, "reason": "欠品"},
        {"order_number": "W-999", "reason": "欠品"},
        {"order_number": "W-100", "lines": [{"line_no": 2}], "reason": "欠品"},
        {"order_number": "W-100", "lines": [{"line_no": 2}], "reason": "欠品"},
    ]
    results = (await client.post("/v1/unshipped-closures", json=asked)).json()["results"]
    codes = [[error["code"] for error in one["problem"]["errors"]] if not one["ok"] else [] for one in results]
    assert codes == [["UNKNOWN_LINE", "QTY_EXCEEDS_OPEN"], ["UNKNOWN_ORDER"], [], ["NOTHING_OPEN"]]
    assert len(await outbox()) == 1
    unreasoned = await client.post("/v1/unshipped-closures", json=[{"order_number": "W-100", "reason": " "}])
    assert (unreasoned.status_code, unreasoned.json()["errors"][0]["field"]) == (422, "/0/reason")


@pytest.mark.req("GEN-005")
async def test_strangers_see_and_close_nothing(client: Client, tokens: Tokens) -> None:
    stranger = tokens.of_owner(an_id(77))
    for path in ("unshipped-skus", "unshipped-customers", "unshipped-closures", "order-charges"):
        assert (await client.get(f"/v1/{path}", headers=stranger)).json()["items"] == []
    closing = [{"order_number": "W-100", "reason": "欠品"}]
    refused = await client.post("/v1/unshipped-closures", json=closing, headers=stranger)
    assert refused.json()["results"][0]["problem"]["code"] == "UNKNOWN_ORDER"
    nobody = await client.get("/v1/unshipped-skus", headers=tokens.headers("order.read"))
    assert nobody.status_code == 403
