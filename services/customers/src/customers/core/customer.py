"""A customer (得意先): the trading company behind buyers, its destinations, credit limit and credit hold.

Owns the rules of CUS-030…038 and CUS-060…064. Terms and delegations are aggregates of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, assert_never
from uuid import UUID

from customers.core.address import Address, AddressChange, address_problems
from customers.core.address_book import OWN, SHIP_TO_LIMIT, AddressBook
from customers.core.changes import KEEP, Keep, kept
from customers.core.fields import LIMITS, bad_amount, bad_customer_code, bad_email, bad_rate, missing, too_long
from customers.core.maker import Preferences
from kernel.refusal import Refusal


class Kind(StrEnum):
    """Individual or company; only the honorific on documents differs (CUS-020)."""

    COMPANY = "company"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True)
class Hold:
    """A credit hold (与信保留): why, by whom, since when (CUS-064)."""

    reason: str
    actor: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user may type about a customer. `credit_limit` in the maker's default currency, None = unlimited;
    `wholesale_rate` in percent, None = none of its own (CAT-052)."""

    kind: Kind
    address: Address
    email: str = ""
    mailing_address: Address | None = None
    payment_category: str = ""
    shipping_category: str = ""
    language: str = "ja"
    currency: str = "JPY"
    wholesale_rate: Decimal | None = None
    credit_limit: Decimal | None = None
    active: bool = True


def blank_profile(preferences: Preferences) -> Profile:
    """What a new customer of this maker begins with."""
    return Profile(
        Kind.COMPANY, Address(), language=preferences.default_language, currency=preferences.default_currency
    )


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values for some fields of a profile. A blank mailing address means: none."""

    kind: Kind | Keep = KEEP
    address: AddressChange = field(default_factory=AddressChange)
    email: str | Keep = KEEP
    mailing_address: Address | Keep | None = KEEP
    payment_category: str | Keep = KEEP
    shipping_category: str | Keep = KEEP
    language: str | Keep = KEEP
    currency: str | Keep = KEEP
    wholesale_rate: Decimal | Keep | None = KEEP
    credit_limit: Decimal | Keep | None = KEEP
    active: bool | Keep = KEEP

    def on(self, profile: Profile) -> Profile:
        """The profile with the new values."""
        return Profile(
            kind=kept(self.kind, profile.kind),
            address=self.address.on(profile.address),
            email=kept(self.email, profile.email),
            mailing_address=kept(self.mailing_address, profile.mailing_address),
            payment_category=kept(self.payment_category, profile.payment_category),
            shipping_category=kept(self.shipping_category, profile.shipping_category),
            language=kept(self.language, profile.language),
            currency=kept(self.currency, profile.currency),
            wholesale_rate=kept(self.wholesale_rate, profile.wholesale_rate),
            credit_limit=kept(self.credit_limit, profile.credit_limit),
            active=kept(self.active, profile.active),
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """The aggregate; `version` counts saves."""

    customer_id: UUID
    code: str
    profile: Profile
    ship_tos: AddressBook = field(default_factory=AddressBook)
    hold: Hold | None = None
    version: int = 0

    @property
    def on_hold(self) -> bool:
        """No shipping transaction is accepted (CUS-061); nothing else is refused for it."""
        return self.hold is not None


@dataclass(frozen=True, slots=True)
class RegisterCustomer:
    """A new customer; its code is typed or was generated before (CUS-030). Ship-tos come after the first save:
    `with_ship_tos` says that some were sent along (CUS-034)."""

    customer_id: UUID
    code: str
    profile: Profile
    destination: Address | None = None
    with_ship_tos: bool = False


@dataclass(frozen=True, slots=True)
class ChangeCustomer:
    """New values of the profile and of the master's own destination."""

    profile: ProfileChange = field(default_factory=ProfileChange)
    destination: AddressChange = field(default_factory=AddressChange)


