"""What deliveries, invoices and exemptions leave of an order in its customer's ordered bucket (CUS-065, R24)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ordering.core.standing import Carried, Invoiced, bill, close, ship, waive
from ordering.core.states import OrderState
from services.ordering.tests.builders import SHIRT, a_row, an_order, yen


def confirmed() -> Carried:
    """Ten shirts for ¥71,500."""
    order = an_order(a_row(SHIRT, 10))
    return Carried(order.order_id, order.customer_id, OrderState.UNSHIPPED, order.standing, 1)


@pytest.mark.req("CUS-065", "FUL-022")
def test_goods_that_are_never_billed_leave_the_exposure_at_their_worth() -> None:
    order = ship(confirmed(), 4)

    exempt = waive(order, quantity=4, worth=yen(28_600))

    assert (order.exposed, exempt.exposed) == (yen(71_500), yen(42_900))
    assert exempt.standing.invoiced is Invoiced.NO
    assert waive(exempt, quantity=0, worth=yen(0)) == order


@pytest.mark.req("CUS-065", "FUL-022", "ORD-100")
def test_an_order_is_settled_when_every_piece_is_billed_or_never_will_be() -> None:
    order = close(ship(confirmed(), 9), 1, expected=yen(64_350))

    almost = waive(bill(order, quantity=5, amount=yen(35_750)), quantity=3, worth=yen(21_449))
    settled = waive(almost, quantity=4, worth=yen(28_599))

    assert (almost.exposed, almost.standing.invoiced) == (yen(7_151), Invoiced.PARTLY)
    assert (settled.exposed, settled.standing.invoiced) == (yen(0), Invoiced.YES)


def test_an_order_of_samples_alone_owes_nothing_and_is_not_invoiced() -> None:
    samples = waive(ship(confirmed(), 10), quantity=10, worth=yen(71_499))

    assert (samples.state, samples.exposed, samples.standing.invoiced) == (OrderState.DELIVERED, yen(0), Invoiced.NO)


def test_an_exposure_is_never_negative() -> None:
    order = bill(ship(confirmed(), 5), quantity=5, amount=yen(35_750))

    assert waive(order, quantity=0, worth=yen(99_999)).exposed == yen(0)
    assert replace(order, customer_id=None).exposed == yen(0)
