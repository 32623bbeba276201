"""Confirming a bank line (消込): its money to invoices, their differences, and what is done with the excess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kernel.money import Currency, Money, total
from kernel.refusal import Refusal
from payments.core.bank_line import (
    AdvanceHeld,
    Allocated,
    BankLine,
    LineConfirmed,
    LineEvent,
    Move,
    Overpayment,
    OverpaymentKept,
    refused_move,
)
from payments.core.matching import Candidate, Share
from payments.core.receivable import Allocation, Receivable
from payments.core.recorded import money_of
from payments.core.statement import Refusals


class Short(StrEnum):
    """What becomes of the rest of an invoice that the money does not cover (PAY-039, PAY-053)."""

    LEAVE_OPEN = "leave_open"
    FEE = "fee"
    SLIP = "slip"


class Excess(StrEnum):
    """What becomes of money that no invoice takes (PAY-051, PAY-052)."""

    UNALLOCATED = "unallocated"
    OVERPAYMENT = "overpayment"
    ADVANCE = "advance"


@dataclass(frozen=True, slots=True)
class AskedShare:
    """Money for one invoice; `amount` None is as much as the invoice and the line allow. `fee`: the one bank fee that
    may be booked, None for any within the tolerance."""

    invoice_id: UUID
    amount: Money | None = None
    short: Short = Short.LEAVE_OPEN
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """A person's, or the automatic, confirmation. `customer_id` is who paid; `bill_to_id` who is billed for them and
    owns an overpayment (the delegatee); either may follow from the invoices."""

    shares: tuple[AskedShare, ...]
    excess: Excess = Excess.UNALLOCATED
    customer_id: UUID | None = None
    bill_to_id: UUID | None = None


def as_ticked(ticked: Candidate, currency: Currency) -> Confirm:
    """The confirmation of a candidate as it stands: a gap is booked as the bank fee it was taken for."""
    shares = tuple(_as_ticked(one, currency) for one in ticked.shares)
    return Confirm(shares, customer_id=ticked.customer_id)


def _as_ticked(share: Share, currency: Currency) -> AskedShare:
    amount = money_of(share.amount, currency)
    if not share.fee:
        return AskedShare(share.invoice_id, amount)
    return AskedShare(share.invoice_id, amount, Short.FEE, money_of(share.fee, currency))


def confirm(
    line: BankLine,
    command: Confirm,
    receivables: Mapping[UUID, Receivable],
    *,
    fee_tolerance: Money | None,
    ids: Iterator[UUID],
) -> tuple[LineEvent, ...] | Refusals:
    """Allocations, then the excess. `fee_tolerance` None: no bank fee may be booked in this currency (PAY-039).

    Refused with all problems: INVALID_STATE, UNKNOWN_INVOICE, DUPLICATE_INVOICE, CURRENCY_MISMATCH, BAD_AMOUNT,
    OVER_ALLOCATED, SUGGESTION_OUTDATED, FEE_OVER_TOLERANCE, CUSTOMER_REQUIRED, NOTHING_TO_CONFIRM.
    """
    problems = [*_unusable(line), *_unknown(line, command, receivables)]
    if problems:
        return tuple(problems)
    found = [receivables[share.invoice_id] for share in command.shares]
    amounts = _amounts(line, command.shares, found)
    problems = [
        *_overdrawn(line, command.shares, found, amounts),
        *_outdated(command.shares, found, amounts),
        *_over_tolerance(command, found, amounts, fee_tolerance),
    ]
    rest = line.free - total(amounts, line.amount.currency)
    owner = _owner(command, found)
    if rest and command.excess is not Excess.UNALLOCATED and owner is None:
        problems.append(Refusal("CUSTOMER_REQUIRED", {"remainder": command.excess.value}, field="/customer"))
    if not command.shares and not _left_for(command.excess, line):
        problems.append(Refusal("NOTHING_TO_CONFIRM"))
    if problems:
        return tuple(problems)
    drawing = _Drawing(line)
    events: list[LineEvent] = [
        Allocated(_allocation(line, share, receivable, drawing.take(amount), ids))
        for share, receivable, amount in zip(command.shares, found, amounts, strict=True)
    ]
    if rest and owner is not None:
        events.extend(_excess(line, command, owner, rest, drawing, ids))
    return (*events, LineConfirmed(line.line_id, _payer(line, command, found) or owner or line.customer_id))


@dataclass(slots=True)
class _Drawing:
    """Takes money first from what is on nobody's account, then from the advance."""

    line: BankLine
    taken: Money | None = None

    def take(self, amount: Money) -> tuple[Money, Money]:
        """The amount, and how much of it comes from the advance."""
        before = self.taken or Money.zero(amount.currency)
        self.taken = before + amount
        over = max(self.taken - self.line.unassigned, Money.zero(amount.currency))
        return amount, min(over, amount)


