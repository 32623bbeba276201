"""Addresses, locations and money between rows and core."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from fulfillment.core.parts import Address, Location
from kernel.money import Currency, Money, Rate


def address_row(address: Address) -> dict[str, str]:
    """As JSONB; empty parts are left out."""
    parts = {
        "postal_code": address.postal_code,
        "address1": address.address1,
        "address2": address.address2,
        "name": address.name,
        "department": address.department,
        "kana": address.kana,
        "phone": address.phone,
    }
    return {name: text for name, text in parts.items() if text}


def address_of(row: Mapping[str, str]) -> Address:
    """From JSONB."""
    return Address(**row)


def location_row(location: Location | None) -> dict[str, str] | None:
    """As JSONB."""
    if location is None:
        return None
    return {"location_id": str(location.location_id), "code": location.code, "name": location.name}


def location_of(row: Mapping[str, str] | None) -> Location | None:
    """From JSONB."""
    return None if row is None else Location(UUID(row["location_id"]), row["code"], row["name"])


def money_of(amount: Decimal, currency: Currency) -> Money:
    """A stored amount."""
    return Money(amount, currency)


def rate_of(percent: Decimal) -> Rate:
    """A stored rate."""
    return Rate.of(percent)
