"""An invoice worked out but not issued: what a preview shows, and exactly what issuing writes down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from invoicing.core.billable import Billable
from invoicing.core.calculation import InvoiceAmounts, calculate
from invoicing.core.parties import BankAccount, Location, Maker, Party, TaxRules
from invoicing.core.qualified import Finding, IssueFacts, findings, is_qualified
from invoicing.core.shares import OrderShare, share_over_orders
from kernel.calendar import Period
from kernel.money import Currency, Money, Rate, total
from kernel.tax import TaxSums

MOST_SOURCES: Final = 2_000
"""More sources go on a second invoice of the same closing, or are refused by the form (INV-025)."""


class FeeKind(StrEnum):
    """Amounts of the invoice itself: shipping and other fees (INV-120, INV-122), seller-borne bank fee (INV-132)."""

    SHIPPING = "shipping"
    OTHER = "other"
    BANK_FEE = "bank_fee"


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount entered without tax, signed as the invoice adds it: a discount and the bank fee are negative."""

    kind: FeeKind
    name: str
    amount: Money
    tax_rate: Rate

    @property
    def tax_sums(self) -> TaxSums:
        return TaxSums(self.tax_rate, self.amount, Money.zero(self.amount.currency))


@dataclass(frozen=True, slots=True)
class BilledSource:
    """A note on an invoice and whose it is; `late` when it is of an earlier closing period (INV-062)."""

    billable: Billable
    customer: Party
    late: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """When an invoice is issued, which closing it belongs to, and when it is due."""

    issued_on: date
    due_on: date
    closing_date: date | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class InvoiceProposal:
    """Everything an invoice will say, in the order it is printed: sources by customer, date and number."""

    bill_to: Party
    sources: tuple[BilledSource, ...]
    fees: tuple[Fee, ...]
    amounts: InvoiceAmounts
    orders: tuple[OrderShare, ...]
    dates: Dates
    location: Location | None
    bank_account: BankAccount | None
    warnings: tuple[Finding, ...]

    @property
    def currency(self) -> Currency:
        return self.amounts.currency

    @property
    def qualified(self) -> bool:
        """Whether it may be titled 適格請求書 (INV-081)."""
        return is_qualified(self.warnings)

    @property
    def members(self) -> tuple[Party, ...]:
        """The customers whose documents are on it, in print order."""
        return tuple({source.customer.customer_id: source.customer for source in self.sources}.values())


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proposal is worked out with besides its sources."""

    maker: Maker
    rules: TaxRules
    bank_account: BankAccount | None


def propose(
    bill_to: Party,
    sources: Sequence[BilledSource],
    fees: Sequence[Fee],
    *,
    dates: Dates,
    terms: Terms,
    currency: Currency,
) -> InvoiceProposal:
    """The amounts, shares and warnings of these sources and fees together; sources must be of one currency."""
    billables = [source.billable for source in sources]
    amounts = amounts_of(billables, fees, currency=currency, rules=terms.rules)
    location = terms.maker.location(_first_location(billables))
    facts = IssueFacts(
        maker=terms.maker,
        bill_to=bill_to,
        location=location,
        bank_account=terms.bank_account,
        issued_on=dates.issued_on,
        due_on=dates.due_on,
        locations=frozenset(billable.location_id for billable in billables if billable.location_id),
        amounts=amounts,
    )
    return InvoiceProposal(
        bill_to=bill_to,
        sources=tuple(sources),
        fees=tuple(fees),
        amounts=amounts,
        orders=share_over_orders(billables, amounts.total),
        dates=dates,
        location=location,
        bank_account=terms.bank_account,
        warnings=findings(facts),
    )


def amounts_of(
    billables: Iterable[Billable], fees: Iterable[Fee], *, currency: Currency, rules: TaxRules
) -> InvoiceAmounts:
    """Steps 1 to 5 of INV-151 over whole notes and the invoice's own fees."""
    notes = list(billables)
    sold = [one.sums for note in notes if not note.is_return for one in note.sums]
    sold.extend(fee.tax_sums for fee in fees)
    returned = [one.sums for note in notes if note.is_return for one in note.sums]
    points = total((note.payment_points for note in notes), currency)
    return calculate(sold, returned, currency=currency, rules=rules, payment_points=points)


def in_print_order(source: BilledSource) -> tuple[str, date, str]:
    """Sorts sources by customer, date and number."""
    return (source.customer.code, source.billable.dated_on, source.billable.number)


def _first_location(billables: Sequence[Billable]) -> UUID | None:
    return next((billable.location_id for billable in billables if billable.location_id), None)
