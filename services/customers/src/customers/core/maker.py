"""A maker (メーカー) and its core preferences: currencies, roundings, locations, bank accounts (CUS-006…008)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

from customers.core.customer import Address
from kernel.money import SUPPORTED, Rounding
from kernel.refusal import Refusal
from kernel.text import RegistrationNumberProblem, registration_number_problem

LANGUAGES: Final = ("ja", "en", "zh")
ACCOUNT_TYPES: Final = {"ordinary": "1", "current": "2", "savings": "4"}
"""Bank account kinds and their digit in Zengin files."""


class PriceTaxMode(StrEnum):
    """Whether catalog prices contain tax (CAT-017)."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


class UnshippedCreation(StrEnum):
    """Whether confirming an order makes unshipped SKUs at once or a person does it later (ORD-080)."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class BillFrom(StrEnum):
    """From which state on a delivery note may be billed (FUL-034)."""

    ISSUED = "issued"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Location:
    """A maker's address with its own qualified-invoice registration number (拠点, CUS-007)."""

    location_id: UUID
    code: str
    name: str
    address: Address
    registration_number: str | None = None


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A maker's bank account, tied to one currency (CUS-008)."""

    bank_account_id: UUID
    code: str
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: str
    number: str
    holder_kana: str
    currency: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the maker chose. `bank_fee_tolerance` in the default currency, 0 = off (PAY-039)."""

    name: str
    time_zone: str = "Asia/Tokyo"
    default_language: str = "ja"
    default_currency: str = "JPY"
    currencies: tuple[str, ...] = ("JPY",)
    price_rounding: Rounding = Rounding.FLOOR
    price_tax_mode: PriceTaxMode = PriceTaxMode.EXCLUSIVE
    unshipped_creation: UnshippedCreation = UnshippedCreation.AUTOMATIC
    bill_from: BillFrom = BillFrom.ISSUED
    strict_import: bool = False
    auto_confirm_matches: bool = False
    bank_fee_tolerance: Decimal = Decimal(880)
    customer_prefix: str = "C"


@dataclass(frozen=True, slots=True)
class Maker:
    """The aggregate; locations and bank accounts in the order they were added."""

    maker_id: UUID
    preferences: Preferences
    locations: tuple[Location, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    version: int = 0


def preference_problems(preferences: Preferences) -> tuple[Refusal, ...]:
    """Everything wrong with the preferences; empty when they can be kept."""
    return tuple(_preference_problems(preferences))


def _preference_problems(chosen: Preferences) -> Iterator[Refusal]:
    if not 1 <= len(chosen.name) <= 255:
        yield Refusal("TOO_LONG" if chosen.name else "REQUIRED", {"limit": "255"}, "name", value=chosen.name)
    if chosen.time_zone not in available_timezones():
        yield Refusal("UNKNOWN_TIME_ZONE", {"value": chosen.time_zone}, "time_zone", value=chosen.time_zone)
    if chosen.default_language not in LANGUAGES:
        allowed = {"allowed": ", ".join(LANGUAGES)}
        yield Refusal("NOT_ALLOWED", allowed, "default_language", value=chosen.default_language)
    for code in chosen.currencies:
        if code not in SUPPORTED:
            yield Refusal("CURRENCY_UNSUPPORTED", {"currency": code}, "currencies", value=code)
    if chosen.default_currency not in chosen.currencies:
        yield Refusal("DEFAULT_CURRENCY", {"currency": chosen.default_currency}, "default_currency")
    if not (0 <= len(chosen.customer_prefix) <= 6 and (chosen.customer_prefix or "A").isalnum()):
        yield Refusal("BAD_CHARS", {"allowed": "A-Z a-z 0-9"}, "customer_prefix", value=chosen.customer_prefix)
    if chosen.bank_fee_tolerance < 0:
        bounds = {"lowest": "0", "highest": "999999999999", "decimals": "0"}
        yield Refusal("OUT_OF_RANGE", bounds, "bank_fee_tolerance", value=str(chosen.bank_fee_tolerance))


def location_problems(location: Location) -> tuple[Refusal, ...]:
    """REG_NO_FORMAT where a registration number is not `T` and 13 digits; a wrong check digit only warns (CUS-007)."""
    if location.registration_number is None:
        return ()
    number = location.registration_number
    if registration_number_problem(number) is not RegistrationNumberProblem.FORMAT:
        return ()
    return (Refusal("REG_NO_FORMAT", {"value": number}, "registration_number", value=number),)


def bank_account_problems(account: BankAccount, preferences: Preferences) -> tuple[Refusal, ...]:
    """Everything wrong with a bank account: kind, digits, currency not enabled."""
    return tuple(_bank_account_problems(account, preferences))


def _bank_account_problems(account: BankAccount, preferences: Preferences) -> Iterator[Refusal]:
    if account.kind not in ACCOUNT_TYPES:
        yield Refusal("NOT_ALLOWED", {"allowed": ", ".join(ACCOUNT_TYPES)}, "kind", value=account.kind)
    for name, length in (("bank_code", 4), ("branch_code", 3), ("number", 7)):
        value = getattr(account, name)
        if account.currency == "JPY" and not (value.isascii() and value.isdigit() and len(value) == length):
            yield Refusal("DIGITS", {"length": str(length)}, name, value=value)
    if account.currency not in preferences.currencies:
        yield Refusal("CURRENCY_NOT_ENABLED", {"currency": account.currency}, "currency", value=account.currency)
