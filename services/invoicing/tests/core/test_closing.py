"""Closing runs: who is in, what is in, what is out and why, and that a run is its preview (INV-060 to INV-062)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.billable import Billable, BillableState
from invoicing.core.closing import (
    BillToOut,
    ClosingFacts,
    ClosingPreview,
    RunClosing,
    SourceOut,
    preview,
    scope_of,
)
from invoicing.core.parties import BillFrom, Location, PostalAddress
from kernel.calendar import ClosingTerms
from kernel.money import Currency
from services.invoicing.tests.builders import HEAD_OFFICE, facts, id_of, maker, note, party, returned, yen

JUNE_END = date(2026, 6, 30)
JULY_END = date(2026, 7, 31)
TWENTIETH = ClosingTerms(20, 1, 0)


def closing(
    world: ClosingFacts,
    notes: Sequence[Billable],
    on: date = JUNE_END,
    selection: Sequence[str] | None = None,
    waiting: Mapping[str, int] | None = None,
) -> ClosingPreview:
    chosen = None if selection is None else frozenset(id_of(code) for code in selection)
    command = RunClosing(on, on, chosen)
    unbilled = {id_of(code): count for code, count in (waiting or {}).items()}
    return preview(command, scope_of(command, world.parties, unbilled), notes, world)


def billed(run: ClosingPreview) -> list[tuple[str, list[str]]]:
    return [
        (proposal.bill_to.code, [source.billable.number for source in proposal.sources]) for proposal in run.proposals
    ]


def left_out(run: ClosingPreview) -> list[tuple[str, SourceOut]]:
    return [(source.billable.number, source.reason) for source in run.sources_out]


@pytest.mark.req("INV-060", "INV-061")
def test_notes_of_the_closing_date_are_in_and_of_the_day_after_are_out() -> None:
    run = closing(facts(party("K1")), [note("DN1", dated_on=JUNE_END), note("DN2", dated_on=date(2026, 7, 1))])

    assert billed(run) == [("K1", ["DN1"])]
    assert left_out(run) == [("DN2", SourceOut.DATED_AFTER_CLOSING)]


@pytest.mark.req("INV-002", "INV-013")
def test_notes_of_delegators_go_on_the_delegatees_invoice_by_its_terms() -> None:
    world = facts(party("P"), party("A", terms=TWENTIETH, billed_to="P"), party("B", terms=None, billed_to="P"))

    run = closing(world, [note("DN1", "A"), note("DN2", "B"), note("DN3", "P")])

    assert billed(run) == [("P", ["DN1", "DN2", "DN3"])]
    assert [member.code for member in run.proposals[0].members] == ["A", "B", "P"]


def test_a_delegators_own_closing_day_counts_nothing() -> None:
    world = facts(party("P"), party("A", terms=TWENTIETH, billed_to="P"))

    assert billed(closing(world, [note("DN1", "A", date(2026, 6, 10))], on=date(2026, 6, 20))) == []


@pytest.mark.req("CUS-051")
def test_the_due_date_and_the_period_come_from_the_terms() -> None:
    run = closing(facts(party("K1", terms=TWENTIETH)), [note("DN1", dated_on=date(2026, 2, 20))], date(2026, 2, 20))

    dates = run.proposals[0].dates
    assert dates.due_on == date(2026, 3, 31)
    assert dates.period is not None
    assert (dates.period.first, dates.period.last) == (date(2026, 1, 21), date(2026, 2, 20))


def test_the_period_starts_after_the_last_closing_whatever_the_terms_were_then() -> None:
    world = facts(party("K1"), last={("K1", "JPY"): date(2026, 6, 20)})

    period = closing(world, [note("DN1")], on=JULY_END).proposals[0].dates.period

    assert period is not None
    assert period.first == date(2026, 6, 21)


@pytest.mark.req("INV-061")
def test_a_closed_account_stays_closed_and_its_notes_wait() -> None:
    world = facts(party("K1"), last={("K1", "JPY"): JUNE_END})

    run = closing(world, [note("DN1")])

    assert (run.proposals, run.closes, run.already_closed) == ((), (), ((id_of("K1"), "JPY"),))
    assert left_out(run) == [("DN1", SourceOut.ALREADY_CLOSED)]


def test_a_date_before_the_last_closing_is_closed_too() -> None:
    world = facts(party("K1"), last={("K1", "JPY"): JULY_END})

    assert closing(world, [note("DN1")]).closes == ()


@pytest.mark.req("INV-062")
def test_a_note_of_a_closed_period_comes_next_time_and_is_marked_late() -> None:
    world = facts(party("K1"), last={("K1", "JPY"): date(2026, 1, 31)})
    notes = [note("DN1", dated_on=date(2026, 1, 30), amounts={10: 20_000}), note("DN2", dated_on=date(2026, 2, 5))]

    run = closing(world, notes, on=date(2026, 2, 28))

    assert [(source.billable.number, source.late) for source in run.proposals[0].sources] == [
        ("DN1", True),
        ("DN2", False),
    ]


@pytest.mark.req("INV-062")
@pytest.mark.parametrize("dated_on", [date(2026, 6, 21), date(2026, 6, 25), date(2026, 7, 31)])
def test_a_note_within_a_long_period_is_not_late(dated_on: date) -> None:
    """Close 20 became month end: the period is 06-21 to 07-31 (R9), though June's end lies in it."""
    world = facts(party("K1"), last={("K1", "JPY"): date(2026, 6, 20)})
    notes = [note("DN1", dated_on=date(2026, 6, 20)), note("DN2", dated_on=dated_on)]

    run = closing(world, notes, on=JULY_END)

    assert [source.late for source in run.proposals[0].sources] == [True, False]


