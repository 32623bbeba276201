"""A bank statement as read from a file, whatever the format: its account, its lines, and what it warns about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID

from kernel.money import Money
from kernel.refusal import Refusal

Refusals: TypeAlias = tuple[Refusal, ...]
"""All problems of one input at once (GEN-010); never empty."""

MOST_LINES: Final = 50_000
"""Lines one file may bring; more are refused with `TOO_MANY_LINES`."""


@dataclass(frozen=True, slots=True)
class AccountNumber:
    """A bank account as the bank writes it. `kind` is the Zengin digit: 1 ordinary, 2 current, 4 savings."""

    bank_code: str
    branch_code: str
    kind: str
    number: str

    def same_as(self, other: AccountNumber) -> bool:
        """Banks fill with zeros in front, people leave them out."""
        mine, theirs = (
            (self.bank_code, self.branch_code, self.number),
            (other.bank_code, other.branch_code, other.number),
        )
        return self.kind == other.kind and [one.lstrip("0") for one in mine] == [one.lstrip("0") for one in theirs]

    def __str__(self) -> str:
        return f"{self.bank_code}-{self.branch_code}-{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One incoming transfer of a file. `row` counts as the file shows it: the Zengin record or the CSV row, from 1.

    `amount` is positive. `payer` is the name as the bank wrote it, `reference` the bank's own number (照会番号),
    `description` what the payer or bank added (EDI 情報, 摘要). A line with `cancels` takes an earlier one back.
    """

    row: int
    value_date: date
    amount: Money
    payer: str
    description: str = ""
    reference: str = ""
    payer_code: str = ""
    sending_bank: str = ""
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole file, read without a single problem. `outgoing` lines were left out (PAY-013)."""

    layout: str
    encoding: str
    account: AccountNumber | None
    lines: tuple[StatementLine, ...]
    outgoing: int = 0


def fingerprints(account_id: UUID, lines: Sequence[StatementLine]) -> list[str]:
    """What makes each line the same line when its file comes again (PAY-016), in the order of the lines.

    Account, value date, amount, payer, description, bank reference, and which occurrence of all these within the day
    it is: a file imported twice brings nothing new, two equal transfers of one day stay two.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    marks = []
    for line in lines:
        traits = _traits(account_id, line)
        seen[traits] += 1
        marks.append(sha256("\x1f".join((*traits, str(seen[traits]))).encode()).hexdigest())
    return marks


def _traits(account_id: UUID, line: StatementLine) -> tuple[str, ...]:
    currency = line.amount.currency
    amount = f"{line.amount.amount:.{currency.minor_units}f} {currency.code}"  # however many zeros the file wrote
    kind = "cancellation" if line.cancels else "transfer"
    payer = f"{line.payer_code} {line.payer}"
    return (str(account_id), line.value_date.isoformat(), amount, payer, line.description, line.reference, kind)


def rows_in_the_future(lines: Iterable[StatementLine], today: date) -> list[int]:
    """Rows dated after tomorrow: kept, but worth a warning (PAY-018)."""
    latest = today + timedelta(days=1)
    return [line.row for line in lines if line.value_date > latest]


def account_mismatch(found: AccountNumber | None, expected: AccountNumber) -> Refusal | None:
    """A file belongs to one account of the maker (PAY-015); a CSV names none and is taken at its word."""
    if found is None or found.same_as(expected):
        return None
    return Refusal("ACCOUNT_MISMATCH", {"found": str(found), "expected": str(expected)})


_NO_CHARACTER: Final = frozenset("\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3")


def decoded_cp932(content: bytes) -> str:
    """Text of a Japanese bank. Raises UnicodeDecodeError also for the bytes that Python's codec lets pass as private
    characters."""
    text = content.decode("cp932")
    if not _NO_CHARACTER.isdisjoint(text):
        raise UnicodeDecodeError("cp932", content, 0, len(content), "no character of CP932")
    return text
