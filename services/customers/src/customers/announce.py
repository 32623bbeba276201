"""The complete list of what customers publishes: the full new state of every aggregate that changed."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from contracts import customers as told
from contracts import parts
from contracts.wire import Message
from customers.core.address import Address
from customers.core.customer import Customer
from customers.core.delegation import Standing
from customers.core.maker import ACCOUNT_TYPES, BankAccount, Location, Maker
from customers.core.member import Member
from customers.core.terms import CustomerTerms
from kernel.calendar import ClosingTerms


def makers(states: Iterable[Maker]) -> list[Message]:
    """Makers with preferences, locations and bank accounts."""
    return [Message(maker.maker_id, maker_state(maker), version=maker.version) for maker in states]


def members(maker_id: UUID, states: Iterable[Member]) -> list[Message]:
    """Memberships."""
    return [Message(maker_id, _membership(maker_id, member), version=member.version) for member in states]


def customers(maker_id: UUID, states: Iterable[Customer]) -> list[Message]:
    """Whole customers."""
    return [Message(maker_id, customer_state(customer), version=customer.version) for customer in states]


def terms(maker_id: UUID, states: Iterable[CustomerTerms]) -> list[Message]:
    """Closing terms; dropped ones are deleted by a tombstone."""
    return [
        Message(maker_id, terms_state(one.customer_id, one.agreed), version=one.version)
        if one.agreed is not None
        else Message(maker_id, _no_terms(one.customer_id), version=one.version, tombstone=True)
        for one in states
    ]


def delegations(maker_id: UUID, states: Iterable[Standing]) -> list[Message]:
    """Delegations; revoked ones are deleted by a tombstone."""
    return [
        Message(
            maker_id,
            told.DelegationState(
                delegator_id=one.delegator_id, delegatee_id=one.delegatee_id or one.before or one.delegator_id
            ),
            version=one.version,
            tombstone=one.delegatee_id is None,
        )
        for one in states
    ]


def customer_state(customer: Customer) -> told.CustomerState:
    """A customer as the other services know it."""
    profile = customer.profile
    mailing = profile.mailing_address
    return told.CustomerState(
        customer_id=customer.customer_id,
        code=customer.code,
        kind=profile.kind,
        address=_address(profile.address),
        email=profile.email,
        mailing_address=None if mailing is None else _address(mailing),
        ship_tos=tuple(
            told.ShipTo(number=number, address=_address(address))
            for number, address in sorted(customer.ship_tos.entries.items())
        ),
        payment_category=profile.payment_category,
        shipping_category=profile.shipping_category,
        language=profile.language,
        currency=profile.currency,
        wholesale_rate=profile.wholesale_rate,
        credit_limit=profile.credit_limit,
        on_hold=customer.on_hold,
        active=profile.active,
    )


def terms_state(customer_id: UUID, agreed: ClosingTerms) -> told.TermsState:
    """Closing terms as the other services know them."""
    return told.TermsState(
        customer_id=customer_id,
        closing_day=agreed.closing_day,
        payment_month_offset=agreed.payment_month_offset,
        payment_day=agreed.payment_day,
        business_day_rule=agreed.business_day_rule,
    )


def _no_terms(customer_id: UUID) -> told.TermsState:
    """Lends a tombstone its subject and key."""
    return terms_state(customer_id, ClosingTerms(0, 0, 0))


def maker_state(maker: Maker) -> told.MakerState:
    """A maker as the other services know it."""
    chosen = maker.preferences
    return told.MakerState(
        maker_id=maker.maker_id,
        name=chosen.name,
        time_zone=chosen.time_zone,
        default_language=chosen.default_language,
        default_currency=chosen.default_currency,
        currencies=chosen.currencies,
        price_rounding=chosen.price_rounding,
        price_tax_mode=chosen.price_tax_mode,
        unshipped_creation=chosen.unshipped_creation,
        bill_from=chosen.bill_from,
        strict_import=chosen.strict_import,
        auto_confirm_matches=chosen.auto_confirm_matches,
        bank_fee_tolerance=chosen.bank_fee_tolerance,
        locations=tuple(_location(location) for location in maker.locations),
        bank_accounts=tuple(_account(account) for account in maker.bank_accounts),
    )


def _location(location: Location) -> told.Location:
    return told.Location(
        location_id=location.location_id,
        code=location.code,
        name=location.name,
        address=_address(location.address),
        registration_number=location.registration_number,
    )


def _account(account: BankAccount) -> told.BankAccount:
    return told.BankAccount(
        bank_account_id=account.bank_account_id,
        code=account.code,
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_type=ACCOUNT_TYPES[account.kind],
        number=account.number,
        holder_kana=account.holder_kana,
        currency=account.currency,
        active=account.active,
    )


def _membership(maker_id: UUID, member: Member) -> told.MembershipState:
    return told.MembershipState(
        membership_id=member.membership_id,
        maker_id=maker_id,
        email=member.email,
        name=member.name,
        roles=member.roles,
        active=member.active,
    )


def _address(address: Address) -> parts.Address:
    return parts.Address(
        postal_code=address.postal_code,
        address1=address.address1,
        address2=address.address2,
        name=address.name,
        department=address.department,
        kana=address.kana,
        phone=address.phone,
    )