def test_a_deferred_note_is_absent_at_this_closing_and_present_at_the_next() -> None:
    slip = note("DN1", dated_on=date(2026, 1, 15), deferred_past=date(2026, 1, 20))
    world = facts(party("K1", terms=TWENTIETH))

    assert left_out(closing(world, [slip], on=date(2026, 1, 20))) == [("DN1", SourceOut.DEFERRED)]
    assert billed(closing(world, [slip], on=date(2026, 2, 20))) == [("K1", ["DN1"])]


@pytest.mark.req("FUL-034")
def test_a_maker_that_bills_from_shipping_leaves_unshipped_notes_out() -> None:
    world = facts(party("K1"), issuer=maker(bill_from=BillFrom.SHIPPED))
    notes = [note("DN1"), note("DN2", shipped_on=date(2026, 6, 16)), returned("RT1", amounts={10: 100})]

    run = closing(world, notes)

    assert billed(run) == [("K1", ["DN2", "RT1"])]
    assert left_out(run) == [("DN1", SourceOut.NOT_SHIPPED)]


@pytest.mark.req("FUL-022")
def test_exempt_notes_are_out() -> None:
    run = closing(facts(party("K1")), [note("DN1", state=BillableState.NON_BILLABLE)])

    assert left_out(run) == [("DN1", SourceOut.NON_BILLABLE)]


@pytest.mark.req("INV-150")
def test_returns_are_deducted_at_the_first_closing_after_them() -> None:
    run = closing(facts(party("K1")), [note("DN1", amounts={10: 315}), returned("RT1", amounts={10: 105})])

    assert run.proposals[0].amounts.total == yen(231)


@pytest.mark.req("INV-152")
def test_returns_that_would_make_the_invoice_negative_wait_newest_first() -> None:
    notes = [
        note("DN1", amounts={10: 1_000}),
        returned("RT1", dated_on=date(2026, 6, 16), amounts={10: 600}),
        returned("RT2", dated_on=date(2026, 6, 17), amounts={10: 600}),
        returned("RT3", dated_on=date(2026, 6, 18), amounts={10: 100}),
    ]

    run = closing(facts(party("K1")), notes)

    assert billed(run) == [("K1", ["DN1", "RT1"])]
    assert set(left_out(run)) == {("RT2", SourceOut.NEGATIVE_TOTAL), ("RT3", SourceOut.NEGATIVE_TOTAL)}


def test_a_customer_with_returns_alone_is_closed_without_an_invoice() -> None:
    run = closing(facts(party("K1")), [returned("RT1", amounts={10: 100})])

    assert run.proposals == ()
    assert run.empty == ((id_of("K1"), "JPY"),)
    assert left_out(run) == [("RT1", SourceOut.NEGATIVE_TOTAL)]


