"""The complete list of what fulfillment publishes: what happened in the core → what others are told.

Each `match` is total: a new core event does not pass the type checker until it is told or left out on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, assert_never
from uuid import UUID

from contracts import parts
from contracts.fulfillment import (
    ClosedLine,
    DeliveryNoteIssued,
    DeliveryNoteShipped,
    ReturnNoteIssued,
    ShippedLine,
    UnshippedClosed,
    UnshippedStocked,
)
from contracts.parts import Charge, DeliveredLine
from contracts.wire import Body, Message
from fulfillment.core.delivery_note import (
    BillingStatus,
    DeliveryNote,
    DraftRevised,
    ExemptionLifted,
    Goods,
    NoteCharge,
    NoteDelivered,
    NoteEvent,
    NoteExempted,
    NoteIssued,
    NoteShipped,
    PiecesReturned,
)
from fulfillment.core.parts import Address, Broken
from fulfillment.core.returns import ReturnIssued, ReturnNote
from fulfillment.core.unshipped import (
    OrderHoldChanged,
    OrderStocked,
    OrderWithdrawn,
    QuantitiesAllocated,
    QuantitiesClosed,
    QuantitiesReleased,
    QuantitiesShipped,
    QuantityEvent,
    StockEvent,
    UnshippedCreated,
    UnshippedOrder,
)
from kernel.money import Money

E = TypeVar("E")
S = TypeVar("S")


def order_messages(
    maker_id: UUID, happened: Iterable[tuple[StockEvent | QuantityEvent, UnshippedOrder]]
) -> Iterator[Message]:
    """What others learn of orders; each event with the order after it."""
    return _messages(maker_id, happened, _of_order)


def note_messages(maker_id: UUID, happened: Iterable[tuple[NoteEvent, DeliveryNote]]) -> Iterator[Message]:
    """What others learn of delivery notes; each event with the note after it."""
    return _messages(maker_id, happened, _of_note)


def return_messages(maker_id: UUID, happened: Iterable[tuple[ReturnIssued, ReturnNote]]) -> Iterator[Message]:
    """What others learn of return notes."""
    return _messages(maker_id, happened, _return_issued)


def _messages(
    maker_id: UUID, happened: Iterable[tuple[E, S]], told: Callable[[E, S], Body | None]
) -> Iterator[Message]:
    for event, state in happened:
        body = told(event, state)
        if body is not None:
            yield Message(maker_id, body)


def _of_order(event: StockEvent | QuantityEvent, order: UnshippedOrder) -> Body | None:
    match event:
        case UnshippedCreated():
            return _stocked(order)
        case QuantitiesClosed():
            return _closed(event, order)
        case OrderStocked() | OrderWithdrawn() | OrderHoldChanged():
            return None
        case QuantitiesAllocated() | QuantitiesReleased() | QuantitiesShipped():
            return None  # ordering learns of shipments from the note
        case _:
            assert_never(event)


def _of_note(event: NoteEvent, note: DeliveryNote) -> Body | None:
    match event:
        case NoteIssued():
            return _issued(event, note)
        case NoteShipped():
            return _shipped(event, note)
        case NoteDelivered() | DraftRevised() | NoteExempted() | ExemptionLifted() | PiecesReturned():
            return None
        case _:
            assert_never(event)


def _stocked(order: UnshippedOrder) -> UnshippedStocked:
    return UnshippedStocked(
        customer_id=order.customer_id,
        order_id=order.order_id,
        oc_version=order.oc_version,
        unshipped_skus=len(order.lines),
        quantity=sum(line.ordered for line in order.lines.values()),
    )


def _closed(event: QuantitiesClosed, order: UnshippedOrder) -> UnshippedClosed:
    return UnshippedClosed(
        customer_id=order.customer_id,
        order_id=order.order_id,
        closed_on=event.closed_on,
        reason=event.reason,
        lines=tuple(
            ClosedLine(order_line_id=line_id, sku_code=order.lines[line_id].sku_code, quantity=quantity)
            for line_id, quantity in event.quantities.items()
        ),
    )


def _issued(event: NoteIssued, note: DeliveryNote) -> DeliveryNoteIssued:
    location = note.particulars.location
    return DeliveryNoteIssued(
        customer_id=note.customer_id,
        note_id=note.note_id,
        number=event.number,
        customer_code=note.customer_code,
        currency=note.currency.code,
        issued_on=event.issued_on,
        delivery_date=note.particulars.delivery_date,
        location_id=None if location is None else location.location_id,
        billable=note.billing is not BillingStatus.NON_BILLABLE,
        ship_to=_address(note.particulars.ship_to),
        lines=tuple(_delivered(line.line_id, line.goods, line.quantity, line.amount) for line in note.lines),
        charges=tuple(_charge(taken) for taken in note.charges),
    )


def _shipped(event: NoteShipped, note: DeliveryNote) -> DeliveryNoteShipped:
    return DeliveryNoteShipped(
        customer_id=note.customer_id,
        note_id=note.note_id,
        number=_number(note.number),
        shipped_on=event.shipped_on,
        lines=tuple(
            ShippedLine(
                order_id=line.goods.order_id,
                order_line_id=line.goods.order_line_id,
                sku_code=line.goods.sku_code,
                quantity=line.quantity,
            )
            for line in note.lines
        ),
        billable=note.billing is not BillingStatus.NON_BILLABLE,
    )


def _return_issued(event: ReturnIssued, note: ReturnNote) -> ReturnNoteIssued:
    return ReturnNoteIssued(
        customer_id=note.customer_id,
        return_id=note.return_id,
        number=event.number,
        note_id=note.note_id,
        note_number=note.note_number,
        currency=note.currency.code,
        returned_on=note.returned_on,
        delivery_date=note.delivery_date,
        reason=note.reason,
        lines=tuple(_delivered(line.line_id, line.goods, line.quantity, line.amount) for line in note.lines),
    )


def _delivered(line_id: UUID, goods: Goods, quantity: int, amount: Money) -> DeliveredLine:
    return DeliveredLine(
        line_id=line_id,
        order_id=goods.order_id,
        order_number=goods.order_number,
        order_line_id=goods.order_line_id,
        sku_code=goods.sku_code,
        product_name=goods.product_name,
        option=goods.option,
        quantity=quantity,
        unit_price=goods.unit_price.amount,
        amount=amount.amount,
        tax_rate=goods.tax_rate.percent,
        tax_included=goods.tax_included,
        reduced=goods.reduced,
    )


def _charge(taken: NoteCharge) -> Charge:
    charge = taken.charge
    return Charge(
        charge_id=charge.charge_id,
        kind=charge.kind,
        name=charge.name,
        tax_rate=None if charge.tax_rate is None else charge.tax_rate.percent,
        amount=charge.amount.amount,
        tax_included=charge.tax_included,
        order_id=taken.order_id,
    )


def _address(address: Address) -> parts.Address:
    return parts.Address(
        postal_code=address.postal_code,
        address1=address.address1,
        address2=address.address2,
        name=address.name,
        department=address.department,
        kana=address.kana,
        phone=address.phone,
    )


def _number(number: str | None) -> str:
    if number is None:
        raise Broken("a document without number is told to others")
    return number
