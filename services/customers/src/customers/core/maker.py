"""A maker (メーカー) and its core preferences: currencies, roundings, locations, bank accounts (CUS-006…008)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from customers.core.address import Address, address_problems
from customers.core.fields import bad_amount, bad_master_code, missing, too_long
from kernel.money import SUPPORTED, Currency, Rounding
from kernel.refusal import Refusal
from kernel.text import RegistrationNumberProblem, registration_number_problem

LANGUAGES: Final = ("ja", "en", "zh")
ACCOUNT_TYPES: Final = {"ordinary": "1", "current": "2", "savings": "4"}
"""Bank account kinds and their digit in Zengin files."""

_PREFIX: Final = re.compile("[A-Za-z0-9]{0,6}")
_BIC: Final = re.compile("[A-Z0-9]{8}([A-Z0-9]{3})?")
_IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_MOST_OF_A_KIND: Final = 200
"""Locations or bank accounts of one maker: all of them travel in one message."""


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
    """A maker's bank account, tied to one currency (CUS-008). `kind` is a key of ACCOUNT_TYPES."""

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
    bic: str = ""
    iban: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the maker chose. `bank_fee_tolerance` in the default currency, 0 = off (PAY-039)."""

    name: str
    time_zone: str = "Asia/Tokyo"
    languages: tuple[str, ...] = LANGUAGES
    default_language: str = "ja"
    currencies: tuple[str, ...] = ("JPY",)
    default_currency: str = "JPY"
    price_rounding: Rounding = Rounding.FLOOR
    price_tax_mode: PriceTaxMode = PriceTaxMode.EXCLUSIVE
    unshipped_creation: UnshippedCreation = UnshippedCreation.AUTOMATIC
    bill_from: BillFrom = BillFrom.ISSUED
    strict_import: bool = False
    auto_confirm_matches: bool = False
    bank_fee_tolerance: Decimal = Decimal(880)
    customer_prefix: str = "C"

    @property
    def home_currency(self) -> Currency:
        """The default currency, in which credit limits and tolerances are kept."""
        return Currency.of(self.default_currency)


@dataclass(frozen=True, slots=True)
class Maker:
    """The aggregate; locations and bank accounts in the order they were added. `version` counts saves."""

    maker_id: UUID
    preferences: Preferences
    locations: tuple[Location, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class CreateMaker:
    """A new maker with the preferences everybody starts with."""

    maker_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class ChangePreferences:
    """All preferences as they shall be."""

    preferences: Preferences


@dataclass(frozen=True, slots=True)
class AddLocation:
    location: Location


@dataclass(frozen=True, slots=True)
class ChangeLocation:
    location: Location


@dataclass(frozen=True, slots=True)
class AddBankAccount:
    account: BankAccount


@dataclass(frozen=True, slots=True)
class ChangeBankAccount:
    """All values as they shall be; deactivating is a change too (an account is never deleted, CUS-008)."""

    account: BankAccount


Command: TypeAlias = ChangePreferences | AddLocation | ChangeLocation | AddBankAccount | ChangeBankAccount


@dataclass(frozen=True, slots=True)
class MakerCreated:
    maker_id: UUID
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class PreferencesChanged:
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class LocationPut:
    location: Location


@dataclass(frozen=True, slots=True)
class BankAccountPut:
    account: BankAccount


Event: TypeAlias = MakerCreated | PreferencesChanged | LocationPut | BankAccountPut
Decision: TypeAlias = list[Event] | tuple[Refusal, ...]
"""What happened, or every reason why not."""


@dataclass(frozen=True, slots=True)
class MakerFacts:
    """What a decision about a maker must be told: the time zones there are, and what its customers use."""

    time_zones: frozenset[str]
    currencies_in_use: frozenset[str] = frozenset()
    languages_in_use: frozenset[str] = frozenset()
    has_credit_limits: bool = False


def create(command: CreateMaker, facts: MakerFacts) -> Decision:
    """A new maker with default preferences."""
    preferences = Preferences(name=command.name)
    problems = tuple(_preference_problems(preferences, facts))
    return problems or [MakerCreated(command.maker_id, preferences)]


def decide(state: Maker, command: Command, facts: MakerFacts) -> Decision:
    """What a command does to an existing maker; nothing when it changes nothing."""
    match command:
        case ChangePreferences(preferences):
            problems = (*_preference_problems(preferences, facts), *_in_use(state, preferences, facts))
            return problems or _if_new([PreferencesChanged(preferences)], preferences == state.preferences)
        case AddLocation(location):
            return _put_location(state, location, others=state.locations)
        case ChangeLocation(location):
            return _put_location(state, location, others=_without(state.locations, location.location_id))
        case AddBankAccount(account):
            return _put_account(state, account, others=state.bank_accounts)
        case ChangeBankAccount(account):
            others = tuple(one for one in state.bank_accounts if one.bank_account_id != account.bank_account_id)
            return _put_account(state, account, others=others)
        case _:
            assert_never(command)


def evolve(state: Maker | None, event: Event) -> Maker:
    """The state after an event; only `MakerCreated` starts from nothing."""
    if isinstance(event, MakerCreated):
        return Maker(event.maker_id, event.preferences)
    if state is None:
        raise ValueError("a maker begins with its creation")
    match event:
        case PreferencesChanged(preferences):
            return replace(state, preferences=preferences)
        case LocationPut(location):
            if location.location_id not in {one.location_id for one in state.locations}:
                return replace(state, locations=(*state.locations, location))
            changed = (location if one.location_id == location.location_id else one for one in state.locations)
            return replace(state, locations=tuple(changed))
        case BankAccountPut(account):
            if account.bank_account_id not in {one.bank_account_id for one in state.bank_accounts}:
                return replace(state, bank_accounts=(*state.bank_accounts, account))
            kept = (account if one.bank_account_id == account.bank_account_id else one for one in state.bank_accounts)
            return replace(state, bank_accounts=tuple(kept))
        case _:
            assert_never(event)


def location_warnings(location: Location) -> tuple[Refusal, ...]:
    """REG_NO_CHECK_DIGIT where the corporate check digit is wrong: sole traders' numbers need not satisfy it (R21)."""
    number = location.registration_number
    if number is None or registration_number_problem(number) is not RegistrationNumberProblem.CHECK_DIGIT:
        return ()
    return (Refusal("REG_NO_CHECK_DIGIT", {"value": number}, "/registration_number", value=number),)


