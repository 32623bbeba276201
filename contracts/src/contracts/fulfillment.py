"""What `fulfillment` tells: unshipped SKUs stocked and closed, delivery notes issued, shipped and voided, returns."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from contracts.parts import Address, Charge, DeliveredLine
from contracts.wire import Event, Part


class _CustomerEvent(Event, topic="fulfillment.events"):
    customer_id: UUID

    def key(self) -> str:
        return str(self.customer_id)


class UnshippedStocked(_CustomerEvent, type="fulfillment.unshipped-stocked.v1"):
    """The order's unshipped SKUs and charges exist, exactly once per OC version (FUL-005)."""

    order_id: UUID
    oc_version: int
    unshipped_skus: int
    quantity: int

    def subject(self) -> str:
        return f"unshipped/{self.order_id}"


class ClosedLine(Part):
    """A quantity of an order line that will never ship."""

    order_line_id: UUID
    sku_code: str
    quantity: int


class UnshippedClosed(_CustomerEvent, type="fulfillment.unshipped-closed.v1"):
    """Open quantities of one order were closed short (FUL-015)."""

    order_id: UUID
    closed_on: date
    reason: str
    lines: tuple[ClosedLine, ...]

    def subject(self) -> str:
        return f"unshipped/{self.order_id}"


class DeliveryNoteIssued(_CustomerEvent, type="fulfillment.delivery-note-issued.v1"):
    """A delivery note got its number; with this event its billing right passes to invoicing (ARCHITECTURE §5)."""

    note_id: UUID
    number: str
    customer_code: str
    currency: str
    issued_on: date
    delivery_date: date
    location_id: UUID | None
    billable: bool
    ship_to: Address
    lines: tuple[DeliveredLine, ...]
    charges: tuple[Charge, ...]

    def subject(self) -> str:
        return f"delivery-note/{self.note_id}"


class ShippedLine(Part):
    """A quantity of an order line that left."""

    order_id: UUID
    order_line_id: UUID
    sku_code: str
    quantity: int


class DeliveryNoteShipped(_CustomerEvent, type="fulfillment.delivery-note-shipped.v1"):
    """The goods of a note left; ordering counts delivery progress from this. `billable` is what was known then: what
    invoicing tells of the note afterwards counts more."""

    note_id: UUID
    number: str
    shipped_on: date
    lines: tuple[ShippedLine, ...]
    billable: bool = True

    def subject(self) -> str:
        return f"delivery-note/{self.note_id}"


class ReturnNoteIssued(_CustomerEvent, type="fulfillment.return-note-issued.v1"):
    """Goods came back; amounts positive, deducted by the next invoice of the bill-to (FUL-071)."""

    return_id: UUID
    number: str
    note_id: UUID
    note_number: str
    currency: str
    returned_on: date
    delivery_date: date
    reason: str
    lines: tuple[DeliveredLine, ...]

    def subject(self) -> str:
        return f"return-note/{self.return_id}"
