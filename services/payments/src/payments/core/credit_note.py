"""Credit notes that invoicing issued: what the customer has with us, beside the balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.money import Money


@dataclass(frozen=True, slots=True)
class CreditNote:
    """`overpayment_id` says which money kept here it answers (PAY-051)."""

    credit_note_id: UUID
    number: str
    kind: str
    bill_to_id: UUID
    amount: Money
    issued_on: date
    overpayment_id: UUID | None = None
