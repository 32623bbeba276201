"""Writing a note from unshipped SKUs: what is picked, what is mixed, what it carries."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fulfillment.core.asks import ChargeAsk, LineAsk
from fulfillment.core.delivery_note import DeliveryNote
from fulfillment.core.drafting import Book, DraftNote, NoteDrafted, draft, split_by_destination
from fulfillment.core.parts import Maker, OrderId
from fulfillment.core.unshipped import free_quantities
from kernel.money import Currency, Money, Rate
from services.fulfillment.tests.builders import (
    CUSTOMER_ID,
    DEPOT,
    HQ,
    SHOP,
    TODAY,
    WAREHOUSE,
    a_book,
    a_charge,
    a_customer,
    a_line,
    a_wish,
    an_id,
    an_order,
    booked,
    ids,
    the_charges,
)

pytestmark = pytest.mark.req("FUL-003", "FUL-020")

USD = Currency.of("USD")


def drafted(book: Book, wish: DraftNote) -> NoteDrafted:
    outcome = draft(book, wish, ids())
    assert isinstance(outcome, NoteDrafted), outcome
    return outcome


def note_of(book: Book, wish: DraftNote) -> DeliveryNote:
    return drafted(book, wish).note


def codes(book: Book, wish: DraftNote) -> list[tuple[str, str | None]]:
    outcome = draft(book, wish, ids())
    assert isinstance(outcome, tuple)
    return [(problem.code, problem.field) for problem in outcome]


def test_a_line_is_named_by_its_id_its_number_or_its_sku() -> None:
    order = an_order()
    by_id = LineAsk(order.order_id, 2, line_id=a_line(1).line_id)
    by_number = LineAsk("W-100", 3, line_no=1)
    by_sku = LineAsk("W-100", 4, sku_code="SKU-2")
    note = note_of(a_book([order]), a_wish(by_id, by_number, by_sku))
    assert [(line.goods.sku_code, line.quantity, line.amount) for line in note.lines] == [
        ("SKU-1", 5, Money.of("500", order.currency)),
        ("SKU-2", 4, Money.of("400", order.currency)),
    ]


def test_an_order_as_a_whole_takes_what_is_free() -> None:
    order = an_order(100, replace(a_line(1), shipped=4, closed=1, allocated=2), replace(a_line(2), shipped=10))
    note = note_of(a_book([order]), a_wish(LineAsk("W-100")))
    assert [(line.goods.sku_code, line.quantity) for line in note.lines] == [("SKU-1", 3)]


def test_a_sku_on_two_equal_lines_is_filled_in_line_order() -> None:
    order = an_order(100, a_line(1, sku="A", ordered=3), a_line(2, sku="A", ordered=5))
    note = note_of(a_book([order]), a_wish(LineAsk("W-100", 4, sku_code="A")))
    assert [(line.goods.order_line_id, line.quantity) for line in note.lines] == [
        (a_line(1).line_id, 3),
        (a_line(2).line_id, 1),
    ]


def test_a_sku_on_two_lines_of_different_price_must_be_named_by_its_line() -> None:
    order = an_order(100, a_line(1, sku="A", price="100"), a_line(2, sku="A", price="90"))
    book = a_book([order])
    outcome = draft(book, a_wish(LineAsk("W-100", 4, sku_code="A", field="/lines/0")), ids())
    assert isinstance(outcome, tuple)
    assert [(problem.code, problem.facts["lines"]) for problem in outcome] == [("AMBIGUOUS_LINE", "1, 2")]
    assert len(note_of(book, a_wish(LineAsk("W-100", 4, line_no=2))).lines) == 1


def test_everything_wrong_with_a_note_is_told_at_once() -> None:
    order = an_order(100, a_line(1, ordered=1), replace(a_line(2), shipped=10))
    wish = a_wish(
        LineAsk("W-100", 2, line_no=1, field="/lines/0"),
        LineAsk("W-999", 1, line_no=1, field="/lines/1"),
        LineAsk("W-100", 1, sku_code="NONE", field="/lines/2"),
        LineAsk("W-100", None, line_no=2, field="/lines/3"),
        charges=(ChargeAsk("W-100", kind="shipping", tax_rate=Rate.of("10"), field="/charges/0"),),
    )
    assert codes(a_book([order]), replace(wish, location="NOWHERE")) == [
        ("UNKNOWN_ORDER", "/lines/1"),
        ("UNKNOWN_LINE", "/lines/2"),
        ("NOTHING_OPEN", "/lines/3"),
        ("QTY_EXCEEDS_OPEN", "/lines/0"),
        ("UNKNOWN_CHARGE", "/charges/0"),
        ("UNKNOWN_LOCATION", "/location"),
    ]


def test_a_note_without_lines_is_no_note() -> None:
    assert codes(a_book([an_order()]), a_wish()) == [("EMPTY_NOTE", "/lines")]


def test_the_second_note_of_one_call_sees_what_the_first_reserved() -> None:
    book = a_book([an_order(100, a_line(1, ordered=10))])
    first = drafted(book, a_wish(LineAsk("W-100", 6, line_no=1)))
    after = booked(book, first)
    second = a_wish(LineAsk("W-100", 5, line_no=1, field="/lines/0"))
    assert codes(after, second) == [("QTY_EXCEEDS_OPEN", "/lines/0")]
    assert drafted(after, a_wish(LineAsk("W-100", 4, line_no=1)))


def test_orders_of_one_customer_share_a_note() -> None:
    note = note_of(a_book([an_order(100), an_order(101)]), a_wish(LineAsk("W-100"), LineAsk("W-101")))
    assert {line.goods.order_number for line in note.lines} == {"W-100", "W-101"}
    assert (note.customer_id, note.particulars.ship_to) == (CUSTOMER_ID, SHOP)


def test_a_note_is_delivered_today_unless_a_day_is_named() -> None:
    book, wish = a_book([an_order()]), a_wish(LineAsk("W-100"))
    assert note_of(book, wish).particulars.delivery_date == TODAY
    assert note_of(book, replace(wish, delivery_date=date(2026, 6, 3))).particulars.delivery_date == date(2026, 6, 3)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (an_order(101, customer=4), "customer"),
        (an_order(101, a_line(1, order=101, currency=USD), currency=USD), "currency"),
        (an_order(101, ship_to=DEPOT), "ship_to"),
    ],
)
def test_customers_currencies_and_destinations_do_not_mix(other: object, what: str) -> None:
    assert isinstance(other, type(an_order()))
    book = a_book([an_order(100), other], customers=[a_customer(1), a_customer(4, code="S0151")])
    outcome = draft(book, a_wish(LineAsk("W-100"), LineAsk("W-101")), ids())
    assert isinstance(outcome, tuple)
    assert [(problem.code, problem.facts["what"]) for problem in outcome] == [("MIXED_NOTE", what)]


@pytest.mark.req("FUL-031")
def test_a_drop_shipment_goes_to_the_customers_numbered_destination_and_not_with_other_goods() -> None:
    order = an_order(100, a_line(1), a_line(2, ship_to_number=7))
    book = a_book([order])
    assert note_of(book, a_wish(LineAsk("W-100", line_no=2))).particulars.ship_to == DEPOT
    assert codes(book, a_wish(LineAsk("W-100"))) == [("MIXED_NOTE", "/lines")]
    redirected = replace(a_wish(LineAsk("W-100")), ship_to=DEPOT)
    assert note_of(book, redirected).particulars.ship_to == DEPOT


@pytest.mark.req("FUL-031")
def test_a_destination_the_customer_does_not_have_is_refused() -> None:
    book = a_book([an_order(100, a_line(1, ship_to_number=8))])
    assert codes(book, a_wish(LineAsk("W-100", field="/lines/0"))) == [("UNKNOWN_SHIP_TO", "/lines/0")]


def test_a_named_customer_must_be_the_orders() -> None:
    book = a_book([an_order()])
    assert note_of(book, replace(a_wish(LineAsk("W-100")), customer="K101X")).customer_code == "K101X"
    assert note_of(book, replace(a_wish(LineAsk("W-100")), customer=CUSTOMER_ID))
    assert codes(book, replace(a_wish(LineAsk("W-100")), customer="S0151")) == [("MIXED_NOTE", "/lines")]


def test_a_customer_nobody_knows_gets_no_note() -> None:
    book = a_book([an_order(customer=9)])
    assert codes(book, a_wish(LineAsk("W-100"))) == [("UNKNOWN_CUSTOMER", "/customer")]


@pytest.mark.req("FUL-030")
def test_a_note_for_a_customer_or_order_on_hold_may_be_drafted() -> None:
    book = a_book([an_order(on_hold=True)], customers=[a_customer(on_hold=True)])
    assert note_of(book, a_wish(LineAsk("W-100"))).lines


def test_the_makers_first_location_issues_unless_another_is_named() -> None:
    book = a_book([an_order()])
    assert note_of(book, a_wish(LineAsk("W-100"))).particulars.location == HQ
    assert note_of(book, replace(a_wish(LineAsk("W-100")), location="W1")).particulars.location == WAREHOUSE
    named = replace(a_wish(LineAsk("W-100")), location=WAREHOUSE.location_id)
    assert note_of(book, named).particulars.location == WAREHOUSE
    assert note_of(a_book([an_order()], maker=Maker()), a_wish(LineAsk("W-100"))).particulars.location is None


@pytest.mark.req("FUL-063", "FUL-061")
def test_a_note_takes_the_charges_it_names_and_leaves_the_rest_to_the_next() -> None:
    order = an_order()
    stocked = the_charges(order, a_charge(11), a_charge(12, "fee", "220"), a_charge(13, "fee", "108", "8"))
    book = a_book([order], [stocked])
    fee = ChargeAsk("W-100", kind="fee", tax_rate=Rate.of("8"))
    first = drafted(book, a_wish(LineAsk("W-100", 1, line_no=1), charges=(fee,)))
    assert [(taken.charge.kind, str(taken.charge.amount.amount)) for taken in first.note.charges] == [("fee", "108")]
    after = booked(book, first)
    again = a_wish(LineAsk("W-100", 1, line_no=1), charges=(fee,))
    assert codes(after, again) == [("FEE_ALREADY_USED", "/charges")]
    rest = note_of(after, a_wish(LineAsk("W-100", 1, line_no=1)))
    assert [taken.charge.charge_id for taken in rest.charges] == [an_id(11), an_id(12)]


@pytest.mark.req("FUL-063")
def test_a_note_may_take_no_charges_and_may_name_one_by_its_id() -> None:
    order = an_order()
    book = a_book([order], [the_charges(order, a_charge(11), a_charge(12, "fee", "220"))])
    assert note_of(book, a_wish(LineAsk("W-100"), charges=())).charges == ()
    twice = (ChargeAsk("W-100", a_charge(12).charge_id), ChargeAsk(order.order_id, a_charge(12).charge_id))
    named = note_of(book, a_wish(LineAsk("W-100"), charges=twice))
    assert [taken.charge.charge_id for taken in named.charges] == [an_id(12)]


def test_charges_of_an_order_that_is_not_on_the_note_are_refused() -> None:
    other = an_order(101)
    book = a_book([an_order(100), other], [the_charges(other, a_charge(11))])
    ask = ChargeAsk("W-101", a_charge(11).charge_id, field="/charges/0")
    assert codes(book, a_wish(LineAsk("W-100"), charges=(ask,))) == [("UNKNOWN_CHARGE", "/charges/0")]


@pytest.mark.req("FUL-033", "FUL-031")
def test_a_run_makes_one_note_per_customer_destination_and_currency_and_sets_held_orders_apart() -> None:
    orders = [
        an_order(100, a_line(1), a_line(2, ship_to_number=7)),
        an_order(101),
        an_order(102, customer=4),
        an_order(103, on_hold=True),
        an_order(104, a_line(1, order=104, currency=USD), currency=USD),
    ]
    book = a_book(orders, customers=[a_customer(1), a_customer(4)])
    asks = split_by_destination(book, {order.order_id: free_quantities(order) for order in orders})
    found = [sorted({str(ask.order) for ask in lines}) for lines in asks]
    assert found == [
        sorted([str(OrderId(an_id(100))), str(OrderId(an_id(101)))]),
        [str(an_id(100))],
        [str(an_id(102))],
        [str(an_id(103))],
        [str(an_id(104))],
    ]
    for lines in asks:
        book = booked(book, drafted(book, DraftNote(lines)))
    assert not any(line.free for order in book.orders.values() for line in order.lines.values())
