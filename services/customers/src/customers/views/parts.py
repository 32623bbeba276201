"""Pieces of several answers."""

from __future__ import annotations

from chassis.http import View
from customers.core.address import Address


class AddressView(View):
    postal_code: str
    address1: str
    address2: str
    name: str
    department: str
    kana: str
    phone: str


def address(of: Address) -> AddressView:
    """An address as it is answered."""
    return AddressView(
        postal_code=of.postal_code,
        address1=of.address1,
        address2=of.address2,
        name=of.name,
        department=of.department,
        kana=of.kana,
        phone=of.phone,
    )
