"""Unshipped SKUs: stocked once, reserved, shipped and closed within what is open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fulfillment.core import unshipped
from fulfillment.core.parts import Broken
from fulfillment.core.unshipped import (
    OrderHoldChanged,
    OrderStocked,
    OrderWithdrawn,
    QuantitiesAllocated,
    QuantitiesClosed,
    QuantitiesReleased,
    QuantitiesShipped,
    UnshippedCreated,
    allocate,
    close_short,
    convert,
    evolve,
    free_quantities,
    hold,
    stock,
    withdraw,
)
from kernel.refusal import Refusal
from services.fulfillment.tests.builders import TODAY, a_line, an_order

pytestmark = pytest.mark.req("FUL-001", "FUL-004")


@pytest.mark.req("FUL-005", "ORD-080")
def test_a_confirmed_order_is_stocked_once() -> None:
    order = an_order()
    assert stock(None, order) == [OrderStocked(order), UnshippedCreated(order.order_id)]
    assert stock(order, order) == []


@pytest.mark.req("FUL-005")
def test_an_order_that_may_ship_is_never_replaced() -> None:
    order = an_order(oc_version=1)
    assert stock(order, replace(order, oc_version=2)) == []


@pytest.mark.req("ORD-076", "ORD-080")
def test_in_manual_mode_a_later_confirmation_replaces_the_earlier_and_an_earlier_one_nothing() -> None:
    first, second = an_order(converted=False, oc_version=1), an_order(converted=False, oc_version=2)
    assert stock(first, second) == [OrderWithdrawn(first.order_id), OrderStocked(second)]
    assert stock(second, first) == []
    assert stock(second, second) == []


@pytest.mark.req("ORD-080")
def test_in_manual_mode_the_order_waits_for_its_conversion() -> None:
    order = an_order(converted=False)
    assert stock(None, order) == [OrderStocked(order)]
    refused = allocate(order, {a_line(1).line_id: 1})
    assert refused == (Refusal("ORDER_NOT_CONVERTED", {"order": "W-100"}),)
    assert convert(order) == [UnshippedCreated(order.order_id)]
    converted = evolve(order, UnshippedCreated(order.order_id))
    assert convert(converted) == []
    assert isinstance(allocate(converted, {a_line(1).line_id: 1}), QuantitiesAllocated)


@pytest.mark.req("ORD-076")
def test_a_reopened_or_cancelled_order_is_forgotten_only_before_its_conversion() -> None:
    order = an_order(converted=False)
    assert withdraw(order) == [OrderWithdrawn(order.order_id)]
    assert withdraw(an_order()) == []


@pytest.mark.req("ORD-075")
def test_the_orders_hold_is_followed() -> None:
    order = an_order()
    assert hold(order, on_hold=False) == []
    assert hold(order, on_hold=True) == [OrderHoldChanged(order.order_id, True)]
    assert evolve(order, OrderHoldChanged(order.order_id, True)).on_hold


@pytest.mark.parametrize(("asked", "refused"), [(3, False), (4, False), (5, True)])
def test_of_ten_with_six_shipped_four_may_go_and_five_may_not(asked: int, refused: bool) -> None:
    line = replace(a_line(1, ordered=10), shipped=6)
    order = an_order(100, line)
    outcome = allocate(order, {line.line_id: asked})
    facts = {"order": "W-100", "line_no": "1", "sku": "SKU-1", "open": "4", "asked": "5"}
    expected = (Refusal("QTY_EXCEEDS_OPEN", facts, value="5"),)
    assert outcome == (expected if refused else QuantitiesAllocated(order.order_id, {line.line_id: asked}))


def test_reserved_pieces_stay_open_but_are_not_free() -> None:
    line = a_line(1, ordered=10)
    order = evolve(an_order(100, line), QuantitiesAllocated(an_order().order_id, {line.line_id: 6}))
    after = order.lines[line.line_id]
    assert (after.open, after.free) == (10, 4)
    assert isinstance(allocate(order, {line.line_id: 5}), tuple)


def test_every_line_that_exceeds_is_named() -> None:
    first, second = a_line(1, ordered=1), a_line(2, ordered=2)
    outcome = allocate(an_order(100, first, second), {first.line_id: 2, second.line_id: 3})
    assert isinstance(outcome, tuple)
    assert [(problem.facts["line_no"], problem.facts["open"]) for problem in outcome] == [("1", "1"), ("2", "2")]


@pytest.mark.req("FUL-015", "ORD-084")
def test_a_short_close_needs_a_reason_and_open_pieces_and_tells_both() -> None:
    line = replace(a_line(1, ordered=10), allocated=8)
    order = an_order(100, line)
    refused = close_short(order, {line.line_id: 3}, reason="", closed_on=TODAY)
    assert isinstance(refused, tuple)
    assert [problem.code for problem in refused] == ["REASON_REQUIRED", "QTY_EXCEEDS_OPEN"]
    closed = close_short(order, {line.line_id: 2}, reason="欠品", closed_on=TODAY)
    assert closed == QuantitiesClosed(order.order_id, {line.line_id: 2}, "欠品", TODAY)
    assert evolve(order, closed).lines[line.line_id].free == 0


def test_free_quantities_are_told_in_line_order_and_leave_out_finished_lines() -> None:
    third, first, done = a_line(3), a_line(1), replace(a_line(2), shipped=10)
    assert list(free_quantities(an_order(100, third, first, done)).items()) == [
        (first.line_id, 10),
        (third.line_id, 10),
    ]


@pytest.mark.parametrize("event", [QuantitiesReleased, QuantitiesShipped])
def test_an_event_that_takes_more_than_was_reserved_is_a_bug(event: type[QuantitiesReleased]) -> None:
    line = a_line(1)
    with pytest.raises(Broken):
        evolve(an_order(100, line), event(an_order().order_id, {line.line_id: 1}))


class OneOrder(RuleBasedStateMachine):
    """Any sequence of deeds keeps ordered = shipped + closed + allocated + free, each of them never negative."""

    def __init__(self) -> None:
        super().__init__()
        self.line = a_line(1, ordered=20)
        self.order = an_order(100, self.line, a_line(2, ordered=5))
        self.drafts: list[int] = []
        self.shipped = self.closed = 0

    @property
    def now(self) -> unshipped.UnshippedLine:
        return self.order.lines[self.line.line_id]

    @rule(pieces=st.integers(1, 25))
    def draft(self, pieces: int) -> None:
        outcome = allocate(self.order, {self.line.line_id: pieces})
        fits = pieces <= 20 - self.shipped - self.closed - sum(self.drafts)
        assert isinstance(outcome, QuantitiesAllocated) is fits
        if isinstance(outcome, QuantitiesAllocated):
            self.order = evolve(self.order, outcome)
            self.drafts.append(pieces)

    @precondition(lambda self: self.drafts)
    @rule()
    def delete_draft(self) -> None:
        event = QuantitiesReleased(self.order.order_id, {self.line.line_id: self.drafts.pop(0)})
        self.order = evolve(self.order, event)

    @precondition(lambda self: self.drafts)
    @rule()
    def ship(self) -> None:
        pieces = self.drafts.pop()
        self.order = evolve(self.order, QuantitiesShipped(self.order.order_id, {self.line.line_id: pieces}))
        self.shipped += pieces

    @rule(pieces=st.integers(1, 25))
    def close(self, pieces: int) -> None:
        outcome = close_short(self.order, {self.line.line_id: pieces}, reason="欠品", closed_on=TODAY)
        if isinstance(outcome, QuantitiesClosed):
            self.order = evolve(self.order, outcome)
            self.closed += pieces

    @invariant()
    def nothing_is_lost_or_promised_twice(self) -> None:
        now = self.now
        assert (now.allocated, now.shipped, now.closed) == (sum(self.drafts), self.shipped, self.closed)
        assert now.ordered == now.shipped + now.closed + now.allocated + now.free
        assert min(now.allocated, now.shipped, now.closed, now.free, now.open) >= 0
        assert self.order.lines[a_line(2).line_id] == a_line(2, ordered=5)


TestOneOrder = OneOrder.TestCase
