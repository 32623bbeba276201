"""Entering customers: one, a thousand by API, or fifty thousand from a file (CUS-030, CUS-038, INT-011)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from chassis.imports import Change
from chassis.tx import Tx
from customers.core import customer
from customers.core.address import NOWHERE, AddressChange
from customers.core.codes import next_codes, sequence_full
from customers.core.customer import (
    ChangeCustomer,
    Customer,
    HoldCustomer,
    ProfileChange,
    RegisterCustomer,
    ReleaseCustomer,
    blank_profile,
    code_key,
)
from customers.core.terms import DropTerms, SetTerms, term_warnings
from customers.store import customers as store
from customers.usecases.desk import Desk, Draft, Rights, close_desk, open_desk
from customers.usecases.likeness import Warnings, warnings_about
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class HoldWish:
    """Whether the customer shall be on hold; `reason` None keeps the reason there is, `otherwise` stands in for one."""

    held: bool
    reason: str | None
    otherwise: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer as one command or one row describes it. Without code one is generated."""

    code: str | None
    profile: ProfileChange = field(default_factory=ProfileChange)
    destination: AddressChange = field(default_factory=AddressChange)
    terms: SetTerms | DropTerms | None = None
    hold: HoldWish | None = None
    with_ship_tos: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of an entry or a deed: the customer as saved, and what looks odd about it."""

    customer: Customer
    change: Change
    warnings: Warnings = ()
    ship_to: int | None = None
    """The number a ship-to was put under."""


EnteredOrNot: TypeAlias = Entered | tuple[Refusal, ...]


async def register(tx: Tx, entries: Sequence[Entry], rights: Rights) -> list[EnteredOrNot]:
    """New customers; an entry whose code exists is refused (CUSTOMER_ID_TAKEN)."""
    return await _enter(tx, entries, rights, changes=False)


async def enter(tx: Tx, entries: Sequence[Entry], rights: Rights) -> list[EnteredOrNot]:
    """New customers, and changes of those whose code exists: what a file says (INT-011)."""
    return await _enter(tx, entries, rights, changes=True)


async def _enter(tx: Tx, entries: Sequence[Entry], rights: Rights, *, changes: bool) -> list[EnteredOrNot]:
    known = await store.ids_of_codes(tx, [entry.code for entry in entries if entry.code])
    desk = await open_desk(tx, set(known.values()) if changes else (), rights)
    if isinstance(desk, Refusal):
        return [(desk,) for _ in entries]
    codes = await _codes(tx, entries, desk.preferences.customer_prefix)
    clerk = _Clerk(tx, desk, codes, known if changes else {}, taken=set(known))
    outcomes = [clerk.enter(entry, new_id) for entry, new_id in zip(entries, tx.new_ids(len(entries)), strict=True)]
    saved = await close_desk(tx, desk)
    if codes.given:
        await store.save_last_number(tx, codes.prefix, codes.last)
    return await finished(tx, outcomes, saved)


async def finished(tx: Tx, outcomes: Sequence[EnteredOrNot], saved: Mapping[UUID, Customer]) -> list[EnteredOrNot]:
    """The outcomes with the customers as saved, and with what those look like (CUS-046)."""
    touched = {
        one.customer.customer_id for one in outcomes if isinstance(one, Entered) and one.change is not Change.UNCHANGED
    }
    found = await warnings_about(tx, [saved[customer_id] for customer_id in touched])
    return [
        replace(
            one,
            customer=saved[one.customer.customer_id],
            warnings=(*one.warnings, *found.get(one.customer.customer_id, ())),
        )
        if isinstance(one, Entered)
        else one
        for one in outcomes
    ]


@dataclass(slots=True)
class _Codes:
    """Generated codes, given out in order; a refused entry takes none."""

    prefix: str
    free: list[str]
    given: int = 0

    @property
    def last(self) -> int:
        """The number given last."""
        return int(self.free[self.given - 1][len(self.prefix) :])

    def next(self) -> str | None:
        return self.free[self.given] if self.given < len(self.free) else None


async def _codes(tx: Tx, entries: Iterable[Entry], prefix: str) -> _Codes:
    """As many codes as entries have none, apart from all codes in use and all typed in the same call."""
    entries = list(entries)
    wanted = sum(entry.code is None for entry in entries)
    if not wanted:
        return _Codes(prefix, [])
    await store.lock_codes(tx)
    last = await store.last_number(tx, prefix)
    last_code = f"{prefix}{last:0{7 - len(prefix)}d}"
    taken = await store.codes_after(tx, prefix, last_code) | {code_key(one.code) for one in entries if one.code}
    return _Codes(prefix, next_codes(prefix, wanted, last=last, taken=taken)[0])


@dataclass(slots=True)
class _Clerk:
    """Decides entries one after the other, each accepted one counting for the next."""

    tx: Tx
    desk: Desk
    codes: _Codes
    known: dict[str, UUID]
    taken: set[str]

    def enter(self, entry: Entry, new_id: UUID) -> EnteredOrNot:
        there = self.known.get(code_key(entry.code)) if entry.code else None
        return self._new(entry, new_id) if there is None else self._known(entry, there)

    def _new(self, entry: Entry, new_id: UUID) -> EnteredOrNot:
        code = entry.code or self.codes.next()
        if code is None:
            return (sequence_full(self.codes.prefix),)
        profile = entry.profile.on(blank_profile(self.desk.preferences))
        destination = entry.destination.on(NOWHERE)
        command = RegisterCustomer(
            new_id, code, profile, None if destination.is_blank else destination, entry.with_ship_tos
        )
        decision = customer.register(command, self.desk.preferences, taken=self.taken)
        draft = self.desk.draft_new(Customer(new_id, code, profile))
        if isinstance(decision, tuple):
            draft.problems += decision
        else:
            draft.customer = customer.evolve(None, decision[0])
        if not self._finish(entry, draft):
            return tuple(draft.problems)
        self.taken.add(code_key(code))
        self.codes.given += entry.code is None
        return Entered(draft.customer, Change.NEW, _odd_terms(entry, draft))

    def _known(self, entry: Entry, there: UUID) -> EnteredOrNot:
        before = (self.desk.customers[there], self.desk.terms[there])
        draft = self.desk.draft(there)
        draft.do(ChangeCustomer(entry.profile, entry.destination))
        if not self._finish(entry, draft):
            return tuple(draft.problems)
        changed = (draft.customer, draft.terms) != before
        change = Change.CHANGED if changed else Change.UNCHANGED
        return Entered(draft.customer, change, _odd_terms(entry, draft))

    def _finish(self, entry: Entry, draft: Draft) -> bool:
        if entry.hold is not None:
            self._hold(draft, entry.hold)
        if entry.terms is not None:
            draft.agree(entry.terms)
        return self.desk.keep(draft)

    def _hold(self, draft: Draft, wish: HoldWish) -> None:
        held = draft.customer.on_hold
        if wish.held == held and (wish.reason is None or not held):
            return
        reason = wish.reason or wish.otherwise
        deed = HoldCustomer if wish.held else ReleaseCustomer
        draft.do(deed(reason, self.tx.actor, self.tx.now))


def _odd_terms(entry: Entry, draft: Draft) -> Warnings:
    agreed = draft.terms.agreed
    return () if entry.terms is None or agreed is None else term_warnings(agreed)
