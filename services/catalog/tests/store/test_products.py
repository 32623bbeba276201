"""What is saved comes back as it was, and the database refuses what the core would."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from catalog.core.brand import Brand
from catalog.core.product import Product, ProductState, Sku, SkuState
from catalog.store import masters, products
from catalog.tables import Row
from chassis.database import Database
from chassis.testing.migrations import differences
from chassis.tx import Stale

BRAND = UUID(int=77)
LETTERS = st.text("ABCDEFGHIJ0123456789-_", min_size=1, max_size=12)
AMOUNTS = st.none() | st.decimals(0, 10**9, places=2)
PRICES = st.dictionaries(st.sampled_from(["JPY", "USD"]), st.decimals(0, 10**9, places=2), max_size=2)


@st.composite
def a_product(draw: st.DrawFn, brand: UUID) -> Product:
    codes = draw(st.lists(LETTERS, max_size=5, unique_by=str.upper))
    days = sorted(draw(st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), min_size=2, max_size=2)))
    return Product(
        product_id=draw(st.uuids(version=4)),
        brand_id=brand,
        model_number=draw(LETTERS),
        names=draw(st.dictionaries(st.sampled_from(["ja", "en", "zh"]), LETTERS, min_size=1)),
        axes=("color",),
        prices=draw(PRICES),
        taxes=draw(st.dictionaries(st.sampled_from(["JP", "DE"]), st.uuids(version=4), max_size=2)),
        wholesale_rate=draw(st.none() | st.decimals(0, 100, places=2)),
        partition_price=draw(AMOUNTS),
        hs_code="6109.10",
        material=draw(LETTERS),
        country_of_origin="JP",
        net_weight_g=draw(st.none() | st.integers(0, 10_000)),
        planned_from=draw(st.sampled_from([None, days[0]])),
        planned_to=draw(st.sampled_from([None, days[1]])),
        state=draw(st.sampled_from(list(ProductState))),
        skus=tuple(
            Sku(
                draw(st.uuids(version=4)),
                code,
                (code,),
                draw(PRICES),
                draw(AMOUNTS),
                None,
                5,
                draw(st.sampled_from(list(SkuState))),
            )
            for code in codes
        ),
    )


@pytest.mark.req("GEN-001")
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_saved_comes_back(database: Database, data: st.DataObject) -> None:
    maker_id = uuid4()  # every example has a maker of its own
    brand_id = data.draw(st.uuids(version=4))
    product = data.draw(a_product(brand_id))
    async with database.transaction(maker_id) as tx:
        await masters.add_brands(tx, [Brand(brand_id, f"B{brand_id.hex[:10].upper()}", {"ja": "ブランド"})])
        (saved,) = await products.save_products(tx, [product])
        assert (await products.load_products(tx, [product.product_id])) == {product.product_id: saved}


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    assert await differences(database, Row.metadata) == []


@pytest.mark.req("GEN-006")
async def test_a_stale_product_is_not_written(database: Database, maker_id: UUID) -> None:
    product = await _one(database, maker_id)
    async with database.transaction(maker_id) as tx:
        await products.save_products(tx, [replace(product, material="綿")])
    with pytest.raises(Stale):
        async with database.transaction(maker_id) as tx:
            await products.save_products(tx, [replace(product, material="麻")])


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"wholesale_rate": Decimal("100.5")}, "ck_products_wholesale_rate"),
        ({"partition_price": Decimal(-1)}, "ck_products_partition_price"),
        ({"minimum_quantity": 0}, "ck_products_minimum_quantity"),
        ({"lot_size": 0}, "ck_products_lot_size"),
        ({"planned_from": date(2026, 2, 1), "planned_to": date(2026, 1, 1)}, "ck_products_planned"),
        ({"brand_id": UUID(int=1)}, "fk_products_brand"),
    ],
)
async def test_the_database_refuses_what_no_core_lets_through(
    database: Database, maker_id: UUID, changes: dict[str, object], constraint: str
) -> None:
    product = await _one(database, maker_id)
    with pytest.raises(IntegrityError, match=constraint):
        async with database.transaction(maker_id) as tx:
            await products.save_products(tx, [replace(product, **changes)])  # type: ignore[arg-type]


@pytest.mark.req("CAT-023")
async def test_two_products_never_share_an_sku_code(database: Database, maker_id: UUID) -> None:
    product = await _one(database, maker_id)
    twin = replace(
        product, product_id=UUID(int=6), model_number="OTHER", version=0, skus=(Sku(UUID(int=7), "ap-1-rd", ("BL",)),)
    )
    with pytest.raises(IntegrityError, match="uq_skus_code_key"):
        async with database.transaction(maker_id) as tx:
            await products.save_products(tx, [twin])


async def _one(database: Database, maker_id: UUID) -> Product:
    product = Product(
        product_id=UUID(int=5),
        brand_id=BRAND,
        model_number="AP-1",
        names={"ja": "シャツ"},
        axes=("color",),
        skus=(Sku(UUID(int=8), "AP-1-RD", ("RD",)),),
    )
    async with database.transaction(maker_id) as tx:
        await masters.add_brands(tx, [Brand(BRAND, "KOGANE", {"ja": "こがね"})])
        (saved,) = await products.save_products(tx, [product])
    return saved
