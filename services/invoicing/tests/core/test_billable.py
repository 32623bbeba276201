"""Notes before they are billed: their sums per order and rate, and their billing status (FUL-022, INV-027)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from invoicing.core.billable import (
    NIL,
    TRANSITIONS,
    Bill,
    Billable,
    BillableState,
    Billed,
    Charge,
    Command,
    Defer,
    Deferred,
    Exempt,
    Exempted,
    ExemptionLifted,
    LiftExemption,
    Line,
    OrderPoints,
    OrderSums,
    Release,
    Released,
    carried_along,
    decide,
    evolve,
    payment_points_of,
    points_by_order,
    sums_by_order,
)
from kernel.money import JPY, Money, Rate, total
from kernel.refusal import Refusal
from services.invoicing.tests.builders import charge, id_of, line, note, returned, sums, yen


@pytest.mark.req("INV-155")
def test_sums_keep_what_was_entered_with_and_without_tax_apart() -> None:
    entered = sums_by_order([line(1_000), line(500, 8), line(110, tax_included=True)], [charge(660), charge(-108, 8)])

    assert entered == (OrderSums(id_of("A"), sums(10, 1_000, 770)), OrderSums(id_of("A"), sums(8, 500, -108)))


def test_payment_points_have_no_rate_and_count_apart() -> None:
    charges = [charge(-300, None, "payment_points"), charge(660)]

    assert sums_by_order([line(1_000)], charges) == (OrderSums(id_of("A"), sums(10, 1_000, 660)),)
    assert payment_points_of(charges, JPY) == yen(300)


def test_a_charge_of_a_note_over_two_orders_is_spread_by_their_value() -> None:
    entered = sums_by_order([line(1_000, order="A"), line(2_000, order="B")], [charge(100)])

    assert entered == (OrderSums(id_of("A"), sums(10, 1_000, 33)), OrderSums(id_of("B"), sums(10, 2_000, 67)))


@pytest.mark.req("FUL-063")
def test_a_charge_that_names_its_order_is_that_orders_alone() -> None:
    charges = [charge(100, order="B"), charge(-30, order="A"), charge(50, 8, order="B")]

    entered = sums_by_order([line(1_000, order="A"), line(2_000, order="B")], charges)

    assert entered == (
        OrderSums(id_of("A"), sums(10, 1_000, -30)),
        OrderSums(id_of("B"), sums(10, 2_000, 100)),
        OrderSums(id_of("B"), replace(sums(8, 0, 50), reduced=False)),
    )


def test_payment_points_are_known_by_order_where_they_name_it() -> None:
    points = [charge(-amount, None, "payment_points", order=order) for amount, order in ((300, "B"), (20, "A"))]

    assert points_by_order([charge(660, order="A"), *points, charge(-7, None, "payment_points")]) == (
        OrderPoints(id_of("B"), yen(300)),
        OrderPoints(id_of("A"), yen(20)),
    )


def test_a_note_of_charges_alone_has_no_order_to_give_them_to_unless_they_name_one() -> None:
    assert sums_by_order([], [charge(660)]) == (OrderSums(NIL, sums(10, 0, 660)),)
    assert sums_by_order([], [charge(660, order="A")]) == (OrderSums(id_of("A"), sums(10, 0, 660)),)


lines = st.builds(line, st.integers(0, 10**6), st.sampled_from([0, 8, 10]), st.sampled_from(["A", "B", "C"]))
charges = st.builds(
    charge, st.integers(-(10**5), 10**5), st.sampled_from([0, 8, 10]), order=st.sampled_from(["", "A", "B", "D"])
)


@given(st.lists(lines, max_size=8), st.lists(charges, max_size=8))
def test_no_yen_is_lost_when_charges_are_spread_over_orders(entered: list[Line], charged: list[Charge]) -> None:
    found = sums_by_order(entered, charged)

    for rate in (0, 8, 10):
        of_rate = [one.sums for one in found if one.sums.rate == Rate.of(rate)]
        at_lines: list[Money] = [one.amount for one in entered if one.tax_rate == Rate.of(rate)]
        at_charges: list[Money] = [one.amount for one in charged if one.tax_rate == Rate.of(rate)]
        assert total((one.exclusive for one in of_rate), JPY) == total(at_lines, JPY)
        assert total((one.inclusive for one in of_rate), JPY) == total(at_charges, JPY)


def done(billable: Billable, command: Command) -> Billable:
    events = decide(billable, command)
    assert not isinstance(events, Refusal)
    for event in events:
        billable = evolve(billable, event)
    return billable


@pytest.mark.req("INV-027")
def test_an_invoiced_note_can_neither_be_billed_nor_exempted_nor_deferred() -> None:
    used = done(note("DN1"), Bill(id_of("INV1")))

    for command in (Bill(id_of("INV2")), Exempt("sample"), Defer(date(2026, 6, 30))):
        refusal = decide(used, command)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.facts["source"]) == ("SOURCE_ALREADY_USED", "DN1")


@pytest.mark.req("FUL-022")
def test_an_exemption_has_a_reason_and_may_be_lifted() -> None:
    exempt = done(note("DN1"), Exempt("sample"))

    assert (exempt.state, exempt.exemption) == (BillableState.NON_BILLABLE, "sample")
    assert done(exempt, LiftExemption()) == note("DN1")


def test_an_exempt_note_cannot_be_billed() -> None:
    refusal = decide(done(note("DN1"), Exempt("sample")), Bill(id_of("INV1")))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "INVALID_STATE"


def test_a_voided_invoice_frees_its_note() -> None:
    assert done(done(note("DN1"), Bill(id_of("INV1"))), Release()) == note("DN1")


def test_a_deferral_can_be_taken_off() -> None:
    deferred = done(note("DN1"), Defer(date(2026, 6, 30)))

    assert deferred.deferred_past == date(2026, 6, 30)
    assert done(deferred, Defer(None)) == note("DN1")


@pytest.mark.req("FUL-022", "FUL-073")
def test_an_unbilled_return_goes_with_its_exempt_note_and_comes_back_with_it() -> None:
    sold, exempt = note("DN1"), done(note("DN1"), Exempt("sample"))
    exempted, lifted = Exempted("sample"), ExemptionLifted()

    assert carried_along(returned("RT1"), sold, exempted) == [exempted]
    assert carried_along(done(returned("RT1"), Exempt("sample")), exempt, lifted) == [lifted]


def test_a_return_with_a_fate_of_its_own_stays_where_it_is() -> None:
    sold, exempt = note("DN1"), done(note("DN1"), Exempt("sample"))
    scrapped = done(returned("RT1"), Exempt("scrapped"))
    deducted = done(returned("RT1"), Bill(id_of("INV1")))

    assert carried_along(scrapped, sold, Exempted("sample")) == []
    assert carried_along(scrapped, exempt, ExemptionLifted()) == []
    assert carried_along(deducted, sold, Exempted("sample")) == []
    assert carried_along(deducted, exempt, ExemptionLifted()) == []


def test_a_return_follows_nothing_else_that_happens_to_its_note() -> None:
    for event in (Deferred(date(2026, 6, 30)), Billed(id_of("INV1")), Released()):
        assert carried_along(returned("RT1"), note("DN1"), event) == []


class BillingStatus(RuleBasedStateMachine):
    """Any sequence of deeds: the table decides, and nobody but the live invoice holds the note."""

    def __init__(self) -> None:
        super().__init__()
        self.note = note("DN1")

    @rule(
        command=st.sampled_from(
            [Exempt("sample"), LiftExemption(), Defer(date(2026, 6, 30)), Defer(None), Bill(id_of("INV1")), Release()]
        )
    )
    def does(self, command: Command) -> None:
        before = self.note.state
        events = decide(self.note, command)
        allowed = TRANSITIONS.get((before, type(command)))
        assert isinstance(events, Refusal) == (allowed is None)
        if not isinstance(events, Refusal):
            for event in events:
                self.note = evolve(self.note, event)
            assert self.note.state is allowed

    @invariant()
    def is_held_by_an_invoice_exactly_while_invoiced(self) -> None:
        assert (self.note.invoice_id is not None) == (self.note.state is BillableState.INVOICED)
        assert bool(self.note.exemption) == (self.note.state is BillableState.NON_BILLABLE)


TestBillingStatus = BillingStatus.TestCase
