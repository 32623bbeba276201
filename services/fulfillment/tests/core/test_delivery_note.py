"""The delivery note's states, its hold checks, its billing status and its sums."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fulfillment.core.asks import LineAsk
from fulfillment.core.delivery_note import (
    TRANSITIONS,
    BillingStatus,
    DeliveryNote,
    DraftDeleted,
    DraftRevised,
    ExemptionLifted,
    NoteCharge,
    NoteDeed,
    NoteDelivered,
    NoteExempted,
    NoteIssued,
    NoteLine,
    NoteShipped,
    NoteState,
    PiecesReturned,
    billable_states,
    delete,
    deliver,
    evolve,
    exempt,
    issue,
    lift,
    payment_points,
    quantities_by_order,
    rate_sums,
    revise,
    ship,
    take_back,
)
from fulfillment.core.holds import hold_problems
from fulfillment.core.numbering import DocumentType, document_number, series
from fulfillment.core.parts import Broken, Refused
from kernel.money import JPY, Money, Rate
from kernel.refusal import Refusal
from kernel.tax import TaxSums
from services.fulfillment.tests.builders import (
    DEPOT,
    TODAY,
    a_charge,
    a_customer,
    a_line,
    a_note,
    an_id,
    an_order,
    issued,
    shipped,
)

HELD: Refused = (Refusal("CUSTOMER_ON_HOLD", {"customer": "K101X"}),)


def yen(amount: str) -> Money:
    return Money.of(amount, JPY)


@pytest.mark.req("FUL-020", "FUL-021")
def test_a_note_goes_from_draft_over_issue_and_shipment_to_delivery() -> None:
    note = a_note(an_order())
    assert (note.state, note.number, note.issued_on) == (NoteState.DRAFT, None, None)
    assert (issued(note).state, issued(note).number, issued(note).issued_on) == ("ISSUED", "DN202606-00001", TODAY)
    assert (shipped(note).state, shipped(note).shipped_on) == ("SHIPPED", TODAY)
    delivered = deliver(shipped(note), delivered_on=TODAY)
    assert delivered == NoteDelivered(note.note_id, TODAY)
    assert evolve(shipped(note), delivered).state == "DELIVERED"


def outcome_of(deed: NoteDeed, note: DeliveryNote) -> object:
    match deed:
        case NoteDeed.ISSUE:
            return issue(note, number="DN202606-00002", issued_on=TODAY, holds=())
        case NoteDeed.SHIP:
            return ship(note, shipped_on=TODAY, holds=())
        case NoteDeed.DELIVER:
            return deliver(note, delivered_on=TODAY)
        case NoteDeed.REVISE:
            return revise(note, note.particulars)
        case NoteDeed.DELETE:
            return delete(note)
        case NoteDeed.EXEMPT:
            return exempt(note, reason="見本")
        case NoteDeed.LIFT:
            return lift(note, [])


@pytest.mark.req("FUL-026")
@pytest.mark.parametrize(("state", "deed"), list(product(NoteState, NoteDeed)))
def test_a_deed_outside_the_table_is_refused_naming_state_and_what_is_allowed(state: NoteState, deed: NoteDeed) -> None:
    note = replace(a_note(an_order()), state=state)
    outcome = outcome_of(deed, note)
    if (state, deed) in TRANSITIONS:
        assert not isinstance(outcome, tuple)
        return
    assert isinstance(outcome, tuple)
    facts = outcome[0].facts
    assert (outcome[0].code, facts["state"], facts["deed"]) == ("INVALID_STATE", state, deed)
    assert facts["allowed"] == ", ".join(known for at, known in TRANSITIONS if at is state)


@pytest.mark.req("FUL-030", "CUS-061")
def test_a_hold_stops_the_issue_and_the_shipment_and_nothing_else() -> None:
    note = a_note(an_order())
    assert issue(note, number="DN202606-00001", issued_on=TODAY, holds=HELD) == HELD
    assert ship(issued(note), shipped_on=TODAY, holds=HELD) == HELD
    assert isinstance(deliver(shipped(note), delivered_on=TODAY), NoteDelivered)
    assert isinstance(take_back(shipped(note), {note.lines[0].line_id: 1}), PiecesReturned)


@pytest.mark.req("CUS-061", "CUS-062", "ORD-075", "FUL-030")
def test_the_holds_of_customer_and_order_are_two_things_and_both_are_told() -> None:
    assert hold_problems(a_customer(), []) == ()
    assert hold_problems(a_customer(on_hold=True), []) == HELD
    assert hold_problems(a_customer(), ["W-101"]) == (Refusal("ORDER_ON_HOLD", {"order": "W-101"}),)
    both = [problem.code for problem in hold_problems(a_customer(on_hold=True), ["W-101"])]
    assert both == ["CUSTOMER_ON_HOLD", "ORDER_ON_HOLD"]


@pytest.mark.req("FUL-022")
def test_a_draft_may_be_marked_non_billable_with_a_reason_and_billable_again() -> None:
    note = a_note(an_order())
    assert exempt(note, reason="") == (Refusal("REASON_REQUIRED", {"note": str(note.note_id)}, field="/reason"),)
    exempted = evolve(note, NoteExempted(note.note_id, "見本"))
    assert (exempted.billing, exempted.non_billable_reason) == (BillingStatus.NON_BILLABLE, "見本")
    assert evolve(exempted, ExemptionLifted(note.note_id)).billing is BillingStatus.UNBILLED
    assert replace(note, invoice_id=an_id(9)).billing is BillingStatus.INVOICED


@pytest.mark.req("FUL-034")
def test_a_note_is_billable_from_its_issue_or_from_its_shipment_as_the_maker_chose() -> None:
    assert billable_states("issued") == {NoteState.ISSUED, NoteState.SHIPPED, NoteState.DELIVERED}
    assert billable_states("shipped") == {NoteState.SHIPPED, NoteState.DELIVERED}


@pytest.mark.req("FUL-026")
def test_a_draft_is_rewritten_freely_and_a_numbered_note_never() -> None:
    note = a_note(an_order())
    revised = revise(note, replace(note.particulars, ship_to=DEPOT, memo="午前着"))
    assert isinstance(revised, DraftRevised)
    assert evolve(note, revised).particulars.memo == "午前着"
    assert isinstance(revise(issued(note), note.particulars), tuple)
    assert delete(note) == DraftDeleted(note.note_id)
    assert isinstance(delete(issued(note)), tuple)


@pytest.mark.req("FUL-063")
def test_sums_per_rate_keep_prices_without_and_with_tax_apart() -> None:
    order = an_order(100, a_line(1, price="105"), a_line(2, rate="8", price="50"), a_line(3, tax_included=True))
    charges = (a_charge(11), a_charge(12, "coupon", "-500"), a_charge(13, "payment_points", "-300", None))
    note = replace(a_note(order), charges=tuple(NoteCharge(order.order_id, charge) for charge in charges))
    assert rate_sums(note) == (
        TaxSums(Rate.of("10"), yen("1050"), yen("1160"), False),
        TaxSums(Rate.of("8"), yen("500"), yen("0"), True),
    )
    assert payment_points(note) == yen("300")


@pytest.mark.req("FUL-071")
@pytest.mark.parametrize(("back", "refused"), [(5, False), (6, False), (7, True)])
def test_of_ten_shipped_and_four_returned_six_may_come_back(back: int, refused: bool) -> None:
    note = shipped(a_note(an_order(100, a_line(1, ordered=10))))
    line = note.lines[0].line_id
    note = evolve(note, PiecesReturned(note.note_id, {line: 4}))
    facts = {"note": "DN202606-00001", "sku": "SKU-1", "returnable": "6", "asked": "7"}
    expected = (Refusal("RETURN_EXCEEDS", facts, value="7"),)
    assert take_back(note, {line: back}) == (expected if refused else PiecesReturned(note.note_id, {line: back}))


def test_goods_that_never_left_cannot_come_back() -> None:
    note = issued(a_note(an_order()))
    outcome = take_back(note, {note.lines[0].line_id: 1})
    assert isinstance(outcome, tuple)
    assert outcome[0].code == "INVALID_STATE"


def test_more_returned_than_shipped_is_a_bug() -> None:
    note = shipped(a_note(an_order()))
    with pytest.raises(Broken):
        evolve(note, PiecesReturned(note.note_id, {note.lines[0].line_id: 11}))


def test_a_note_tells_what_it_takes_of_each_order() -> None:
    order = an_order()
    note = a_note(order, LineAsk("W-100", 3, line_no=1), LineAsk("W-100", 4, line_no=2))
    assert quantities_by_order(note) == {order.order_id: {a_line(1).line_id: 3, a_line(2).line_id: 4}}


@pytest.mark.req("INV-091")
def test_numbers_start_with_type_and_month_of_issue() -> None:
    assert document_number(series(DocumentType.DELIVERY_NOTE, TODAY), 1) == "DN202606-00001"
    assert document_number(series(DocumentType.RETURN_NOTE, TODAY), 99_999) == "RN202606-99999"
    assert document_number("DN202606", 100_000) == "DN202606-100000"


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_the_sums_of_a_note_are_the_sums_of_its_lines(quantities: list[int]) -> None:
    lines = [a_line(number, ordered=50, price=str(number * 7)) for number in range(1, len(quantities) + 1)]
    asks = [LineAsk("W-100", quantity, line_no=number) for number, quantity in enumerate(quantities, start=1)]
    note = a_note(an_order(100, *lines), *asks)
    expected = sum(number * 7 * quantity for number, quantity in enumerate(quantities, start=1))
    assert [sums.exclusive for sums in rate_sums(note)] == [yen(str(expected))]


class OneNote(RuleBasedStateMachine):
    """Any sequence of deeds walks along the table, and number, dates and returns follow the state."""

    def __init__(self) -> None:
        super().__init__()
        self.note: DeliveryNote | None = a_note(an_order(100, a_line(1, ordered=5)))
        self.returned = 0

    @rule(deed=st.sampled_from(NoteDeed), held=st.booleans())
    def do(self, deed: NoteDeed, held: bool) -> None:
        if self.note is None:
            return
        before, holds = self.note, HELD if held else ()
        match deed:
            case NoteDeed.ISSUE:
                outcome: object = issue(before, number="DN202606-00001", issued_on=TODAY, holds=holds)
            case NoteDeed.SHIP:
                outcome = ship(before, shipped_on=TODAY, holds=holds)
            case _:
                outcome = outcome_of(deed, before)
        stopped = held and deed in {NoteDeed.ISSUE, NoteDeed.SHIP}
        assert isinstance(outcome, tuple) is ((before.state, deed) not in TRANSITIONS or stopped)
        self._follow(before, deed, outcome)

    def _follow(self, before: DeliveryNote, deed: NoteDeed, outcome: object) -> None:
        match outcome:
            case DraftDeleted():
                self.note = None
            case NoteIssued() | NoteShipped() | NoteDelivered() | DraftRevised() | NoteExempted() | ExemptionLifted():
                self.note = evolve(before, outcome)
                assert self.note.state == TRANSITIONS[before.state, deed]

    @rule(pieces=st.integers(1, 6))
    def return_some(self, pieces: int) -> None:
        if self.note is None:
            return
        outcome = take_back(self.note, {self.line.line_id: pieces})
        left = self.note.state in {NoteState.SHIPPED, NoteState.DELIVERED}
        assert isinstance(outcome, PiecesReturned) is (left and self.returned + pieces <= 5)
        if isinstance(outcome, PiecesReturned):
            self.note = evolve(self.note, outcome)
            self.returned += pieces

    @property
    def line(self) -> NoteLine:
        assert self.note is not None
        return self.note.lines[0]

    @invariant()
    def number_dates_and_returns_follow_the_state(self) -> None:
        if self.note is None:
            return
        state = self.note.state
        assert (self.note.number is None) is (state is NoteState.DRAFT)
        assert (self.note.shipped_on is not None) is (state in {NoteState.SHIPPED, NoteState.DELIVERED})
        assert (self.note.delivered_on is not None) is (state is NoteState.DELIVERED)
        assert self.line.returned == self.returned


TestOneNote = OneNote.TestCase
