"""The customers and terms one transaction works on: loaded once, decided in order, saved and announced once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from chassis.tx import Tx
from customers import announce
from customers.core import customer as customer_core
from customers.core import terms as terms_core
from customers.core.customer import Customer, CustomerHeld, CustomerReleased
from customers.core.maker import Preferences
from customers.core.terms import CustomerTerms
from customers.store import customers as customer_store
from customers.store import makers as maker_store
from customers.store import terms as term_store
from kernel.refusal import Refusal

MAKER_NOT_READY = Refusal("MAKER_NOT_READY")
"""The token names a maker whose creation has not arrived here yet."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the caller may change of a customer beside its plain data (CON-030, GEN-014)."""

    terms: bool = True
    """Closing terms and credit limit."""
    holds: bool = True


@dataclass(slots=True)
class Draft:
    """One customer with its terms while a command or row is decided; kept only if nothing is wrong."""

    customer: Customer
    terms: CustomerTerms
    preferences: Preferences
    problems: list[Refusal] = field(default_factory=list)
    holds: list[CustomerHeld | CustomerReleased] = field(default_factory=list)

    def do(self, command: customer_core.Command) -> None:
        """Carries the command out on the draft, or notes every reason why not."""
        decision = customer_core.decide(self.customer, command, self.preferences)
        if isinstance(decision, tuple):
            self.problems += decision
            return
        for event in decision:
            self.customer = customer_core.evolve(self.customer, event)
            if isinstance(event, CustomerHeld | CustomerReleased):
                self.holds.append(event)

    def agree(self, command: terms_core.Command) -> None:
        """As `do`, for the terms."""
        decision = terms_core.decide(self.terms, command)
        if isinstance(decision, tuple):
            self.problems += decision
            return
        for event in decision:
            self.terms = terms_core.evolve(self.terms, event)


@dataclass(slots=True)
class Desk:
    """States as they were loaded and as they stand after what was accepted so far."""

    preferences: Preferences
    rights: Rights
    customers_before: dict[UUID, Customer]
    terms_before: dict[UUID, CustomerTerms]
    customers: dict[UUID, Customer]
    terms: dict[UUID, CustomerTerms]
    holds: list[tuple[UUID, CustomerHeld | CustomerReleased]] = field(default_factory=list)

    def draft(self, customer_id: UUID) -> Draft:
        """A draft of a customer on the desk."""
        return Draft(self.customers[customer_id], self.terms[customer_id], self.preferences)

    def draft_new(self, registered: Customer) -> Draft:
        """A draft of a customer that does not exist yet."""
        return Draft(registered, CustomerTerms(registered.customer_id), self.preferences)

    def keep(self, draft: Draft) -> bool:
        """Takes the draft over if nothing is wrong with it and nothing forbidden changes; says whether it did."""
        customer_id = draft.customer.customer_id
        draft.problems += _forbidden(self.rights, draft, self.customers.get(customer_id), self.terms.get(customer_id))
        if draft.problems:
            return False
        self.customers[customer_id], self.terms[customer_id] = draft.customer, draft.terms
        self.holds += ((customer_id, event) for event in draft.holds)
        return True


def _forbidden(
    rights: Rights, draft: Draft, customer: Customer | None, agreed: CustomerTerms | None
) -> Iterator[Refusal]:
    limit = customer.profile.credit_limit if customer else None
    if not rights.terms and draft.customer.profile.credit_limit != limit:
        yield Refusal("FORBIDDEN", {}, "/credit_limit")
    if not rights.terms and draft.terms.agreed != (agreed.agreed if agreed else None):
        yield Refusal("FORBIDDEN", {}, "/terms")
    if not rights.holds and draft.holds:
        yield Refusal("FORBIDDEN", {}, "/hold")


async def open_desk(tx: Tx, customer_ids: Collection[UUID], rights: Rights) -> Desk | Refusal:
    """Everything about these customers. Refuses MAKER_NOT_READY."""
    preferences = await maker_store.load_preferences(tx)
    if preferences is None:
        return MAKER_NOT_READY
    loaded = await customer_store.load_customers(tx, customer_ids)
    agreed = await term_store.load_terms(tx, customer_ids)
    return Desk(preferences, rights, loaded, agreed, dict(loaded), dict(agreed))


async def close_desk(tx: Tx, desk: Desk) -> dict[UUID, Customer]:
    """Saves and announces what changed; returns all customers of the desk with their versions."""
    saved = await customer_store.save_customers(tx, desk.customers_before, desk.customers.values())
    agreed = await term_store.save_terms(tx, desk.terms_before, desk.terms.values())
    await customer_store.log_holds(tx, desk.holds)
    tx.announce(announce.customers(tx.maker_id, saved))
    tx.announce(announce.terms(tx.maker_id, agreed))
    return {**desk.customers, **{one.customer_id: one for one in saved}}
