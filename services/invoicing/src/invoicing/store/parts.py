"""Pieces that several tables keep in the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from invoicing.core.parties import BankAccount, Location, PostalAddress
from invoicing.tables import Json
from kernel.money import Currency, Money, Rate
from kernel.tax import TaxSums


def address_json(address: PostalAddress) -> Json:
    return {
        "postal_code": address.postal_code,
        "address1": address.address1,
        "address2": address.address2,
        "phone": address.phone,
    }


def address_of(stored: Mapping[str, Any]) -> PostalAddress:
    return PostalAddress(**stored)


def location_json(location: Location) -> Json:
    return {
        "location_id": str(location.location_id),
        "name": location.name,
        "address": address_json(location.address),
        "registration_number": location.registration_number,
    }


def location_of(stored: Mapping[str, Any]) -> Location:
    return Location(
        location_id=UUID(stored["location_id"]),
        name=stored["name"],
        address=address_of(stored["address"]),
        registration_number=stored["registration_number"],
    )


def bank_account_json(account: BankAccount) -> Json:
    return {
        "bank_account_id": str(account.bank_account_id),
        "bank_code": account.bank_code,
        "bank_name": account.bank_name,
        "branch_code": account.branch_code,
        "branch_name": account.branch_name,
        "account_type": account.account_type,
        "number": account.number,
        "holder_kana": account.holder_kana,
        "currency": account.currency,
        "active": account.active,
    }


def bank_account_of(stored: Mapping[str, Any]) -> BankAccount:
    return BankAccount(**{**stored, "bank_account_id": UUID(stored["bank_account_id"])})


def sums_of(rate: Decimal, exclusive: Decimal, inclusive: Decimal, currency: Currency, *, reduced: bool) -> TaxSums:
    """Stored amounts are exact; nothing is rounded on the way."""
    return TaxSums(Rate.of(rate), Money(exclusive, currency), Money(inclusive, currency), reduced)
