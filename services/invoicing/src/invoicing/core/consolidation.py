"""A consolidated invoice put together by hand from delivery and return notes (INV-002, INV-022, INV-123).

Every problem of the request is told at once, each with the field it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from invoicing.core.billable import Billable, BillableState
from invoicing.core.parties import BankAccount, Maker, Party, TaxRules
from invoicing.core.proposal import (
    MOST_SOURCES,
    BilledSource,
    Dates,
    Fee,
    FeeKind,
    InvoiceProposal,
    Terms,
    in_print_order,
    propose,
)
from invoicing.core.qualified import refusals
from kernel.money import Currency, Money, Rate
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class FeeEntry:
    """An amount of the invoice itself as it was typed: in the invoice's currency, without tax, signed."""

    kind: FeeKind
    name: str
    amount: Decimal
    tax_rate: Rate


@dataclass(frozen=True, slots=True)
class Compose:
    """What was asked for. The sources fix the currency; `currency` is checked against it (INV-040).

    `individual` bills a delegator for its own notes instead of its delegatee (INV-014); `require_qualified` refuses a
    document that may not be called 適格請求書 (INV-081).
    """

    issued_on: date
    closing_date: date | None = None
    due_on: date | None = None
    currency: str | None = None
    bank_account_id: UUID | None = None
    fees: tuple[FeeEntry, ...] = ()
    individual: bool = False
    require_qualified: bool = False


@dataclass(frozen=True, slots=True)
class ChosenSource:
    """A source as it was named in the request: the path of that field, what was written there, what was found."""

    field: str
    named: str
    billable: Billable | None


@dataclass(frozen=True, slots=True)
class ComposeFacts:
    """The addressee, who may be billed with it (itself and its delegators), the maker and its taxes."""

    bill_to: Party
    members: Mapping[UUID, Party]
    maker: Maker
    rules: TaxRules


def compose(command: Compose, sources: Sequence[ChosenSource], facts: ComposeFacts) -> InvoiceProposal | list[Refusal]:
    """The invoice worked out, or everything that is wrong with the request."""
    problems = [*_about_addressee(command, facts), *_about_sources(sources, facts, command)]
    found = [source.billable for source in sources if source.billable is not None]
    if not found:
        return problems or [Refusal("EMPTY_INVOICE", field="/delivery_notes")]
    currency = found[0].currency
    problems += _about_currency(sources, command, currency)
    fees, about_fees = _fees(command.fees, currency)
    due_on, about_due = _due_date(command, facts.bill_to)
    account, about_account = _bank_account(command, facts.maker, currency)
    problems += [*about_fees, *about_due, *about_account]
    if problems or due_on is None:
        return problems
    proposal = propose(
        facts.bill_to,
        _billed(found, facts, command.closing_date),
        fees,
        dates=Dates(command.issued_on, due_on, command.closing_date),
        terms=Terms(facts.maker, facts.rules, account),
        currency=currency,
    )
    unfit = [*_about_total(proposal), *(refusals(proposal.warnings) if command.require_qualified else [])]
    return unfit or proposal


def _about_addressee(command: Compose, facts: ComposeFacts) -> list[Refusal]:
    if facts.bill_to.is_delegator and not command.individual:
        return [Refusal("NOT_A_DELEGATEE", {"customer": facts.bill_to.code}, field="/bill_to")]
    return []


def _about_sources(sources: Sequence[ChosenSource], facts: ComposeFacts, command: Compose) -> list[Refusal]:
    if len(sources) > MOST_SOURCES:
        return [
            Refusal(
                "TOO_MANY_SOURCES", {"count": str(len(sources)), "most": str(MOST_SOURCES)}, field="/delivery_notes"
            )
        ]
    problems: list[Refusal] = []
    seen: set[UUID] = set()
    issuers: set[str | None] = set()
    for source in sources:
        if source.billable is None:
            problems.append(
                Refusal("SOURCE_NOT_FOUND", {"source": source.named}, field=source.field, value=source.named)
            )
            continue
        problems += _about_source(source, source.billable, facts, command)
        if source.billable.billable_id in seen:
            problems.append(_named("SOURCE_REPEATED", source, source.billable))
        seen.add(source.billable.billable_id)
        location = facts.maker.location(source.billable.location_id)
        issuers.add(location.registration_number if location else None)
    if len(issuers) > 1:
        problems.append(Refusal("ISSUER_MIX", {"issuers": str(len(issuers))}, field="/delivery_notes"))
    return problems