def _unusable(line: BankLine) -> list[Refusal]:
    if line.cancels:
        return [Refusal("INVALID_STATE", {"state": "cancellation", "action": Move.CONFIRM.value})]
    refusal = refused_move(line, Move.CONFIRM)
    return [refusal] if refusal else []


def _unknown(line: BankLine, command: Confirm, receivables: Mapping[UUID, Receivable]) -> list[Refusal]:
    problems, seen = list[Refusal](), set[UUID]()
    for at, share in enumerate(command.shares):
        problem = _problem_of(share, receivables.get(share.invoice_id), line, seen)
        if problem is not None:
            code, facts = problem
            problems.append(Refusal(code, facts, field=f"/allocations/{at}"))
        seen.add(share.invoice_id)
    return problems


def _problem_of(
    share: AskedShare, receivable: Receivable | None, line: BankLine, seen: set[UUID]
) -> tuple[str, dict[str, str]] | None:
    if receivable is None:
        return "UNKNOWN_INVOICE", {"invoice": str(share.invoice_id)}
    if share.invoice_id in seen:
        return "DUPLICATE_INVOICE", {"invoice": receivable.number}
    if receivable.total.currency != line.amount.currency:
        facts = {"invoice": receivable.number, "currency": receivable.total.currency.code}
        return "CURRENCY_MISMATCH", facts | {"line_currency": line.amount.currency.code}
    if receivable.voided_on is not None:
        return "INVALID_STATE", {"state": receivable.state.value, "action": "allocate", "invoice": receivable.number}
    if share.amount is not None and not (share.amount.is_whole and share.amount.amount > 0):
        return "BAD_AMOUNT", {"invoice": receivable.number}
    return None


def _amounts(line: BankLine, shares: Sequence[AskedShare], found: Sequence[Receivable]) -> list[Money]:
    amounts, left = list[Money](), line.free
    for share, receivable in zip(shares, found, strict=True):
        amount = share.amount if share.amount is not None else min(receivable.open, left)
        amounts.append(amount)
        left -= amount
    return amounts


def _overdrawn(
    line: BankLine, shares: Sequence[AskedShare], found: Sequence[Receivable], amounts: Sequence[Money]
) -> list[Refusal]:
    """Neither an invoice nor the line gives more than it has (PAY-038)."""
    problems = []
    for at, (receivable, amount) in enumerate(zip(found, amounts, strict=True)):
        if amount > receivable.open or not amount.amount > 0:
            facts = {"invoice": receivable.number, "open": f"{receivable.open.amount:f}"}
            problems.append(Refusal("OVER_ALLOCATED", facts, field=f"/allocations/{at}/amount", value=_text(amount)))
    asked = total(amounts, line.amount.currency)
    if shares and asked > line.free:
        problems.append(Refusal("OVER_ALLOCATED", {"open": _text(line.free)}, field="/allocations", value=_text(asked)))
    return problems


