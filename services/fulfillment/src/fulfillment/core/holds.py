"""The hold check at issue and at shipment (FUL-030): drafts may be prepared, nothing leaves."""

from __future__ import annotations

from collections.abc import Iterable

from fulfillment.core.parts import Customer, Refused
from fulfillment.core.unshipped import UnshippedOrder
from kernel.refusal import Refusal


def hold_problems(customer: Customer, orders: Iterable[UnshippedOrder]) -> Refused:
    """CUSTOMER_ON_HOLD for the customer (CUS-061), ORDER_ON_HOLD for each held order (ORD-075); independent flags."""
    held = tuple(Refusal("ORDER_ON_HOLD", {"order": order.number}) for order in orders if order.on_hold)
    if not customer.on_hold:
        return held
    return (Refusal("CUSTOMER_ON_HOLD", {"customer": customer.code}), *held)
