"""The stages of PAY-031 over one payer's open invoices: exact single, unique combination, then with a bank fee."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from payments.core.matching.facts import IncomingLine, MatchingRules, OpenBook, OpenInvoice
from payments.core.matching.outcome import Candidate, Lost, Rule, Share
from payments.core.matching.sums import Sums

MOST_SHOWN: Final = 5
"""Candidates shown per line; one more is enough to know that none is alone."""

_MOST_SETS: Final = 3
_MOST_COMPARED: Final = 20
_MOST_RUNNERS_UP: Final = 3


def by_number(line: IncomingLine, book: OpenBook, rules: MatchingRules) -> list[Candidate]:
    """Rule a: all invoices named in the texts together have the line's amount, or are short of it by a bank fee."""
    named = book.named_in(line.texts, line.currency)
    gap = sum(map(book.open_of, named)) - line.amount
    if not named or not (gap == 0 or rules.is_fee(gap, line.currency)):
        return []
    return [_candidate(Rule.FEE if gap else Rule.NUMBER, _Case(line, named, book, rules), named)]


def by_amount(line: IncomingLine, pool: Sequence[OpenInvoice], book: OpenBook, rules: MatchingRules) -> list[Candidate]:
    """Rules b, c, d of one payer: the candidates of the first rule that has any; one alone has `lost` None.

    Behind a winner stand the first candidates of lower rules, so that a person sees what it won against.
    """
    case = _Case(line, pool, book, rules)
    stages = (_exact_single, _exact_combination, _fee_single, _fee_combination, _unknown_fee)
    for at, stage in enumerate(stages):
        found = stage(case)
        if found:
            return found + (_runners_up(case, stages[at + 1 :]) if found[0].lost is None else [])
    return []


@dataclass(slots=True)
class _Case:
    """One line against one payer's invoices; the reachable sums are worked out once, when a stage asks for them."""

    line: IncomingLine
    pool: Sequence[OpenInvoice]
    book: OpenBook
    rules: MatchingRules
    _sums: Sums | None = None

    @property
    def tolerance(self) -> int:
        return self.rules.fee_tolerance.get(self.line.currency, 0)

    def is_fee(self, gap: int) -> bool:
        return self.rules.is_fee(gap, self.line.currency)

    def sums(self) -> Sums | None:
        """None where two invoices or more cannot reach the amount."""
        if self._sums is None:
            opens = [self.book.open_of(one) for one in self.pool]
            if len(opens) > 1 and sum(opens) >= self.line.amount:
                self._sums = Sums(opens, self.line.amount + self.tolerance)
        return self._sums


def _runners_up(case: _Case, stages: Sequence[Callable[[_Case], list[Candidate]]]) -> list[Candidate]:
    if len(case.pool) > _MOST_COMPARED:
        return []
    found = (one for stage in stages for one in stage(case))
    return [replace(one, lost=Lost.LOWER_RULE) for one in islice(found, _MOST_RUNNERS_UP)]


def _exact_single(case: _Case) -> list[Candidate]:
    return _alone(_singles(case, Rule.SINGLE, lambda gap: gap == 0))


def _fee_single(case: _Case) -> list[Candidate]:
    return _alone(_singles(case, Rule.FEE, case.is_fee))


def _unknown_fee(case: _Case) -> list[Candidate]:
    found = _singles(case, Rule.FEE, lambda gap: 0 < gap <= case.tolerance and not case.is_fee(gap))
    return [replace(one, lost=Lost.UNKNOWN_FEE) for one in found[:MOST_SHOWN]]


def _singles(case: _Case, rule: Rule, fits: Callable[[int], bool]) -> list[Candidate]:
    fitting = (one for one in case.pool if fits(case.book.open_of(one) - case.line.amount))
    return [_candidate(rule, case, [one]) for one in islice(fitting, MOST_SHOWN + 1)]


def _exact_combination(case: _Case) -> list[Candidate]:
    return _combinations(case, Rule.COMBINATION, [0])


def _fee_combination(case: _Case) -> list[Candidate]:
    return _combinations(case, Rule.FEE, case.rules.fees(case.line.currency))


def _combinations(case: _Case, rule: Rule, gaps: Sequence[int]) -> list[Candidate]:
    """Sets of two to ten invoices; one alone is offered, several or an unfinished search are only shown."""
    sums = case.sums() if gaps else None
    if sums is None:
        return []
    found = islice(sums.sets([case.line.amount + gap for gap in gaps]), _MOST_SETS)
    candidates = [_candidate(rule, case, [case.pool[at] for at in indexes]) for indexes in found]
    if len(candidates) == 1 and sums.exhausted:
        return [replace(candidates[0], lost=Lost.NOT_PROVEN_ALONE)]
    return _alone(candidates)


def _candidate(rule: Rule, case: _Case, invoices: Sequence[OpenInvoice]) -> Candidate:
    """The whole line over these invoices, oldest first; a gap becomes the fee of the newest one."""
    left = case.line.amount
    shares = []
    for one in invoices:
        amount = min(left, case.book.open_of(one))
        left -= amount
        shares.append(Share(one.invoice_id, one.number, one.bill_to_id, amount, case.book.open_of(one) - amount))
    gap = sum(share.fee for share in shares)
    oldest = min(one.due_on for one in invoices)
    return Candidate(rule, None, tuple(shares), gap, (case.line.value_date - oldest).days)


def _alone(candidates: list[Candidate]) -> list[Candidate]:
    if len(candidates) == 1:
        return candidates
    return [replace(one, lost=Lost.EQUAL_CANDIDATE) for one in candidates[:MOST_SHOWN]]
