"""Writing a delivery note from unshipped SKUs: which quantities, to whom, where, with which charges (FUL-003, FUL-020).

A draft is decided over several orders at once; the orders' own rules (`unshipped`, `charges`) have the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from uuid import UUID

from fulfillment.core import charges, unshipped
from fulfillment.core.asks import Basket, ChargeAsk, LineAsk, OrderIndex, OrderRef, index_of, pick, pick_charges
from fulfillment.core.charges import ChargesTaken, OrderCharges
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
    Refused,
)
from fulfillment.core.unshipped import Quantities, QuantitiesAllocated, UnshippedLine, UnshippedOrder
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class DraftNote:
    """The wish for a note. `charges` None: all that the orders still have free (FUL-063); empty: none.

    `delivery_date` None: today. `ship_to` given: all lines go there, wherever their orders said. `customer` and
    `location`: id or code.
    """

    lines: tuple[LineAsk, ...]
    delivery_date: date | None = None
    charges: tuple[ChargeAsk, ...] | None = None
    customer: UUID | str | None = None
    location: UUID | str | None = None
    ship_to: Address | None = None
    memo: str = ""
    comment: str = ""
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything loaded that drafts may draw on, with earlier drafts of the same call already counted."""

    orders: Mapping[OrderId, UnshippedOrder]
    charges: Mapping[OrderId, OrderCharges]
    indexes: Mapping[OrderId, OrderIndex]
    numbers: Mapping[str, OrderId]
    customers: Mapping[CustomerId, Customer]
    maker: Maker
    today: date

    def order(self, ref: OrderRef) -> UnshippedOrder | None:
        """The order of that id or number."""
        order_id = self.numbers.get(ref) if isinstance(ref, str) else OrderId(ref)
        return None if order_id is None else self.orders.get(order_id)


@dataclass(frozen=True, slots=True)
class NoteDrafted:
    """The draft, and what it reserves of each order."""

    note: DeliveryNote
    allocations: tuple[QuantitiesAllocated, ...]
    takings: tuple[ChargesTaken, ...]


@dataclass(frozen=True, slots=True)
class _Destination:
    """Who gets the goods and where; the one thing all lines of a note must share (FUL-003)."""

    customer: Customer
    ship_to: Address


def open_book(
    orders: Mapping[OrderId, UnshippedOrder],
    stocked: Mapping[OrderId, OrderCharges],
    customers: Mapping[CustomerId, Customer],
    maker: Maker,
    today: date,
) -> Book:
    """The book over what was loaded; `today` is the maker's business date."""
    indexes = {order_id: index_of(order) for order_id, order in orders.items()}
    numbers = {order.number: order_id for order_id, order in orders.items()}
    return Book(orders, stocked, indexes, numbers, customers, maker, today)


def draft(book: Book, wish: DraftNote, new_id: Callable[[], UUID]) -> NoteDrafted | Refused:
    """Decide a draft. Refuses, all at once: EMPTY_NOTE, UNKNOWN_ORDER, UNKNOWN_LINE, AMBIGUOUS_LINE, NOTHING_OPEN,
    QTY_EXCEEDS_OPEN, ORDER_NOT_CONVERTED, MIXED_NOTE, UNKNOWN_CUSTOMER, UNKNOWN_SHIP_TO, UNKNOWN_LOCATION,
    UNKNOWN_CHARGE, FEE_ALREADY_USED. Customers and orders on hold may be drafted (FUL-030)."""
    basket, problems = _fill(book, wish.lines)
    orders = [book.orders[order_id] for order_id in basket.orders]
    note_id = NoteId(new_id())
    allocations, excess = _allocate(orders, basket)
    takings, charge_problems = _take(book, wish.charges, orders, note_id)
    location, place_problems = _location(book.maker, wish.location)
    problems += excess + charge_problems + place_problems
    destination = _destination(book, wish, orders, basket)
    if isinstance(destination, tuple):
        return problems + destination
    if problems:
        return problems
    note = DeliveryNote(
        note_id=note_id,
        state=NoteState.DRAFT,
        customer_id=destination.customer.customer_id,
        customer_code=destination.customer.code,
        customer_name=destination.customer.name,
        currency=orders[0].currency,
        particulars=_particulars(wish, book.today, destination.ship_to, location),
        lines=_lines(orders, basket, new_id),
        charges=_charges(book, takings),
    )
    return NoteDrafted(note, allocations, takings)


