"""Who must deal with what, restated by the harness: it asks no service which messages it listens to.

`TYPES` names the event types that have an effect elsewhere, `LISTENERS` the services that read a topic at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "ordering.order-confirmed.v1": ("fulfillment",),
    "fulfillment.unshipped-stocked.v1": ("ordering",),
    "fulfillment.delivery-note-issued.v1": ("invoicing",),
    "fulfillment.delivery-note-shipped.v1": ("invoicing", "ordering"),
    "invoicing.invoice-issued.v1": ("fulfillment", "ordering", "payments"),
    "payments.payment-allocated.v1": ("invoicing",),
    "payments.balance-changed.v1": ("ordering",),
}

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ordering.events": ("fulfillment",),
    "fulfillment.events": ("invoicing", "ordering"),
    "invoicing.events": ("fulfillment", "ordering", "payments"),
    "payments.events": ("invoicing", "ordering"),
}
"""Event topics and who reads them."""

LISTENERS: Final[Mapping[str, tuple[str, ...]]] = {
    **EVENTS,
    "customers.makers": ("catalog", "fulfillment", "gateway", "invoicing", "ordering", "payments"),
    "customers.customers": ("catalog", "fulfillment", "invoicing", "ordering", "payments"),
    "customers.terms": ("invoicing",),
    "customers.delegations": ("invoicing", "payments"),
    "customers.memberships": ("gateway",),
    "customers.commands": ("customers",),
    "catalog.taxes": ("invoicing", "ordering"),
    "catalog.skus": ("ordering",),
    "catalog.customer-rates": ("ordering",),
}

POISONED: Final[Mapping[str, str]] = {
    "ordering.events": "ordering.order-confirmed.v1",
    "fulfillment.events": "fulfillment.delivery-note-shipped.v1",
    "invoicing.events": "invoicing.invoice-issued.v1",
    "payments.events": "payments.payment-allocated.v1",
}
"""The type that a poisoned record of a topic claims to be."""

POISON_HEADER: Final = "chaos"


def owner_of(topic: str) -> str:
    """The service that writes a topic."""
    return "gateway" if topic == "customers.commands" else topic.partition(".")[0]