@dataclass(frozen=True, slots=True)
class AddShipTo:
    """A new ship-to (出荷先); without number the next free one is taken (CUS-035)."""

    address: Address
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ChangeShipTo:
    """New values for a ship-to that exists."""

    number: int
    address: AddressChange


@dataclass(frozen=True, slots=True)
class HoldCustomer:
    """Puts a customer on credit hold; a new reason replaces the old one."""

    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseCustomer:
    """Takes a customer off credit hold."""

    reason: str
    actor: str
    at: datetime


Command: TypeAlias = ChangeCustomer | AddShipTo | ChangeShipTo | HoldCustomer | ReleaseCustomer


@dataclass(frozen=True, slots=True)
class CustomerRegistered:
    customer_id: UUID
    code: str
    profile: Profile
    destination: Address | None


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    profile: Profile
    destination: Address | None


@dataclass(frozen=True, slots=True)
class ShipToPut:
    number: int
    address: Address


@dataclass(frozen=True, slots=True)
class CustomerHeld:
    hold: Hold


@dataclass(frozen=True, slots=True)
class CustomerReleased:
    reason: str
    actor: str
    at: datetime


Event: TypeAlias = CustomerRegistered | CustomerChanged | ShipToPut | CustomerHeld | CustomerReleased
Decision: TypeAlias = list[Event] | tuple[Refusal, ...]
"""What happened, or every reason why not."""


def register(command: RegisterCustomer, preferences: Preferences, *, taken: frozenset[str] | set[str]) -> Decision:
    """A new customer. `taken` are the codes in use as `code_key` makes them (CUSTOMER_ID_TAKEN)."""
    problems = [*bad_customer_code(command.code, path="/code"), *_profile_problems(command.profile, preferences)]
    if command.destination is not None:
        problems += address_problems(command.destination, path="/destination")
    if code_key(command.code) in taken:
        problems.append(Refusal("CUSTOMER_ID_TAKEN", {"code": command.code}, "/code", value=command.code))
    if command.with_ship_tos:
        problems.append(Refusal("CUSTOMER_NOT_SAVED", {}, "/ship_tos"))
    if problems:
        return tuple(problems)
    return [CustomerRegistered(command.customer_id, command.code, command.profile, command.destination)]


def register_all(
    commands: Sequence[RegisterCustomer], preferences: Preferences, *, taken: frozenset[str]
) -> list[Decision]:
    """Each registration in order, every accepted code being taken for the next."""
    used, decisions = set(taken), list[Decision]()
    for command in commands:
        decision = register(command, preferences, taken=used)
        if isinstance(decision, list):
            used.add(code_key(command.code))
        decisions.append(decision)
    return decisions


def code_key(code: str) -> str:
    """Codes are unique ignoring case: nobody tells k101 from K101 on the phone."""
    return code.upper()


def decide(state: Customer, command: Command, preferences: Preferences) -> Decision:
    """What a command does to an existing customer; nothing when it changes nothing."""
    match command:
        case ChangeCustomer():
            return _change(state, command, preferences)
        case AddShipTo():
            return _add_ship_to(state, command)
        case ChangeShipTo():
            return _change_ship_to(state, command)
        case HoldCustomer():
            return _hold(state, command)
        case ReleaseCustomer(reason, actor, at):
            problems = _reason_problems(reason)
            return problems or ([CustomerReleased(reason, actor, at)] if state.on_hold else [])
        case _:
            assert_never(command)


def evolve(state: Customer | None, event: Event) -> Customer:
    """The state after an event; only `CustomerRegistered` starts from nothing."""
    if isinstance(event, CustomerRegistered):
        book = AddressBook() if event.destination is None else AddressBook.of({OWN: event.destination})
        return Customer(event.customer_id, event.code, event.profile, book)
    if state is None:
        raise ValueError("a customer begins with its registration")
    match event:
        case CustomerChanged(profile, destination):
            book = state.ship_tos if destination is None else state.ship_tos.put(OWN, destination)
            return replace(state, profile=profile, ship_tos=book)
        case ShipToPut(number, address):
            return replace(state, ship_tos=state.ship_tos.put(number, address))
        case CustomerHeld(hold):
            return replace(state, hold=hold)
        case CustomerReleased():
            return replace(state, hold=None)
        case _:
            assert_never(event)


