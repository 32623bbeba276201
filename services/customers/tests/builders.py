"""Makers, customers, members and terms with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from hypothesis import strategies as st

from customers.core import customer as customers
from customers.core.address import Address
from customers.core.address_book import AddressBook
from customers.core.customer import Customer, Hold, Kind, Profile
from customers.core.maker import BankAccount, Location, Maker, MakerFacts, Preferences
from customers.core.member import Member, Role
from kernel.refusal import Refusal

T = TypeVar("T")

NOW: Final = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
FACTS: Final = MakerFacts(frozenset({"Asia/Tokyo", "Europe/Berlin"}))
PREFERENCES: Final = Preferences("株式会社おろし商事", currencies=("JPY", "USD"))


def an_id(number: int) -> UUID:
    """The same id for the same number, in the shape of a UUIDv7."""
    return UUID(int=(0x0190 << 112) | (0x7 << 76) | (0b10 << 62) | number)


def an_address(name: str = "株式会社玉野井", **changed: str) -> Address:
    home = Address(
        "980-4994", "宮城県仙台市青葉区見本町4-26-6", "デモビル6階", name, "仕入部", "タマノイ", "022-0000-7390"
    )
    return replace(home, **changed)


def a_profile(name: str = "株式会社玉野井", **changed: object) -> Profile:
    profile = Profile(
        Kind.COMPANY,
        an_address(name),
        email="k101x@shop.example",
        payment_category="銀行振込",
        shipping_category="宅配便",
        wholesale_rate=Decimal("62.5"),
        credit_limit=Decimal(50_000_000),
    )
    return replace(profile, **changed)  # type: ignore[arg-type]  # a builder for tests


def a_customer(
    number: int = 1,
    code: str = "K101X",
    *,
    profile: Profile | None = None,
    ship_tos: Mapping[int, Address] | None = None,
    hold: Hold | None = None,
    version: int = 0,
) -> Customer:
    book = AddressBook.of(ship_tos or {})
    return Customer(an_id(number), code, profile or a_profile(), book, hold, version)


def a_hold(reason: str = "支払遅延") -> Hold:
    return Hold(reason, "user-1", NOW)


def a_location(number: int = 1, code: str = "HQ", **changed: object) -> Location:
    location = Location(an_id(number), code, "本社", an_address("本社"), "T7999999000101")
    return replace(location, **changed)  # type: ignore[arg-type]  # a builder for tests


def an_account(number: int = 1, code: str = "B1", **changed: object) -> BankAccount:
    account = BankAccount(
        an_id(number),
        code,
        "9999",
        "デモギンコウ",
        "001",
        "ホンテン",
        "ordinary",
        "8235504",
        "カ)オロシシヨウジ",
        "JPY",
    )
    return replace(account, **changed)  # type: ignore[arg-type]  # a builder for tests


def a_maker(
    *, preferences: Preferences = PREFERENCES, locations: Sequence[Location] = (), accounts: Sequence[BankAccount] = ()
) -> Maker:
    return Maker(an_id(9), preferences, tuple(locations), tuple(accounts))


def a_member(number: int = 1, email: str = "owner@maker.example", *roles: Role, active: bool = True) -> Member:
    return Member(an_id(number), email, "山田", roles or (Role.OWNER,), active)


def a_team(*members: Member) -> dict[UUID, Member]:
    return {member.membership_id: member for member in members}


def happened(decision: list[T] | tuple[Refusal, ...]) -> list[T]:
    """The events of a decision that was not refused."""
    assert isinstance(decision, list), decision
    return decision


def problems(decision: object) -> list[tuple[str, str | None]]:
    """Code and field of every refusal of a decision."""
    assert isinstance(decision, tuple), decision
    return [(refusal.code, refusal.field) for refusal in decision]


def after(state: Customer, *commands: customers.Command) -> Customer:
    """The customer after commands that are all accepted."""
    for command in commands:
        for event in happened(customers.decide(state, command, PREFERENCES)):
            state = customers.evolve(state, event)
    return state


def texts(longest: int, *, shortest: int = 0) -> st.SearchStrategy[str]:
    """Text as the edge lets it in: trimmed, NFC letters of several scripts, no control characters."""
    letters = st.sampled_from("abcXYZ019-()./&株式会社東京玉野井カタカナひらがなｶﾅ髙﨑①㈱\"\\'%_😀")
    return st.text(letters, min_size=shortest, max_size=longest)


def addresses(*, named: bool = True) -> st.SearchStrategy[Address]:
    return st.builds(
        Address,
        postal_code=texts(20),
        address1=texts(30),
        address2=texts(30),
        name=texts(50, shortest=1 if named else 0),
        department=texts(50),
        kana=texts(30),
        phone=texts(20),
    )


def amounts() -> st.SearchStrategy[Decimal]:
    return st.integers(0, 999_999_999_999).map(Decimal)


def rates() -> st.SearchStrategy[Decimal]:
    return st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths) / 100)


def profiles() -> st.SearchStrategy[Profile]:
    return st.builds(
        Profile,
        kind=st.sampled_from(Kind),
        address=addresses(),
        email=st.sampled_from(["", "a@b.example", "buyer@shop.example"]),
        mailing_address=st.none() | addresses(named=False),
        payment_category=texts(20),
        shipping_category=texts(20),
        language=st.sampled_from(PREFERENCES.languages),
        currency=st.sampled_from(PREFERENCES.currencies),
        wholesale_rate=st.none() | rates(),
        credit_limit=st.none() | amounts(),
        active=st.booleans(),
    )


def ship_tos() -> st.SearchStrategy[dict[int, Address]]:
    return st.dictionaries(st.sampled_from([0, 1, 2, 3, 17, 9_999]), addresses(), max_size=4)


def holds() -> st.SearchStrategy[Hold]:
    return st.builds(Hold, reason=texts(20, shortest=1), actor=st.just("user-1"), since=st.just(NOW))


def codes() -> st.SearchStrategy[str]:
    return st.from_regex(r"\A[A-Za-z0-9]{1,10}\Z")


def by_code(customers_: Iterable[Customer]) -> dict[str, Customer]:
    return {one.code: one for one in customers_}
