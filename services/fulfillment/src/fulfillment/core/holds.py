"""The hold check at issue and at shipment (FUL-030): drafts may be prepared, nothing leaves."""

from __future__ import annotations

from collections.abc import Iterable

from fulfillment.core.parts import Customer, Refused
from kernel.refusal import Refusal


def hold_problems(customer: Customer, held_orders: Iterable[str]) -> Refused:
    """CUSTOMER_ON_HOLD for the customer (CUS-061), ORDER_ON_HOLD for each order held by itself (ORD-075)."""
    held = tuple(Refusal("ORDER_ON_HOLD", {"order": number}) for number in held_orders)
    if not customer.on_hold:
        return held
    return (Refusal("CUSTOMER_ON_HOLD", {"customer": customer.code}), *held)
