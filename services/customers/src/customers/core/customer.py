"""A customer (得意先): the trading company behind buyers, its destinations, credit limit and credit hold.

Owns the rules of CUS-030…038, CUS-060…064. Terms and delegations are aggregates of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from customers.core.fields import (
    LIMITS,
    NAME_AND_DEPARTMENT,
    bad_customer_code,
    bad_email,
    bad_rate,
    too_long,
)
from kernel.refusal import Refusal

SHIP_TO_LIMIT: Final = 9_999


class Kind(StrEnum):
    """Individual or company; only the honorific on documents differs (CUS-020)."""

    COMPANY = "company"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True)
class Address:
    """A printed address; hyphens stay here and are removed where orders copy it (CUS-038)."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


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


@dataclass(frozen=True, slots=True)
class Customer:
    """The aggregate. `ship_tos` by number, 0 = the master's own destination (送付先); `version` counts saves."""

    customer_id: UUID
    code: str
    profile: Profile
    ship_tos: Mapping[int, Address] = field(default_factory=dict)
    hold: Hold | None = None
    version: int = 0

    @property
    def on_hold(self) -> bool:
        return self.hold is not None


@dataclass(frozen=True, slots=True)
class RegisterCustomer:
    """A new customer; its code is typed or was generated before (CUS-030)."""

    customer_id: UUID
    code: str
    profile: Profile
    destination: Address | None = None


@dataclass(frozen=True, slots=True)
class ChangeCustomer:
    """A new profile, and a new own destination where one is given."""

    profile: Profile
    destination: Address | None = None


@dataclass(frozen=True, slots=True)
class PutShipTo:
    """Adds or replaces a ship-to (出荷先); without number the next free one is taken (CUS-035)."""

    address: Address
    number: int | None = None
    must_be_new: bool = False


@dataclass(frozen=True, slots=True)
class HoldCustomer:
    """Puts a customer on credit hold."""

    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseCustomer:
    """Takes a customer off credit hold."""

    reason: str
    actor: str
    at: datetime


Command: TypeAlias = ChangeCustomer | PutShipTo | HoldCustomer | ReleaseCustomer


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


def register(command: RegisterCustomer, *, taken_codes: frozenset[str]) -> Decision:
    """A new customer. `taken_codes` are the maker's codes in use, upper-cased (CUSTOMER_ID_TAKEN)."""
    problems = [*bad_customer_code(command.code, path="code"), *_profile_problems(command.profile)]
    if command.destination is not None:
        problems += _address_problems(command.destination, path="destination")
    if command.code.upper() in taken_codes:
        problems.append(Refusal("CUSTOMER_ID_TAKEN", {"code": command.code}, "code", value=command.code))
    if problems:
        return tuple(problems)
    return [CustomerRegistered(command.customer_id, command.code, command.profile, command.destination)]


def decide(state: Customer, command: Command) -> Decision:
    """What a command does to an existing customer; nothing when it changes nothing."""
    match command:
        case ChangeCustomer():
            return _change(state, command)
        case PutShipTo():
            return _put_ship_to(state, command)
        case HoldCustomer(reason, actor, at):
            return [] if state.on_hold else [CustomerHeld(Hold(reason, actor, at))]
        case ReleaseCustomer(reason, actor, at):
            return [CustomerReleased(reason, actor, at)] if state.on_hold else []
        case _:
            assert_never(command)


def evolve(state: Customer | None, event: Event) -> Customer:
    """The state after an event; only `CustomerRegistered` starts from nothing."""
    if isinstance(event, CustomerRegistered):
        ship_tos = {} if event.destination is None else {0: event.destination}
        return Customer(event.customer_id, event.code, event.profile, ship_tos)
    if state is None:
        raise ValueError("a customer begins with its registration")
    match event:
        case CustomerChanged(profile, destination):
            ship_tos = dict(state.ship_tos) if destination is None else {**state.ship_tos, 0: destination}
            return replace(state, profile=profile, ship_tos=ship_tos)
        case ShipToPut(number, address):
            return replace(state, ship_tos={**state.ship_tos, number: address})
        case CustomerHeld(hold):
            return replace(state, hold=hold)
        case CustomerReleased():
            return replace(state, hold=None)
        case _:
            assert_never(event)