def _about_source(source: ChosenSource, note: Billable, facts: ComposeFacts, command: Compose) -> list[Refusal]:
    codes: list[str] = []
    if note.customer_id not in _billable_with(facts, command):
        codes.append("SOURCE_NOT_IN_GROUP")
    if note.state is BillableState.INVOICED:
        codes.append("SOURCE_ALREADY_USED")
    if note.state is BillableState.NON_BILLABLE:
        codes.append("SOURCE_NOT_BILLABLE")
    if not note.is_ready(facts.maker.bill_from):
        codes.append("SOURCE_NOT_SHIPPED")
    return [_named(code, source, note) for code in codes]


def _billable_with(facts: ComposeFacts, command: Compose) -> set[UUID]:
    return {facts.bill_to.customer_id} if command.individual else set(facts.members)


def _named(code: str, source: ChosenSource, note: Billable) -> Refusal:
    return Refusal(code, {"source": note.number}, field=source.field, value=source.named)


def _about_currency(sources: Sequence[ChosenSource], command: Compose, currency: Currency) -> list[Refusal]:
    """The first source fixes the currency (INV-040)."""
    problems = [
        Refusal("MIXED_CURRENCY", {"currency": source.billable.currency.code, "expected": currency.code}, source.field)
        for source in sources
        if source.billable is not None and source.billable.currency != currency
    ]
    if command.currency not in (None, currency.code):
        facts = {"currency": str(command.currency), "expected": currency.code}
        problems.append(Refusal("MIXED_CURRENCY", facts, "/currency"))
    return problems


def _fees(entries: Sequence[FeeEntry], currency: Currency) -> tuple[list[Fee], list[Refusal]]:
    fees = [Fee(entry.kind, entry.name, Money(entry.amount, currency), entry.tax_rate) for entry in entries]
    limit = {"limit": str(currency.minor_units)}
    odd = [
        Refusal("TOO_MANY_DECIMALS", limit, f"/fees/{index}/amount", value=f"{fee.amount.amount:f}")
        for index, fee in enumerate(fees)
        if not fee.amount.is_whole
    ]
    return fees, odd


def _due_date(command: Compose, bill_to: Party) -> tuple[date | None, list[Refusal]]:
    """As asked, else by the addressee's terms from the closing date that holds the issue date (INV-135)."""
    if command.due_on is not None:
        early = command.due_on < command.issued_on
        dates = {"due_on": command.due_on.isoformat(), "issued_on": command.issued_on.isoformat()}
        return command.due_on, [Refusal("DUE_BEFORE_ISSUE", dates, field="/due_on")] if early else []
    if bill_to.terms is None:
        return None, [Refusal("DUE_DATE_REQUIRED", {"customer": bill_to.code}, field="/due_on")]
    closing = command.closing_date or bill_to.terms.closing_date_for(command.issued_on)
    return bill_to.terms.due_date(closing), []


def _bank_account(command: Compose, maker: Maker, currency: Currency) -> tuple[BankAccount | None, list[Refusal]]:
    if command.bank_account_id is None:
        return maker.bank_account_for(currency.code), []
    field = "/bank_account_id"
    chosen = [one for one in maker.bank_accounts if one.bank_account_id == command.bank_account_id and one.active]
    if not chosen:
        return None, [Refusal("BANK_ACCOUNT_UNKNOWN", field=field, value=str(command.bank_account_id))]
    if chosen[0].currency != currency.code:
        return None, [
            Refusal("BANK_CURRENCY", {"currency": chosen[0].currency, "expected": currency.code}, field=field)
        ]
    return chosen[0], []


def _billed(notes: Sequence[Billable], facts: ComposeFacts, closing: date | None) -> list[BilledSource]:
    terms = facts.bill_to.terms
    sources = [
        BilledSource(
            note,
            facts.members[note.customer_id],
            late=terms is not None and closing is not None and terms.closing_date_for(note.dated_on) < closing,
        )
        for note in notes
    ]
    return sorted(sources, key=in_print_order)


def _about_total(proposal: InvoiceProposal) -> list[Refusal]:
    total = proposal.amounts.total
    if total.is_negative:
        return [Refusal("NEGATIVE_TOTAL", {"total": str(total)}, field="/delivery_notes")]
    if not total.is_within_limit:
        return [Refusal("AMOUNT_TOO_LARGE", {"total": str(total)}, field="/delivery_notes")]
    return []
