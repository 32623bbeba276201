"""What a closing run is asked for, what it is worked out from, and why something is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from invoicing.core.billable import Billable
from invoicing.core.parties import Maker, Party, TaxRules

Account: TypeAlias = tuple[UUID, str]
"""What is closed: a bill-to in one currency."""


class BillToOut(StrEnum):
    """Why a customer with unbilled notes, or one that was asked for, is not in the run."""

    NOT_CLOSING_DAY = "NOT_CLOSING_DAY"
    NO_TERMS = "NO_TERMS"
    NOT_SELECTED = "NOT_SELECTED"
    BILLED_TO_DELEGATEE = "BILLED_TO_DELEGATEE"
    UNKNOWN_CUSTOMER = "UNKNOWN_CUSTOMER"


class SourceOut(StrEnum):
    """Why a note of a customer in the run is not on its invoice."""

    ALREADY_CLOSED = "ALREADY_CLOSED"
    DATED_AFTER_CLOSING = "DATED_AFTER_CLOSING"
    DEFERRED = "DEFERRED"
    NOT_SHIPPED = "NOT_SHIPPED"
    NON_BILLABLE = "NON_BILLABLE"
    NEGATIVE_TOTAL = "NEGATIVE_TOTAL"
    NOT_QUALIFIED = "NOT_QUALIFIED"


@dataclass(frozen=True, slots=True)
class RunClosing:
    """Close this date. `selection` limits it to these bill-tos (None: all); `require_qualified` leaves accounts open
    whose invoice could not be called 適格請求書 (INV-081)."""

    closing_date: date
    issued_on: date
    selection: frozenset[UUID] | None = None
    require_qualified: bool = False


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What a run is worked out from, besides the notes: the maker, its customers, what was closed last, its taxes."""

    maker: Maker
    parties: Mapping[UUID, Party]
    last_closings: Mapping[Account, date]
    rules: TaxRules


@dataclass(frozen=True, slots=True)
class ExcludedBillTo:
    """A customer left out as a whole, with the number of unbilled notes that wait for it."""

    customer_id: UUID
    reason: BillToOut
    waiting: int


@dataclass(frozen=True, slots=True)
class ExcludedSource:
    """A note left out, and whose invoice it would have been on."""

    billable: Billable
    bill_to_id: UUID
    reason: SourceOut