def _if_new(events: list[Event], same: bool) -> list[Event]:
    return [] if same else events


def _without(locations: Iterable[Location], location_id: UUID) -> tuple[Location, ...]:
    return tuple(one for one in locations if one.location_id != location_id)


def _preference_problems(chosen: Preferences, facts: MakerFacts) -> Iterator[Refusal]:
    yield from missing(chosen.name, path="/name")
    yield from too_long(chosen.name, 255, path="/name")
    if chosen.time_zone not in facts.time_zones:
        yield Refusal("UNKNOWN_TIME_ZONE", {"value": chosen.time_zone}, "/time_zone", value=chosen.time_zone)
    yield from _list_problems(chosen.languages, LANGUAGES, "BAD_CHOICE", "/languages")
    if chosen.default_language not in chosen.languages:
        yield _not_listed(chosen.default_language, chosen.languages, "/default_language")
    yield from _list_problems(chosen.currencies, SUPPORTED, "CURRENCY_UNSUPPORTED", "/currencies")
    if chosen.default_currency not in chosen.currencies:
        yield _not_listed(chosen.default_currency, chosen.currencies, "/default_currency")
    if not _PREFIX.fullmatch(chosen.customer_prefix):
        expected = {"expected": "0-6 × A-Z a-z 0-9"}
        yield Refusal("BAD_FORMAT", expected, "/customer_prefix", value=chosen.customer_prefix)
    if chosen.default_currency in SUPPORTED:
        yield from bad_amount(chosen.bank_fee_tolerance, chosen.home_currency, path="/bank_fee_tolerance")


def _list_problems(chosen: tuple[str, ...], known: Iterable[str], code: str, path: str) -> Iterator[Refusal]:
    allowed = list(known)
    for at, value in enumerate(chosen):
        if value not in allowed:
            yield Refusal(code, {"value": value, "allowed": ", ".join(allowed)}, f"{path}/{at}", value=value)
        elif value in chosen[:at]:
            yield Refusal("DUPLICATE_VALUE", {"value": value}, f"{path}/{at}", value=value)


def _not_listed(value: str, listed: tuple[str, ...], path: str) -> Refusal:
    return Refusal("BAD_CHOICE", {"allowed": ", ".join(listed)}, path, value=value)


