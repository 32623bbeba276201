"""Orders, charges, customers and notes with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import count
from uuid import UUID

from fulfillment.core import charges, unshipped
from fulfillment.core.asks import ChargeAsk, LineAsk
from fulfillment.core.charges import OrderCharges, StockedCharge
from fulfillment.core.delivery_note import DeliveryNote, NoteIssued, NoteShipped, evolve, issue, ship
from fulfillment.core.drafting import Book, DraftNote, NoteDrafted, draft, open_book
from fulfillment.core.parts import (
    Address,
    ChargeId,
    Customer,
    CustomerId,
    Location,
    Maker,
    OrderId,
    OrderLineId,
)
from fulfillment.core.unshipped import UnshippedLine, UnshippedOrder
from kernel.money import JPY, Currency, Money, Rate

TODAY = date(2026, 6, 10)
SHOP = Address(postal_code="980-4994", address1="仙台市青葉区見本町4-26-6", name="株式会社玉野井")
DEPOT = Address(postal_code="060-0000", address1="札幌市中央区見本町1", name="玉野井 札幌倉庫")


def an_id(number: int) -> UUID:
    """The same id for the same number, in the shape of a UUIDv7."""
    return UUID(int=(0x0190 << 112) | (0x7 << 76) | (0b10 << 62) | number)


def ids(start: int = 1_000_000) -> Callable[[], UUID]:
    """A source of new ids that repeats in every run."""
    numbers = count(start)
    return lambda: an_id(next(numbers))


CUSTOMER_ID = CustomerId(an_id(1))
HQ = Location(an_id(2), "HQ", "本社")
WAREHOUSE = Location(an_id(3), "W1", "倉庫")


def a_customer(number: int = 1, *, code: str = "K101X", on_hold: bool = False) -> Customer:
    return Customer(CustomerId(an_id(number)), code, f"得意先{number}", on_hold, {7: DEPOT})


def a_line(
    number: int,
    *,
    ordered: int = 10,
    sku: str = "",
    price: str = "100",
    rate: str = "10",
    currency: Currency = JPY,
    ship_to_number: int = 0,
    tax_included: bool = False,
    order: int = 100,
) -> UnshippedLine:
    return UnshippedLine(
        line_id=OrderLineId(an_id(order * 1000 + number)),
        line_no=number,
        sku_id=None,
        sku_code=sku or f"SKU-{number}",
        product_name=f"商品{number}",
        option="",
        ordered=ordered,
        original_price=Money.of(price, currency),
        wholesale_rate=Rate.of("100"),
        unit_price=Money.of(price, currency),
        tax_rate=Rate.of(rate),
        tax_included=tax_included,
        reduced=rate == "8",
        ship_to_number=ship_to_number,
    )


def an_order(
    number: int = 100,
    *lines: UnshippedLine,
    customer: int = 1,
    currency: Currency = JPY,
    converted: bool = True,
    on_hold: bool = False,
    ship_to: Address = SHOP,
    oc_version: int = 1,
) -> UnshippedOrder:
    kept = lines or (a_line(1, order=number), a_line(2, order=number))
    return UnshippedOrder(
        order_id=OrderId(an_id(number)),
        number=f"W-{number}",
        customer_id=CustomerId(an_id(customer)),
        customer_code=f"C{customer}",
        currency=currency,
        oc_version=oc_version,
        converted=converted,
        on_hold=on_hold,
        ship_to=ship_to,
        lines={line.line_id: line for line in kept},
    )


def a_charge(number: int, kind: str = "shipping", amount: str = "660", rate: str | None = "10") -> StockedCharge:
    tax_rate = None if rate is None else Rate.of(rate)
    return StockedCharge(ChargeId(an_id(number)), kind, kind, tax_rate, Money.of(amount, JPY), tax_included=True)


def the_charges(order: UnshippedOrder, *stocked: StockedCharge) -> OrderCharges:
    return OrderCharges(order.order_id, order.number, {charge.charge_id: charge for charge in stocked})


def a_book(
    orders: Sequence[UnshippedOrder],
    stocked: Sequence[OrderCharges] = (),
    customers: Sequence[Customer] = (),
    maker: Maker | None = None,
) -> Book:
    known = customers or (a_customer(),)
    return open_book(
        {order.order_id: order for order in orders},
        {of_order.order_id: of_order for of_order in stocked},
        {customer.customer_id: customer for customer in known},
        maker or Maker(locations=(HQ, WAREHOUSE)),
        TODAY,
    )


def a_wish(*lines: LineAsk, charges: tuple[ChargeAsk, ...] | None = None) -> DraftNote:
    return DraftNote(lines, charges=charges)


def a_note(order: UnshippedOrder, *asks: LineAsk) -> DeliveryNote:
    """A draft over that order, as its own rules write it."""
    drafted = draft(a_book([order]), a_wish(*(asks or (LineAsk(order.order_id),))), ids())
    assert isinstance(drafted, NoteDrafted)
    return drafted.note


def issued(note: DeliveryNote) -> DeliveryNote:
    event = issue(note, number="DN202606-00001", issued_on=TODAY, holds=())
    assert isinstance(event, NoteIssued)
    return evolve(note, event)


def shipped(note: DeliveryNote) -> DeliveryNote:
    event = ship(issued(note), shipped_on=TODAY, holds=())
    assert isinstance(event, NoteShipped)
    return evolve(issued(note), event)


def booked(book: Book, drafted: NoteDrafted) -> Book:
    """The book after that draft, as the next draft of the same call sees it."""
    orders, stocked = dict(book.orders), dict(book.charges)
    for allocation in drafted.allocations:
        orders[allocation.order_id] = unshipped.evolve(orders[allocation.order_id], allocation)
    for taking in drafted.takings:
        stocked[taking.order_id] = charges.evolve(stocked[taking.order_id], taking)
    return Book(orders, stocked, book.indexes, book.numbers, book.customers, book.maker, book.today)
