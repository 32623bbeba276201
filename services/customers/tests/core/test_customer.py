"""The customer record: its fields, its code, its hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.core.address import Address, AddressChange
from customers.core.customer import (
    ChangeCustomer,
    CustomerChanged,
    CustomerHeld,
    CustomerRegistered,
    CustomerReleased,
    Hold,
    HoldCustomer,
    ProfileChange,
    RegisterCustomer,
    ReleaseCustomer,
    blank_profile,
    decide,
    evolve,
    register,
    register_all,
)
from services.customers.tests.builders import (
    NOW,
    PREFERENCES,
    a_customer,
    a_hold,
    a_profile,
    addresses,
    after,
    an_address,
    an_id,
    happened,
    problems,
    profiles,
)


def registering(code: str = "K101X", **changed: object) -> RegisterCustomer:
    return RegisterCustomer(an_id(1), code, replace(a_profile(), **changed))  # type: ignore[arg-type]  # a builder


@pytest.mark.req("CUS-032", "CUS-038")
def test_a_registration_keeps_profile_and_own_destination() -> None:
    depot = an_address("玉野井物流センター")

    [event] = happened(register(RegisterCustomer(an_id(1), "K101X", a_profile(), depot), PREFERENCES, taken=set()))

    assert event == CustomerRegistered(an_id(1), "K101X", a_profile(), depot)
    assert evolve(None, event) == a_customer(ship_tos={0: depot})


@pytest.mark.req("CUS-030")
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("A", []),
        ("ABCDEFGHI9", []),
        ("ABCDEFGHIJ1", [("TOO_LONG", "/code")]),
        ("", [("BAD_FORMAT", "/code")]),
        ("K-1", [("BAD_FORMAT", "/code")]),
        ("Ｋ１０１", [("BAD_FORMAT", "/code")]),
    ],
)
def test_a_code_is_one_to_ten_plain_letters_and_digits(code: str, told: list[tuple[str, str]]) -> None:
    decision = register(registering(code), PREFERENCES, taken=set())

    assert (problems(decision) if told else happened(decision)[:0]) == told


@pytest.mark.req("CUS-030")
def test_a_code_in_use_is_refused_ignoring_case() -> None:
    assert problems(register(registering("k101x"), PREFERENCES, taken={"K101X"})) == [("CUSTOMER_ID_TAKEN", "/code")]


@pytest.mark.req("CUS-030")
def test_in_one_batch_the_first_takes_the_code_and_a_refused_one_takes_none() -> None:
    nameless = registering("B1", address=Address())

    decisions = register_all([nameless, registering("B1"), registering("b1")], PREFERENCES, taken=frozenset())

    assert problems(decisions[0]) == [("REQUIRED", "/address/name")]
    assert len(happened(decisions[1])) == 1
    assert problems(decisions[2]) == [("CUSTOMER_ID_TAKEN", "/code")]


@pytest.mark.req("GEN-010", "CUS-038", "CUS-060")
def test_all_problems_of_a_customer_are_told_at_once() -> None:
    wrong = a_profile(
        address=an_address("", postal_code="1" * 21, phone="0" * 21),
        email="nobody",
        payment_category="x" * 21,
        language="fr",
        currency="EUR",
        wholesale_rate=Decimal("100.01"),
        credit_limit=Decimal("-1"),
    )

    assert problems(register(RegisterCustomer(an_id(1), "!", wrong), PREFERENCES, taken=set())) == [
        ("BAD_FORMAT", "/code"),
        ("REQUIRED", "/address/name"),
        ("TOO_LONG", "/address/postal_code"),
        ("TOO_LONG", "/address/phone"),
        ("BAD_EMAIL", "/email"),
        ("TOO_LONG", "/payment_category"),
        ("BAD_CHOICE", "/language"),
        ("CURRENCY_NOT_ENABLED", "/currency"),
        ("OUT_OF_RANGE", "/wholesale_rate"),
        ("OUT_OF_RANGE", "/credit_limit"),
    ]


@pytest.mark.req("CUS-038")
@pytest.mark.parametrize(
    ("field", "limit"), [("postal_code", 20), ("address1", 255), ("address2", 255), ("kana", 100), ("phone", 20)]
)
def test_a_field_takes_its_limit_and_not_one_character_more(field: str, limit: int) -> None:
    fits = replace(an_address(), **{field: "字" * limit})
    over = replace(an_address(), **{field: "字" * (limit + 1)})

    happened(register(registering(address=fits), PREFERENCES, taken=set()))
    assert problems(register(registering(address=over), PREFERENCES, taken=set())) == [
        ("TOO_LONG", f"/address/{field}")
    ]


@pytest.mark.req("CUS-038", "INT-057")
def test_name_and_department_together_fit_a_hundred_characters() -> None:
    fits = an_address("社" * 60, department="部" * 40)
    over = an_address("社" * 60, department="部" * 41)

    happened(register(registering(address=fits), PREFERENCES, taken=set()))
    assert problems(register(registering(address=over), PREFERENCES, taken=set())) == [
        ("TOO_LONG", "/address/department")
    ]


@pytest.mark.req("GEN-018", "CUS-022")
@pytest.mark.parametrize(
    ("rate", "told"),
    [
        ("0", None),
        ("100", None),
        ("62.50", None),
        ("62.505", "TOO_MANY_DECIMALS"),
        ("100.01", "OUT_OF_RANGE"),
        ("-0.01", "OUT_OF_RANGE"),
    ],
)
def test_a_wholesale_rate_is_zero_to_a_hundred_with_two_decimals(rate: str, told: str | None) -> None:
    decision = register(registering(wholesale_rate=Decimal(rate)), PREFERENCES, taken=set())

    assert (problems(decision) if told else None) == ([(told, "/wholesale_rate")] if told else None)


@pytest.mark.req("CUS-060")
@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (None, None),
        ("0", None),
        ("999999999999", None),
        ("1000000000000", "OUT_OF_RANGE"),
        ("0.5", "TOO_MANY_DECIMALS"),
        ("-1", "OUT_OF_RANGE"),
    ],
)
def test_a_credit_limit_is_blank_or_an_amount_of_the_makers_currency(limit: str | None, told: str | None) -> None:
    amount = None if limit is None else Decimal(limit)

    decision = register(registering(credit_limit=amount), PREFERENCES, taken=set())

    assert (problems(decision) if told else None) == ([(told, "/credit_limit")] if told else None)


@pytest.mark.req("CUS-020")
def test_a_new_customer_begins_as_a_company_in_the_makers_language_and_currency() -> None:
    begun = blank_profile(replace(PREFERENCES, default_language="en", default_currency="USD"))

    assert (begun.kind, begun.language, begun.currency, begun.credit_limit) == ("company", "en", "USD", None)


@pytest.mark.req("INT-011")
def test_a_change_keeps_what_it_does_not_name() -> None:
    state = a_customer(ship_tos={0: an_address("倉庫")})
    change = ChangeCustomer(
        ProfileChange(address=AddressChange(phone="03-0000-0002"), credit_limit=None), AddressChange(name="新倉庫")
    )

    [event] = happened(decide(state, change, PREFERENCES))

    expected = a_profile(address=an_address(phone="03-0000-0002"), credit_limit=None)
    assert event == CustomerChanged(expected, an_address("新倉庫"))


@given(profiles())
def test_a_change_that_names_everything_gives_exactly_that(profile: object) -> None:
    assert isinstance(profile, type(a_profile()))
    address = AddressChange(**{name: getattr(profile.address, name) for name in AddressChange.__slots__})
    fields = {name: getattr(profile, name) for name in ProfileChange.__slots__ if name != "address"}

    assert ProfileChange(address=address, **fields).on(a_profile()) == profile


@given(profiles(), addresses())
def test_changing_to_what_is_there_changes_nothing(profile: object, destination: Address) -> None:
    state = a_customer(profile=profile, ship_tos={0: destination})  # type: ignore[arg-type]
    same = AddressChange(**{name: getattr(destination, name) for name in AddressChange.__slots__})

    assert decide(state, ChangeCustomer(destination=same), PREFERENCES) == []


@pytest.mark.req("CUS-061", "CUS-063", "CUS-064")
def test_a_hold_keeps_reason_user_and_time_and_a_release_ends_it() -> None:
    held = after(a_customer(), HoldCustomer("支払遅延", "user-1", NOW))

    [event] = happened(decide(held, ReleaseCustomer("入金確認", "user-2", NOW), PREFERENCES))

    assert (held.on_hold, held.hold) == (True, Hold("支払遅延", "user-1", NOW))
    assert event == CustomerReleased("入金確認", "user-2", NOW)
    assert not evolve(held, event).on_hold


@pytest.mark.req("CUS-064")
def test_a_held_customer_held_for_another_reason_tells_the_newer_one() -> None:
    held = a_customer(hold=a_hold())

    assert decide(held, HoldCustomer("支払遅延", "user-2", NOW), PREFERENCES) == []
    assert happened(decide(held, HoldCustomer("倒産の噂", "user-2", NOW), PREFERENCES)) == [
        CustomerHeld(Hold("倒産の噂", "user-2", NOW))
    ]


@pytest.mark.req("CUS-064")
@pytest.mark.parametrize(("reason", "code"), [("", "REQUIRED"), ("理" * 501, "TOO_LONG")])
def test_hold_and_release_need_a_reason(reason: str, code: str) -> None:
    for deed in (HoldCustomer(reason, "user-1", NOW), ReleaseCustomer(reason, "user-1", NOW)):
        assert problems(decide(a_customer(hold=a_hold("x")), deed, PREFERENCES)) == [(code, "/reason")]


@pytest.mark.req("CUS-062")
@given(st.booleans())
def test_a_hold_changes_nothing_but_the_hold(held: bool) -> None:
    before = a_customer(hold=a_hold() if held else None)

    assert replace(after(before, HoldCustomer("別の理由", "user-1", NOW)), hold=None) == replace(before, hold=None)


def test_releasing_a_free_customer_does_nothing() -> None:
    assert decide(a_customer(), ReleaseCustomer("念のため", "user-1", NOW), PREFERENCES) == []
