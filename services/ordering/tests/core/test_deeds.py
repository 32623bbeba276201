"""Approving, confirming, cancelling, holding, delivering, billing: what each deed needs and leaves behind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kernel.money import JPY, Money
from kernel.refusal import Refusal
from ordering.core.confirming import CreateOc, create_oc
from ordering.core.content import ChargeEntry, ChargeKind
from ordering.core.credit import Exposure
from ordering.core.deeds import (
    Approve,
    Confirm,
    UnknownLine,
    approve,
    cancel,
    confirm,
    convert,
    hold,
    override_credit,
    reject,
    release,
    reopen,
    value_without,
)
from ordering.core.events import OrderConfirmed, OrderConverted, OrderReopened
from ordering.core.order import Order
from ordering.core.order_warning import OrderWarning
from ordering.core.placing import WantedLine
from ordering.core.standing import Carried, Invoiced, NotConverted, bill, close, ship
from ordering.core.states import OrderState
from services.ordering.tests.builders import (
    SHIRT,
    TAXES,
    TEA,
    TEN,
    TODAY,
    a_market,
    a_row,
    after,
    an_id,
    an_order,
    codes,
    ids,
    signed,
    yen,
)

AUTOMATIC = Confirm(TODAY, True, signed())
MANUAL = Confirm(TODAY, False, signed())


def with_oc(*rows: WantedLine, approval: bool = False, entries: tuple[ChargeEntry, ...] = ()) -> Order:
    placed = an_order(*rows, entries=entries)
    command = CreateOc(signed(), approval_required=approval)
    return after(placed, create_oc(placed, command, exposure=None, market=a_market(), ids=ids(80_000)))


def refusals(decision: object) -> tuple[Refusal, ...]:
    """What a deed that must have been refused was refused for."""
    assert isinstance(decision, tuple), decision
    return decision


def converted(*rows: WantedLine, entries: tuple[ChargeEntry, ...] = ()) -> Order:
    order = with_oc(*rows, entries=entries)
    return after(order, confirm(order, AUTOMATIC))


@pytest.mark.req("CUS-060", "ORD-016")
def test_the_refusal_of_an_order_over_the_limit_tells_the_figures_as_people_write_them() -> None:
    limit, ordered = Decimal("5.000E+7"), Decimal("1528594123")  # as PostgreSQL's driver gives back 50,000,000
    exposure = Exposure(JPY, limit=limit, posted=Decimal(0), ordered=ordered)
    warning = exposure.problem(Money.zero(JPY), home=JPY)
    assert warning is not None
    [refusal] = refusals(confirm(replace(with_oc(), over_limit=True, warnings=(warning,)), AUTOMATIC))
    assert refusal.facts["limit"] == "50000000"
    assert refusal.facts["exposure"] == "1528594123"


@pytest.mark.req("CUS-065")
def test_an_order_in_a_currency_without_rate_is_refused_as_that() -> None:
    warning = OrderWarning("RATE_MISSING", {"currency": "USD", "limit_currency": "JPY"})
    [refusal] = refusals(confirm(replace(with_oc(), over_limit=True, warnings=(warning,)), AUTOMATIC))
    assert (refusal.code, refusal.facts["currency"]) == ("RATE_MISSING", "USD")


@pytest.mark.req("CUS-060", "ORD-016")
def test_an_order_over_the_limit_waits_for_an_override_with_a_reason() -> None:
    order = replace(with_oc(), over_limit=True)
    assert codes(confirm(order, AUTOMATIC)) == ["CREDIT_LIMIT_EXCEEDED"]
    assert codes(override_credit(order, signed())) == ["REQUIRED"]
    free = after(order, override_credit(order, signed("known for years")))
    assert after(free, confirm(free, AUTOMATIC)).state is OrderState.UNSHIPPED


@pytest.mark.req("CUS-060")
def test_an_override_needs_an_order_that_is_over_the_limit_and_alive() -> None:
    order = with_oc()
    gone = after(order, cancel(replace(order, over_limit=True), signed("no")))
    assert codes(override_credit(order, signed("why not"))) == ["NOT_OVER_LIMIT"]
    assert codes(override_credit(gone, signed("why not"))) == ["INVALID_STATE"]


@pytest.mark.req("ORD-072")
def test_manual_approval_keeps_who_when_and_why() -> None:
    order = with_oc(approval=True)
    assert codes(confirm(order, AUTOMATIC)) == ["APPROVAL_REQUIRED"]
    approved = after(order, approve(order, Approve(signed("agreed by mail"))))
    assert approved.oc is not None
    assert approved.oc.approved == signed("agreed by mail")
    assert approved.state is OrderState.OC_APPROVED


@pytest.mark.req("ORD-100", "ORD-016")
def test_approving_confirms_too_where_the_maker_wants_it_unless_over_the_limit() -> None:
    order = with_oc(approval=True)
    assert after(order, approve(order, Approve(signed(), AUTOMATIC))).state is OrderState.UNSHIPPED
    limited = replace(order, over_limit=True)
    assert after(limited, approve(limited, Approve(signed(), AUTOMATIC))).state is OrderState.OC_APPROVED


@pytest.mark.req("ORD-073")
def test_a_rejection_needs_a_reason() -> None:
    order = with_oc(approval=True)
    assert codes(reject(order, signed())) == ["REQUIRED"]
    rejected = after(order, reject(order, signed("too dear")))
    assert rejected.oc is not None
    assert rejected.oc.rejected == signed("too dear")


@pytest.mark.req("ORD-080", "ORD-100")
def test_automatic_mode_confirms_and_converts_at_once_manual_mode_waits() -> None:
    order = with_oc()
    assert confirm(order, AUTOMATIC) == [
        OrderConfirmed(TODAY, True, signed()),
        OrderConverted(False, signed()),
    ]
    waiting = after(order, confirm(order, MANUAL))
    assert waiting.state is OrderState.OC_CONFIRMED
    assert after(waiting, convert(waiting, signed())).state is OrderState.UNSHIPPED


@pytest.mark.req("ORD-076")
def test_a_confirmed_order_reopens_until_it_is_converted() -> None:
    order = with_oc()
    confirmed = after(order, confirm(order, MANUAL))
    assert reopen(confirmed, signed()) == [OrderReopened(True, signed())]
    assert reopen(order, signed()) == [OrderReopened(False, signed())]
    assert codes(reopen(converted(), signed())) == ["OC_LOCKED"]


@pytest.mark.req("ORD-082", "ORD-083")
def test_cancelling_is_possible_until_unshipped_skus_exist() -> None:
    sent, waiting = with_oc(approval=True), with_oc()
    waiting = after(waiting, confirm(waiting, MANUAL))
    for order in (an_order(), an_order(customer=None), sent, waiting):
        assert after(order, cancel(order, signed("customer changed its mind"))).state is OrderState.CANCELLED
    assert codes(cancel(converted(), signed("too late"))) == ["UNSHIPPED_EXISTS"]


@pytest.mark.req("ORD-083", "GEN-010")
def test_cancelling_without_reason_or_twice_tells_everything_at_once() -> None:
    cancelled = after(an_order(), cancel(an_order(), signed("no")))
    assert codes(cancel(an_order(), signed())) == ["REQUIRED"]
    assert codes(cancel(cancelled, signed())) == ["INVALID_STATE", "REQUIRED"]


@pytest.mark.req("ORD-075", "CUS-062")
def test_a_held_order_can_be_confirmed_and_released() -> None:
    order = with_oc()
    held = after(order, hold(order, signed("cheque bounced")))
    assert held.on_hold
    assert after(held, confirm(held, AUTOMATIC)).on_hold
    assert codes(hold(held, signed("again"))) == ["INVALID_STATE"]
    assert codes(hold(order, signed())) == ["REQUIRED"]
    assert not after(held, release(held, signed())).on_hold
    assert codes(release(order, signed())) == ["INVALID_STATE"]


def carried(order: Order) -> Carried:
    return Carried(order.order_id, order.customer_id, order.state, order.standing, order.version)


@pytest.mark.req("FUL-015", "ORD-084")
def test_an_order_is_delivered_when_every_piece_left_or_was_closed() -> None:
    order = carried(converted(a_row(SHIRT, 10), a_row(TEA, 2)))
    part = ship(order, 9)
    almost = ship(part, 2)
    done = close(almost, 1, expected=yen(1))
    late = ship(done, 0)
    states = [one.state for one in (order, part, almost, done, late)]
    assert states == ["UNSHIPPED", "PART_DELIVERED", "PART_DELIVERED", "DELIVERED", "DELIVERED"]
    assert (done.standing.shipped, done.standing.closed, done.standing.open) == (11, 1, 0)


def test_a_delivery_of_an_order_that_is_not_converted_is_a_bug() -> None:
    with pytest.raises(NotConverted):
        ship(carried(an_order()), 1)
    with pytest.raises(NotConverted):
        close(carried(with_oc()), 1, expected=yen(0))


@pytest.mark.req("CUS-065")
def test_every_yen_of_an_order_is_in_one_bucket_until_it_is_settled() -> None:
    order = carried(converted(a_row(SHIRT, 10)))
    assert order.exposed == yen(71_500)
    shipped = ship(order, 10)
    assert shipped.exposed == yen(71_500)
    # The invoice rounds over several orders, so this one's share is a yen short: settled all the same.
    billed = bill(shipped, quantity=10, amount=yen(71_499))
    assert (billed.exposed, billed.standing.invoiced) == (yen(0), Invoiced.YES)
    voided = bill(billed, quantity=0, amount=yen(-71_499))
    assert (voided.exposed, voided.standing.invoiced) == (yen(71_500), Invoiced.NO)


@pytest.mark.req("CUS-065", "ORD-100", "FUL-015")
def test_a_part_invoice_and_a_short_close_lower_the_exposure() -> None:
    order = converted(a_row(SHIRT, 10), entries=(ChargeEntry(ChargeKind.SHIPPING, yen(660), TEN),))
    part = bill(ship(carried(order), 5), quantity=5, amount=yen(36_410))
    assert (part.exposed, part.standing.invoiced) == (yen(72_160 - 36_410), Invoiced.PARTLY)
    left = value_without(order, {order.content.lines[0].line_id: 4}, TAXES)
    assert left == yen(42_900 + 660)
    assert close(part, 4, expected=left).exposed == yen(42_900 + 660 - 36_410)
    with pytest.raises(UnknownLine):
        value_without(order, {an_id(424_242): 1}, TAXES)


@pytest.mark.req("ORD-083", "CUS-065")
def test_held_and_cancelled_orders_are_in_nobodys_bucket() -> None:
    order = an_order()
    cancelled = after(order, cancel(order, signed("no")))
    assert cancelled.exposed == yen(0)
    assert an_order(customer=None).exposed == yen(0)
