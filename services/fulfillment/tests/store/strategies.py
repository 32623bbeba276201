"""Any state the core can hold, for the law `load(save(x)) == x`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from fulfillment.core.charges import OrderCharges, StockedCharge
from fulfillment.core.delivery_note import DeliveryNote, Goods, NoteCharge, NoteLine, NoteState, Particulars
from fulfillment.core.parts import (
    Address,
    ChargeId,
    Customer,
    CustomerId,
    Location,
    Maker,
    NoteId,
    NoteLineId,
    OrderId,
    OrderLineId,
    ReturnId,
)
from fulfillment.core.returns import ReturnLine, ReturnNote
from fulfillment.core.unshipped import UnshippedLine, UnshippedOrder
from kernel.money import SUPPORTED, Currency, Money, Rate

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
days = st.dates(date(1900, 1, 1), date(2999, 12, 31))
uuids = st.uuids()
quantities = st.integers(0, 1_000_000_000)
rates = st.builds(lambda thousandths: Rate.of(Decimal(thousandths).scaleb(-3)), st.integers(0, 100_000))
addresses = st.builds(Address, *[texts] * 7)
locations = st.builds(Location, uuids, texts, texts)
makers = st.builds(
    Maker, st.just("Asia/Tokyo"), st.sampled_from(["issued", "shipped"]), st.lists(locations, max_size=3).map(tuple)
)


def moneys(currency: Currency) -> st.SearchStrategy[Money]:
    """Up to twelve digits before the point and four behind it, either sign."""
    amounts = st.integers(-(10**16), 10**16).map(lambda number: Decimal(number).scaleb(-4))
    return amounts.map(lambda amount: Money(amount, currency))


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    ship_tos = draw(st.dictionaries(st.integers(0, 99), addresses, max_size=3))
    return Customer(CustomerId(draw(uuids)), draw(texts), draw(texts), draw(st.booleans()), ship_tos)


@st.composite
def lines(draw: st.DrawFn, line_no: int, currency: Currency) -> UnshippedLine:
    ordered = draw(quantities)
    shipped = draw(st.integers(0, ordered))
    closed = draw(st.integers(0, ordered - shipped))
    return UnshippedLine(
        line_id=OrderLineId(draw(uuids)),
        line_no=line_no,
        sku_id=draw(st.none() | uuids),
        sku_code=draw(texts),
        product_name=draw(texts),
        option=draw(texts),
        ordered=ordered,
        original_price=draw(moneys(currency)),
        wholesale_rate=draw(rates),
        unit_price=draw(moneys(currency)),
        tax_rate=draw(rates),
        tax_included=draw(st.booleans()),
        reduced=draw(st.booleans()),
        planned_from=draw(st.none() | days),
        planned_to=draw(st.none() | days),
        ship_to_number=draw(st.integers(0, 9999)),
        allocated=draw(st.integers(0, ordered - shipped - closed)),
        shipped=shipped,
        closed=closed,
    )


@st.composite
def charges(draw: st.DrawFn, currency: Currency) -> StockedCharge:
    return StockedCharge(
        charge_id=ChargeId(draw(uuids)),
        kind=draw(texts),
        name=draw(texts),
        tax_rate=draw(st.none() | rates),
        amount=draw(moneys(currency)),
        tax_included=draw(st.booleans()),
    )


@st.composite
def stocks(draw: st.DrawFn) -> tuple[UnshippedOrder, OrderCharges]:
    currency = draw(st.sampled_from(sorted(SUPPORTED.values(), key=str)))
    order_id, number = OrderId(draw(uuids)), draw(uuids).hex
    kept = [draw(lines(line_no, currency)) for line_no in range(1, draw(st.integers(0, 4)) + 1)]
    order = UnshippedOrder(
        order_id=order_id,
        number=number,
        customer_id=CustomerId(draw(uuids)),
        customer_code=draw(texts),
        currency=currency,
        oc_version=draw(st.integers(1, 9)),
        converted=draw(st.booleans()),
        on_hold=draw(st.booleans()),
        ship_to=draw(addresses),
        lines={line.line_id: line for line in kept},
    )
    stocked = {charge.charge_id: charge for charge in draw(st.lists(charges(currency), max_size=3))}
    return order, OrderCharges(order_id, number, stocked)


particulars = st.builds(
    Particulars,
    delivery_date=days,
    ship_to=addresses,
    location=st.none() | locations,
    memo=texts,
    comment=texts,
    carrier=texts,
    tracking_number=texts,
)


@st.composite
def goods(draw: st.DrawFn, currency: Currency) -> Goods:
    return Goods(
        order_id=OrderId(draw(uuids)),
        order_number=draw(texts),
        order_line_id=OrderLineId(draw(uuids)),
        sku_code=draw(texts),
        product_name=draw(texts),
        option=draw(texts),
        unit_price=draw(moneys(currency)),
        tax_rate=draw(rates),
        tax_included=draw(st.booleans()),
        reduced=draw(st.booleans()),
    )


@st.composite
def note_lines(draw: st.DrawFn, line_no: int, currency: Currency) -> NoteLine:
    quantity = draw(st.integers(1, 1_000_000_000))
    returned = draw(st.integers(0, quantity))
    return NoteLine(NoteLineId(draw(uuids)), line_no, draw(goods(currency)), quantity, returned)


@st.composite
def notes(draw: st.DrawFn) -> DeliveryNote:
    """A note in any state, with what the state calls for."""
    currency = draw(st.sampled_from(sorted(SUPPORTED.values(), key=str)))
    state = draw(st.sampled_from(NoteState))
    after = {NoteState.DRAFT: 0, NoteState.ISSUED: 1, NoteState.SHIPPED: 2, NoteState.DELIVERED: 3}[state]
    reason = draw(st.none() | texts.filter(bool))
    return DeliveryNote(
        note_id=NoteId(draw(uuids)),
        state=state,
        customer_id=CustomerId(draw(uuids)),
        customer_code=draw(texts),
        customer_name=draw(texts),
        currency=currency,
        particulars=draw(particulars),
        lines=tuple(draw(note_lines(number, currency)) for number in range(1, draw(st.integers(1, 4)) + 1)),
        charges=(),
        number=draw(uuids).hex if after else None,
        issued_on=draw(days) if after else None,
        shipped_on=draw(days) if after > 1 else None,
        delivered_on=draw(days) if after > 2 else None,
        non_billable_reason=reason,
        invoice_id=draw(st.none() | uuids) if after else None,
        version=draw(st.integers(1, 100)),
    )


@st.composite
def notes_with_charges(draw: st.DrawFn) -> tuple[DeliveryNote, UnshippedOrder, OrderCharges]:
    """A note and the order whose charges it holds."""
    note = draw(notes())
    order, stocked = draw(stocks())
    order = replace(order, currency=note.currency, lines={})
    held = [draw(charges(note.currency)) for _ in range(draw(st.integers(0, 3)))]
    taken = {charge.charge_id: replace(charge, taken_by=note.note_id) for charge in held}
    carried = tuple(NoteCharge(order.order_id, charge) for charge in taken.values())
    return replace(note, charges=carried), order, replace(stocked, charges=taken)


@st.composite
def returns_of(draw: st.DrawFn, note: DeliveryNote) -> ReturnNote:
    """A return of some lines of that note."""
    chosen = draw(st.lists(st.sampled_from(note.lines), min_size=1, unique=True))
    number = draw(st.none() | uuids.map(lambda one: one.hex))
    return ReturnNote(
        return_id=ReturnId(draw(uuids)),
        note_id=note.note_id,
        note_number=draw(texts),
        customer_id=note.customer_id,
        customer_code=note.customer_code,
        currency=note.currency,
        delivery_date=note.particulars.delivery_date,
        returned_on=draw(days),
        reason=draw(texts.filter(bool)),
        condition=draw(texts),
        restock=draw(st.booleans()),
        lines=tuple(
            ReturnLine(draw(uuids), line.line_id, line.goods, draw(st.integers(1, line.quantity))) for line in chosen
        ),
        number=number,
        issued_on=None if number is None else draw(days),
        invoice_id=None if number is None else draw(st.none() | uuids),
        version=draw(st.integers(1, 100)),
    )
