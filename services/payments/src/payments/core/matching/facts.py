"""What matching looks at: the lines, the names that payers go by, who is billed for whom, and the open invoices.

Amounts are whole minor units of one currency: sums of thousands of invoices are integer work.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from payments.core.matching.outcome import Fit, Share
from payments.core.payer import PayerName, payer_name

RULE_VERSION: Final = "1"
"""Changes whenever the same facts could be decided otherwise; stands in every proof."""

KNOWN_FEES: Final = frozenset(range(55, 2_000, 55)) | {99, 100, 129, 130, 143, 145, 150, 154, 160, 178, 209, 229, 270}
"""What Japanese banks take for a transfer, in yen: a gap of another size is no fee (R13)."""

_FEES_IN_ORDER: Final = sorted(KNOWN_FEES)
_MOST_GAPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class IncomingLine:
    """A bank line to be decided. `texts` may name invoices: description, reference, payer code."""

    line_id: UUID
    currency: str
    amount: int
    value_date: date
    payer: str
    texts: tuple[str, ...] = ()
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name a customer pays under: its kana, its name, or an alias learned from a confirmation (PAY-033)."""

    customer_id: UUID
    name: str
    learned: bool = False


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with something left to pay; `members` are the customers whose documents it holds (PAY-036)."""

    invoice_id: UUID
    number: str
    bill_to_id: UUID
    currency: str
    open: int
    issued_on: date
    due_on: date
    members: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """A maker's settings: the bank-fee tolerance per currency in minor units (none = off), automatic confirmation."""

    fee_tolerance: Mapping[str, int] = field(default_factory=dict)
    auto_confirm: bool = False
    version: str = RULE_VERSION

    def fees(self, currency: str) -> tuple[int, ...]:
        """Every gap that may be a fee in that currency, smallest first."""
        tolerance = self.fee_tolerance.get(currency, 0)
        known = _FEES_IN_ORDER if currency == "JPY" else range(1, _MOST_GAPS + 1)
        return tuple(gap for gap in known if gap <= tolerance)

    def is_fee(self, gap: int, currency: str) -> bool:
        """A gap of this size is what a bank takes; only yen fees are known, elsewhere the tolerance alone decides."""
        return 0 < gap <= self.fee_tolerance.get(currency, 0) and (currency != "JPY" or gap in KNOWN_FEES)


class Directory:
    """Customers by the names they pay under."""

    def __init__(self, names: Iterable[KnownName], delegatee_of: Mapping[UUID, UUID] | None = None) -> None:
        self.delegatee_of: Final = dict(delegatee_of or {})
        self._full: defaultdict[str, list[tuple[UUID, bool, str]]] = defaultdict(list)
        self._bare: defaultdict[str, list[tuple[UUID, bool, str]]] = defaultdict(list)
        for known in names:
            keys = payer_name(known.name)
            entry = (known.customer_id, known.learned, known.name)
            if keys.key:
                self._full[keys.key].append(entry)
                self._bare[keys.bare_key].append(entry)
        self._sorted = sorted(self._full)

    def fits(self, payer: PayerName) -> tuple[Fit | None, list[KnownName]]:
        """The names that fit, by the strictest way that finds any: full key, bare key, beginning of a cut name."""
        if not payer.key:
            return None, []
        found = self._full.get(payer.key, [])
        if found:
            fit = Fit.ALIAS if all(learned for _, learned, _ in found) else Fit.NAME
            return fit, _known(found)
        found = self._bare.get(payer.bare_key, [])
        if found:
            return Fit.BARE, _known(found)
        return next(((Fit.CUT, names) for key in payer.cut_keys if (names := self._beginning_with(key))), (None, []))

    def _beginning_with(self, key: str) -> list[KnownName]:
        at = bisect_left(self._sorted, key)
        found: list[tuple[UUID, bool, str]] = []
        while at < len(self._sorted) and self._sorted[at].startswith(key):
            found.extend(self._full[self._sorted[at]])
            at += 1
        return _known(found)


def _known(entries: Iterable[tuple[UUID, bool, str]]) -> list[KnownName]:
    ordered = sorted(set(entries), key=lambda entry: (str(entry[0]), entry[1], entry[2]))
    return [KnownName(customer_id, name, learned) for customer_id, learned, name in ordered]