def _in_use(state: Maker, chosen: Preferences, facts: MakerFacts) -> Iterator[Refusal]:
    """PREFERENCE_IN_USE for entries taken off a list that a customer or an active bank account uses (CUS-006).

    The default currency cannot change while customers have credit limits in it: they would silently change worth.
    """
    if facts.has_credit_limits and chosen.default_currency != state.preferences.default_currency:
        used_now = state.preferences.default_currency
        yield Refusal("PREFERENCE_IN_USE", {"value": used_now}, "/default_currency", value=chosen.default_currency)
    banked = frozenset(account.currency for account in state.bank_accounts if account.active)
    for path, before, after, used in (
        ("/currencies", state.preferences.currencies, chosen.currencies, facts.currencies_in_use | banked),
        ("/languages", state.preferences.languages, chosen.languages, facts.languages_in_use),
    ):
        for value in before:
            if value in used and value not in after:
                yield Refusal("PREFERENCE_IN_USE", {"value": value}, path, value=value)


def _put_location(state: Maker, location: Location, *, others: tuple[Location, ...]) -> Decision:
    problems = [*_location_problems(location)]
    if location.code in {one.code for one in others}:
        problems.append(Refusal("CODE_TAKEN", {"code": location.code}, "/code", value=location.code))
    if len(others) >= _MOST_OF_A_KIND:
        problems.append(Refusal("TOO_MANY", {"limit": str(_MOST_OF_A_KIND)}))
    return tuple(problems) or _if_new([LocationPut(location)], location in state.locations)


def _location_problems(location: Location) -> Iterator[Refusal]:
    yield from bad_master_code(location.code, path="/code")
    yield from missing(location.name, path="/name")
    yield from too_long(location.name, 100, path="/name")
    yield from address_problems(location.address, path="/address")
    number = location.registration_number
    if number is not None and registration_number_problem(number) is RegistrationNumberProblem.FORMAT:
        yield Refusal("REG_NO_FORMAT", {"value": number}, "/registration_number", value=number)


def _put_account(state: Maker, account: BankAccount, *, others: tuple[BankAccount, ...]) -> Decision:
    problems = [*_account_problems(account, state.preferences)]
    if account.code in {one.code for one in others}:
        problems.append(Refusal("CODE_TAKEN", {"code": account.code}, "/code", value=account.code))
    if len(others) >= _MOST_OF_A_KIND:
        problems.append(Refusal("TOO_MANY", {"limit": str(_MOST_OF_A_KIND)}))
    return tuple(problems) or _if_new([BankAccountPut(account)], account in state.bank_accounts)


def _account_problems(account: BankAccount, preferences: Preferences) -> Iterator[Refusal]:
    yield from bad_master_code(account.code, path="/code")
    for name, limit in (("bank_name", 100), ("branch_name", 100), ("holder_kana", 100), ("number", 34)):
        yield from too_long(getattr(account, name), limit, path=f"/{name}")
    for name in ("bank_name", "holder_kana"):
        yield from missing(getattr(account, name), path=f"/{name}")
    if account.kind not in ACCOUNT_TYPES:
        yield _not_listed(account.kind, tuple(ACCOUNT_TYPES), "/kind")
    if account.currency not in SUPPORTED:  # of an inactive one too: no service could read it
        facts = {"value": account.currency, "allowed": ", ".join(SUPPORTED)}
        yield Refusal("CURRENCY_UNSUPPORTED", facts, "/currency", value=account.currency)
    elif account.active and account.currency not in preferences.currencies:
        yield Refusal("CURRENCY_NOT_ENABLED", {"currency": account.currency}, "/currency", value=account.currency)
    if account.currency == "JPY":
        yield from _domestic_problems(account)
    yield from _foreign_problems(account)


def _domestic_problems(account: BankAccount) -> Iterator[Refusal]:
    """Zengin files know banks by 4, branches by 3 and accounts by 7 digits."""
    for name, length in (("bank_code", 4), ("branch_code", 3), ("number", 7)):
        value = getattr(account, name)
        if not (value.isascii() and value.isdigit() and len(value) == length):
            yield Refusal("BAD_FORMAT", {"expected": f"{length} × 0-9"}, f"/{name}", value=value)


def _foreign_problems(account: BankAccount) -> Iterator[Refusal]:
    """BIC and IBAN where they are given; an account has a number or an IBAN."""
    if account.bic and not _BIC.fullmatch(account.bic):
        yield Refusal("BAD_FORMAT", {"expected": "8/11 × A-Z 0-9"}, "/bic", value=account.bic)
    if account.iban and not _IBAN.fullmatch(account.iban):
        yield Refusal("BAD_FORMAT", {"expected": "IBAN"}, "/iban", value=account.iban)
    if not account.number and not account.iban:
        yield Refusal("REQUIRED", {}, "/number")
