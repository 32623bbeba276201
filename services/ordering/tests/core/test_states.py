"""The order's state machine: the table of ORD §9, and every order walking it at random."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.money import Rate
from kernel.refusal import Refusal
from ordering.core.confirming import CreateOc, LineChange, create_oc
from ordering.core.deeds import (
    Approve,
    Confirm,
    Decision,
    approve,
    cancel,
    confirm,
    convert,
    hold,
    override_credit,
    reject,
    release,
    reopen,
)
from ordering.core.events import History
from ordering.core.order import Order
from ordering.core.standing import Carried, bill, close, ship
from ordering.core.states import CONVERTED, TRANSITIONS, Deed, OrderState, allowed, move
from services.ordering.tests.builders import (
    SHIRT,
    TEA,
    TODAY,
    a_market,
    a_row,
    an_exposure,
    an_order,
    ids,
    signed,
    yen,
)

SPECIFIED = """
NEEDS_ATTENTION assign_customer PLACED
PLACED,OC_REJECTED,OC_REVISION create_oc OC_CREATED
OC_CREATED approve OC_APPROVED
OC_CREATED reject OC_REJECTED
OC_CREATED,OC_APPROVED confirm OC_CONFIRMED
OC_CREATED,OC_APPROVED,OC_CONFIRMED reopen OC_REVISION
OC_CONFIRMED convert UNSHIPPED
UNSHIPPED,PART_DELIVERED deliver_part PART_DELIVERED
UNSHIPPED,PART_DELIVERED deliver_all DELIVERED
NEEDS_ATTENTION,PLACED,OC_CREATED,OC_APPROVED,OC_REJECTED,OC_REVISION,OC_CONFIRMED cancel CANCELLED
"""


def specified() -> dict[tuple[str, str], str]:
    rows = (row.split() for row in SPECIFIED.strip().splitlines())
    return {(state, deed): to for states, deed, to in rows for state in states.split(",")}


@pytest.mark.req("ORD-100")
def test_the_table_is_the_one_of_the_specification() -> None:
    assert {(state.value, deed.value): to.value for (state, deed), to in TRANSITIONS.items()} == specified()


@pytest.mark.req("ORD-100")
def test_any_other_deed_names_the_state_and_what_is_allowed() -> None:
    refusal = move(OrderState.PLACED, Deed.CONFIRM)
    assert refusal == Refusal("INVALID_STATE", {"state": "PLACED", "deed": "confirm", "allowed": "create_oc, cancel"})


@pytest.mark.req("ORD-082", "ORD-076")
@pytest.mark.parametrize("state", sorted(CONVERTED))
def test_a_converted_order_says_why_it_can_be_neither_cancelled_nor_reopened(state: OrderState) -> None:
    cancelled, reopened = move(state, Deed.CANCEL), move(state, Deed.REOPEN)
    assert isinstance(cancelled, Refusal)
    assert isinstance(reopened, Refusal)
    assert (cancelled.code, reopened.code) == ("UNSHIPPED_EXISTS", "OC_LOCKED")


@pytest.mark.req("ORD-083")
def test_cancelled_and_delivered_are_final() -> None:
    assert allowed(OrderState.CANCELLED) == ()
    assert allowed(OrderState.DELIVERED) == ()


class OrderLife(RuleBasedStateMachine):
    """Every deed at any moment: what the table forbids is refused and changes nothing, what it allows follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.order = an_order(a_row(SHIRT, 10), a_row(TEA, 3))
        self.market = a_market()
        self.ids = ids(70_000)

    def _do(self, deed: Deed, decision: Decision, *, also: frozenset[str] = frozenset()) -> None:
        before, following = self.order, move(self.order.state, deed)
        if isinstance(decision, tuple):
            codes = {problem.code for problem in decision}
            assert codes
            assert isinstance(following, Refusal) or codes & also
            return
        assert not isinstance(following, Refusal)
        self.order = History.untouched(before).then(decision).after

    @rule(quantity=st.integers(0, 20), rate=st.sampled_from(["0", "50", "65", "100"]), approval=st.booleans())
    def create_oc(self, quantity: int, rate: str, approval: bool) -> None:
        change = LineChange(line_no=1, quantity=quantity, rate=Rate.of(rate))
        exposure = an_exposure(limit=60_000, ordered=int(self.order.grand_total.amount))
        command = CreateOc(signed(), approval_required=approval, changes=[change])
        decision = create_oc(self.order, command, exposure=exposure, market=self.market, ids=self.ids)
        self._do(Deed.CREATE_OC, decision, also=frozenset({"UNKNOWN_LINE"}))

    @rule(at_once=st.booleans(), automatic=st.booleans())
    def approve(self, at_once: bool, automatic: bool) -> None:
        then = Confirm(TODAY, automatic, signed()) if at_once else None
        self._do(Deed.APPROVE, approve(self.order, Approve(signed("by mail"), then)))

    @rule()
    def reject(self) -> None:
        self._do(Deed.REJECT, reject(self.order, signed("too many")))

    @rule(automatic=st.booleans())
    def confirm(self, automatic: bool) -> None:
        decision = confirm(self.order, Confirm(TODAY, automatic, signed()))
        self._do(Deed.CONFIRM, decision, also=frozenset({"APPROVAL_REQUIRED", "CREDIT_LIMIT_EXCEEDED"}))

    @rule()
    def convert(self) -> None:
        self._do(Deed.CONVERT, convert(self.order, signed()))

    @rule()
    def reopen(self) -> None:
        self._do(Deed.REOPEN, reopen(self.order, signed()))

    @precondition(lambda self: len(self.order.confirmations) > 3)
    @rule()
    def cancel(self) -> None:
        self._do(Deed.CANCEL, cancel(self.order, signed("no longer wanted")))

    @rule()
    def hold_or_release(self) -> None:
        decision = release(self.order, signed()) if self.order.on_hold else hold(self.order, signed("check first"))
        if isinstance(decision, list):
            self.order = History.untouched(self.order).then(decision).after

    @precondition(lambda self: self.order.over_limit)
    @rule()
    def override(self) -> None:
        decision = override_credit(self.order, signed("known for years"))
        if isinstance(decision, list):
            self.order = History.untouched(self.order).then(decision).after

    @precondition(lambda self: self.order.state in CONVERTED and self.order.standing.open > 0)
    @rule(data=st.data(), closing=st.booleans())
    def deliver(self, data: st.DataObject, closing: bool) -> None:
        pieces = data.draw(st.integers(1, self.order.standing.open))
        now = carried(self.order)
        left = max(now.standing.expected - yen(6_500 * pieces), yen(0))
        after = close(now, pieces, expected=left) if closing else ship(now, pieces)
        self.order = replace(self.order, state=after.state, standing=after.standing)

    @precondition(lambda self: self.order.standing.shipped > self.order.standing.billed_quantity)
    @rule(amount=st.integers(1, 50_000))
    def invoice(self, amount: int) -> None:
        quantity = self.order.standing.shipped
        after = bill(carried(self.order), quantity=quantity, amount=yen(amount))
        self.order = replace(self.order, standing=after.standing)

    @invariant()
    def versions_are_gapless_and_the_placed_content_never_changes(self) -> None:
        assert [oc.version for oc in self.order.confirmations] == list(range(1, len(self.order.confirmations) + 1))
        assert self.order.contents[0] == an_order(a_row(SHIRT, 10), a_row(TEA, 3)).content

    @invariant()
    def only_confirmed_orders_are_converted_and_never_over_the_limit_unseen(self) -> None:
        if self.order.state in CONVERTED:
            assert self.order.oc is not None
            assert self.order.oc.confirmed is not None
            assert not self.order.over_limit

    @invariant()
    def exposure_is_never_negative_and_ends_at_nothing(self) -> None:
        assert not self.order.exposed.is_negative
        if self.order.state is OrderState.CANCELLED or self.order.standing.is_settled:
            assert not self.order.exposed

    @invariant()
    def what_is_not_converted_is_exposed_with_its_whole_value(self) -> None:
        if self.order.state not in CONVERTED and self.order.state is not OrderState.CANCELLED:
            assert self.order.exposed == self.order.grand_total

    @invariant()
    def delivered_means_no_piece_is_open(self) -> None:
        assert self.order.standing.ordered == self.order.content.quantity
        if self.order.state in CONVERTED:
            assert (self.order.state is OrderState.DELIVERED) == (self.order.standing.open == 0)


def carried(order: Order) -> Carried:
    return Carried(order.order_id, order.customer_id, order.state, order.standing, order.version)


test_an_order_lives_by_its_table = pytest.mark.req("ORD-100", "ORD-015", "CUS-065")(OrderLife.TestCase)
