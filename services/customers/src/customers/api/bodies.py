"""Request models of customers and the commands they mean.

In a change a field that is left out, or sent as an empty text, keeps its value; null empties it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.http import PercentText, PriceText, RequestModel, Text
from customers.core.address import Address, AddressChange
from customers.core.address_book import SHIP_TO_LIMIT
from customers.core.changes import KEEP, Keep
from customers.core.customer import AddShipTo, ChangeCustomer, ChangeShipTo, Kind, ProfileChange
from customers.core.terms import LATEST_DAY, LONGEST_OFFSET, SetTerms
from customers.usecases.refs import Ref
from customers.usecases.registering import Entry
from kernel.calendar import BusinessDayRule

T = TypeVar("T")

Code = Annotated[str, Text(10, pattern="[A-Za-z0-9]{1,10}", wording="A-Z a-z 0-9")]
CurrencyCode = Annotated[str, Text(3, pattern="[A-Z]{3}", wording="ISO 4217")]
Language = Literal["ja", "en", "zh"]
Reason = Annotated[str, Text(500)]
_Short = Annotated[str, Text(20, blank=True)]
_Line = Annotated[str, Text(100, blank=True)]
_Street = Annotated[str, Text(255, blank=True)]


class AddressBody(RequestModel):
    """A whole address."""

    postal_code: _Short = ""
    address1: _Street = ""
    address2: _Street = ""
    name: _Line = ""
    department: _Line = ""
    kana: _Line = ""
    phone: _Short = ""

    def address(self) -> Address:
        return Address(**self.model_dump())


class AddressPatch(RequestModel):
    """New values for some fields of an address."""

    postal_code: _Short | None = None
    address1: _Street | None = None
    address2: _Street | None = None
    name: _Line | None = None
    department: _Line | None = None
    kana: _Line | None = None
    phone: _Short | None = None

    def change(self) -> AddressChange:
        return AddressChange(**{name: _text(getattr(self, name)) for name in self.model_fields_set})


class TermsBody(RequestModel):
    """Closing terms; days 1 to 28, 0 = the last calendar day of the month."""

    closing_day: Annotated[int, Field(ge=0, le=LATEST_DAY)]
    payment_month_offset: Annotated[int, Field(ge=0, le=LONGEST_OFFSET)]
    payment_day: Annotated[int, Field(ge=0, le=LATEST_DAY)]
    business_day_rule: BusinessDayRule = BusinessDayRule.NONE

    def command(self) -> SetTerms:
        return SetTerms(self.closing_day, self.payment_month_offset, self.payment_day, self.business_day_rule)


class ShipToBody(RequestModel):
    """A new ship-to; without number the next free one is taken."""

    number: Annotated[int, Field(ge=1, le=SHIP_TO_LIMIT)] | None = None
    address: AddressBody

    def command(self) -> AddShipTo:
        return AddShipTo(self.address.address(), self.number)


class ShipToPatch(RequestModel):
    address: AddressPatch

    def command(self, number: int) -> ChangeShipTo:
        return ChangeShipTo(number, self.address.change())


class NewCustomerBody(RequestModel):
    """A customer to be registered; without code one is generated. `ship_tos` can only follow the registration."""

    code: Code | None = None
    kind: Kind = Kind.COMPANY
    address: AddressBody
    email: _Line = ""
    mailing_address: AddressBody | None = None
    destination: AddressBody | None = None
    payment_category: _Short = ""
    shipping_category: _Short = ""
    language: Language | None = None
    currency: CurrencyCode | None = None
    wholesale_rate: PercentText | None = None
    credit_limit: PriceText | None = None
    active: bool = True
    terms: TermsBody | None = None
    ship_tos: Annotated[list[ShipToBody], Field(max_length=100)] | None = None

    def entry(self) -> Entry:
        return Entry(
            code=self.code,
            profile=ProfileChange(
                kind=self.kind,
                address=_whole(self.address),
                email=self.email,
                mailing_address=_present(self.mailing_address),
                payment_category=self.payment_category,
                shipping_category=self.shipping_category,
                language=self.language or KEEP,
                currency=self.currency or KEEP,
                wholesale_rate=self.wholesale_rate,
                credit_limit=self.credit_limit,
                active=self.active,
            ),
            destination=_whole(self.destination) if self.destination else AddressChange(),
            terms=self.terms.command() if self.terms else None,
            with_ship_tos=bool(self.ship_tos),
        )


class CustomerPatch(RequestModel):
    """New values for some fields of a customer."""

    kind: Kind | None = None
    address: AddressPatch | None = None
    email: _Line | None = None
    mailing_address: AddressBody | None = None
    destination: AddressPatch | None = None
    payment_category: _Short | None = None
    shipping_category: _Short | None = None
    language: Language | None = None
    currency: CurrencyCode | None = None
    wholesale_rate: PercentText | None = None
    credit_limit: PriceText | None = None
    active: bool | None = None

    def command(self) -> ChangeCustomer:
        return ChangeCustomer(
            ProfileChange(
                kind=self.kind or KEEP,
                address=self.address.change() if self.address else AddressChange(),
                email=self._given("email", _text),
                mailing_address=self._given("mailing_address", _present),
                payment_category=self._given("payment_category", _text),
                shipping_category=self._given("shipping_category", _text),
                language=self.language or KEEP,
                currency=self.currency or KEEP,
                wholesale_rate=self._given("wholesale_rate", _decimal),
                credit_limit=self._given("credit_limit", _decimal),
                active=KEEP if self.active is None else self.active,
            ),
            self.destination.change() if self.destination else AddressChange(),
        )

    def _given(self, name: str, read: Callable[[Any], T]) -> T | Keep:
        return read(getattr(self, name)) if name in self.model_fields_set else KEEP


class ReasonBody(RequestModel):
    reason: Reason


class NamedCustomer(RequestModel):
    """A customer named by id or by code, exactly one of them."""

    customer_id: UUID | None = None
    customer_code: Code | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> NamedCustomer:
        return exactly_one(self, "customer_id", "customer_code")

    def ref(self) -> Ref:
        path = "/customer_id" if self.customer_id else "/customer_code"
        return Ref(self.customer_id, self.customer_code, path)


class HeldCustomer(NamedCustomer):
    reason: Reason


class ChangedCustomer(NamedCustomer):
    """`version`: the one that was read, else whatever there is now is changed."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    change: CustomerPatch


class TermsOfCustomer(NamedCustomer):
    terms: TermsBody


class ShipToOfCustomer(NamedCustomer):
    ship_to: ShipToBody


M = TypeVar("M", bound=RequestModel)


def exactly_one(body: M, one: str, other: str) -> M:
    """Raises ONE_REFERENCE unless exactly one of the two fields is given."""
    if (getattr(body, one) is None) == (getattr(body, other) is None):
        raise PydanticCustomError("ONE_REFERENCE", "give one of them", {"one": one, "other": other})
    return body


def _whole(body: AddressBody) -> AddressChange:
    return AddressChange(**body.model_dump())


def _present(body: AddressBody | None) -> Address | None:
    """A blank address is none."""
    address = body.address() if body else Address()
    return None if address.is_blank else address


def _text(value: str | None) -> str | Keep:
    """Null empties, an empty text keeps."""
    return "" if value is None else value or KEEP


def _decimal(value: Decimal | None) -> Decimal | None:
    return value
