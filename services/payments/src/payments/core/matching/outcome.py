"""What matching answers for one bank line: a verdict, its reasons, and every candidate with why it won or lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Verdict(StrEnum):
    """What happens to the line: confirmed by itself, offered with ticks, or left to a person (PAY-031)."""

    AUTO = "auto"
    SUGGEST = "suggest"
    REVIEW = "review"


class Rule(StrEnum):
    """The rule of PAY-031 a candidate rests on; `AMOUNT` (no payer, the amount alone) never decides."""

    NUMBER = "a"
    SINGLE = "b"
    COMBINATION = "c"
    FEE = "d"
    CUSTOMER = "e"
    AMOUNT = "amount"


class Fit(StrEnum):
    """How a payer name led to a customer."""

    NAME = "name"
    ALIAS = "alias"
    BARE = "name_without_marks"
    CUT = "cut_name"


class Lost(StrEnum):
    """Why a candidate is not ticked."""

    EQUAL_CANDIDATE = "equal_candidate"
    OTHER_CUSTOMER = "other_customer_fits_too"
    PAYER_UNKNOWN = "payer_unknown"
    UNKNOWN_FEE = "gap_is_no_known_fee"
    NOT_PROVEN_ALONE = "not_proven_alone"
    NO_INVOICE_FITS = "no_invoice_fits"
    LOWER_RULE = "lower_rule"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the line was decided so: a code for people's texts and the facts they need."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the line for one invoice, in minor units; `fee` is the seller-borne fee beside it (PAY-039)."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    amount: int
    fee: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to apply the line. `gap`: open amounts minus the line, in minor units; `age_days`: value date minus
    the oldest due date. `lost` is None for the ticked one."""

    rule: Rule
    customer_id: UUID | None
    shares: tuple[Share, ...]
    gap: int = 0
    age_days: int = 0
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one line. `customer_id` is the payer, `bill_to_id` whose invoices it pays (a delegatee)."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    customer_id: UUID | None = None
    bill_to_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()

    @property
    def ticked(self) -> Candidate | None:
        """The candidate a person confirms as it stands, or the matcher itself when automatic."""
        return next((one for one in self.candidates if one.lost is None and one.shares), None)
