"""Qualified invoices (適格請求書): what the document must carry, and what people should know before it is issued.

The required items are those of INV-081. A location without a registration number makes an ordinary 請求書, never a
refusal unless the maker asks to block (R21); an item that is missing although the document claims to be qualified
refuses it (DOMAIN_RULES §2 no. 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from invoicing.core.calculation import InvoiceAmounts
from invoicing.core.parties import BankAccount, Location, Maker, Party
from kernel.money import JPY
from kernel.refusal import Refusal
from kernel.text import registration_number_problem


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at before issuing; it is stored with the invoice, it does not stop it (INV-007)."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What the check before issuing looks at."""

    maker: Maker
    bill_to: Party
    location: Location | None
    bank_account: BankAccount | None
    issued_on: date
    due_on: date
    locations: frozenset[UUID]
    amounts: InvoiceAmounts


DISQUALIFYING: Final = frozenset({"REG_NO_MISSING", "REG_NO_FORMAT", "YEN_TAX_MISSING", "QUALIFIED_ITEM_MISSING"})
"""Findings that keep a document from being called 適格請求書; a maker may ask to be refused instead."""


def is_qualified(found: Iterable[Finding]) -> bool:
    """Whether the document may be called 適格請求書: nothing was found that forbids it (INV-081)."""
    return all(finding.code not in DISQUALIFYING for finding in found)


def refusals(found: Iterable[Finding]) -> list[Refusal]:
    """The findings that forbid it, as problems, for a maker that issues qualified invoices only."""
    return [Refusal(finding.code, finding.facts) for finding in found if finding.code in DISQUALIFYING]


def findings(facts: IssueFacts) -> tuple[Finding, ...]:
    """Everything INV-007, INV-081 and INV-084 want seen: registration, items, address, bank account, dates, offices."""
    found = [*_about_registration(facts), *_about_items(facts)]
    if not facts.bill_to.address.is_printable:
        found.append(Finding("ADDRESS_MISSING", {"customer": facts.bill_to.code}))
    if facts.bank_account is None:
        found.append(Finding("BANK_MISSING", {"currency": facts.amounts.currency.code}))
    if facts.due_on < facts.issued_on:
        dates = {"due_on": facts.due_on.isoformat(), "issued_on": facts.issued_on.isoformat()}
        found.append(Finding("DUE_BEFORE_ISSUE", dates))
    if len(facts.locations) > 1:
        found.append(Finding("LOCATION_MIX", {"locations": str(len(facts.locations))}))
    return tuple(found)


def _about_registration(facts: IssueFacts) -> list[Finding]:
    number = facts.location.registration_number if facts.location else None
    if number is None:
        return [Finding("REG_NO_MISSING", {"location": facts.location.name if facts.location else ""})]
    problem = registration_number_problem(number)
    found = [] if problem is None else [Finding(problem.value, {"number": number})]
    if facts.amounts.currency != JPY and facts.amounts.tax:
        found.append(Finding("YEN_TAX_MISSING", {"currency": facts.amounts.currency.code}))
    return found


def _about_items(facts: IssueFacts) -> list[Finding]:
    """Dates, descriptions and the ※ mark cannot lack: their types have no empty value. These can."""
    lacking = {
        "issuer_name": not facts.maker.name,
        "recipient_name": not facts.bill_to.name,
        "tax_per_rate": not facts.amounts.per_rate,
    }
    return [Finding("QUALIFIED_ITEM_MISSING", {"item": item}) for item, missing in lacking.items() if missing]
