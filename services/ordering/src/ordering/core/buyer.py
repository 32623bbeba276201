"""Who an order is for: the 15 fields an order takes from the wholesale-customer master (INT-057, ORD-061, CUS-038),
copied at the moment of the deed and never read again (GEN-012)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ordering.core.market import Address, Customer

CUSTOMER_CLASS: Final = "9:卸顧客"
"""顧客区分 of every imported wholesale order (INT-058)."""
NOT_A_GIFT: Final = "0:無し"
A_GIFT: Final = "1:有り"

_HYPHENS: Final = str.maketrans("", "", "-‐‑‒–—―−ー－ｰ")


@dataclass(frozen=True, slots=True)
class MasterFields:
    """The 15 fields in the order of INT 4.3; hyphens are gone from postal codes and phones."""

    purchaser_postal_code: str
    purchaser_address1: str
    purchaser_address2: str
    purchaser_name: str
    purchaser_kana: str
    purchaser_phone: str
    purchaser_email: str
    ship_to_postal_code: str
    ship_to_address1: str
    ship_to_address2: str
    ship_to_name: str
    ship_to_kana: str
    ship_to_phone: str
    payment_method: str
    shipping_method: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer of an order as it was when the order was placed or assigned. `ship_to` keeps the address with its
    hyphens for documents."""

    customer_id: UUID
    code: str
    fields: MasterFields
    ship_to: Address


def buyer_of(customer: Customer, ship_to_number: int = 0) -> Buyer:
    """The snapshot of this customer; the destination is its own one unless another ship-to is named (CUS-036)."""
    destination = (
        customer.ship_tos.get(ship_to_number, customer.destination) if ship_to_number else customer.destination
    )
    return Buyer(customer.customer_id, customer.code, master_fields(customer, destination), destination)


def master_fields(customer: Customer, destination: Address) -> MasterFields:
    """The 15 fields: name and department joined, hyphens removed (INT-057)."""
    home = customer.address
    return MasterFields(
        purchaser_postal_code=_without_hyphens(home.postal_code),
        purchaser_address1=home.address1,
        purchaser_address2=home.address2,
        purchaser_name=home.name + home.department,
        purchaser_kana=home.kana,
        purchaser_phone=_without_hyphens(home.phone),
        purchaser_email=customer.email,
        ship_to_postal_code=_without_hyphens(destination.postal_code),
        ship_to_address1=destination.address1,
        ship_to_address2=destination.address2,
        ship_to_name=destination.name,
        ship_to_kana=destination.kana,
        ship_to_phone=_without_hyphens(destination.phone),
        payment_method=customer.payment_category,
        shipping_method=customer.shipping_category,
    )


def _without_hyphens(text: str) -> str:
    return text.translate(_HYPHENS)
