"""Whole customers with everything that belongs to them, for views and for other services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from chassis.tx import Tx
from customers.core.customer import Customer
from customers.core.maker import Maker
from customers.core.terms import CustomerTerms
from customers.store import customers as store
from customers.store import delegations as delegation_store
from customers.store import makers as maker_store
from customers.store import terms as term_store
from customers.store.delegations import Stored


@dataclass(frozen=True, slots=True)
class Found:
    """A customer, its terms, whom its documents are billed to, and how many others bill to it."""

    customer: Customer
    terms: CustomerTerms
    delegatee_id: UUID | None
    delegatee_code: str | None
    delegation_version: int
    delegators: int


async def find(tx: Tx, customer_ids: Collection[UUID]) -> list[Found]:
    """These customers in the order of their codes; unknown ids are absent."""
    customers = await store.load_customers(tx, customer_ids)
    terms = await term_store.load_terms(tx, customers.keys())
    stored = await delegation_store.load_delegations(tx, customers.keys())
    codes = await store.codes_of(tx, set(stored.relation.values()), ())
    followers = Counter(stored.relation.values())
    return [
        _found(one, terms[one.customer_id], stored, codes, followers)
        for one in sorted(customers.values(), key=lambda customer: customer.code)
    ]


def _found(
    customer: Customer, terms: CustomerTerms, stored: Stored, codes: Mapping[UUID, str], followers: Mapping[UUID, int]
) -> Found:
    delegatee_id = stored.relation.get(customer.customer_id)
    return Found(
        customer=customer,
        terms=terms,
        delegatee_id=delegatee_id,
        delegatee_code=codes[delegatee_id] if delegatee_id else None,
        delegation_version=stored.versions.get(customer.customer_id, 0),
        delegators=followers.get(customer.customer_id, 0),
    )


async def find_by_codes(tx: Tx, codes: Collection[str]) -> list[Found]:
    """The same by code, ignoring case."""
    return await find(tx, set((await store.ids_of_codes(tx, codes)).values()))


async def find_maker(tx: Tx) -> Maker | None:
    """The transaction's maker."""
    return await maker_store.load_maker(tx)
