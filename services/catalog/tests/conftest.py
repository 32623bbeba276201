"""Catalog under test: a maker's brand, taxes and web catalog to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from catalog import app as catalog_app
from chassis.service import Service

Json = dict[str, Any]


@pytest.fixture(scope="session")
def service() -> Service:
    return catalog_app.service


@pytest_asyncio.fixture(loop_scope="session")
async def brand(client: httpx.AsyncClient) -> Json:
    """A brand with an open web catalog and the two Japanese taxes."""
    made = await client.post("/v1/brands", json={"code": "KOGANE", "names": {"ja": "こがね衣料"}})
    assert made.status_code == 201, made.text
    for tax in (
        {"code": "T10", "name": "消費税10%", "rate": "10", "standard": True},
        {"code": "T8", "name": "軽減8%", "rate": "8", "reduced": True},
    ):
        assert (await client.post("/v1/taxes", json=tax)).status_code == 201
    catalog = {"brand": "KOGANE", "code": "MAIN", "names": {"ja": "カタログ"}, "opened": True}
    opened = await client.post("/v1/web-catalogs", json=catalog)
    assert opened.status_code == 201, opened.text
    return {**made.json(), "catalog_id": opened.json()["catalog_id"]}


@pytest.fixture
def a_product() -> Callable[..., Json]:
    """Builds a request for a product with two SKUs."""

    def build(**changes: Any) -> Json:
        return {
            "brand": "KOGANE",
            "model_number": "AP-1001",
            "names": {"ja": "花筏 Tシャツ", "en": "Hanaikada T-shirt"},
            "axes": ["color", "size"],
            "prices": {"JPY": "6200"},
            "taxes": {"JP": "T10"},
            "wholesale_rate": "60",
            "skus": [
                {"code": "AP-1001-RD-S", "values": ["RD", "S"]},
                {"code": "AP-1001-RD-M", "values": ["RD", "M"], "prices": {"JPY": "6400"}},
            ],
            **changes,
        }

    return build
