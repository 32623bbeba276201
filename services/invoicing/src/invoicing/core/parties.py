"""Who bills and who is billed: the copies of makers and customers that invoicing decides on and prints (GEN-012)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.calendar import ClosingTerms
from kernel.money import Rate, Rounding

HOME_COUNTRY: Final = "JP"
"""Whose taxes lines carry; each country has a standard tax of its own."""


class BillFrom(StrEnum):
    """From which moment a delivery note may be billed: the maker's setting (FUL-034)."""

    ISSUED = "issued"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as its owner wrote it; empty text where a part is not given."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    phone: str = ""

    @property
    def is_printable(self) -> bool:
        """Enough to post a letter."""
        return bool(self.address1)


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as billing sees it. `terms` are its own; those of the delegatee count (ARCHITECTURE §5)."""

    customer_id: UUID
    code: str
    name: str
    currency: str
    department: str = ""
    individual: bool = False
    address: PostalAddress = PostalAddress()
    terms: ClosingTerms | None = None
    delegatee_id: UUID | None = None

    @property
    def bill_to_id(self) -> UUID:
        """Who gets the invoice: the billing delegatee, or the customer itself (INV-002, INV-005)."""
        return self.delegatee_id or self.customer_id

    @property
    def is_delegator(self) -> bool:
        """Its documents are billed to somebody else (CUS-075)."""
        return self.delegatee_id is not None


@dataclass(frozen=True, slots=True)
class Location:
    """An office of the maker with its qualified-invoice registration number, if it has one (CUS-007)."""

    location_id: UUID
    name: str
    address: PostalAddress
    registration_number: str | None


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account the customer may pay into. `account_type` is the Zengin digit: 1 ordinary, 2 current, 4 savings."""

    bank_account_id: UUID
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    number: str
    holder_kana: str
    currency: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Maker:
    """The issuer, with its offices and accounts in the order the maker keeps them."""

    maker_id: UUID
    name: str
    time_zone: str
    bill_from: BillFrom
    locations: tuple[Location, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()

    def location(self, location_id: UUID | None) -> Location | None:
        """The office a document was issued at; the first one where the document names none or an unknown one."""
        named = (location for location in self.locations if location.location_id == location_id)
        return next(named, self.locations[0] if self.locations else None)

    def bank_account_for(self, currency: str) -> BankAccount | None:
        """The account offered when nobody chose one: the first active one of that currency (INV-127)."""
        fitting = (account for account in self.bank_accounts if account.active and account.currency == currency)
        return next(fitting, None)


@dataclass(frozen=True, slots=True)
class TaxRule:
    """What the maker's taxes say of one rate: how it rounds and whether it is the reduced one (軽減税率)."""

    rate: Rate
    rounding: Rounding = Rounding.FLOOR
    reduced: bool = False


@dataclass(frozen=True, slots=True)
class TaxRules:
    """The maker's tax rates; a rate without a tax of its own is not reduced and rounds down (GEN-002)."""

    rules: tuple[TaxRule, ...] = ()

    def of(self, rate: Rate) -> TaxRule:
        """The rule of that rate."""
        return next((rule for rule in self.rules if rule.rate == rate), TaxRule(rate))
