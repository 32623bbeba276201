"""Products through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.service import Service
from chassis.testing.http import Tokens, codes_without_text
from chassis.testing.messages import Deliver, Outbox
from contracts.catalog import CountryTax, Price, SkuState
from contracts.customers import CustomerState
from contracts.parts import Address
from contracts.wire import Message

Json = dict[str, Any]
ProductBuilder = Callable[..., Json]


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


@pytest.mark.req("CAT-030", "CAT-050")
async def test_a_product_is_announced_sku_by_sku(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, outbox: Outbox
) -> None:
    await outbox.clear()
    answer = await client.post("/v1/products", json=a_product())

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["version"] == 1
    assert answer.headers["etag"] == '"1"'
    first, second = [body for body in await outbox() if isinstance(body, SkuState)]
    assert first == SkuState(
        sku_id=UUID(made["skus"][0]["sku_id"]),
        code="AP-1001-RD-S",
        product_id=UUID(made["product_id"]),
        brand_id=UUID(brand["brand_id"]),
        brand_code="KOGANE",
        model_number="AP-1001",
        name_ja="花筏 Tシャツ",
        name_en="Hanaikada T-shirt",
        state="on_sale",
        prices=(Price(currency="JPY", amount=6200),),
        taxes=(CountryTax(country="JP", tax_id=UUID(made["taxes"]["JP"])),),
        wholesale_rate=60,
    )
    assert second.prices == (Price(currency="JPY", amount=6400),)


@pytest.mark.req("GEN-010")
async def test_all_problems_of_a_product_are_told_at_once(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder
) -> None:
    bad = a_product(prices={"USD": "1"}, taxes={"JP": "T99"}, hs_code="12", skus=[{"code": "ＡＢ", "values": ["RD"]}])
    answer = await client.post("/v1/products", json=bad)
    assert answer.status_code == 422
    assert sorted(codes(answer)) == ["AXIS_VALUES", "BAD_FORMAT", "CURRENCY_NOT_ENABLED", "HS_CODE", "UNKNOWN_TAX"]


@pytest.mark.req("CAT-032")
async def test_without_a_web_catalog_there_is_no_product(client: httpx.AsyncClient, a_product: ProductBuilder) -> None:
    await client.post("/v1/brands", json={"code": "KOGANE", "names": {"ja": "こがね衣料"}})
    answer = await client.post("/v1/products", json=a_product(taxes={}))
    assert (answer.status_code, codes(answer)) == (409, ["CATALOG_REQUIRED"])


async def test_of_a_batch_the_good_ones_stand(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder
) -> None:
    other = a_product(model_number="AP-1002", skus=[{"code": "ap-1001-rd-s", "values": ["RD", "S"]}])
    answer = await client.post("/v1/product-batches", json=[a_product(), other])
    body = answer.json()
    assert (body["accepted"], body["refused"]) == (1, 1)
    assert body["results"][1]["problem"]["code"] == "SKU_CODE_TAKEN"
    assert (await client.get("/v1/products")).json()["items"][0]["model_number"] == "AP-1001"


@pytest.mark.req("GEN-011")
async def test_replacing_a_product_keeps_the_skus_it_does_not_name(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder
) -> None:
    made = (await client.post("/v1/products", json=a_product())).json()
    smaller = a_product(skus=[{"code": "AP-1001-RD-M", "values": ["RD", "M"], "state": "suspended"}])
    answer = await client.put(f"/v1/products/{made['product_id']}", json=smaller)
    assert [(sku["code"], sku["state"]) for sku in answer.json()["skus"]] == [
        ("AP-1001-RD-S", "on_sale"),
        ("AP-1001-RD-M", "suspended"),
    ]
    assert [sku["sku_id"] for sku in answer.json()["skus"]] == [sku["sku_id"] for sku in made["skus"]]


@pytest.mark.req("GEN-006")
async def test_a_stale_change_is_refused(client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder) -> None:
    made = (await client.post("/v1/products", json=a_product())).json()
    path = f"/v1/products/{made['product_id']}"
    fresh = await client.put(path, json=a_product(material="綿"), headers={"If-Match": '"1"'})
    stale = await client.put(path, json=a_product(material="麻"), headers={"If-Match": '"1"'})
    assert (fresh.status_code, stale.status_code, stale.json()["code"]) == (200, 409, "CONFLICT")


async def test_a_change_that_changes_nothing_announces_nothing(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, outbox: Outbox
) -> None:
    made = (await client.post("/v1/products", json=a_product())).json()
    await outbox.clear()
    again = await client.put(f"/v1/products/{made['product_id']}", json=a_product())
    assert again.json() == made
    assert await outbox() == []


@pytest.mark.req("GEN-005")
async def test_another_makers_product_is_not_found(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, tokens: Tokens
) -> None:
    made = (await client.post("/v1/products", json=a_product())).json()
    stranger = tokens.of_owner(uuid4())
    for answer in (
        await client.get(f"/v1/products/{made['product_id']}", headers=stranger),
        await client.post(f"/v1/products/{made['product_id']}/archiving", headers=stranger),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert (await client.get("/v1/products", headers=stranger)).json()["items"] == []


@pytest.mark.req("GEN-007")
async def test_a_repeated_call_makes_one_product(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder
) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await client.post("/v1/products", json=a_product(), headers=headers)
    second = await client.post("/v1/products", json=a_product(), headers=headers)
    assert first.content == second.content
    assert len((await client.get("/v1/products")).json()["items"]) == 1


@pytest.mark.req("CAT-033", "CAT-034")
async def test_a_product_leaves_its_catalogs_before_it_is_archived(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, outbox: Outbox
) -> None:
    made = (await client.post("/v1/products", json=a_product())).json()
    catalog, one = f"/v1/web-catalogs/{brand['catalog_id']}", {"products": [made["product_id"]]}
    assert (await client.post(f"{catalog}/products", json=one)).status_code == 200
    refused = await client.post(f"/v1/products/{made['product_id']}/archiving")
    assert (refused.status_code, refused.json()["catalogs"]) == (409, "MAIN")
    await client.post(f"{catalog}/product-removals", json=one)
    await outbox.clear()
    assert (await client.post(f"/v1/products/{made['product_id']}/archiving")).json()["state"] == "ARCHIVED"
    assert {body.state for body in await outbox() if isinstance(body, SkuState)} == {"discontinued"}


async def test_lists_come_in_pages(client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder) -> None:
    await client.post("/v1/products", json=a_product())
    first = (await client.get("/v1/skus", params={"limit": 1})).json()
    second = (await client.get("/v1/skus", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [item["code"] for item in first["items"] + second["items"]] == ["AP-1001-RD-M", "AP-1001-RD-S"]
    assert second["next_cursor"] is None
    assert (await client.get("/v1/skus", params={"code": "ap-1001-rd-m"})).json()["items"][0]["prices"] == {
        "JPY": "6400"
    }


async def test_services_may_ask_for_skus_by_code(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, tokens: Tokens, maker_id: UUID
) -> None:
    await client.post("/v1/products", json=a_product())
    question = {"codes": ["ap-1001-rd-s", "unknown"]}
    answer = await client.post("/internal/skus", json=question, headers=tokens.of_service(maker_id))
    (item,) = answer.json()["items"]
    assert (item["version"], SkuState.model_validate(item["state"]).code) == (1, "AP-1001-RD-S")
    assert (await client.post("/internal/skus", json=question)).status_code == 403


@pytest.mark.req("CAT-052")
async def test_a_rate_for_one_customer_is_set_and_taken_away(
    client: httpx.AsyncClient, brand: Json, a_product: ProductBuilder, deliver: Deliver, maker_id: UUID, outbox: Outbox
) -> None:
    await client.post("/v1/products", json=a_product())
    await deliver(Message(maker_id, a_customer("C000137"), version=1))
    wanted = {"model_number": "AP-1001", "customer_code": "C000137", "wholesale_rate": "55"}

    done = (await client.post("/v1/customer-rates", json=[wanted])).json()
    assert done["results"][0]["item"]["wholesale_rate"] == "55"
    await outbox.clear()
    gone = (await client.post("/v1/customer-rates", json=[{**wanted, "wholesale_rate": None}])).json()

    assert gone["results"][0]["item"] == {**done["results"][0]["item"], "wholesale_rate": None, "version": 2}
    (tombstone,) = await outbox.messages()
    assert tombstone["body"] is None
    assert (await client.get("/v1/customer-rates")).json()["items"] == []


async def test_a_rate_names_what_it_does_not_know(client: httpx.AsyncClient, brand: Json) -> None:
    wanted = {"model_number": "NONE", "customer_code": "X", "wholesale_rate": "55"}
    answer = await client.post("/v1/customer-rates", json=[wanted])
    errors = answer.json()["results"][0]["problem"]["errors"]
    assert [(error["code"], error["field"]) for error in errors] == [
        ("UNKNOWN_PRODUCT", "/model_number"),
        ("UNKNOWN_CUSTOMER", "/customer_code"),
    ]


def test_every_code_has_its_texts(service: Service) -> None:
    assert codes_without_text(service) == []


def a_customer(code: str) -> CustomerState:
    return CustomerState(
        customer_id=UUID(int=137),
        code=code,
        kind="company",
        address=Address(),
        email="",
        payment_category="",
        shipping_category="",
        language="ja",
        currency="JPY",
        wholesale_rate=None,
        credit_limit=None,
        on_hold=False,
        active=True,
    )