def test_notes_whose_points_exceed_them_wait() -> None:
    run = closing(facts(party("K1")), [note("DN1", amounts={10: 100}, points=500)])

    assert (run.proposals, left_out(run)) == ((), [("DN1", SourceOut.NEGATIVE_TOTAL)])


@pytest.mark.req("INV-152")
def test_a_note_that_deducts_more_than_it_bills_does_not_keep_others_from_being_billed() -> None:
    notes = [
        note("DN1", dated_on=date(2026, 6, 10), amounts={10: 1_000}),
        note("DN2", dated_on=date(2026, 6, 11), amounts={10: -600}),
        note("DN3", dated_on=date(2026, 6, 12), amounts={10: 100}, points=5_000),
        returned("RT1", amounts={10: 100}),
    ]

    run = closing(facts(party("K1")), notes)

    assert billed(run) == [("K1", ["DN1", "DN2"])]
    assert set(left_out(run)) == {("DN3", SourceOut.NEGATIVE_TOTAL), ("RT1", SourceOut.NEGATIVE_TOTAL)}


@pytest.mark.req("INV-152")
def test_an_invoice_of_zero_is_made() -> None:
    run = closing(facts(party("K1")), [note("DN1", amounts={10: 100}), returned("RT1", amounts={10: 100})])

    assert run.proposals[0].amounts.total == yen(0)


@pytest.mark.req("INV-040")
def test_each_currency_has_its_own_invoice() -> None:
    notes = [note("DN1"), note("DN2", currency=Currency.of("USD"))]

    run = closing(facts(party("K1")), notes)

    assert [proposal.currency.code for proposal in run.proposals] == ["JPY", "USD"]
    assert run.closes == ((id_of("K1"), "JPY"), (id_of("K1"), "USD"))


def test_two_registration_numbers_are_two_invoices_and_two_offices_of_one_are_one() -> None:
    office = Location(id_of("osaka"), "大阪", PostalAddress(address1="大阪"), HEAD_OFFICE.registration_number)
    other = Location(id_of("sub"), "子会社", PostalAddress(address1="神戸"), "T1234567890123")
    world = facts(party("K1"), issuer=maker(locations=(HEAD_OFFICE, office, other)))
    notes = [
        note("DN1"),
        note("DN2", location_id=office.location_id),
        note("DN3", location_id=other.location_id),
        note("DN4", location_id=None),
    ]

    assert sorted(billed(closing(world, notes))) == [("K1", ["DN1", "DN2", "DN4"]), ("K1", ["DN3"])]


@pytest.mark.req("INV-025")
def test_more_than_2000_notes_make_a_second_invoice_in_the_same_closing() -> None:
    notes = [note(f"DN{number:05d}") for number in range(2_001)]

    run = closing(facts(party("K1")), notes)

    assert [len(proposal.sources) for proposal in run.proposals] == [2_000, 1]
    assert run.closes == ((id_of("K1"), "JPY"),)


@pytest.mark.req("INV-152")
def test_no_part_of_a_closing_over_2000_notes_is_negative() -> None:
    """Returns that the whole account could bear, but not the second invoice they come on, wait."""
    notes = [note(f"DN{number:05d}") for number in range(2_000)]
    back = [returned(f"RT{number}", dated_on=date(2026, 6, 20), amounts={10: 500}) for number in range(3)]
    small = note("DN99999", dated_on=date(2026, 6, 20))

    run = closing(facts(party("K1")), [*notes, *back, small])

    assert [len(proposal.sources) for proposal in run.proposals] == [2_000, 3]
    assert run.proposals[1].amounts.total == yen(0)
    assert left_out(run) == [("RT2", SourceOut.NEGATIVE_TOTAL)]


def test_customers_left_out_are_told_with_reason_and_what_waits() -> None:
    world = facts(
        party("K1", terms=TWENTIETH),
        party("K2", terms=None),
        party("K3"),
        party("A", billed_to="K1"),
    )
    waiting = {"K1": 2, "A": 3, "K2": 1, "stranger": 4}

    out = {(one.customer_id, one.reason, one.waiting) for one in closing(world, [], waiting=waiting).bill_tos_out}

    assert out == {
        (id_of("K1"), BillToOut.NOT_CLOSING_DAY, 5),
        (id_of("K2"), BillToOut.NO_TERMS, 1),
        (id_of("stranger"), BillToOut.UNKNOWN_CUSTOMER, 4),
    }


