"""Shortage slips (過不足伝票, PAY-053): the rest of an invoice settled with a difference, for the next invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.money import Money


class SlipState(StrEnum):
    """PAY-054. What stands on an invoice or its draft is in use: the payment it came from cannot be reversed."""

    OPEN = "OPEN"
    ATTACHED = "ATTACHED"
    BILLED = "BILLED"
    CANCELLED = "CANCELLED"


IN_USE: Final = frozenset({SlipState.ATTACHED, SlipState.BILLED})


@dataclass(frozen=True, slots=True)
class Slip:
    """`amount` is owed by the customer who was billed; it counts in the balance while open (PAY-001)."""

    slip_id: UUID
    bill_to_id: UUID
    invoice_id: UUID
    line_id: UUID
    amount: Money
    created_on: date
    state: SlipState = SlipState.OPEN
