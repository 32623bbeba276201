"""Closing terms (締め払い) of one customer (CUS-051); days 1 to 28, 0 = the last calendar day of the month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from uuid import UUID

from customers.core.changes import KEEP, Keep, kept
from kernel.calendar import MONTH_END, BusinessDayRule, ClosingTerms
from kernel.refusal import Refusal

LATEST_DAY: Final = 28
LONGEST_OFFSET: Final = 6


@dataclass(frozen=True, slots=True)
class CustomerTerms:
    """The aggregate: what was agreed with one customer, None while nothing is. `version` counts saves."""

    customer_id: UUID
    agreed: ClosingTerms | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class SetTerms:
    """New values for some or all of the terms; without terms before, the first three are all needed."""

    closing_day: int | Keep = KEEP
    payment_month_offset: int | Keep = KEEP
    payment_day: int | Keep = KEEP
    business_day_rule: BusinessDayRule | Keep = KEEP

    @property
    def says_nothing(self) -> bool:
        return self == SetTerms()


@dataclass(frozen=True, slots=True)
class DropTerms:
    """No closing terms from now on: documents of the future only (CUS-026)."""


Command: TypeAlias = SetTerms | DropTerms


@dataclass(frozen=True, slots=True)
class TermsSet:
    customer_id: UUID
    terms: ClosingTerms


@dataclass(frozen=True, slots=True)
class TermsDropped:
    customer_id: UUID
    terms: ClosingTerms


Event: TypeAlias = TermsSet | TermsDropped
Decision: TypeAlias = list[Event] | tuple[Refusal, ...]
"""What happened, or every reason why not."""


def decide(state: CustomerTerms, command: Command) -> Decision:
    """What a command does to the terms; nothing when it changes nothing."""
    before = state.agreed
    if isinstance(command, DropTerms):
        return [] if before is None else [TermsDropped(state.customer_id, before)]
    problems = tuple(_problems(command, before))
    if problems:
        return problems
    after = _merged(command, before)
    return [] if after == before else [TermsSet(state.customer_id, after)]


def evolve(state: CustomerTerms, event: Event) -> CustomerTerms:
    """The terms after an event."""
    return replace(state, agreed=event.terms if isinstance(event, TermsSet) else None)


def term_warnings(terms: ClosingTerms) -> tuple[Refusal, ...]:
    """DUE_BEFORE_CLOSING where bills are due in the month of their closing, on a day that is over by then."""
    closing = terms.closing_day or LATEST_DAY + 1
    due = terms.payment_day or LATEST_DAY + 1
    if terms.payment_month_offset == 0 and due < closing:
        return (Refusal("DUE_BEFORE_CLOSING", {}, "/payment_day", value=str(terms.payment_day)),)
    return ()


def _problems(command: SetTerms, before: ClosingTerms | None) -> Iterator[Refusal]:
    days = f"1 – {LATEST_DAY}, {MONTH_END}"
    for name, highest, told in (
        ("closing_day", LATEST_DAY, days),
        ("payment_month_offset", LONGEST_OFFSET, f"0 – {LONGEST_OFFSET}"),
        ("payment_day", LATEST_DAY, days),
    ):
        value = getattr(command, name)
        if isinstance(value, Keep):
            if before is None:
                yield Refusal("REQUIRED", {}, f"/{name}")
        elif not 0 <= value <= highest:
            yield Refusal("OUT_OF_RANGE", {"range": told}, f"/{name}", value=str(value))


def _merged(command: SetTerms, before: ClosingTerms | None) -> ClosingTerms:
    old = before or ClosingTerms(MONTH_END, 0, MONTH_END)
    return ClosingTerms(
        closing_day=kept(command.closing_day, old.closing_day),
        payment_month_offset=kept(command.payment_month_offset, old.payment_month_offset),
        payment_day=kept(command.payment_day, old.payment_day),
        business_day_rule=kept(command.business_day_rule, old.business_day_rule),
    )