def next_code(prefix: str, taken_codes: frozenset[str], *, last: int) -> str | Refusal:
    """The next generated code: prefix and number, zero-padded to seven characters, skipping used ones (CUS-030).

    `last` is the last number given; SEQUENCE_FULL when no number fits any more. Ex: `C`, 122 → `C000123`.
    """
    digits = 7 - len(prefix)
    for number in range(last + 1, 10**digits):
        code = f"{prefix}{number:0{digits}d}"
        if code.upper() not in taken_codes:
            return code
    return Refusal("SEQUENCE_FULL", {"prefix": prefix})


def _change(state: Customer, command: ChangeCustomer) -> Decision:
    problems = list(_profile_problems(command.profile))
    if command.destination is not None:
        problems += _address_problems(command.destination, path="destination")
    if problems:
        return tuple(problems)
    same_destination = command.destination is None or state.ship_tos.get(0) == command.destination
    if command.profile == state.profile and same_destination:
        return []
    return [CustomerChanged(command.profile, command.destination)]


def _put_ship_to(state: Customer, command: PutShipTo) -> Decision:
    number = command.number if command.number is not None else _free_number(state)
    problems = list(_address_problems(command.address, path="address"))
    if number is None:
        problems.append(Refusal("SHIP_TO_LIMIT", {"limit": str(SHIP_TO_LIMIT)}))
    elif not 0 <= number <= SHIP_TO_LIMIT:
        range_of = {"lowest": "1", "highest": str(SHIP_TO_LIMIT), "decimals": "0"}
        problems.append(Refusal("OUT_OF_RANGE", range_of, "number", value=str(number)))
    elif command.must_be_new and number in state.ship_tos:
        problems.append(Refusal("SHIP_TO_TAKEN", {"number": str(number)}, "number", value=str(number)))
    if problems or number is None:
        return tuple(problems)
    return [] if state.ship_tos.get(number) == command.address else [ShipToPut(number, command.address)]


def _free_number(state: Customer) -> int | None:
    """Highest + 1; at 9999 the lowest gap; None when all are taken (CUS-035)."""
    highest = max((number for number in state.ship_tos if number), default=0)
    if highest < SHIP_TO_LIMIT:
        return highest + 1
    return next((number for number in range(1, SHIP_TO_LIMIT) if number not in state.ship_tos), None)


def _profile_problems(profile: Profile) -> Iterator[Refusal]:
    yield from _address_problems(profile.address, path="address")
    if not profile.address.name:
        yield Refusal("REQUIRED", {}, "address.name")
    if profile.mailing_address is not None:
        yield from _address_problems(profile.mailing_address, path="mailing_address")
    for name in ("email", "payment_category", "shipping_category"):
        yield from too_long(name, getattr(profile, name), path=name)
    yield from bad_email(profile.email, path="email")
    yield from bad_rate(profile.wholesale_rate, path="wholesale_rate")
    if profile.credit_limit is not None and profile.credit_limit < 0:
        bounds = {"lowest": "0", "highest": "999999999999", "decimals": "0"}
        yield Refusal("OUT_OF_RANGE", bounds, "credit_limit", value=str(profile.credit_limit))


def _address_problems(address: Address, *, path: str) -> Iterator[Refusal]:
    for name in ("postal_code", "address1", "address2", "name", "department", "kana", "phone"):
        yield from too_long(name, getattr(address, name), path=f"{path}.{name}")
    joined = len(address.name) + len(address.department)
    if joined > NAME_AND_DEPARTMENT and max(len(address.name), len(address.department)) <= LIMITS["name"]:
        facts = {"limit": str(NAME_AND_DEPARTMENT), "length": str(joined)}
        yield Refusal("TOO_LONG", facts, f"{path}.department", value=address.department)