def test_a_selection_closes_only_the_chosen_and_says_why_a_chosen_one_is_out() -> None:
    world = facts(party("K1"), party("K2"), party("D", terms=TWENTIETH), party("A", billed_to="K1"))

    run = closing(world, [note("DN1")], selection=["K1", "D", "A"], waiting={"K2": 1})

    assert run.closes == ((id_of("K1"), "JPY"),)
    assert {(one.customer_id, one.reason) for one in run.bill_tos_out} == {
        (id_of("K2"), BillToOut.NOT_SELECTED),
        (id_of("D"), BillToOut.NOT_CLOSING_DAY),
        (id_of("A"), BillToOut.BILLED_TO_DELEGATEE),
    }


@pytest.mark.req("INV-081")
def test_a_maker_that_issues_qualified_invoices_only_keeps_the_account_open() -> None:
    bare = replace(HEAD_OFFICE, registration_number=None)
    world = facts(party("K1"), issuer=maker(locations=(bare,)))
    command = RunClosing(JUNE_END, JUNE_END, require_qualified=True)

    run = preview(command, scope_of(command, world.parties, {}), [note("DN1")], world)

    assert (run.proposals, run.closes) == ((), ())
    assert left_out(run) == [("DN1", SourceOut.NOT_QUALIFIED)]


@pytest.mark.req("INV-061")
def test_a_customer_without_notes_is_closed_empty() -> None:
    run = closing(facts(party("K1")), [])

    assert (run.proposals, run.empty) == ((), ((id_of("K1"), "JPY"),))


def test_the_seal_breaks_when_a_note_of_the_period_comes_in_between() -> None:
    world, first = facts(party("K1")), note("DN1")

    assert closing(world, [first]).seal != closing(world, [first, note("DN2")]).seal


def test_the_seal_holds_when_a_note_of_the_next_period_comes_in_between() -> None:
    world, first = facts(party("K1")), note("DN1")

    assert closing(world, [first]).seal == closing(world, [first, note("DN2", dated_on=date(2026, 7, 1))]).seal


days = st.dates(date(2026, 1, 1), date(2026, 4, 30))
histories = st.lists(
    st.builds(
        lambda number, customer, day, amount, back: (
            returned(f"RT{number}", customer, day, {10: amount})
            if back
            else note(f"DN{number}", customer, day, {10: amount})
        ),
        st.integers(1, 10**6),
        st.sampled_from(["P", "A", "K"]),
        days,
        st.integers(1, 10_000),
        st.booleans(),
    ),
    max_size=15,
    unique_by=lambda one: one.billable_id,
)


@given(histories, st.data())
def test_over_any_history_no_note_is_billed_twice_and_none_is_forgotten(
    history: list[Billable], data: st.DataObject
) -> None:
    parties = [party("P"), party("A", billed_to="P"), party("K")]
    arrival = {one.billable_id: one.dated_on + timedelta(days=data.draw(st.integers(0, 40))) for one in history}
    last: dict[tuple[str, str], date] = {}
    on_invoices: list[str] = []
    waiting: list[Billable] = []

    for on in [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 6, 30)]:
        known = [one for one in history if arrival[one.billable_id] <= on and one.number not in on_invoices]
        run = closing(facts(*parties, last=last), known, on)
        again = closing(facts(*parties, last=last), known[::-1], on)
        assert run.seal == again.seal
        on_invoices += [source.billable.number for proposal in run.proposals for source in proposal.sources]
        assert all(not proposal.amounts.total.is_negative for proposal in run.proposals)
        waiting = [source.billable for source in run.sources_out]
        last.update({("P", "JPY"): on, ("K", "JPY"): on})
        assert closing(facts(*parties, last=last), known, on).proposals == ()

    assert len(on_invoices) == len(set(on_invoices))
    assert {*on_invoices, *(one.number for one in waiting)} == {one.number for one in history}
