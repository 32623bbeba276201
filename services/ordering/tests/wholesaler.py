"""The demo data set as ordering would know it: masters from their files, NextEngine files as rows, expected figures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from kernel.money import JPY, Rate, Rounding
from ordering.core.market import Address, Customer, Market, Preferences, Sku, Tax, TaxTable
from ordering.core.nextengine.headers import Recognised, recognise
from ordering.core.nextengine.reading import FileRow

FOLDER: Final = Path(__file__).parents[3] / "demo" / "wholesaler"
_SPACE: Final = UUID("0190aaaa-0000-7000-8000-000000000000")


def named(name: str) -> UUID:
    return uuid5(_SPACE, name)


def _table(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@dataclass(frozen=True)
class NextEngineFile:
    """One order file: its headers recognised, its records numbered with the header as 1."""

    recognised: Recognised
    rows: list[FileRow]


@cache
def order_file(name: str) -> NextEngineFile:
    text = (FOLDER / name).read_bytes().decode("cp932")
    records = list(csv.reader(io.StringIO(text, newline="")))
    recognised = recognise(records[0])
    assert isinstance(recognised, Recognised)
    return NextEngineFile(recognised, [FileRow(number, row) for number, row in enumerate(records[1:], start=2)])


@cache
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
    return loaded


@cache
def expected_errors() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "errors_expected.json").read_text(encoding="utf-8"))
    return loaded


def adjusted_and_cancelled() -> list[dict[str, str]]:
    return list(_table("ocs.csv"))


def note_charges() -> list[dict[str, str]]:
    return list(_table("note_charges.csv"))


@cache
def market() -> Market:
    maker = json.loads((FOLDER / "maker.json").read_text(encoding="utf-8"))
    taxes = {
        tax["rate"]: Tax(
            named(tax["code"]),
            Rate.of(tax["rate"]),
            tax["reduced"],
            Rounding(tax["rounding"]),
            tax["country"],
            tax["standard"],
            active=True,
        )
        for tax in maker["taxes"]
    }
    return Market(
        preferences=Preferences(
            currency=JPY,
            time_zone=ZoneInfo(maker["time_zone"]),
            price_rounding=Rounding(maker["price_rounding"]),
            prices_include_tax=maker["price_tax_mode"] == "inclusive",
            converts_at_confirmation=maker["unshipped_creation"] == "automatic",
            strict_import=maker["strict_import"],
        ),
        taxes=TaxTable.of(taxes.values()),
        skus={row["sku_code"].upper(): _sku(row, taxes[row["tax_rate"]]) for row in _table("products.csv")},
        customers={row["customer_code"]: _customer(row) for row in _table("customers.csv")},
        customer_rates={
            (named(row["model_number"]), named(row["customer_code"])): Rate.of(row["wholesale_rate"])
            for row in _table("product_customer_rates.csv")
        },
    )


def _sku(row: dict[str, str], tax: Tax) -> Sku:
    return Sku(
        sku_id=named(row["sku_code"]),
        code=row["sku_code"],
        product_id=named(row["model_number"]),
        name=row["product_name_ja"],
        state="on_sale",
        prices={row["currency"]: Decimal(row["original_price"])},
        tax_id=tax.tax_id,
        wholesale_rate=Rate.of(row["wholesale_rate"]) if row["wholesale_rate"] else None,
    )


def _customer(row: dict[str, str]) -> Customer:
    home = Address(
        row["postal_code"],
        row["address1"],
        row["address2"],
        row["name"],
        row["department"],
        row["kana"],
        row["phone"],
    )
    destination = Address(
        row["ship_to_postal_code"],
        row["ship_to_address1"],
        row["ship_to_address2"],
        row["ship_to_name"],
        "",
        row["ship_to_kana"],
        row["ship_to_phone"],
    )
    return Customer(
        customer_id=named(row["customer_code"]),
        code=row["customer_code"],
        address=home,
        destination=destination,
        email=row["email"],
        payment_category=row["payment_category"],
        shipping_category=row["shipping_category"],
        wholesale_rate=Rate.of(row["wholesale_rate"]) if row["wholesale_rate"] else None,
        credit_limit=Decimal(row["credit_limit"]) if row["credit_limit"] else None,
        active=True,
    )
