"""A line with all that was recorded beside its money: where it came from, what it says, what matching made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from kernel.money import Currency, Money
from payments.core.bank_line import BankLine
from payments.core.matching import Candidate, Decision, IncomingLine, Reason, Verdict
from payments.core.statement import StatementLine


class Method(StrEnum):
    """How money comes (CUS-044). Lines of a file are bank transfers; the others are entered by hand (PAY-020)."""

    BANK_TRANSFER = "bank_transfer"
    DIRECT_DEBIT = "direct_debit"
    CASH = "cash"
    COD = "cod"
    CARD = "card"
    CHEQUE = "cheque"
    DRAFT = "draft"
    LETTER_OF_CREDIT = "letter_of_credit"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a line of a file stands."""

    bank_file_id: UUID
    row: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the line says, as it was written."""

    payer: str = ""
    payer_code: str = ""
    description: str = ""
    reference: str = ""
    sending_bank: str = ""
    memo: str = ""

    @staticmethod
    def of(line: StatementLine) -> Words:
        return Words(line.payer, line.payer_code, line.description, line.reference, line.sending_bank)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What matching last said; nothing before it looked and after a reversal."""

    verdict: Verdict | None = None
    reasons: tuple[Reason, ...] = ()
    candidates: tuple[Candidate, ...] = ()

    @staticmethod
    def of(decision: Decision) -> Proposal:
        return Proposal(decision.verdict, decision.reasons, decision.candidates)

    @property
    def ticked(self) -> Candidate | None:
        """The candidate that is confirmed as it stands."""
        return next((one for one in self.candidates if one.lost is None and one.shares), None)


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """`bill_to_id` is whose invoices the line pays or may pay."""

    line: BankLine
    method: Method
    words: Words
    bank_account_id: UUID | None = None
    source: Source | None = None
    proposal: Proposal = field(default_factory=Proposal)
    bill_to_id: UUID | None = None
    ignore_reason: str | None = None

    def incoming(self) -> IncomingLine:
        """As matching takes it."""
        line, words = self.line, self.words
        return IncomingLine(
            line.line_id,
            line.amount.currency.code,
            units(line.amount),
            line.value_date,
            words.payer,
            tuple(text for text in (words.description, words.reference, words.memo, words.payer_code) if text),
            line.cancels,
        )


def units(money: Money) -> int:
    """Whole minor units: 12.34 USD is 1234."""
    return int(money.amount.scaleb(money.currency.minor_units))


def money_of(units_: int, currency: Currency) -> Money:
    """Minor units as money: 1234 of USD is 12.34."""
    return Money.of(Decimal(units_).scaleb(-currency.minor_units), currency)


def taken_back(lines: Sequence[RecordedLine]) -> set[UUID]:
    """Transfers that a later record of the same file cancels, and those records: of equal amount and payer, each
    cancelled once (R16)."""
    pairs: set[UUID] = set()
    for at, one in enumerate(lines):
        if not one.line.cancels:
            continue
        earlier = (
            other
            for other in reversed(lines[:at])
            if not other.line.cancels and other.line.line_id not in pairs and _same_transfer(other, one)
        )
        cancelled = next(earlier, None)
        if cancelled is not None:
            pairs |= {cancelled.line.line_id, one.line.line_id}
    return pairs


def _same_transfer(one: RecordedLine, other: RecordedLine) -> bool:
    return one.line.amount == other.line.amount and one.words.payer == other.words.payer
