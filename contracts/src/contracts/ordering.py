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