class OpenBook:
    """The open invoices of one maker while the lines of a file are decided; automatic ones are settled at once."""

    def __init__(self, invoices: Iterable[OpenInvoice]) -> None:
        ordered = sorted(invoices, key=lambda one: (one.due_on, one.issued_on, one.number, str(one.invoice_id)))
        self._invoices = {one.invoice_id: one for one in ordered if one.open > 0}
        self._open = {one.invoice_id: one.open for one in self._invoices.values()}
        self._of_customer: defaultdict[tuple[UUID, str], list[OpenInvoice]] = defaultdict(list)
        self._of_amount: defaultdict[tuple[int, str], list[OpenInvoice]] = defaultdict(list)
        self._numbered: defaultdict[str, list[OpenInvoice]] = defaultdict(list)
        for one in self._invoices.values():
            for customer_id in {one.bill_to_id, *one.members}:
                self._of_customer[customer_id, one.currency].append(one)
            self._of_amount[one.open, one.currency].append(one)
            self._numbered[number_key(one.number)].append(one)

    def open_of(self, invoice: OpenInvoice) -> int:
        return self._open[invoice.invoice_id]

    def as_they_stand(self, invoice_ids: Iterable[UUID]) -> tuple[OpenInvoice, ...]:
        """These invoices with what is open of them now, in a fixed order."""
        return tuple(self._as_it_stands(self._invoices[one]) for one in sorted(set(invoice_ids), key=_in_order))

    def _as_it_stands(self, invoice: OpenInvoice) -> OpenInvoice:
        left = self._open[invoice.invoice_id]
        return invoice if left == invoice.open else replace(invoice, open=left)

    def pool(self, customer_id: UUID, currency: str) -> list[OpenInvoice]:
        """What this customer may be paying, oldest due first: own invoices and those holding its documents."""
        return [one for one in self._of_customer.get((customer_id, currency), ()) if self._open[one.invoice_id] > 0]

    def of_amount(self, amount: int, currency: str) -> list[OpenInvoice]:
        """Invoices of anybody still open with exactly that amount (those partly paid are not looked for)."""
        return [one for one in self._of_amount.get((amount, currency), ()) if self._open[one.invoice_id] == amount]

    def named_in(self, texts: Sequence[str], currency: str) -> list[OpenInvoice]:
        """Open invoices whose number stands in the texts, whatever hyphens and blanks the payer's bank left out."""
        found = {
            one.invoice_id: one
            for word in words_of(texts)
            for one in self._numbered.get(word, ())
            if one.currency == currency and self._open[one.invoice_id] > 0
        }
        return sorted(found.values(), key=lambda one: (one.due_on, one.issued_on, one.number))

    def settle(self, shares: Iterable[Share]) -> None:
        for share in shares:
            self._open[share.invoice_id] -= share.amount + share.fee


def _in_order(invoice_id: UUID) -> int:
    return invoice_id.int


_WORD: Final = re.compile(r"[^\s,;/:、。]+")
_NO_LETTER: Final = re.compile(r"[^0-9A-Z]+")
_SHORTEST_NUMBER: Final = 4
_MOST_WORDS: Final = 40


def words_of(texts: Sequence[str]) -> list[str]:
    """What in these texts may be an invoice number: each word and each run of up to three, letters and digits only."""
    words = [number_key(word) for text in texts for word in _WORD.findall(unicodedata.normalize("NFKC", text))]
    words = [word for word in words if word][:_MOST_WORDS]
    runs = ("".join(words[at : at + length]) for length in (1, 2, 3) for at in range(len(words) - length + 1))
    return [run for run in dict.fromkeys(runs) if len(run) >= _SHORTEST_NUMBER and any(map(str.isdigit, run))]


def number_key(text: str) -> str:
    """An invoice number without hyphens and blanks: `INV-2026-00007` is INV202600007 however it is typed."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).upper())


@dataclass(frozen=True, slots=True)
class Proof:
    """The facts one decision rested on, open amounts as they were then: deciding again gives the same (see `proof`)."""

    line: IncomingLine
    names: tuple[KnownName, ...]
    delegatee_of: Mapping[UUID, UUID]
    invoices: tuple[OpenInvoice, ...]
    rules: MatchingRules