def _fill(book: Book, asks: Iterable[LineAsk]) -> tuple[Basket, Refused]:
    basket, problems = Basket(), list[Refusal]()
    for ask in asks:
        order = book.order(ask.order)
        if order is None:
            problems.append(_unknown_order(ask.order, ask.field))
        else:
            problems += pick(order, book.indexes[order.order_id], ask, basket)
    if not basket.orders and not problems:
        problems.append(Refusal("EMPTY_NOTE", field="/lines"))
    return basket, tuple(problems)


def _unknown_order(ref: OrderRef, field: str) -> Refusal:
    return Refusal("UNKNOWN_ORDER", {"order": str(ref)}, field=field, value=str(ref))


def _allocate(orders: Iterable[UnshippedOrder], basket: Basket) -> tuple[tuple[QuantitiesAllocated, ...], Refused]:
    allocations, problems = list[QuantitiesAllocated](), list[Refusal]()
    for order in orders:
        outcome = unshipped.allocate(order, basket.orders[order.order_id])
        if isinstance(outcome, QuantitiesAllocated):
            allocations.append(outcome)
        else:
            problems += _placed(order, outcome, basket)
    return tuple(allocations), tuple(problems)


def _placed(order: UnshippedOrder, problems: Refused, basket: Basket) -> Iterable[Refusal]:
    fields = {str(order.lines[line_id].line_no): basket.fields[line_id] for line_id in basket.orders[order.order_id]}
    for problem in problems:
        yield replace(problem, field=fields.get(problem.facts.get("line_no", "")))


def _destination(book: Book, wish: DraftNote, orders: list[UnshippedOrder], basket: Basket) -> _Destination | Refused:
    if not orders:
        return ()
    mixed = _mixed(orders)
    if mixed:
        return mixed
    customer = book.customers.get(orders[0].customer_id)
    if customer is None:
        code = orders[0].customer_code
        return (Refusal("UNKNOWN_CUSTOMER", {"customer": code}, field="/customer", value=code),)
    if wish.customer is not None and wish.customer not in (customer.customer_id, customer.code):
        return (_mixed_in("customer", (str(wish.customer), customer.code)),)
    if wish.ship_to is not None:
        return _Destination(customer, wish.ship_to)
    return _common_ship_to(customer, orders, basket)


def _mixed(orders: list[UnshippedOrder]) -> Refused:
    customers = {order.customer_id: order.customer_code for order in orders}
    currencies = sorted({order.currency.code for order in orders})
    problems = [_mixed_in("customer", customers.values())] if len(customers) > 1 else []
    return tuple(problems + ([_mixed_in("currency", currencies)] if len(currencies) > 1 else []))


def _mixed_in(what: str, found: Iterable[str]) -> Refusal:
    return Refusal("MIXED_NOTE", {"what": what, "found": ", ".join(found)}, field="/lines")


def _common_ship_to(customer: Customer, orders: list[UnshippedOrder], basket: Basket) -> _Destination | Refused:
    found: dict[Address, str] = {}
    problems: list[Refusal] = []
    for order, line in _picked_lines(orders, basket):
        ship_to = ship_to_of(order, line, customer)
        if ship_to is None:
            facts = {"customer": customer.code, "number": str(line.ship_to_number)}
            problems.append(Refusal("UNKNOWN_SHIP_TO", facts, field=basket.fields[line.line_id]))
        else:
            found.setdefault(ship_to, f"{order.number}/{line.line_no}")
    if len(found) > 1:
        problems.append(_mixed_in("ship_to", found.values()))
    return tuple(problems) or _Destination(customer, next(iter(found)))


def _picked_lines(orders: Iterable[UnshippedOrder], basket: Basket) -> Iterable[tuple[UnshippedOrder, UnshippedLine]]:
    for order in orders:
        for line_id in basket.orders[order.order_id]:
            yield order, order.lines[line_id]


def ship_to_of(order: UnshippedOrder, line: UnshippedLine, customer: Customer) -> Address | None:
    """Where the line goes: 0 is the order's own destination, others are drop shipments (FUL-031)."""
    return customer.ship_tos.get(line.ship_to_number) if line.ship_to_number else order.ship_to


def _location(maker: Maker, asked: UUID | str | None) -> tuple[Location | None, Refused]:
    if asked is None:
        return (maker.locations[0] if maker.locations else None), ()
    found = maker.location(asked)
    return (None, found) if isinstance(found, tuple) else (found, ())


