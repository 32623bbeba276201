"""Makers as they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chassis.http import AmountText, View
from chassis.http.models import RowProblem
from customers.core.maker import BankAccount, Location, Maker
from customers.views.parts import AddressView, address


class LocationView(View):
    location_id: UUID
    code: str
    name: str
    address: AddressView
    registration_number: str | None
    warnings: Sequence[RowProblem] = ()


class BankAccountView(View):
    """`kind` is ordinary, current or savings."""

    bank_account_id: UUID
    code: str
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: str
    number: str
    holder_kana: str
    currency: str
    bic: str
    iban: str
    active: bool


class MakerView(View):
    """A maker with its preferences. `bank_fee_tolerance` in the default currency."""

    maker_id: UUID
    name: str
    time_zone: str
    languages: Sequence[str]
    default_language: str
    currencies: Sequence[str]
    default_currency: str
    price_rounding: str
    price_tax_mode: str
    unshipped_creation: str
    bill_from: str
    strict_import: bool
    auto_confirm_matches: bool
    bank_fee_tolerance: AmountText
    customer_prefix: str
    locations: Sequence[LocationView]
    bank_accounts: Sequence[BankAccountView]
    version: int


def maker(of: Maker) -> MakerView:
    """A maker as it is answered."""
    chosen = of.preferences
    return MakerView(
        maker_id=of.maker_id,
        name=chosen.name,
        time_zone=chosen.time_zone,
        languages=chosen.languages,
        default_language=chosen.default_language,
        currencies=chosen.currencies,
        default_currency=chosen.default_currency,
        price_rounding=chosen.price_rounding,
        price_tax_mode=chosen.price_tax_mode,
        unshipped_creation=chosen.unshipped_creation,
        bill_from=chosen.bill_from,
        strict_import=chosen.strict_import,
        auto_confirm_matches=chosen.auto_confirm_matches,
        bank_fee_tolerance=chosen.bank_fee_tolerance,
        customer_prefix=chosen.customer_prefix,
        locations=[location(one) for one in of.locations],
        bank_accounts=[bank_account(one) for one in of.bank_accounts],
        version=of.version,
    )


def location(of: Location, warnings: Sequence[RowProblem] = ()) -> LocationView:
    """A location as it is answered, with what looks odd about it."""
    return LocationView(
        location_id=of.location_id,
        code=of.code,
        name=of.name,
        address=address(of.address),
        registration_number=of.registration_number,
        warnings=warnings,
    )


def bank_account(of: BankAccount) -> BankAccountView:
    """A bank account as it is answered."""
    return BankAccountView(
        bank_account_id=of.bank_account_id,
        code=of.code,
        bank_code=of.bank_code,
        bank_name=of.bank_name,
        branch_code=of.branch_code,
        branch_name=of.branch_name,
        kind=of.kind,
        number=of.number,
        holder_kana=of.holder_kana,
        currency=of.currency,
        bic=of.bic,
        iban=of.iban,
        active=of.active,
    )
