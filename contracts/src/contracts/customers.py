"""What `customers` publishes: makers, customers, terms, delegations, memberships as full states; and its commands."""

from __future__ import annotations

from uuid import UUID

from contracts.parts import Address
from contracts.wire import Amount, Command, Part, Percent, State


class Location(Part):
    """A maker's address with its own qualified-invoice registration number (CUS-007)."""

    location_id: UUID
    code: str
    name: str
    address: Address
    registration_number: str | None


class BankAccount(Part):
    """A maker's bank account (CUS-008). `account_type` is the Zengin digit: 1 ordinary, 2 current, 4 savings."""

    bank_account_id: UUID
    code: str
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    number: str
    holder_kana: str
    currency: str
    active: bool = True


class MakerState(State, type="customers.maker.v1", topic="customers.makers"):
    """A maker with its preferences. `bank_fee_tolerance` in the default currency; roundings: floor, half_up, ceil."""

    maker_id: UUID
    name: str
    time_zone: str
    default_language: str
    default_currency: str
    currencies: tuple[str, ...]
    price_rounding: str
    price_tax_mode: str
    unshipped_creation: str
    bill_from: str
    strict_import: bool
    auto_confirm_matches: bool
    bank_fee_tolerance: Amount
    locations: tuple[Location, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()

    def subject(self) -> str:
        return f"maker/{self.maker_id}"

    def key(self) -> str:
        return str(self.maker_id)


class ShipTo(Part):
    """A destination of a customer; number 0 is the customer master's own destination (送付先, CUS-038)."""

    number: int
    address: Address


class CustomerState(State, type="customers.customer.v1", topic="customers.customers"):
    """A trading company. `credit_limit` None = unlimited; `wholesale_rate` None = no rate of its own (CAT-052)."""

    customer_id: UUID
    code: str
    kind: str
    address: Address
    email: str
    mailing_address: Address | None = None
    ship_tos: tuple[ShipTo, ...] = ()
    payment_category: str
    shipping_category: str
    language: str
    currency: str
    wholesale_rate: Percent | None
    credit_limit: Amount | None
    on_hold: bool
    active: bool

    def subject(self) -> str:
        return f"customer/{self.customer_id}"

    def key(self) -> str:
        return str(self.customer_id)


class TermsState(State, type="customers.terms.v1", topic="customers.terms"):
    """Closing terms (締め払い, CUS-051). Days 1 to 28, 0 = last calendar day of the month."""

    customer_id: UUID
    closing_day: int
    payment_month_offset: int
    payment_day: int
    business_day_rule: str

    def subject(self) -> str:
        return f"terms/{self.customer_id}"

    def key(self) -> str:
        return str(self.customer_id)


class DelegationState(State, type="customers.delegation.v1", topic="customers.delegations"):
    """Billing delegation (請求先委任, CUS-075): documents of the delegator are billed to the delegatee."""

    delegator_id: UUID
    delegatee_id: UUID

    def subject(self) -> str:
        return f"delegation/{self.delegator_id}"

    def key(self) -> str:
        return str(self.delegator_id)


class MembershipState(State, type="customers.membership.v1", topic="customers.memberships"):
    """A login's place in a maker: e-mail in lower case, roles of CUS-004."""

    membership_id: UUID
    maker_id: UUID
    email: str
    name: str
    roles: tuple[str, ...]
    active: bool

    def subject(self) -> str:
        return f"membership/{self.membership_id}"

    def key(self) -> str:
        return str(self.membership_id)


class CreateMaker(Command, type="customers.create-maker.v1", topic="customers.commands"):
    """Asked by the gateway when an operator makes a maker and its owner login; repeated asks change nothing."""

    maker_id: UUID
    name: str
    owner_email: str
    owner_name: str

    def subject(self) -> str:
        return f"maker/{self.maker_id}"

    def key(self) -> str:
        return str(self.maker_id)