def _take(
    book: Book, asks: tuple[ChargeAsk, ...] | None, orders: Iterable[UnshippedOrder], note_id: NoteId
) -> tuple[tuple[ChargesTaken, ...], Refused]:
    stocked = {order.order_id: book.charges[order.order_id] for order in orders if order.order_id in book.charges}
    chosen, problems = _free(stocked) if asks is None else _chosen(book, stocked, asks)
    takings: list[ChargesTaken] = []
    for order_id, charge_ids in chosen.items():
        outcome = charges.take(stocked[order_id], charge_ids, note_id=note_id)
        if isinstance(outcome, ChargesTaken):
            takings.append(outcome)
        else:
            problems += (replace(problem, field="/charges") for problem in outcome)
    return tuple(taking for taking in takings if taking.charge_ids), tuple(problems)


def _free(stocked: Mapping[OrderId, OrderCharges]) -> tuple[dict[OrderId, tuple[ChargeId, ...]], list[Refusal]]:
    return {order_id: charges.free_charges(of_order) for order_id, of_order in stocked.items()}, []


def _chosen(
    book: Book, stocked: Mapping[OrderId, OrderCharges], asks: Iterable[ChargeAsk]
) -> tuple[dict[OrderId, tuple[ChargeId, ...]], list[Refusal]]:
    chosen: dict[OrderId, tuple[ChargeId, ...]] = {}
    problems: list[Refusal] = []
    for ask in asks:
        order = book.order(ask.order)
        if order is None or order.order_id not in stocked:
            facts = {"order": str(ask.order), "charge": str(ask.charge_id or ask.kind)}
            problems.append(Refusal("UNKNOWN_CHARGE", facts, field=ask.field, value=str(ask.order)))
            continue
        found = pick_charges(stocked[order.order_id], ask)
        if isinstance(found, Refusal):
            problems.append(found)
        else:
            before = chosen.get(order.order_id, ())
            chosen[order.order_id] = before + tuple(charge_id for charge_id in found if charge_id not in before)
    return chosen, problems


def _particulars(wish: DraftNote, today: date, ship_to: Address, location: Location | None) -> Particulars:
    return Particulars(
        delivery_date=wish.delivery_date or today,
        ship_to=ship_to,
        location=location,
        memo=wish.memo,
        comment=wish.comment,
        carrier=wish.carrier,
        tracking_number=wish.tracking_number,
    )


def _lines(orders: Iterable[UnshippedOrder], basket: Basket, new_id: Callable[[], UUID]) -> tuple[NoteLine, ...]:
    numbers = count(1)
    return tuple(
        _line(order, order.lines[line_id], quantity, NoteLineId(new_id()), next(numbers))
        for order in orders
        for line_id, quantity in basket.orders[order.order_id].items()
    )


def _line(order: UnshippedOrder, line: UnshippedLine, quantity: int, line_id: NoteLineId, line_no: int) -> NoteLine:
    goods = Goods(
        order_id=order.order_id,
        order_number=order.number,
        order_line_id=line.line_id,
        sku_code=line.sku_code,
        product_name=line.product_name,
        option=line.option,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        tax_included=line.tax_included,
        reduced=line.reduced,
    )
    return NoteLine(line_id, line_no, goods, quantity)


def _charges(book: Book, takings: Iterable[ChargesTaken]) -> tuple[NoteCharge, ...]:
    return tuple(
        NoteCharge(taking.order_id, book.charges[taking.order_id].charges[charge_id])
        for taking in takings
        for charge_id in taking.charge_ids
    )


def split_by_destination(book: Book, quantities: Mapping[OrderId, Quantities]) -> list[tuple[LineAsk, ...]]:
    """The lines of one note per customer, destination and currency for these quantities (FUL-033, FUL-031).

    Held orders get notes of their own, so that they stop nobody else's goods at the issue (FUL-030).
    """
    groups: dict[tuple[object, ...], list[LineAsk]] = {}
    for order_id, pieces in quantities.items():
        order = book.orders[order_id]
        customer = book.customers.get(order.customer_id)
        for line_id, quantity in pieces.items():
            ship_to = None if customer is None else ship_to_of(order, order.lines[line_id], customer)
            group = (order.customer_id, order.currency.code, ship_to, order.on_hold)
            groups.setdefault(group, []).append(LineAsk(order_id, quantity, line_id=line_id))
    return [tuple(asks) for asks in groups.values()]
