"""NextEngine files out over HTTP: the file, the preview with all reasons, pages, and the way into another maker."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.database import Database
from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver
from contracts.wire import Message
from ordering.core.nextengine.layouts import LAYOUTS
from ordering.core.order import Order
from ordering.core.states import OrderState
from ordering.store.orders import load_orders
from services.ordering.tests import masters, wholesaler
from services.ordering.tests.builders import an_id
from services.ordering.tests.exporting import buckets_of, lines_of

FILES = {"invoice": "nextengine_invoice.csv", "ordinary": "nextengine_ordinary.csv"}
HEADERS = {name: [column.header for column in layout.columns] for name, layout in LAYOUTS.items()}
BUYER = an_id(777_777)


async def placed(client: httpx.AsyncClient, number: str, **fields: Any) -> dict[str, Any]:
    lines = fields.pop("lines", [{"sku_code": "AP-1", "quantity": 2}])
    body = {"customer_code": "C000122", "number": number, "lines": lines, **fields}
    answer = await client.post("/v1/orders", json=body)
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


async def file_of(client: httpx.AsyncClient, **search: Any) -> httpx.Response:
    return await client.get("/v1/order-exports", params=search)


async def preview(client: httpx.AsyncClient, **search: Any) -> dict[str, Any]:
    answer = await client.get("/v1/order-export-previews", params=search)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("cp932"), newline="")))


def numbers_of(answer: httpx.Response) -> list[str]:
    return list(dict.fromkeys(row["店舗伝票番号"] for row in rows_of(answer)))


@pytest.fixture
async def the_shop(client: httpx.AsyncClient, tokens: Tokens, deliver: Deliver, maker_id: UUID) -> None:
    """A small shop, and somebody who may set prices by hand there."""
    client.headers.update(tokens.headers(*tokens.owner, "order.price"))
    await deliver(*masters.small_shop(maker_id))


@pytest.fixture
async def some_that_do_not_fit(the_shop: None, client: httpx.AsyncClient) -> None:
    """W1 and W5 fit; W2 is in dollars, W3 has a custom item with an apple, W4 is cancelled."""
    await placed(client, "W1", remark="至急")
    await placed(client, "W2", currency="USD")
    custom = {"product_name": "りんご🍎", "quantity": 1, "original_price": "500", "tax_rate": "8"}
    await placed(client, "W3", lines=[{"sku_code": "AP-1", "quantity": 1}, custom])
    order = await placed(client, "W4")
    await client.post(f"/v1/orders/{order['order_id']}/cancellation", json={"reason": "間違い"})
    await placed(client, "W5", ordered_at="2026-08-01T00:00:00+09:00")


@pytest.mark.req("ORD-066", "INT-060")
@pytest.mark.parametrize("layout", HEADERS)
async def test_orders_entered_here_are_exported_in_either_layout(
    the_shop: None, client: httpx.AsyncClient, layout: str
) -> None:
    lines = [{"sku_code": "AP-1", "quantity": 2}, {"sku_code": "MD-1", "quantity": 3, "option": "=赤,青"}]
    await placed(client, "W1", lines=lines, remark="一\n二", ordered_at="2026-07-31T15:00:00Z", shipping_fee="660")
    answer = await file_of(client, layout=layout)
    assert answer.headers["content-type"] == "text/csv; charset=Shift_JIS"
    assert f'filename="nextengine_{layout}.csv"' in answer.headers["content-disposition"]
    assert answer.content.split(b"\r\n")[0].decode("cp932").split(",") == HEADERS[layout]
    first, second = rows_of(answer)
    assert (first["受注日"], first["発送料"], first["備考"]) == ("2026/08/01 00:00:00", "660", "一\n二")
    assert (second["商品コード"], second["商品価格"], second["商品オプション"]) == ("MD-1", "1000", "'=赤,青")
    net = rows_of(await file_of(client, layout=layout, price="net"))
    assert [row["商品価格"] for row in net] == ["6500", "650"]


@pytest.mark.req("INT-062", "ORD-066")
async def test_orders_that_do_not_fit_are_left_out_and_told_with_every_reason(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    answer = await file_of(client)
    assert sorted(numbers_of(answer)) == ["W1", "W5"]
    counted = {name: answer.headers.get(f"oroshi-{name}") for name in ("orders-exported", "orders-refused")}
    assert counted == {"orders-exported": "2", "orders-refused": "2"}
    report = await preview(client)
    assert (report["counts"], report["rows"]) == ({"exported": 2, "refused": 2}, 2)
    orders = {order["number"]: order for order in report["orders"]}
    reasons = {
        number: [(one["code"], one["line_no"], one["column"], one["header"]) for one in order["problems"]]
        for number, order in orders.items()
    }
    assert reasons == {
        "W1": [],
        "W2": [("NOT_JPY", None, None, None)],
        "W3": [("NOT_ENCODABLE", 2, 27, "商品名"), ("NO_SKU_CODE", 2, 28, "商品コード")],
        "W5": [],
    }
    assert (orders["W3"]["problem_count"], orders["W3"]["problems"][0]["value"]) == (2, "りんご🍎")


@pytest.mark.req("INT-062", "INT-063")
async def test_orders_that_were_named_are_told_when_they_are_cancelled_or_missing(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    named = ["W1", "W4", "W9"]
    report = await preview(client, numbers=named)
    assert [(one["number"], one["outcome"]) for one in report["orders"]] == [
        ("W1", "exported"),
        ("W4", "refused"),
        ("W9", "refused"),
    ]
    assert [[p["code"] for p in one["problems"]] for one in report["orders"]] == [
        [],
        ["STATE_NOT_EXPORTED"],
        ["NOT_FOUND"],
    ]
    answer = await file_of(client, numbers=named)
    assert (numbers_of(answer), answer.headers["oroshi-orders-refused"]) == (["W1"], "2")


@pytest.mark.req("INT-062", "GEN-010")
async def test_all_or_nothing_makes_no_file_but_tells_every_order_that_does_not_fit(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    answer = await file_of(client, all_or_nothing=True)
    assert (answer.status_code, answer.json()["code"]) == (422, "EXPORT_REFUSED")
    assert {one["number"]: [p["code"] for p in one["problems"]] for one in answer.json()["orders"]} == {
        "W2": ["NOT_JPY"],
        "W3": ["NOT_ENCODABLE", "NO_SKU_CODE"],
    }
    whole = await file_of(client, all_or_nothing=True, numbers=["W1", "W5"], sort="number")
    assert numbers_of(whole) == ["W1", "W5"]


@pytest.mark.req("INT-062")
async def test_a_file_without_orders_is_refused_with_the_reasons(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    answer = await file_of(client, numbers=["W2", "W9"])
    assert (answer.status_code, answer.json()["code"]) == (422, "NOTHING_TO_EXPORT")
    assert [(one["number"], one["problems"][0]["code"]) for one in answer.json()["orders"]] == [
        ("W2", "NOT_JPY"),
        ("W9", "NOT_FOUND"),
    ]
    nothing = await file_of(client, ordered_from="2031-01-01")
    assert (nothing.status_code, nothing.json()["orders"]) == (422, [])
    japanese = await client.get("/v1/order-exports?number=W2", headers={"Accept-Language": "ja"})
    assert japanese.json()["orders"][0]["problems"][0]["message"].startswith("通貨が USD")


@pytest.mark.req("INT-062")
async def test_a_code_may_stand_for_custom_items(the_shop: None, client: httpx.AsyncClient) -> None:
    custom = {"product_name": "特注品", "quantity": 1, "original_price": "500", "tax_rate": "8"}
    await placed(client, "W3", lines=[custom])
    (row,) = rows_of(await file_of(client, custom_item_code="OTHER"))
    assert (row["商品コード"], row["商品名"], row["消費税率(%)"]) == ("OTHER", "特注品", "8")
    (order,) = (await preview(client, custom_item_code="OTHER"))["orders"]
    assert [one["code"] for one in order["warnings"]] == ["RATE_NOT_EXPORTED"]


@pytest.mark.req("ORD-066")
async def test_the_filters_of_the_order_list_choose_what_is_exported(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    assert numbers_of(await file_of(client, ordered_from="2026-08-01", ordered_to="2026-08-01")) == ["W5"]
    assert numbers_of(await file_of(client, number="W1")) == ["W1"]
    assert (await file_of(client, state="CANCELLED")).json()["code"] == "NOTHING_TO_EXPORT"
    wrong = await file_of(client, layout="csv")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "layout")
    assert (await file_of(client, limit=1_001)).status_code == 422
    assert (await file_of(client, custom_item_code="商品")).status_code == 422


async def test_more_orders_than_the_limit_come_in_further_files(
    some_that_do_not_fit: None, client: httpx.AsyncClient
) -> None:
    found: list[str] = []
    search: dict[str, Any] = {"limit": 1, "sort": "number"}
    for _ in range(4):
        answer = await file_of(client, **search)
        cursor = answer.headers.get("oroshi-next-cursor")
        if answer.status_code == 422:
            cursor = answer.json()["next_cursor"]
        else:
            found += numbers_of(answer)
        search["cursor"] = cursor
    assert (found, search["cursor"]) == (["W1", "W5"], None)


async def test_a_file_ends_before_it_has_too_many_lines(the_shop: None, client: httpx.AsyncClient) -> None:
    headers = HEADERS["ordinary"]
    cells = {"受注日": "2026/07/31 10:35:50", "顧客コード": "C000122", "商品コード": "AP-1"}
    cells |= {"商品価格": "1", "受注数量": "1"}
    records = [headers] + [
        [{**cells, "店舗伝票番号": number}.get(header, "") for header in headers]
        for number in ("B1", "B2")
        for _ in range(5_001)
    ]
    content = "\r\n".join(",".join(record) for record in records).encode("cp932")
    await client.post("/v1/order-imports", files={"file": ("big.csv", content, "text/csv")})
    answer = await file_of(client, sort="number")
    assert numbers_of(answer) == ["B1"]
    assert len(rows_of(answer)) == 5_001
    rest = await file_of(client, sort="number", cursor=answer.headers["oroshi-next-cursor"])
    assert (numbers_of(rest), "oroshi-next-cursor" in rest.headers) == (["B2"], False)


async def test_a_file_that_no_import_would_take_is_refused(the_shop: None, client: httpx.AsyncClient) -> None:
    lines = [{"sku_code": "AP-1", "quantity": 1}] * 530
    for number in ("W1", "W2"):
        await placed(client, number, lines=lines, remark="長" * 10_000)
    answer = await file_of(client)
    assert (answer.status_code, answer.json()["code"], answer.json()["orders"]) == (422, "EXPORT_TOO_LARGE", "2")
    assert len(rows_of(await file_of(client, limit=1))) == 530


@pytest.mark.req("GEN-005")
async def test_orders_of_another_maker_are_not_there(
    some_that_do_not_fit: None, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    stranger = tokens.of_owner(an_id(4_711))
    answer = await client.get("/v1/order-exports", params={"numbers": ["W1"]}, headers=stranger)
    assert answer.status_code == 422
    assert [one["problems"][0]["code"] for one in answer.json()["orders"]] == ["NOT_FOUND"]
    for path in ("/v1/order-exports", "/v1/order-export-previews"):
        assert (await client.get(path, headers=tokens.headers("customer.read"))).status_code == 403


async def test_the_document_names_the_file_its_headers_and_the_report(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    answer = paths["/v1/order-exports"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["text/csv"]
    assert "Oroshi-Orders-Refused" in answer["headers"]
    previews = paths["/v1/order-export-previews"]["get"]
    assert "application/json" in previews["responses"]["200"]["content"]
    names = {one["name"] for one in previews["parameters"]}
    assert {"layout", "numbers", "price", "custom_item_code", "ordered_from", "limit", "cursor"} <= names


# -- out of one maker and into another --------------------------------------------------------------------------------


@pytest.mark.req("INT-063", "ORD-066", "INT-060")
@pytest.mark.parametrize("layout", FILES)
async def test_the_demo_files_go_through_export_into_another_maker_unchanged(
    client: httpx.AsyncClient, deliver: Deliver, tokens: Tokens, database: Database, maker_id: UUID, layout: str
) -> None:
    await deliver(*masters.demo_wholesaler(maker_id))
    await deliver(*[Message(BUYER, state, version=1) for state in masters.demo_wholesaler(BUYER)])
    content = (wholesaler.FOLDER / FILES[layout]).read_bytes()
    await client.post("/v1/order-imports", files={"file": ("o.csv", content, "text/csv")})
    answer = await file_of(client, layout=layout)
    assert answer.headers["oroshi-orders-refused"] == "0"
    upload = {"file": ("again.csv", answer.content, "text/csv")}
    report = (await client.post("/v1/order-imports", files=upload, headers=tokens.of_owner(BUYER))).json()
    assert (report["layout"], report["encoding"], report["errors"]) == (layout, "cp932", [])
    first, again = await stored(database, maker_id), await stored(database, BUYER)
    fitting = {number for number, order in first.items() if order.state is not OrderState.NEEDS_ATTENTION}
    assert again.keys() == fitting == set(numbers_of(answer))
    for number in fitting:
        assert lines_of(again[number]) == lines_of(first[number]), number
        assert buckets_of(again[number]) == buckets_of(first[number]), number
        assert again[number].grand_total == first[number].grand_total, number
        assert again[number].heading == first[number].heading, number


async def stored(database: Database, maker_id: UUID) -> dict[str, Order]:
    numbers = [*wholesaler.expected()["orders"]]
    async with database.transaction(maker_id) as tx:
        return {order.number: order for order in (await load_orders(tx, numbers, lock=False)).values()}
