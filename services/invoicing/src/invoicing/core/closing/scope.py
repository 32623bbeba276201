"""Who takes part in a closing run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from invoicing.core.closing.facts import BillToOut, ExcludedBillTo, RunClosing
from invoicing.core.parties import Party


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is in the run: the bill-tos that close, and every customer whose notes they are billed for."""

    bill_tos: tuple[Party, ...]
    members: frozenset[UUID]
    out: tuple[ExcludedBillTo, ...]


def scope_of(command: RunClosing, parties: Mapping[UUID, Party], notes: Mapping[UUID, int]) -> Scope:
    """Who takes part, of all customers and the number of unbilled notes each has.

    A delegator's own terms do not count: its delegatee's do (ARCHITECTURE §5).
    """
    chosen: list[Party] = []
    out: list[ExcludedBillTo] = []
    waiting = _waiting_by_bill_to(parties, notes)
    for party in parties.values():
        reason = _why_out(party, command)
        if reason is None:
            chosen.append(party)
        elif waiting.get(party.customer_id) or _was_asked_for(party, command):
            out.append(ExcludedBillTo(party.customer_id, reason, waiting.get(party.customer_id, 0)))
    strangers = [(bill_to_id, count) for bill_to_id, count in waiting.items() if bill_to_id not in parties]
    out.extend(ExcludedBillTo(bill_to_id, BillToOut.UNKNOWN_CUSTOMER, count) for bill_to_id, count in strangers)
    chosen.sort(key=_by_code)
    billed = {party.customer_id for party in chosen}
    members = frozenset(party.customer_id for party in parties.values() if party.bill_to_id in billed)
    return Scope(tuple(chosen), members, tuple(sorted(out, key=lambda one: (one.reason, one.customer_id))))


def _by_code(party: Party) -> tuple[str, UUID]:
    return (party.code, party.customer_id)


def _why_out(party: Party, command: RunClosing) -> BillToOut | None:
    if command.selection is not None and party.customer_id not in command.selection:
        return BillToOut.NOT_SELECTED
    if party.is_delegator:
        return BillToOut.BILLED_TO_DELEGATEE
    if party.terms is None:
        return BillToOut.NO_TERMS
    return None if party.terms.is_closing_date(command.closing_date) else BillToOut.NOT_CLOSING_DAY


def _was_asked_for(party: Party, command: RunClosing) -> bool:
    return command.selection is not None and party.customer_id in command.selection


def _waiting_by_bill_to(parties: Mapping[UUID, Party], notes: Mapping[UUID, int]) -> dict[UUID, int]:
    waiting: dict[UUID, int] = {}
    for customer_id, count in notes.items():
        party = parties.get(customer_id)
        bill_to_id = customer_id if party is None else party.bill_to_id
        waiting[bill_to_id] = waiting.get(bill_to_id, 0) + count
    return waiting
