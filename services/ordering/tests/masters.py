"""States as their owners would announce them: a small shop by default, the demo wholesaler where a test wants it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from contracts.catalog import CountryTax, CustomerRateState, Price, SkuState, TaxState
from contracts.customers import CustomerState, MakerState, ShipTo
from contracts.parts import Address
from contracts.wire import State
from services.ordering.tests.builders import an_id
from services.ordering.tests.wholesaler import FOLDER, named

T10, T8 = an_id(10), an_id(8)


def maker(maker_id: UUID, **overrides: Any) -> MakerState:
    """A maker with the default preferences."""
    given: dict[str, Any] = {
        "name": "株式会社おろし商事",
        "time_zone": "Asia/Tokyo",
        "default_language": "ja",
        "default_currency": "JPY",
        "currencies": ("JPY", "USD"),
        "price_rounding": "floor",
        "price_tax_mode": "exclusive",
        "unshipped_creation": "automatic",
        "bill_from": "issued",
        "strict_import": False,
        "auto_confirm_matches": True,
        "bank_fee_tolerance": Decimal(880),
    }
    return MakerState(maker_id=maker_id, **(given | overrides))


def tax(tax_id: UUID, rate: int, *, standard: bool = False, active: bool = True) -> TaxState:
    return TaxState(
        tax_id=tax_id,
        code=f"T{rate}",
        name=f"消費税{rate}%",
        rate=Decimal(rate),
        reduced=rate == 8,
        rounding="floor",
        country="JP",
        standard=standard,
        active=active,
    )


def sku(code: str, number: int, *, price: int = 10_000, tax_id: UUID = T10, **overrides: Any) -> SkuState:
    given: dict[str, Any] = {
        "code": code,
        "product_id": an_id(number + 50_000),
        "brand_id": an_id(1),
        "brand_code": "KOGANE",
        "model_number": code,
        "name_ja": f"商品 {code}",
        "name_en": f"Item {code}",
        "state": "on_sale",
        "prices": (Price(currency="JPY", amount=Decimal(price)), Price(currency="USD", amount=Decimal("100.10"))),
        "taxes": (CountryTax(country="JP", tax_id=tax_id),),
        "wholesale_rate": None,
    }
    return SkuState(sku_id=an_id(number), **(given | overrides))


def customer(code: str = "C000122", number: int = 900, **overrides: Any) -> CustomerState:
    given: dict[str, Any] = {
        "kind": "company",
        "address": Address(
            postal_code="980-4994",
            address1="仙台市青葉区1",
            name="株式会社玉野井",
            department="仕入部",
            phone="022-0000-7390",
        ),
        "email": "shop@shop.example",
        "ship_tos": (
            ShipTo(number=0, address=Address(postal_code="060-0000", address1="札幌市中央区1", name="玉野井 札幌倉庫")),
            ShipTo(number=7, address=Address(postal_code="812-2224", address1="福岡市博多区2", name="玉野井 福岡店")),
        ),
        "payment_category": "銀行振込",
        "shipping_category": "宅配便",
        "language": "ja",
        "currency": "JPY",
        "wholesale_rate": Decimal(65),
        "credit_limit": None,
        "on_hold": False,
        "active": True,
    }
    return CustomerState(**({"customer_id": an_id(number), "code": code} | given | overrides))


def small_shop(maker_id: UUID, **preferences: Any) -> list[State]:
    """A maker, its taxes, two SKUs, one customer without limit and one with a limit of 50,000."""
    return [
        maker(maker_id, **preferences),
        tax(T10, 10, standard=True),
        tax(T8, 8),
        sku("AP-1", 100),
        sku("MD-1", 200, price=1_000, tax_id=T8),
        customer(),
        customer("C000200", 901, credit_limit=Decimal(50_000)),
    ]


def demo_wholesaler(maker_id: UUID) -> list[State]:
    """The masters of the demo data set."""
    facts = json.loads((FOLDER / "maker.json").read_text(encoding="utf-8"))
    taxes = {row["rate"]: named(row["code"]) for row in facts["taxes"]}
    rates = [
        CustomerRateState(
            product_id=named(row["model_number"]),
            customer_id=named(row["customer_code"]),
            wholesale_rate=Decimal(row["wholesale_rate"]),
        )
        for row in _table("product_customer_rates.csv")
    ]
    return [
        maker(maker_id, strict_import=facts["strict_import"], price_tax_mode=facts["price_tax_mode"]),
        *(tax(tax_id, int(rate), standard=rate == "10") for rate, tax_id in taxes.items()),
        *(_demo_sku(row, taxes[row["tax_rate"]]) for row in _table("products.csv")),
        *(_demo_customer(row) for row in _table("customers.csv")),
        *rates,
    ]


def _table(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _demo_sku(row: dict[str, str], tax_id: UUID) -> SkuState:
    return SkuState(
        sku_id=named(row["sku_code"]),
        code=row["sku_code"],
        product_id=named(row["model_number"]),
        brand_id=named(row["brand_code"]),
        brand_code=row["brand_code"],
        model_number=row["model_number"],
        name_ja=row["product_name_ja"],
        name_en=row["product_name_en"],
        state="on_sale",
        prices=(Price(currency="JPY", amount=Decimal(row["original_price"])),),
        taxes=(CountryTax(country="JP", tax_id=tax_id),),
        wholesale_rate=Decimal(row["wholesale_rate"]) if row["wholesale_rate"] else None,
    )


def _demo_customer(row: dict[str, str]) -> CustomerState:
    return customer(
        row["customer_code"],
        customer_id=named(row["customer_code"]),
        address=Address(**{name: row[name] for name in Address.model_fields}),
        email=row["email"],
        ship_tos=(
            ShipTo(
                number=0,
                address=Address(
                    postal_code=row["ship_to_postal_code"],
                    address1=row["ship_to_address1"],
                    address2=row["ship_to_address2"],
                    name=row["ship_to_name"],
                    kana=row["ship_to_kana"],
                    phone=row["ship_to_phone"],
                ),
            ),
        ),
        payment_category=row["payment_category"],
        shipping_category=row["shipping_category"],
        wholesale_rate=Decimal(row["wholesale_rate"]) if row["wholesale_rate"] else None,
        credit_limit=Decimal(row["credit_limit"]) if row["credit_limit"] else None,
        on_hold=row["on_hold"] == "yes",
    )
