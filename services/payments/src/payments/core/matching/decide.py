"""The decision on each line, in file order; an automatic confirmation counts at once for the next line (PAY-031)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from kernel.money import Currency
from payments.core.matching.facts import (
    Directory,
    IncomingLine,
    KnownName,
    MatchingRules,
    OpenBook,
    OpenInvoice,
    Proof,
)
from payments.core.matching.outcome import Candidate, Decision, Fit, Lost, Reason, Rule, Verdict
from payments.core.matching.stages import MOST_SHOWN, by_amount, by_number
from payments.core.matching.sums import OLDEST
from payments.core.payer import PayerName, payer_name

_NOTHING: Final = Candidate(Rule.CUSTOMER, None, (), lost=Lost.NO_INVOICE_FITS)


@dataclass(frozen=True, slots=True)
class _Case:
    """One line with what is known about its payer."""

    line: IncomingLine
    payer: PayerName
    fit: Fit | None
    names: list[KnownName]
    book: OpenBook
    directory: Directory
    rules: MatchingRules

    @property
    def customers(self) -> list[UUID]:
        return list(dict.fromkeys(known.customer_id for known in self.names))

    def pool(self, customer_id: UUID) -> list[OpenInvoice]:
        return self.book.pool(customer_id, self.line.currency)


def decide(
    lines: Iterable[IncomingLine], book: OpenBook, directory: Directory, rules: MatchingRules
) -> Iterator[tuple[Decision, Proof]]:
    """One decision per line, in order, with its evidence. With automatic confirmation on, `book` is settled line by
    line (PAY-034)."""
    for line in lines:
        payer = payer_name(line.payer)
        fit, names = directory.fits(payer)
        case = _Case(line, payer, fit, names, book, directory, rules)
        decision = _decision(case)
        proof = _proof(case, decision)
        if decision.verdict is Verdict.AUTO and rules.auto_confirm and decision.ticked is not None:
            book.settle(decision.ticked.shares)
        yield decision, proof


def _proof(case: _Case, decision: Decision) -> Proof:
    """Kept: the names that fitted, their delegations, the invoices of the candidates. Where sets were looked for
    among only a part of many invoices, all of them: which part it was depends on the others."""
    concerned = {share.invoice_id for one in decision.candidates for share in one.shares}
    for customer_id in case.customers:
        pool = case.pool(customer_id)
        if len(pool) > OLDEST and any(len(one.shares) > 1 for one in decision.candidates):
            concerned.update(one.invoice_id for one in pool)
    delegatees = case.directory.delegatee_of
    delegations = {one: delegatees[one] for one in case.customers if one in delegatees}
    return Proof(case.line, tuple(case.names), delegations, case.book.as_they_stand(concerned), case.rules)


def _decision(case: _Case) -> Decision:
    if case.line.cancels:
        return Decision(Verdict.REVIEW, (Reason("CANCELLATION"),))
    numbered = by_number(case.line, case.book, case.rules)
    if numbered:
        return _by_number(case, numbered[0])
    if not case.customers:
        return _of_unknown_payer(case)
    if len(case.customers) > 1:
        return _of_several(case)
    return _of_one(case, case.customers[0])


def _by_number(case: _Case, found: Candidate) -> Decision:
    """Rule a. A payer known as somebody else is offered, not booked; so is more than one invoice or a fee."""
    bill_to_id = found.shares[0].bill_to_id
    concerned = {share.bill_to_id for share in found.shares}
    payer = next((one for one in case.customers if _may_pay(case, one, found)), None)
    reasons = [Reason("INVOICE_NUMBER_FOUND", {"numbers": " ".join(share.number for share in found.shares)})]
    if found.gap:
        reasons.append(_fee_reason(case, found))
    if case.customers and payer is None:
        reasons.append(Reason("PAYER_IS_ANOTHER_CUSTOMER"))
    sure = len(found.shares) == 1 and not found.gap and (payer is not None or not case.customers)
    verdict = Verdict.AUTO if sure else Verdict.SUGGEST
    return Decision(
        verdict,
        tuple(reasons),
        payer or (bill_to_id if not case.customers else case.customers[0]),
        bill_to_id if len(concerned) == 1 else None,
        (replace(found, customer_id=payer or bill_to_id),),
    )


def _may_pay(case: _Case, customer_id: UUID, found: Candidate) -> bool:
    own = {one.invoice_id for one in case.pool(customer_id)}
    return all(share.invoice_id in own for share in found.shares)


def _of_unknown_payer(case: _Case) -> Decision:
    """Nobody of that name: invoices of exactly that amount are shown, never applied (DOMAIN_RULES 2.2)."""
    equal = case.book.of_amount(case.line.amount, case.line.currency)[:MOST_SHOWN]
    shown = [one for invoice in equal for one in by_amount(case.line, [invoice], case.book, case.rules)]
    candidates = tuple(Candidate(Rule.AMOUNT, None, one.shares, 0, one.age_days, Lost.PAYER_UNKNOWN) for one in shown)
    return Decision(Verdict.REVIEW, (Reason("PAYER_UNKNOWN"),), candidates=candidates)


def _of_several(case: _Case) -> Decision:
    """A name that fits two customers is offered, never applied (PAY-033)."""
    candidates: list[Candidate] = []
    for customer_id in case.customers:
        fitting = by_amount(case.line, case.pool(customer_id), case.book, case.rules)
        candidates.extend(
            replace(one, customer_id=customer_id, lost=Lost.OTHER_CUSTOMER) for one in fitting or [_NOTHING]
        )
    reason = Reason("SEVERAL_CUSTOMERS_FIT", {"count": str(len(case.customers))})
    return Decision(Verdict.REVIEW, (reason,), candidates=tuple(candidates))


def _of_one(case: _Case, customer_id: UUID) -> Decision:
    candidates = [
        replace(one, customer_id=customer_id)
        for one in by_amount(case.line, case.pool(customer_id), case.book, case.rules)
    ]
    ticked = next((one for one in candidates if one.lost is None), None)
    payer = _payer_reason(case)
    if ticked is None:
        reasons = (payer, *_why_nothing(candidates))
        shown = candidates or [replace(_NOTHING, customer_id=customer_id)]
        return Decision(Verdict.REVIEW, reasons, customer_id, _billed(case, customer_id), tuple(shown))
    bill_to_ids = {share.bill_to_id for share in ticked.shares}
    delegated = bill_to_ids != {customer_id}
    reasons = (payer, _match_reason(case, ticked), *((Reason("DELEGATOR_PAYS"),) if delegated else ()))
    sure = ticked.rule is Rule.SINGLE and not delegated and case.fit is not Fit.CUT
    verdict = Verdict.AUTO if sure else Verdict.SUGGEST
    bill_to_id = next(iter(bill_to_ids)) if len(bill_to_ids) == 1 else None
    return Decision(verdict, reasons, customer_id, bill_to_id, tuple(candidates))


def _billed(case: _Case, customer_id: UUID) -> UUID:
    """Who is invoiced for this payer now (PAY-002)."""
    return case.directory.delegatee_of.get(customer_id, customer_id)


def _payer_reason(case: _Case) -> Reason:
    return Reason("PAYER_KNOWN", {"by": case.fit.value if case.fit else "", "key": case.payer.key})


def _match_reason(case: _Case, ticked: Candidate) -> Reason:
    match ticked.rule:
        case Rule.SINGLE:
            return Reason("ONE_INVOICE_OF_THAT_AMOUNT", {"number": ticked.shares[0].number})
        case Rule.COMBINATION:
            return Reason("ONE_SET_OF_INVOICES_ADDS_UP", {"count": str(len(ticked.shares))})
        case _:
            return _fee_reason(case, ticked)


def _fee_reason(case: _Case, ticked: Candidate) -> Reason:
    gap = Decimal(ticked.gap).scaleb(-Currency.of(case.line.currency).minor_units)
    return Reason("SHORT_BY_A_BANK_FEE", {"gap": f"{gap:f}", "count": str(len(ticked.shares))})


def _why_nothing(candidates: list[Candidate]) -> tuple[Reason, ...]:
    """The reason shared by all candidates of the deciding rule, or that no invoice fits (rule e)."""
    codes = {
        Lost.EQUAL_CANDIDATE: "SEVERAL_EQUAL_CANDIDATES",
        Lost.UNKNOWN_FEE: "GAP_IS_NO_KNOWN_FEE",
        Lost.NOT_PROVEN_ALONE: "TOO_MANY_COMBINATIONS",
    }
    found = dict.fromkeys(codes[one.lost] for one in candidates if one.lost in codes)
    return tuple(Reason(code) for code in found) or (Reason("NO_INVOICE_FITS"),)