def _change(state: Customer, command: ChangeCustomer, preferences: Preferences) -> Decision:
    profile = command.profile.on(state.profile)
    before = state.ship_tos.own or Address()
    destination = command.destination.on(before)
    problems = [*_profile_problems(profile, preferences), *address_problems(destination, path="/destination")]
    if destination != before:
        problems += state.ship_tos.overflow(OWN, destination)
    if problems:
        return tuple(problems)
    if profile == state.profile and destination == before:
        return []
    return [CustomerChanged(profile, destination if destination != before else None)]


def _add_ship_to(state: Customer, command: AddShipTo) -> Decision:
    problems = list(_ship_to_problems(command.address))
    number = state.ship_tos.next_number() if command.number is None else command.number
    if number is None:
        problems.append(Refusal("SHIP_TO_LIMIT", {"limit": str(SHIP_TO_LIMIT)}))
        return tuple(problems)
    if not 1 <= number <= SHIP_TO_LIMIT:
        problems.append(Refusal("OUT_OF_RANGE", {"range": f"1 – {SHIP_TO_LIMIT}"}, "/number", value=str(number)))
    elif number in state.ship_tos.entries:
        problems.append(Refusal("SHIP_TO_TAKEN", {"number": str(number)}, "/number", value=str(number)))
    problems += state.ship_tos.overflow(number, command.address)
    return tuple(problems) or [ShipToPut(number, command.address)]


def _change_ship_to(state: Customer, command: ChangeShipTo) -> Decision:
    before = state.ship_tos.entries.get(command.number)
    if before is None or command.number == OWN:
        return (Refusal("NOT_FOUND", {}, "/number", value=str(command.number)),)
    address = command.address.on(before)
    if address == before:
        return []
    problems = (*_ship_to_problems(address), *state.ship_tos.overflow(command.number, address))
    return problems or [ShipToPut(command.number, address)]


def _hold(state: Customer, command: HoldCustomer) -> Decision:
    problems = _reason_problems(command.reason)
    if problems:
        return problems
    if state.hold is not None and state.hold.reason == command.reason:
        return []
    return [CustomerHeld(Hold(command.reason, command.actor, command.at))]


def _reason_problems(reason: str) -> tuple[Refusal, ...]:
    return (*missing(reason, path="/reason"), *too_long(reason, LIMITS["reason"], path="/reason"))


def _ship_to_problems(address: Address) -> Iterator[Refusal]:
    yield from address_problems(address, path="/address")
    yield from missing(address.name, path="/address/name")


def _profile_problems(profile: Profile, preferences: Preferences) -> Iterator[Refusal]:
    yield from missing(profile.address.name, path="/address/name")
    yield from address_problems(profile.address, path="/address")
    if profile.mailing_address is not None:
        yield from address_problems(profile.mailing_address, path="/mailing_address")
    yield from bad_email(profile.email, path="/email")
    for name in ("payment_category", "shipping_category"):
        yield from too_long(getattr(profile, name), LIMITS[name], path=f"/{name}")
    if profile.language not in preferences.languages:
        allowed = {"allowed": ", ".join(preferences.languages)}
        yield Refusal("BAD_CHOICE", allowed, "/language", value=profile.language)
    if profile.currency not in preferences.currencies:
        yield Refusal("CURRENCY_NOT_ENABLED", {"currency": profile.currency}, "/currency", value=profile.currency)
    yield from bad_rate(profile.wholesale_rate, path="/wholesale_rate")
    yield from bad_amount(profile.credit_limit, preferences.home_currency, path="/credit_limit")
