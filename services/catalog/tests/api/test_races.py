"""Two people at once: the later one counts, and what is answered is what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from catalog.usecases import rates
from catalog.usecases.rates import PutRate
from chassis.database import Database
from chassis.testing.messages import Deliver
from contracts.customers import CustomerState
from contracts.parts import Address
from contracts.wire import Message

Json = dict[str, Any]
CUSTOMER = UUID(int=137)


@pytest.mark.parametrize("before", [None, "50"], ids=["a new rate", "a known rate"])
@pytest.mark.req("GEN-006", "CAT-052")
async def test_a_rate_put_while_somebody_else_puts_it_is_not_lost(
    client: httpx.AsyncClient,
    database: Database,
    deliver: Deliver,
    maker_id: UUID,
    brand: Json,
    a_product: Callable[..., Json],
    before: str | None,
) -> None:
    product_id = UUID((await client.post("/v1/products", json=a_product())).json()["product_id"])
    await deliver(Message(maker_id, a_customer(), version=1))
    if before is not None:
        await client.post("/v1/customer-rates", json=[wanted(before)])

    async with database.transaction(maker_id) as first:
        await rates.put(first, [PutRate(Decimal(55), product_id=product_id, customer_id=CUSTOMER)])
        second = asyncio.create_task(client.post("/v1/customer-rates", json=[wanted("60")]))
        await asyncio.sleep(0.3)

    answered = (await second).json()["results"][0]["item"]
    (stored,) = (await client.get("/v1/customer-rates")).json()["items"]
    assert stored["wholesale_rate"] == "60"
    assert answered["version"] == (2 if before is None else 3)


def wanted(rate: str) -> Json:
    return {"model_number": "AP-1001", "customer_id": str(CUSTOMER), "wholesale_rate": rate}


def a_customer() -> CustomerState:
    return CustomerState(
        customer_id=CUSTOMER,
        code="C000137",
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
