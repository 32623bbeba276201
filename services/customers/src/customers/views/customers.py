"""Customers as they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.http import AmountText, View
from chassis.http.models import RowProblem
from customers.core.customer import Customer
from customers.core.terms import CustomerTerms
from customers.views.parts import AddressView, address


class ShipToView(View):
    number: int
    address: AddressView


class HoldView(View):
    reason: str
    held_by: str
    since: datetime


class TermsView(View):
    """Closing terms; days 1 to 28, 0 = the last calendar day of the month. `version` is what PUT …/terms expects."""

    closing_day: int
    payment_month_offset: int
    payment_day: int
    business_day_rule: str
    version: int


class DelegateeView(View):
    """Whom this customer's documents are billed to."""

    customer_id: UUID
    code: str


class CustomerView(View):
    """A customer whole. `standing` is what lists and screens mark it with (CUS-063); amounts in the maker's default
    currency, the rate in percent; null: no limit, no rate of its own."""

    customer_id: UUID
    code: str
    kind: str
    address: AddressView
    email: str
    mailing_address: AddressView | None
    destination: AddressView | None
    ship_tos: Sequence[ShipToView]
    payment_category: str
    shipping_category: str
    language: str
    currency: str
    wholesale_rate: AmountText | None
    credit_limit: AmountText | None
    active: bool
    on_hold: bool
    standing: Literal["ok", "problem"]
    hold: HoldView | None
    terms: TermsView | None
    delegatee: DelegateeView | None
    delegators: int
    warnings: Sequence[RowProblem] = ()
    version: int


class SavedCustomerView(View):
    """What a bulk call answers per customer."""

    customer_id: UUID
    code: str
    change: str
    on_hold: bool
    warnings: Sequence[RowProblem] = ()
    version: int


class SavedShipToView(View):
    """A ship-to as it was saved; `version` is the customer's."""

    customer_id: UUID
    number: int
    address: AddressView
    version: int


def customer(
    of: Customer,
    terms: CustomerTerms,
    *,
    delegatee: tuple[UUID, str] | None,
    delegators: int,
    warnings: Sequence[RowProblem] = (),
) -> CustomerView:
    """A customer as it is answered."""
    profile, own = of.profile, of.ship_tos.own
    return CustomerView(
        customer_id=of.customer_id,
        code=of.code,
        kind=profile.kind,
        address=address(profile.address),
        email=profile.email,
        mailing_address=address(profile.mailing_address) if profile.mailing_address else None,
        destination=address(own) if own else None,
        ship_tos=[
            ShipToView(number=number, address=address(one))
            for number, one in sorted(of.ship_tos.entries.items())
            if number
        ],
        payment_category=profile.payment_category,
        shipping_category=profile.shipping_category,
        language=profile.language,
        currency=profile.currency,
        wholesale_rate=profile.wholesale_rate,
        credit_limit=profile.credit_limit,
        active=profile.active,
        on_hold=of.on_hold,
        standing="problem" if of.on_hold else "ok",
        hold=_hold(of),
        terms=agreed_terms(terms),
        delegatee=DelegateeView(customer_id=delegatee[0], code=delegatee[1]) if delegatee else None,
        delegators=delegators,
        warnings=warnings,
        version=of.version,
    )


def saved(of: Customer, change: str, warnings: Sequence[RowProblem]) -> SavedCustomerView:
    """What a bulk call answers."""
    return SavedCustomerView(
        customer_id=of.customer_id,
        code=of.code,
        change=change,
        on_hold=of.on_hold,
        warnings=warnings,
        version=of.version,
    )


def saved_ship_to(of: Customer, number: int) -> SavedShipToView:
    """A ship-to that was just put."""
    return SavedShipToView(
        customer_id=of.customer_id,
        number=number,
        address=address(of.ship_tos.entries[number]),
        version=of.version,
    )


def agreed_terms(of: CustomerTerms) -> TermsView | None:
    """Terms as they are answered."""
    if of.agreed is None:
        return None
    return TermsView(
        closing_day=of.agreed.closing_day,
        payment_month_offset=of.agreed.payment_month_offset,
        payment_day=of.agreed.payment_day,
        business_day_rule=of.agreed.business_day_rule,
        version=of.version,
    )


def _hold(of: Customer) -> HoldView | None:
    hold = of.hold
    return None if hold is None else HoldView(reason=hold.reason, held_by=hold.actor, since=hold.since)
