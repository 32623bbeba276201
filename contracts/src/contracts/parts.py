"""Pieces that messages of several owners carry in the same shape."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.wire import Amount, Part, Percent


class ChargeKind(StrEnum):
    """What an order charge is (ARCHITECTURE §5). `payment_points` reduce only the amount due and carry no rate."""

    SHIPPING = "shipping"
    FEE = "fee"
    OTHER_COST = "other_cost"
    COUPON = "coupon"
    POINTS = "points"
    PAYMENT_POINTS = "payment_points"


class Charge(Part):
    """An order-level amount that is not a line; signed (coupons and points negative). One charge per kind and rate of
    its order, which is named where a document may be over several."""

    charge_id: UUID
    kind: str
    name: str
    tax_rate: Percent | None
    amount: Amount
    tax_included: bool
    order_id: UUID | None = None


class RateSums(Part):
    """Per tax rate of a document: what was entered without tax and with tax, and what follows from it (INT-055)."""

    tax_rate: Percent
    reduced: bool
    exclusive_sum: Amount
    inclusive_sum: Amount
    net: Amount
    tax: Amount
    gross: Amount


class Address(Part):
    """A printed address; postal code and phone as the owner keeps them (hyphens allowed)."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


class OrderLine(Part):
    """A confirmed line. `unit_price` is the rounded wholesale price per piece; amount = unit_price × quantity."""

    line_id: UUID
    line_no: int
    sku_id: UUID | None
    sku_code: str
    product_name: str
    option: str = ""
    quantity: int
    original_price: Amount
    wholesale_rate: Percent
    unit_price: Amount
    tax_rate: Percent
    tax_included: bool
    reduced: bool
    planned_from: date | None = None
    planned_to: date | None = None
    ship_to_number: int = 0


class DeliveredLine(Part):
    """A quantity of one confirmed order line on a delivery note or return note; amount = unit_price × quantity."""

    line_id: UUID
    order_id: UUID
    order_number: str
    order_line_id: UUID
    sku_code: str
    product_name: str
    option: str = ""
    quantity: int
    unit_price: Amount
    amount: Amount
    tax_rate: Percent
    tax_included: bool
    reduced: bool