def _outdated(shares: Sequence[AskedShare], found: Sequence[Receivable], amounts: Sequence[Money]) -> Iterator[Refusal]:
    """The invoice moved since the suggestion: what is missing now is not the fee that was found (R13)."""
    for at, (share, receivable, amount) in enumerate(zip(shares, found, amounts, strict=True)):
        gap = receivable.open - amount
        if share.fee is not None and gap != share.fee and gap.amount >= 0:
            facts = {"invoice": receivable.number, "fee": _text(share.fee), "gap": _text(gap)}
            yield Refusal("SUGGESTION_OUTDATED", facts, field=f"/allocations/{at}")


def _over_tolerance(
    command: Confirm, found: Sequence[Receivable], amounts: Sequence[Money], fee_tolerance: Money | None
) -> list[Refusal]:
    short = [
        receivable.open - amount
        for share, receivable, amount in zip(command.shares, found, amounts, strict=True)
        if share.short is Short.FEE
    ]
    if not short:
        return []
    fee = total(short, found[0].total.currency)
    if fee_tolerance is not None and fee <= fee_tolerance:
        return []
    tolerance = _text(fee_tolerance) if fee_tolerance is not None else "0"
    return [Refusal("FEE_OVER_TOLERANCE", {"tolerance": tolerance}, field="/remainder", value=_text(fee))]


def _left_for(excess: Excess, line: BankLine) -> Money:
    """Money that can be kept in this way; what is on somebody's account already is not put on an account again."""
    match excess:
        case Excess.OVERPAYMENT:
            return line.free
        case Excess.ADVANCE:
            return line.unassigned
        case Excess.UNALLOCATED:
            return Money.zero(line.amount.currency)


def _owner(command: Confirm, found: Sequence[Receivable]) -> UUID | None:
    """Who owns the excess: as told, else the one customer billed by all the invoices."""
    if command.bill_to_id is not None:
        return command.bill_to_id
    billed = {receivable.bill_to_id for receivable in found}
    return next(iter(billed)) if len(billed) == 1 else None


def _payer(line: BankLine, command: Confirm, found: Sequence[Receivable]) -> UUID | None:
    """Who paid: as told, else as the matcher knew, where the invoices hold their documents (a delegator, PAY-036)."""
    if command.customer_id is not None:
        return command.customer_id
    billed_for = [{receivable.bill_to_id, *receivable.members} for receivable in found]
    return line.customer_id if found and all(line.customer_id in several for several in billed_for) else None


def _allocation(
    line: BankLine, share: AskedShare, receivable: Receivable, drawn: tuple[Money, Money], ids: Iterator[UUID]
) -> Allocation:
    amount, from_advance = drawn
    gap, nothing = receivable.open - amount, Money.zero(amount.currency)
    slip = gap if share.short is Short.SLIP else nothing
    return Allocation(
        allocation_id=next(ids),
        line_id=line.line_id,
        invoice_id=receivable.invoice_id,
        invoice_number=receivable.number,
        bill_to_id=receivable.bill_to_id,
        amount=amount,
        fee_discount=gap if share.short is Short.FEE else nothing,
        shortage_slip=slip,
        from_advance=from_advance,
        booked_on=max(line.value_date, receivable.issued_on),
        slip_id=next(ids) if slip else None,
        advance_of=_advance_of(line, from_advance),
    )


def _excess(
    line: BankLine, command: Confirm, owner: UUID, rest: Money, drawing: _Drawing, ids: Iterator[UUID]
) -> Iterator[LineEvent]:
    amount, from_advance = drawing.take(rest)
    match command.excess:
        case Excess.OVERPAYMENT:
            drawn_from = _advance_of(line, from_advance)
            overpayment = Overpayment(next(ids), owner, amount, from_advance, line.value_date, drawn_from)
            yield OverpaymentKept(line.line_id, overpayment)
        case Excess.ADVANCE if amount - from_advance:
            yield AdvanceHeld(line.line_id, owner, amount - from_advance, line.value_date)


def _advance_of(line: BankLine, drawn: Money) -> UUID | None:
    return line.advance.customer_id if drawn and line.advance else None


def _text(money: Money) -> str:
    return f"{money.amount:f}"
