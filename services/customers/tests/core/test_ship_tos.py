"""The address book of a customer: numbers, limits, and a rule machine over everything that happens to a customer."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from customers.core.address import Address, AddressChange
from customers.core.address_book import BOOK_BYTES, SHIP_TO_LIMIT, AddressBook
from customers.core.customer import (
    AddShipTo,
    ChangeShipTo,
    Command,
    HoldCustomer,
    ReleaseCustomer,
    ShipToPut,
    decide,
    evolve,
)
from services.customers.tests.builders import (
    NOW,
    PREFERENCES,
    a_customer,
    addresses,
    after,
    an_address,
    happened,
    problems,
    ship_tos,
)

DEPOT = an_address("倉庫")


def a_full_customer(numbers: range, *, address: Address = DEPOT) -> object:
    return a_customer(ship_tos=dict.fromkeys(numbers, address))


@pytest.mark.req("CUS-035")
def test_the_next_number_is_the_highest_plus_one_even_over_gaps() -> None:
    [event] = happened(decide(a_customer(ship_tos={1: DEPOT, 7: DEPOT}), AddShipTo(DEPOT), PREFERENCES))

    assert event == ShipToPut(8, DEPOT)


@pytest.mark.req("CUS-035")
def test_the_own_destination_is_no_ship_to_and_the_first_one_is_number_one() -> None:
    assert happened(decide(a_customer(ship_tos={0: DEPOT}), AddShipTo(DEPOT), PREFERENCES)) == [ShipToPut(1, DEPOT)]


@pytest.mark.req("CUS-035")
def test_at_9999_the_lowest_gap_is_taken() -> None:
    state = a_customer(ship_tos={1: DEPOT, 2: DEPOT, 4: DEPOT, SHIP_TO_LIMIT: DEPOT})

    assert happened(decide(state, AddShipTo(DEPOT), PREFERENCES)) == [ShipToPut(3, DEPOT)]


@pytest.mark.req("CUS-032", "CUS-035")
def test_the_ten_thousandth_ship_to_is_refused() -> None:
    short = Address(name="a")
    almost = a_customer(ship_tos=dict.fromkeys(range(1, SHIP_TO_LIMIT), short))

    full = after(almost, AddShipTo(short))

    assert len(full.ship_tos.entries) == SHIP_TO_LIMIT
    assert problems(decide(full, AddShipTo(short), PREFERENCES)) == [("SHIP_TO_LIMIT", None)]


@pytest.mark.req("CUS-035")
@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "OUT_OF_RANGE"), (1, "SHIP_TO_TAKEN"), (2, None), (9_999, None), (10_000, "OUT_OF_RANGE")],
)
def test_a_typed_number_is_free_and_from_1_to_9999(number: int, told: str | None) -> None:
    decision = decide(a_customer(ship_tos={1: DEPOT}), AddShipTo(DEPOT, number), PREFERENCES)

    assert (problems(decision) if told else None) == ([(told, "/number")] if told else None)


@pytest.mark.req("CUS-036")
def test_a_ship_to_changes_by_its_number_and_the_own_destination_not_this_way() -> None:
    state = a_customer(ship_tos={0: DEPOT, 3: DEPOT})

    assert happened(decide(state, ChangeShipTo(3, AddressChange(phone="1")), PREFERENCES)) == [
        ShipToPut(3, an_address("倉庫", phone="1"))
    ]
    assert decide(state, ChangeShipTo(3, AddressChange()), PREFERENCES) == []
    assert problems(decide(state, ChangeShipTo(3, AddressChange(name="")), PREFERENCES)) == [
        ("REQUIRED", "/address/name")
    ]
    assert problems(decide(state, ChangeShipTo(0, AddressChange()), PREFERENCES)) == [("NOT_FOUND", "/number")]
    assert problems(decide(state, ChangeShipTo(4, AddressChange()), PREFERENCES)) == [("NOT_FOUND", "/number")]


def test_addresses_that_would_not_fit_one_message_are_refused() -> None:
    huge = Address(name="a", address1="字" * 255, address2="字" * 255)
    state = a_customer(ship_tos=dict.fromkeys(range(1, 2_400), huge))

    while isinstance(decision := decide(state, AddShipTo(huge), PREFERENCES), list):
        state = evolve(state, decision[0])

    assert problems(decision) == [("ADDRESS_BOOK_FULL", None)]
    assert BOOK_BYTES - 2_000 < state.ship_tos.size <= BOOK_BYTES
    assert decide(state, AddShipTo(Address(name="a")), PREFERENCES)


@given(ship_tos())
def test_a_book_is_never_smaller_than_its_json(entries: dict[int, Address]) -> None:
    as_json = [{"number": number, "address": asdict(address)} for number, address in entries.items()]
    size = len(json.dumps(as_json, ensure_ascii=False, separators=(",", ":")).encode())

    assert AddressBook.of(entries).size + len("[]") >= size


@given(ship_tos(), st.integers(0, 9_999), addresses())
def test_putting_an_address_keeps_the_size_right(entries: dict[int, Address], number: int, address: Address) -> None:
    assert AddressBook.of(entries).put(number, address) == AddressBook.of({**entries, number: address})


class CustomerLife(RuleBasedStateMachine):
    """Whatever happens, a model of plain sets agrees."""

    def __init__(self) -> None:
        super().__init__()
        self.state = a_customer()
        self.numbers: set[int] = set()
        self.reason: str | None = None

    def _do(self, command: Command) -> bool:
        decision = decide(self.state, command, PREFERENCES)
        if isinstance(decision, tuple):
            assert decision
            return False
        for event in decision:
            self.state = evolve(self.state, event)
        return True

    @rule(number=st.sampled_from([1, 2, 5, 9_998, 9_999]))
    def add_numbered(self, number: int) -> None:
        accepted = self._do(AddShipTo(DEPOT, number))
        assert accepted == (number not in self.numbers)
        self.numbers.add(number)

    @rule()
    def add_next(self) -> None:
        before = set(self.state.ship_tos.entries)
        assert self._do(AddShipTo(DEPOT))
        [number] = set(self.state.ship_tos.entries) - before
        assert number not in self.numbers
        self.numbers.add(number)

    @rule(reason=st.sampled_from(["a", "b"]))
    def hold(self, reason: str) -> None:
        assert self._do(HoldCustomer(reason, "user-1", NOW))
        self.reason = reason

    @rule()
    def release(self) -> None:
        assert self._do(ReleaseCustomer("ok", "user-1", NOW))
        self.reason = None

    @invariant()
    def the_model_agrees(self) -> None:
        assert set(self.state.ship_tos.entries) == self.numbers
        assert (self.state.hold.reason if self.state.hold else None) == self.reason


TestCustomerLife = CustomerLife.TestCase
