"""One account of a closing run: a bill-to in one currency, its notes sorted out and billed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from invoicing.core.billable import Billable, BillableState
from invoicing.core.closing.facts import Account, ClosingFacts, ExcludedSource, RunClosing, SourceOut
from invoicing.core.parties import Party, TaxRules
from invoicing.core.proposal import (
    MOST_SOURCES,
    BilledSource,
    Dates,
    InvoiceProposal,
    Terms,
    amounts_of,
    in_print_order,
    propose,
)
from kernel.calendar import ClosingTerms, Period
from kernel.money import Currency


class AccountOutcome(StrEnum):
    """What a run does with an account: close it (with or without an invoice), find it closed, or leave it open."""

    CLOSES = "closes"
    ALREADY_CLOSED = "already_closed"
    LEFT_OPEN = "left_open"


@dataclass(frozen=True, slots=True)
class AccountClosing:
    """The outcome for one account."""

    account: Account
    outcome: AccountOutcome
    proposals: tuple[InvoiceProposal, ...]
    out: tuple[ExcludedSource, ...]


def close_account(
    bill_to: Party, currency: Currency, notes: Sequence[Billable], command: RunClosing, facts: ClosingFacts
) -> AccountClosing:
    """What the run makes of these notes. An account is left open only when its invoice may not be issued."""
    account = (bill_to.customer_id, currency.code)
    if _is_closed(account, command, facts):
        out = _all_out(notes, bill_to, SourceOut.ALREADY_CLOSED)
        return AccountClosing(account, AccountOutcome.ALREADY_CLOSED, (), tuple(out))
    ready, excluded = _sort_out(notes, bill_to, command, facts)
    made, excess = _bill(bill_to, currency, ready, command, facts)
    if command.require_qualified and not all(proposal.qualified for proposal in made):
        billed = [source.billable for proposal in made for source in proposal.sources]
        held = [*excluded, *excess, *_all_out(billed, bill_to, SourceOut.NOT_QUALIFIED)]
        return AccountClosing(account, AccountOutcome.LEFT_OPEN, (), tuple(held))
    return AccountClosing(account, AccountOutcome.CLOSES, tuple(made), (*excluded, *excess))


def _is_closed(account: Account, command: RunClosing, facts: ClosingFacts) -> bool:
    last = facts.last_closings.get(account)
    return last is not None and command.closing_date <= last


def _sort_out(
    notes: Sequence[Billable], bill_to: Party, command: RunClosing, facts: ClosingFacts
) -> tuple[list[Billable], list[ExcludedSource]]:
    ready: list[Billable] = []
    out: list[ExcludedSource] = []
    for note in notes:
        reason = _why_not(note, command, facts)
        if reason is None:
            ready.append(note)
        else:
            out.append(ExcludedSource(note, bill_to.customer_id, reason))
    return ready, out


def _why_not(note: Billable, command: RunClosing, facts: ClosingFacts) -> SourceOut | None:
    if note.state is BillableState.NON_BILLABLE:
        return SourceOut.NON_BILLABLE
    if note.dated_on > command.closing_date:
        return SourceOut.DATED_AFTER_CLOSING
    if note.deferred_past is not None and command.closing_date <= note.deferred_past:
        return SourceOut.DEFERRED
    return None if note.is_ready(facts.maker.bill_from) else SourceOut.NOT_SHIPPED


def _all_out(notes: Iterable[Billable], bill_to: Party, reason: SourceOut) -> list[ExcludedSource]:
    return [ExcludedSource(note, bill_to.customer_id, reason) for note in notes]


def _bill(
    bill_to: Party, currency: Currency, ready: Sequence[Billable], command: RunClosing, facts: ClosingFacts
) -> tuple[list[InvoiceProposal], list[ExcludedSource]]:
    """One invoice per issuer's registration number (R3), at most MOST_SOURCES notes each."""
    made: list[InvoiceProposal] = []
    out: list[ExcludedSource] = []
    for issued_together in _per_issuer(ready, facts):
        kept, excess = _without_excess(issued_together, currency, facts.rules)
        out.extend(_all_out(excess, bill_to, SourceOut.NEGATIVE_TOTAL))
        for start in range(0, len(kept), MOST_SOURCES):
            part, too_much = _without_excess(kept[start : start + MOST_SOURCES], currency, facts.rules)
            out.extend(_all_out(too_much, bill_to, SourceOut.NEGATIVE_TOTAL))
            if part:
                made.append(_proposal(bill_to, currency, part, command, facts))
    return made, out


def _per_issuer(notes: Sequence[Billable], facts: ClosingFacts) -> list[list[Billable]]:
    found: dict[str, list[Billable]] = {}
    for note in sorted(notes, key=_age):
        location = facts.maker.location(note.location_id)
        found.setdefault((location.registration_number if location else None) or "", []).append(note)
    return [found[number] for number in sorted(found)]


def _without_excess(
    notes: Sequence[Billable], currency: Currency, rules: TaxRules
) -> tuple[list[Billable], list[Billable]]:
    """The notes that bill zero or more, and what would make it negative and waits: the newest returns, then the newest
    notes whose own deductions exceed them (INV-152)."""

    def is_negative(some: Sequence[Billable]) -> bool:
        return amounts_of(some, (), currency=currency, rules=rules).total.is_negative

    if not is_negative(notes):
        return list(notes), []
    newest_first = sorted(notes, key=_age, reverse=True)
    lowering = [note for note in newest_first if note.is_return]
    lowering += [note for note in newest_first if not note.is_return and is_negative([note])]
    dropped = bisect_left(range(len(lowering) + 1), True, key=lambda n: not is_negative(_without(notes, lowering[:n])))
    out = lowering[:dropped] if dropped <= len(lowering) else list(notes)
    return _without(notes, out), out


def _without(notes: Iterable[Billable], dropped: Iterable[Billable]) -> list[Billable]:
    gone = {note.billable_id for note in dropped}
    return [note for note in notes if note.billable_id not in gone]


def _age(note: Billable) -> tuple[date, str]:
    return (note.dated_on, note.number)


def _proposal(
    bill_to: Party, currency: Currency, notes: Sequence[Billable], command: RunClosing, facts: ClosingFacts
) -> InvoiceProposal:
    terms = _terms(bill_to)
    period = _period((bill_to.customer_id, currency.code), terms, command, facts)
    sources = [BilledSource(note, facts.parties[note.customer_id], note.dated_on < period.first) for note in notes]
    sources.sort(key=in_print_order)
    dates = Dates(
        issued_on=command.issued_on,
        due_on=terms.due_date(command.closing_date),
        closing_date=command.closing_date,
        period=period,
    )
    with_ = Terms(facts.maker, facts.rules, facts.maker.bank_account_for(currency.code))
    return propose(bill_to, sources, (), dates=dates, terms=with_, currency=currency)


def _period(account: Account, terms: ClosingTerms, command: RunClosing, facts: ClosingFacts) -> Period:
    """From the day after the last closing, so that periods tile the calendar whatever the terms were (R9)."""
    last = facts.last_closings.get(account)
    first = terms.period_of(command.closing_date).first if last is None else last + timedelta(days=1)
    return Period(first, command.closing_date)


def _terms(bill_to: Party) -> ClosingTerms:
    if bill_to.terms is None:
        raise ValueError(f"customer {bill_to.customer_id} has no closing terms, so it cannot be in a closing run")
    return bill_to.terms
