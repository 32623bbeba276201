"""Pieces that several answers share."""

from __future__ import annotations

from decimal import Decimal

from chassis.http import AmountText, View
from fulfillment.core.parts import Address, Location
from kernel.tax import TaxSums


class AddressView(View):
    """A printed address."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


class LocationView(View):
    """The maker's place a note is issued from."""

    location_id: str
    code: str
    name: str


class RateSumsView(View):
    """Per tax rate: what is entered without tax and what with it. The tax itself is computed on the invoice."""

    tax_rate: AmountText
    reduced: bool
    exclusive_sum: AmountText
    inclusive_sum: AmountText


def address(of: Address) -> AddressView:
    return AddressView(
        postal_code=of.postal_code,
        address1=of.address1,
        address2=of.address2,
        name=of.name,
        department=of.department,
        kana=of.kana,
        phone=of.phone,
    )


def location(of: Location | None) -> LocationView | None:
    return None if of is None else LocationView(location_id=str(of.location_id), code=of.code, name=of.name)


def rate_sums(sums: TaxSums) -> RateSumsView:
    return RateSumsView(
        tax_rate=plain(sums.rate.percent),
        reduced=sums.reduced,
        exclusive_sum=sums.exclusive.amount,
        inclusive_sum=sums.inclusive.amount,
    )


def plain(number: Decimal) -> Decimal:
    """10.00 as 10: rates are shown without the zeros they may have been stored with."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
