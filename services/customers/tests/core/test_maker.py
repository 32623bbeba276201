"""Makers: preferences, locations, bank accounts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from customers.core.maker import (
    AddBankAccount,
    AddLocation,
    BankAccountPut,
    ChangeBankAccount,
    ChangeLocation,
    ChangePreferences,
    CreateMaker,
    LocationPut,
    Maker,
    MakerCreated,
    MakerFacts,
    Preferences,
    PreferencesChanged,
    create,
    decide,
    evolve,
    location_warnings,
)
from services.customers.tests.builders import (
    FACTS,
    PREFERENCES,
    a_location,
    a_maker,
    an_account,
    an_address,
    an_id,
    happened,
    problems,
)


@pytest.mark.req("CUS-006")
def test_a_new_maker_begins_with_default_preferences() -> None:
    [event] = happened(create(CreateMaker(an_id(9), "おろし"), FACTS))

    assert event == MakerCreated(an_id(9), Preferences("おろし"))
    assert evolve(None, event) == Maker(an_id(9), Preferences("おろし"))


@pytest.mark.parametrize(("name", "code"), [("", "REQUIRED"), ("名" * 256, "TOO_LONG")])
def test_a_maker_has_a_name_of_at_most_255_characters(name: str, code: str) -> None:
    assert problems(create(CreateMaker(an_id(9), name), FACTS)) == [(code, "/name")]


@pytest.mark.req("CUS-006", "CAT-005", "GEN-010")
def test_all_problems_of_preferences_are_told_at_once() -> None:
    wrong = replace(
        PREFERENCES,
        time_zone="Asia/Edo",
        languages=("ja", "fr"),
        default_language="en",
        currencies=("JPY", "XXX", "JPY"),
        default_currency="USD",
        customer_prefix="あ",
        bank_fee_tolerance=Decimal(-1),
    )

    assert problems(decide(a_maker(), ChangePreferences(wrong), FACTS)) == [
        ("UNKNOWN_TIME_ZONE", "/time_zone"),
        ("BAD_CHOICE", "/languages/1"),
        ("BAD_CHOICE", "/default_language"),
        ("CURRENCY_UNSUPPORTED", "/currencies/1"),
        ("DUPLICATE_VALUE", "/currencies/2"),
        ("BAD_CHOICE", "/default_currency"),
        ("BAD_FORMAT", "/customer_prefix"),
        ("OUT_OF_RANGE", "/bank_fee_tolerance"),
    ]


@pytest.mark.req("CUS-006")
def test_a_currency_or_language_in_use_stays_on_the_list() -> None:
    used = replace(FACTS, currencies_in_use=frozenset({"USD"}), languages_in_use=frozenset({"zh"}))
    smaller = replace(PREFERENCES, currencies=("JPY",), languages=("ja", "en"))

    assert problems(decide(a_maker(), ChangePreferences(smaller), used)) == [
        ("PREFERENCE_IN_USE", "/currencies"),
        ("PREFERENCE_IN_USE", "/languages"),
    ]
    assert happened(decide(a_maker(), ChangePreferences(smaller), FACTS)) == [PreferencesChanged(smaller)]


@pytest.mark.req("CUS-006", "CUS-008")
@pytest.mark.parametrize("active", [True, False])
def test_an_active_bank_account_uses_its_currency(active: bool) -> None:
    maker = a_maker(accounts=[an_account(currency="USD", active=active)])

    decision = decide(maker, ChangePreferences(replace(PREFERENCES, currencies=("JPY",))), FACTS)

    assert isinstance(decision, tuple) == active


@pytest.mark.req("CUS-060")
def test_the_currency_of_credit_limits_does_not_change_under_them() -> None:
    dollars = replace(PREFERENCES, default_currency="USD")

    assert problems(
        decide(a_maker(), ChangePreferences(dollars), MakerFacts(FACTS.time_zones, has_credit_limits=True))
    ) == [("PREFERENCE_IN_USE", "/default_currency")]
    happened(decide(a_maker(), ChangePreferences(dollars), FACTS))


@pytest.mark.req("CUS-007")
@pytest.mark.parametrize(
    ("number", "refused", "warned"),
    [
        (None, False, False),
        ("T8700110005901", False, False),
        ("T9234567890123", False, False),
        ("T8234567890123", False, True),
        ("T123456789012", True, False),
        ("t8700110005901", True, False),
        ("Ｔ8700110005901", True, False),
        ("", True, False),
    ],
)
def test_a_registration_number_is_t_and_13_digits_and_its_check_digit_only_warns(
    number: str | None, refused: bool, warned: bool
) -> None:
    location = a_location(registration_number=number)

    decision = decide(a_maker(), AddLocation(location), FACTS)

    assert (problems(decision) if refused else []) == ([("REG_NO_FORMAT", "/registration_number")] if refused else [])
    assert [warning.code for warning in location_warnings(location)] == (["REG_NO_CHECK_DIGIT"] if warned else [])


@pytest.mark.req("CUS-007")
def test_locations_have_codes_of_their_own_and_keep_their_order() -> None:
    maker = a_maker(locations=[a_location(1, "HQ"), a_location(2, "OSAKA")])
    moved = a_location(1, "HQ", address=an_address(phone="1"))

    [event] = happened(decide(maker, ChangeLocation(moved), FACTS))

    assert event == LocationPut(moved)
    assert [one.code for one in evolve(maker, event).locations] == ["HQ", "OSAKA"]
    assert problems(decide(maker, AddLocation(a_location(3, "HQ")), FACTS)) == [("CODE_TAKEN", "/code")]
    assert problems(decide(maker, ChangeLocation(a_location(2, "HQ")), FACTS)) == [("CODE_TAKEN", "/code")]
    assert decide(maker, ChangeLocation(a_location(1, "HQ")), FACTS) == []


def test_a_maker_has_at_most_200_locations_and_bank_accounts() -> None:
    maker = a_maker(
        locations=[a_location(number, f"L{number}") for number in range(200)],
        accounts=[an_account(number, f"B{number}") for number in range(200)],
    )

    assert problems(decide(maker, AddLocation(a_location(300, "NEW")), FACTS)) == [("TOO_MANY", None)]
    assert problems(decide(maker, AddBankAccount(an_account(300, "NEW")), FACTS)) == [("TOO_MANY", None)]
    happened(decide(maker, ChangeLocation(a_location(1, "L1", name="別")), FACTS))


@pytest.mark.req("CUS-008")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"bank_code": "999"}, [("BAD_FORMAT", "/bank_code")]),
        ({"branch_code": "0001"}, [("BAD_FORMAT", "/branch_code")]),
        ({"number": "１２３４５６７"}, [("BAD_FORMAT", "/number")]),
        ({"kind": "other"}, [("BAD_CHOICE", "/kind")]),
        ({"holder_kana": "", "bank_name": ""}, [("REQUIRED", "/bank_name"), ("REQUIRED", "/holder_kana")]),
        ({"currency": "EUR"}, [("CURRENCY_NOT_ENABLED", "/currency")]),
        ({"currency": "EUR", "active": False}, []),
        ({"currency": "SVW", "active": False}, [("CURRENCY_UNSUPPORTED", "/currency")]),
        ({"currency": "USD", "bank_code": "", "branch_code": "", "number": "", "iban": "DE89370400440532013000"}, []),
        ({"currency": "USD", "number": ""}, [("REQUIRED", "/number")]),
        ({"bic": "COBADEFF", "iban": "DE89370400440532013000"}, []),
        ({"bic": "COBA", "iban": "89DE"}, [("BAD_FORMAT", "/bic"), ("BAD_FORMAT", "/iban")]),
        ({"code": "B 1"}, [("BAD_FORMAT", "/code")]),
    ],
)
def test_a_bank_account_is_checked_by_its_currency(changed: dict[str, object], told: list[tuple[str, str]]) -> None:
    account = replace(an_account(), **changed)  # type: ignore[arg-type]  # a table of changes

    decision = decide(a_maker(), AddBankAccount(account), FACTS)

    assert (problems(decision) if told else []) == told


@pytest.mark.req("CUS-008")
def test_a_bank_account_is_deactivated_and_stays() -> None:
    maker = a_maker(accounts=[an_account(1, "B1"), an_account(2, "B2")])

    [event] = happened(decide(maker, ChangeBankAccount(an_account(1, "B1", active=False)), FACTS))

    assert event == BankAccountPut(an_account(1, "B1", active=False))
    assert [(one.code, one.active) for one in evolve(maker, event).bank_accounts] == [("B1", False), ("B2", True)]
    assert problems(decide(maker, AddBankAccount(an_account(3, "B2")), FACTS)) == [("CODE_TAKEN", "/code")]
    assert evolve(maker, BankAccountPut(an_account(3, "B3"))).bank_accounts[-1].code == "B3"
