"""Products and rates from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.catalog import SkuState

Json = dict[str, Any]
DEMO = Path(__file__).parents[4] / "demo" / "wholesaler"
HEADER = "brand_code,model_number,product_name_ja,sku_template,sku_code,axis1,axis1_code,original_price,tax_rate"


async def send(client: httpx.AsyncClient, content: bytes | str, **params: Any) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return await client.post("/v1/product-imports", files={"file": ("products.csv", data)}, params=params)


def rows(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


RED = "KOGANE,AP-1,シャツ,color,AP-1-RD,color,RD,6200,10"
BLUE = "KOGANE,AP-1,シャツ,color,AP-1-BL,color,BL,6400,10"


@pytest.mark.req("INT-010", "CAT-097")
async def test_the_demo_file_becomes_products_and_changes_nothing_the_second_time(
    client: httpx.AsyncClient, brand: Json, outbox: Outbox
) -> None:
    await client.post("/v1/brands", json={"code": "MIDORI", "names": {"ja": "みどり茶房"}})
    catalog = {"brand": "MIDORI", "code": "TEA", "names": {"ja": "茶"}, "opened": True}
    await client.post("/v1/web-catalogs", json=catalog)
    content = (DEMO / "products.csv").read_bytes()

    first = await send(client, content)
    assert first.status_code == 200, first.text[:2000]
    assert first.json()["counts"] == {"new": 707, "changed": 0, "unchanged": 0, "error": 0}
    await outbox.clear()
    second = await send(client, content)

    assert second.json()["counts"] == {"new": 0, "changed": 0, "unchanged": 707, "error": 0}
    assert await outbox() == []


@pytest.mark.req("INT-011")
async def test_a_dry_run_says_what_would_happen_and_does_nothing(client: httpx.AsyncClient, brand: Json) -> None:
    answer = await send(client, rows(RED, BLUE), dry_run=True)
    assert answer.json()["counts"]["new"] == 2
    assert (await client.get("/v1/skus")).json()["items"] == []


@pytest.mark.req("CAT-050")
async def test_a_price_that_differs_within_a_product_is_the_skus_own(
    client: httpx.AsyncClient, brand: Json, outbox: Outbox
) -> None:
    await outbox.clear()
    await send(client, rows(RED, BLUE))
    prices = {body.code: body.prices[0].amount for body in await outbox() if isinstance(body, SkuState)}
    assert prices == {"AP-1-RD": 6200, "AP-1-BL": 6400}


@pytest.mark.req("INT-012")
async def test_every_error_of_a_file_names_row_column_and_value(client: httpx.AsyncClient, brand: Json) -> None:
    content = rows(
        RED,
        "KOGANE,AP-1,ズボン,color,AP-1-BL,color,BL,6400,10",
        "NOBODY,AP-2,帽子,color,AP-2-RD,color,RD,100,10",
        "KOGANE,AP-3,靴,color,AP-3-RD,color,RD,100,5",
        'KOGANE,AP-4,鞄,color,AP-4-RD,color,RD,"1,000",10',
        "KOGANE,AP-5,傘,color/size,AP-5-RD,color,RD,100,10",
    )
    answer = await send(client, content)
    assert answer.status_code == 422
    told = [(e["row"], e["header"], e["code"], e["value"]) for e in answer.json()["errors"]]
    assert told == [
        (2, "model_number", "PRODUCT_REFUSED", "AP-1"),
        (3, "product_name_ja", "PRODUCT_ROWS_DIFFER", "ズボン"),
        (4, "brand_code", "UNKNOWN_BRAND", "NOBODY"),
        (5, "tax_rate", "BAD_TAX_RATE", "5"),
        (6, "original_price", "NOT_A_NUMBER", "1,000"),
        (7, "sku_template", "AXIS_VALUES", "color/size"),
    ]
    assert (await client.get("/v1/skus")).json()["items"] == []


async def test_good_rows_can_be_taken_alone(client: httpx.AsyncClient, brand: Json) -> None:
    content = rows(RED, "NOBODY,AP-2,帽子,color,AP-2-RD,color,RD,100,10")
    answer = await send(client, content, good_rows_only=True)
    assert answer.json()["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "error": 1}
    assert [item["code"] for item in (await client.get("/v1/skus")).json()["items"]] == ["AP-1-RD"]


async def test_a_blank_cell_keeps_and_clear_empties(client: httpx.AsyncClient, brand: Json) -> None:
    header = "brand_code,model_number,sku_code,wholesale_rate,material"
    await send(client, rows(RED))
    await send(client, f"{header}\nKOGANE,AP-1,AP-1-RD,60,綿\n")
    await send(client, f"{header}\nKOGANE,AP-1,AP-1-RD,,#CLEAR\n")
    (item,) = (await client.get("/v1/products")).json()["items"]
    assert (item["wholesale_rate"], item["material"], item["names"]) == ("60", "", {"ja": "シャツ"})


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04broken", b"%PDF-1.7", "a;b\n1;2".encode("utf-16")])
async def test_garbage_is_a_problem_and_never_a_crash(client: httpx.AsyncClient, brand: Json, content: bytes) -> None:
    answer = await send(client, content)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


async def test_rates_come_from_a_file(client: httpx.AsyncClient, brand: Json, deliver: Deliver, maker_id: UUID) -> None:
    await send(client, rows(RED))
    content = b"model_number,customer_code,wholesale_rate\nAP-1,C000137,55\n"
    answer = await client.post("/v1/customer-rate-imports", files={"file": ("rates.csv", content)})
    assert [(e["row"], e["header"], e["code"]) for e in answer.json()["errors"]] == [
        (2, "customer_code", "UNKNOWN_CUSTOMER")
    ]


async def test_the_template_can_be_imported_again(client: httpx.AsyncClient, brand: Json) -> None:
    template = await client.get("/v1/product-import-templates/csv")
    answer = await send(client, template.content)
    assert answer.json()["counts"]["new"] == 1, answer.text
