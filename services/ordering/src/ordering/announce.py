"""The complete list of what ordering publishes: core event → contract event(s), total over all core events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from contracts import ordering as told
from contracts import parts
from contracts.wire import Event, Message
from ordering.core.content import Charge, Line
from ordering.core.events import (
    ConfirmationApproved,
    ConfirmationCreated,
    ConfirmationRejected,
    CreditOverridden,
    CustomerAssigned,
    History,
    HoldChanged,
    OrderCancelled,
    OrderConfirmed,
    OrderConverted,
    OrderPlaced,
    OrderReopened,
    Step,
)
from ordering.core.market import Address
from ordering.core.order import Order


class NoCustomer(ValueError):
    """A deed was announced that only orders with a customer can have gone through: a bug."""


def messages(maker_id: UUID, histories: Iterable[History]) -> list[Message]:
    """What these histories tell the other services, in the order it happened per order."""
    return [
        Message(maker_id, event)
        for history in histories
        for step in history.steps
        if (event := _event(step)) is not None
    ]


def _event(step: Step) -> Event | None:
    order, event = step.order, step.event
    match event:
        case OrderPlaced() | CustomerAssigned():
            return _placed(order)
        case OrderConfirmed():
            return _confirmed(order, event)
        case OrderConverted():
            return _converted(order) if event.by_hand else None
        case OrderReopened():
            return _reopened(order) if event.was_confirmed else None
        case OrderCancelled():
            return _cancelled(order, event)
        case HoldChanged():
            return _hold_changed(order, event) if order.oc and order.oc.confirmed else None
        case CreditOverridden() | ConfirmationCreated() | ConfirmationApproved() | ConfirmationRejected():
            # Nobody outside acts on these yet; buyers and partners will (ORD-111), each with an event of its own.
            return None
        case _:
            assert_never(event)


def _placed(order: Order) -> told.OrderPlaced:
    return told.OrderPlaced(
        order_id=order.order_id,
        number=order.number,
        customer_id=order.customer_id,
        currency=order.currency.code,
        channel=order.channel.value,
        ordered_at=order.ordered_at,
        state=order.state.value,
        grand_total=order.grand_total.amount,
    )


def _confirmed(order: Order, event: OrderConfirmed) -> told.OrderConfirmed:
    buyer = order.buyer
    if buyer is None:
        raise NoCustomer(f"order {order.order_id} was confirmed without customer")
    return told.OrderConfirmed(
        order_id=order.order_id,
        number=order.number,
        customer_id=buyer.customer_id,
        customer_code=buyer.code,
        currency=order.currency.code,
        oc_version=len(order.confirmations),
        ordered_at=order.ordered_at,
        confirmed_on=event.confirmed_on,
        create_unshipped=event.converts,
        on_hold=order.on_hold,
        ship_to=_address(buyer.ship_to),
        lines=tuple(_line(line) for line in order.content.lines),
        charges=tuple(_charge(charge) for charge in order.content.charges),
        grand_total=order.grand_total.amount,
    )


def _converted(order: Order) -> told.OrderConverted:
    return told.OrderConverted(
        order_id=order.order_id,
        number=order.number,
        customer_id=_customer_id(order),
        currency=order.currency.code,
        oc_version=len(order.confirmations),
    )


def _reopened(order: Order) -> told.OrderReopened:
    return told.OrderReopened(
        order_id=order.order_id,
        number=order.number,
        customer_id=_customer_id(order),
        currency=order.currency.code,
        oc_version=len(order.confirmations),
    )


def _cancelled(order: Order, event: OrderCancelled) -> told.OrderCancelled:
    return told.OrderCancelled(
        order_id=order.order_id,
        number=order.number,
        customer_id=order.customer_id,
        currency=order.currency.code,
        reason=event.signed.note,
    )


def _hold_changed(order: Order, event: HoldChanged) -> told.OrderHoldChanged:
    return told.OrderHoldChanged(
        order_id=order.order_id,
        number=order.number,
        customer_id=_customer_id(order),
        currency=order.currency.code,
        on_hold=event.on_hold,
        reason=event.signed.note,
    )


def _customer_id(order: Order) -> UUID:
    if order.customer_id is None:
        raise NoCustomer(f"order {order.order_id} has no customer")
    return order.customer_id


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


def _line(line: Line) -> parts.OrderLine:
    return parts.OrderLine(
        line_id=line.line_id,
        line_no=line.line_no,
        sku_id=line.sku_id,
        sku_code=line.sku_code,
        product_name=line.product_name,
        option=line.option,
        quantity=line.quantity,
        original_price=line.original_price.amount,
        wholesale_rate=line.rate.percent,
        unit_price=line.unit_price.amount,
        tax_rate=line.tax_rate.percent,
        tax_included=line.tax_included,
        reduced=line.reduced,
        planned_from=line.planned_from,
        planned_to=line.planned_to,
        ship_to_number=line.ship_to_number,
    )


def _charge(charge: Charge) -> parts.Charge:
    return parts.Charge(
        charge_id=charge.charge_id,
        kind=charge.kind.value,
        name=charge.name,
        tax_rate=None if charge.tax_rate is None else charge.tax_rate.percent,
        amount=charge.amount.amount,
        tax_included=charge.tax_included,
    )
