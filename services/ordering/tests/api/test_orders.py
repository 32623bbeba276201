"""Orders over HTTP: placing, problems, other makers, repeats, lists."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from chassis.tx import Tx
from contracts.ordering import OrderPlaced
from kernel.money import JPY
from ordering.store.exposures import lock_exposures
from services.ordering.tests import masters
from services.ordering.tests.builders import an_id
from services.ordering.tests.owners import Owners


@pytest.fixture(autouse=True)
async def the_shop(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*masters.small_shop(maker_id))


def an_order(**overrides: Any) -> dict[str, Any]:
    return {"customer_code": "C000122", "lines": [{"sku_code": "AP-1", "quantity": 10}]} | overrides


async def placed(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    answer = await client.post("/v1/orders", json=an_order(**overrides))
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def errors(answer: httpx.Response) -> list[tuple[str, str | None]]:
    return [(error["code"], error.get("field")) for error in answer.json()["errors"]]


@pytest.mark.req("ORD-010", "ORD-012", "ORD-013", "ORD-014", "ORD-017")
async def test_a_placed_order_is_priced_taxed_numbered_and_announced(client: httpx.AsyncClient, outbox: Outbox) -> None:
    order = await placed(
        client,
        lines=[{"sku_code": "AP-1", "quantity": 10}, {"sku_id": str(an_id(200)), "quantity": 2, "option": "袋入り"}],
        ordered_at="2026-06-01T12:00:00+09:00",
        purchase_order_number="PO-77",
        shipping_fee="660",
        charges=[{"kind": "coupon", "amount": "500", "prorated": True}],
    )
    assert (order["number"], order["state"], order["channel"]) == ("SO-000001", "PLACED", "api")
    assert [(line["unit_price"], line["amount"]) for line in order["content"]["lines"]] == [
        ("6500", "65000"),
        ("650", "1300"),
    ]
    assert [(c["kind"], c["tax_rate"], c["amount"]) for c in order["content"]["charges"]] == [
        ("shipping", "10", "660"),
        ("coupon", "10", "-491"),
        ("coupon", "8", "-9"),
    ]
    assert order["grand_total"] == str(65_000 + 6_500 + 660 - 491 + 1_300 + 104 - 9)
    assert order["master_fields"]["purchaser_name"] == "株式会社玉野井仕入部"
    assert order["allowed"] == ["create_oc", "cancel"]
    (told,) = await outbox()
    assert told == OrderPlaced(
        order_id=UUID(order["order_id"]),
        number="SO-000001",
        customer_id=an_id(900),
        currency="JPY",
        channel="api",
        ordered_at=told.ordered_at,  # type: ignore[union-attr]
        state="PLACED",
        grand_total=Decimal(order["grand_total"]),
    )


@pytest.mark.req("ORD-036")
async def test_a_proxy_order_may_override_prices_and_add_custom_items(
    client: httpx.AsyncClient, tokens: Tokens
) -> None:
    lines = [
        {"sku_code": "AP-1", "quantity": 1, "unit_price": "5000"},
        {"sku_code": "AP-1", "quantity": 1, "wholesale_rate": "40", "tax_rate": "8"},
        {"product_name": "名入れ加工", "quantity": 3, "original_price": "300"},
    ]
    client.headers.update(tokens.headers("order.write", "order.price"))
    order = await placed(client, channel="proxy", medium="fax", lines=lines)
    assert [(line["amount"], line["tax_rate"]) for line in order["content"]["lines"]] == [
        ("5000", "10"),
        ("4000", "8"),
        ("900", "10"),
    ]
    assert order["medium"] == "fax"
    humble = tokens.headers("order.write")
    refused = await client.post("/v1/orders", json=an_order(lines=lines), headers=humble)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    assert (await client.post("/v1/orders", json=an_order(), headers=humble)).status_code == 201


@pytest.mark.req("GEN-010", "CAT-055", "CAT-026", "CUS-036")
async def test_all_problems_of_an_order_are_told_at_once(
    client: httpx.AsyncClient, deliver: Deliver, tokens: Tokens
) -> None:
    client.headers.update(tokens.headers("order.write", "order.price"))
    await deliver(masters.sku("OLD-1", 300, state="discontinued"), masters.sku("EUR-0", 301, prices=()))
    answer = await client.post(
        "/v1/orders",
        json=an_order(
            ship_to_number=9,
            lines=[
                {"sku_code": "NOPE", "quantity": 1},
                {"sku_code": "OLD-1", "quantity": 1},
                {"sku_code": "EUR-0", "quantity": 1},
                {"sku_code": "AP-1", "quantity": 1, "tax_rate": "5"},
                {"sku_code": "AP-1", "quantity": 1, "planned_from": "2026-06-02", "planned_to": "2026-06-01"},
                {"sku_code": "AP-1", "quantity": 1, "original_price": "10.5"},
                {"quantity": 1},
            ],
            charges=[{"kind": "fee", "amount": "1", "prorated": True}],
        ),
    )
    assert answer.status_code == 422
    assert errors(answer) == [
        ("UNKNOWN_SHIP_TO", "/ship_to_number"),
        ("UNKNOWN_SKU", "/lines/0/sku_code"),
        ("PRODUCT_NOT_ORDERABLE", "/lines/1/sku_code"),
        ("NO_PRICE", "/lines/2"),
        ("BAD_TAX_RATE", "/lines/3/tax_rate"),
        ("BAD_PERIOD", "/lines/4/planned_to"),
        ("TOO_MANY_DECIMALS", "/lines/5/original_price"),
        ("REQUIRED", "/lines/6/product_name"),
        ("REQUIRED", "/lines/6/original_price"),
        ("NOT_PRORATABLE", "/charges/0/prorated"),
    ]


@pytest.mark.parametrize(
    "garbage",
    [
        {"lines": []},
        {"lines": [{"sku_code": "AP-1", "quantity": 0}]},
        {"lines": [{"sku_code": "AP-1", "quantity": 1.5}]},
        {"lines": [{"sku_code": "AP-1", "quantity": True}]},
        {"lines": [{"sku_code": "AP-1", "quantity": 10**12}]},
        {"lines": [{"sku_code": "AP-1", "quantity": 1, "original_price": "1e9"}]},
        {"lines": [{"sku_code": "AP-1", "quantity": 1}] * 1_001},
        {"customer_code": "C000122", "customer_id": str(an_id(900))},
        {"customer_code": None},
        {"currency": "XXX"},
        {"number": "Ａ１"},
        {"remark": "a\u0000b"},
        {"surprise": 1},
        {"channel": "web"},
        {"ordered_at": "2026-06-01T12:00:00"},
    ],
)
async def test_garbage_is_refused_with_its_place(client: httpx.AsyncClient, garbage: dict[str, Any]) -> None:
    answer = await client.post("/v1/orders", json=an_order(**garbage))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
    assert (await client.get("/v1/orders")).json()["items"] == []


@pytest.mark.req("ORD-065", "ORD-014")
async def test_a_number_exists_once(client: httpx.AsyncClient) -> None:
    await placed(client, number="SO-000001")
    again = await client.post("/v1/orders", json=an_order(number="SO-000001"))
    assert (again.status_code, again.json()["code"]) == (409, "DUPLICATE_ORDER_NO")
    assert (await placed(client))["number"] == "SO-000002"


@pytest.mark.req("ORD-014")
async def test_an_order_does_not_queue_behind_another_customer_for_its_number(
    client: httpx.AsyncClient, database: Database, maker_id: UUID
) -> None:
    async with database.transaction(maker_id) as busy:
        await lock_exposures(busy, [(an_id(900), JPY)], {})
        waiting = asyncio.create_task(placed(client))
        await until_somebody_waits_for(busy)
        other = await asyncio.wait_for(placed(client, customer_code="C000200"), timeout=20)
    assert (other["number"], (await waiting)["number"]) == ("SO-000001", "SO-000002")


async def until_somebody_waits_for(tx: Tx) -> None:
    blocked = text("select true from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid)) limit 1")
    async with asyncio.timeout(60):
        while not await tx.scalar(blocked):  # noqa: ASYNC110  # PostgreSQL tells nobody who waits
            await asyncio.sleep(0.02)


@pytest.mark.req("ORD-014")
async def test_a_refused_order_of_a_batch_takes_no_number(client: httpx.AsyncClient) -> None:
    coupon = {"kind": "coupon", "amount": "999999999", "prorated": True}
    answer = await client.post("/v1/order-batches", json=[an_order(charges=[coupon]), an_order()])
    refused, fine = answer.json()["results"]
    assert (refused["problem"]["code"], fine["item"]["number"]) == ("PRORATE_EXCEEDS", "SO-000001")


@pytest.mark.req("ORD-016", "CUS-060")
async def test_orders_of_a_batch_count_together_against_the_limit(client: httpx.AsyncClient) -> None:
    small = {"customer_code": "C000200", "lines": [{"sku_code": "AP-1", "quantity": 3}]}
    unknown = {"customer_code": "NOBODY", "lines": [{"sku_code": "AP-1", "quantity": 1}]}
    answer = await client.post("/v1/order-batches", json=[small, unknown, small, small])
    results = answer.json()["results"]
    assert (answer.json()["accepted"], answer.json()["refused"]) == (3, 1)
    assert results[1]["problem"]["code"] == "UNKNOWN_CUSTOMER"
    assert [results[at]["item"]["over_limit"] for at in (0, 2, 3)] == [False, False, True]
    (exposure,) = (await client.get("/v1/exposures", params={"customer": "C000200"})).json()["items"]
    assert (exposure["ordered"], exposure["credit_limit"], exposure["available"]) == ("64350", "50000", "-14350")
    over = (await client.get("/v1/exposures", params={"over_limit": True})).json()["items"]
    assert [one["customer_code"] for one in over] == ["C000200"]


@pytest.mark.req("GEN-010")
async def test_a_batch_of_too_many_wrong_orders_is_told_that_they_are_too_many(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/order-batches", json=[{}] * 1001)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], "1000" in error["detail"]) == (422, "TOO_LONG", True)


async def test_an_atomic_batch_with_one_refusal_places_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/order-batches?atomic=true", json=[an_order(), an_order(customer_code="NOBODY")])
    assert (answer.status_code, answer.json()["code"]) == (422, "BATCH_REFUSED")
    assert (await client.get("/v1/orders")).json()["items"] == []


@pytest.mark.req("GEN-007")
async def test_a_repeated_call_places_one_order(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "order-1"}
    first = await client.post("/v1/orders", json=an_order(), headers=key)
    again = await client.post("/v1/orders", json=an_order(), headers=key)
    other = await client.post("/v1/orders", json=an_order(number="X"), headers=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len((await client.get("/v1/orders")).json()["items"]) == 1


@pytest.mark.req("GEN-005", "GEN-014")
async def test_another_makers_order_does_not_exist(client: httpx.AsyncClient, tokens: Tokens) -> None:
    order_id = (await placed(client))["order_id"]
    stranger = tokens.of_owner(uuid4())
    for path in ("", "/order-confirmations", "/deeds", "/source"):
        answer = await client.get(f"/v1/orders/{order_id}{path}", headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    for deed, body in {
        "assignment": {"customer_code": "C000122"},
        "credit-override": {"reason": "x"},
        "order-confirmation": {},
        "approval": {},
        "rejection": {"reason": "x"},
        "confirmation": {},
        "conversion": {},
        "reopening": {},
        "cancellation": {"reason": "x"},
        "hold": {"reason": "x"},
        "hold-release": {},
    }.items():
        answer = await client.post(f"/v1/orders/{order_id}/{deed}", json=body, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), deed
    assert (await client.get("/v1/orders", headers=stranger)).json()["items"] == []


@pytest.mark.req("GEN-014")
async def test_reading_and_writing_need_their_permissions(client: httpx.AsyncClient, tokens: Tokens) -> None:
    reader, writer = tokens.headers("order.read"), tokens.headers("order.write")
    assert (await client.post("/v1/orders", json=an_order(), headers=reader)).status_code == 403
    assert (await client.get("/v1/orders", headers=writer)).status_code == 403
    assert (await client.get("/v1/orders", headers={"Authorization": ""})).status_code == 401


@pytest.mark.req("GEN-016")
async def test_lists_are_filtered_sorted_and_paged(client: httpx.AsyncClient) -> None:
    for day in range(1, 6):
        await placed(client, number=f"D{day}", ordered_at=f"2026-06-0{day}T12:00:00+09:00")
    await placed(client, number="L1", customer_code="C000200", ordered_at="2026-07-01T00:30:00+09:00")

    async def numbers(**filters: Any) -> list[str]:
        answer = await client.get("/v1/orders", params=filters)
        assert answer.status_code == 200, answer.text
        return [order["number"] for order in answer.json()["items"]]

    assert await numbers() == ["L1", "D5", "D4", "D3", "D2", "D1"]
    assert await numbers(sort="number") == ["D1", "D2", "D3", "D4", "D5", "L1"]
    assert await numbers(sort="ordered_at", ordered_from="2026-06-04", ordered_to="2026-06-30") == ["D4", "D5"]
    assert await numbers(ordered_from="2026-07-01") == ["L1"]
    assert await numbers(customer_code="C000200", state="PLACED", channel="api") == ["L1"]
    assert await numbers(warning="CREDIT_LIMIT_EXCEEDED") == ["L1"]
    assert await numbers(warned=True, over_limit=True) == ["L1"]
    assert len(await numbers(warned=False)) == 5
    assert await numbers(number="D3") == ["D3"]
    assert await numbers(on_hold=True) == []
    assert await numbers(invoiced="yes") == []
    for sort in ("-ordered_at", "ordered_at", "number"):
        seen, cursor = [], None
        while True:
            params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/v1/orders", params=params)).json()
            seen += [order["number"] for order in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == await numbers(sort=sort)


@pytest.mark.parametrize("bad", [{"cursor": "x"}, {"limit": 0}, {"state": "NEW"}, {"sort": "price"}, {"colour": "red"}])
async def test_bad_parameters_are_named(client: httpx.AsyncClient, bad: dict[str, Any]) -> None:
    answer = await client.get("/v1/orders", params=bad)
    assert answer.status_code in (400, 422)
    assert next(iter(bad)) in answer.text


async def test_a_missing_fact_is_asked_of_its_owner_once_and_kept(client: httpx.AsyncClient, owners: Owners) -> None:
    owners.knows(masters.sku("NEW-1", 777, price=2_000), masters.customer("LATE1", 778))
    order = an_order(customer_code="LATE1", lines=[{"sku_code": "NEW-1", "quantity": 1}])
    first = await client.post("/v1/orders", json=order)
    second = await client.post("/v1/orders", json=order)
    assert (first.status_code, second.status_code) == (201, 201)
    assert owners.asked == [("/internal/skus", ["NEW-1"]), ("/internal/customers", ["LATE1"])]


async def test_a_maker_nobody_has_told_of_is_asked_for_with_its_taxes(
    client: httpx.AsyncClient, owners: Owners, tokens: Tokens
) -> None:
    newcomer = uuid4()
    customer, sku = masters.customer(), masters.sku("AP-1", 100)
    owners.knows(masters.maker(newcomer, price_tax_mode="inclusive"), masters.tax(masters.T10, 10), customer, sku)
    order = an_order(
        customer_code=None, customer_id=str(an_id(900)), lines=[{"sku_id": str(an_id(100)), "quantity": 1}]
    )
    answer = await client.post("/v1/orders", json=order, headers=tokens.of_owner(newcomer))
    assert (answer.status_code, answer.json()["grand_total"]) == (201, "6500")
    assert owners.asked == [
        ("/internal/makers", [str(newcomer)]),
        ("/internal/taxes",),
        ("/internal/skus", [str(an_id(100))]),
        ("/internal/customers", [str(an_id(900))]),
    ]


async def test_what_nobody_knows_is_refused_after_asking_and_an_absent_owner_is_no_refusal(
    client: httpx.AsyncClient, owners: Owners
) -> None:
    order = an_order(lines=[{"sku_code": "NOPE", "quantity": 1}])
    assert errors(await client.post("/v1/orders", json=order)) == [("UNKNOWN_SKU", "/lines/0/sku_code")]
    assert owners.asked == [("/internal/skus", ["NOPE"])]
    owners.away = True
    answer = await client.post("/v1/orders", json=order)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


@pytest.mark.req("ORD-013", "CUS-065")
async def test_an_order_in_dollars_keeps_cents_and_cannot_be_compared_with_a_yen_limit(
    client: httpx.AsyncClient,
) -> None:
    order = await placed(client, customer_code="C000200", currency="USD", lines=[{"sku_code": "AP-1", "quantity": 3}])
    assert (order["content"]["lines"][0]["unit_price"], order["grand_total"]) == ("65.06", "214.69")
    assert [(one["code"], bool(one["message"])) for one in order["warnings"]] == [("RATE_MISSING", True)]
