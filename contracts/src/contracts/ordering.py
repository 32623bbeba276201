"""What `ordering` tells: orders placed, confirmed and cancelled."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from contracts.parts import Address, Charge, OrderLine
from contracts.wire import Amount, Event


class _OrderEvent(Event, topic="ordering.events"):
    order_id: UUID
    number: str
    customer_id: UUID | None
    currency: str

    def subject(self) -> str:
        return f"order/{self.order_id}"

    def key(self) -> str:
        return str(self.customer_id or self.order_id)


class OrderPlaced(_OrderEvent, type="ordering.order-placed.v1"):
    """An order came in; `state` PLACED or NEEDS_ATTENTION."""

    channel: str
    ordered_at: datetime
    state: str
    grand_total: Amount


class OrderConfirmed(_OrderEvent, type="ordering.order-confirmed.v1"):
    """The order confirmation is fixed: everything fulfillment needs to stock unshipped SKUs and charges, once.

    `create_unshipped` is false in manual mode (ORD-080); fulfillment then waits for `order-converted`.
    """

    customer_id: UUID
    customer_code: str
    oc_version: int
    ordered_at: datetime
    confirmed_on: date
    create_unshipped: bool
    on_hold: bool
    ship_to: Address
    lines: tuple[OrderLine, ...]
    charges: tuple[Charge, ...]
    grand_total: Amount


class OrderConverted(_OrderEvent, type="ordering.order-converted.v1"):
    """Manual conversion of a confirmed order into unshipped SKUs (ORD-080)."""

    customer_id: UUID
    oc_version: int


class OrderCancelled(_OrderEvent, type="ordering.order-cancelled.v1"):
    """Cancelled by the maker, final (ORD-083)."""

    reason: str


class OrderReopened(_OrderEvent, type="ordering.order-reopened.v1"):
    """A confirmed, not yet converted OC was reopened (ORD-076): its content and charges are withdrawn until the order
    is confirmed again with a higher `oc_version`. Only in manual mode; a converted order cannot be reopened."""

    customer_id: UUID
    oc_version: int


class OrderHoldChanged(_OrderEvent, type="ordering.order-hold-changed.v1"):
    """The order's own hold was set or released after it was confirmed (ORD-075); `order-confirmed` carries the flag at
    that moment. A held order is not shipped."""

    customer_id: UUID
    on_hold: bool
    reason: str
