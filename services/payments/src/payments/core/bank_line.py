"""One incoming amount: a line of a bank statement or a payment entered by hand, and what became of its money.

States and moves are the table of payments.md §3. Money of a line is allocated to invoices, kept as overpayment (a
credit note of invoicing, PAY-051), held on account as advance (前受金, PAY-052), or not assigned yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Final, TypeAlias
from uuid import UUID

from kernel.money import Money, total
from kernel.refusal import Refusal
from payments.core.receivable import Allocation


class LineState(StrEnum):
    NEW = "NEW"
    SUGGESTED = "SUGGESTED"
    PART_MATCHED = "PART_MATCHED"
    MATCHED = "MATCHED"
    IGNORED = "IGNORED"


class Move(StrEnum):
    """What can happen to a line."""

    SUGGEST = "suggest"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    CONFIRM_PART = "confirm part"
    IGNORE = "ignore"
    UNIGNORE = "unignore"
    REVERSE = "reverse"


TRANSITIONS: Final = {
    (LineState.NEW, Move.SUGGEST): LineState.SUGGESTED,
    (LineState.NEW, Move.WITHDRAW): LineState.NEW,
    (LineState.NEW, Move.CONFIRM): LineState.MATCHED,
    (LineState.NEW, Move.CONFIRM_PART): LineState.PART_MATCHED,
    (LineState.NEW, Move.IGNORE): LineState.IGNORED,
    (LineState.SUGGESTED, Move.SUGGEST): LineState.SUGGESTED,
    (LineState.SUGGESTED, Move.WITHDRAW): LineState.NEW,
    (LineState.SUGGESTED, Move.CONFIRM): LineState.MATCHED,
    (LineState.SUGGESTED, Move.CONFIRM_PART): LineState.PART_MATCHED,
    (LineState.SUGGESTED, Move.IGNORE): LineState.IGNORED,
    (LineState.PART_MATCHED, Move.CONFIRM): LineState.MATCHED,
    (LineState.PART_MATCHED, Move.CONFIRM_PART): LineState.PART_MATCHED,
    (LineState.PART_MATCHED, Move.REVERSE): LineState.NEW,
    (LineState.MATCHED, Move.REVERSE): LineState.NEW,
    (LineState.IGNORED, Move.UNIGNORE): LineState.NEW,
}
"""Everything not here is refused with INVALID_STATE."""


@dataclass(frozen=True, slots=True)
class Overpayment:
    """More than was owed, kept for the customer who is billed; invoicing makes an untaxed credit note of it."""

    overpayment_id: UUID
    bill_to_id: UUID
    amount: Money
    from_advance: Money
    booked_on: date
    advance_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """Money held on account of a customer, to be allocated later."""

    customer_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class BankLine:
    """`amount` is positive; a line that `cancels` takes an earlier one back and can only be ignored."""

    line_id: UUID
    value_date: date
    amount: Money
    cancels: bool = False
    state: LineState = LineState.NEW
    customer_id: UUID | None = None
    allocations: tuple[Allocation, ...] = ()
    overpayment: Overpayment | None = None
    advance: Advance | None = None
    version: int = 0

    @property
    def allocated(self) -> Money:
        return total((one.amount for one in self.allocations), self.amount.currency)

    @property
    def free(self) -> Money:
        """Neither allocated nor kept as overpayment; includes what is held on account."""
        kept = self.overpayment.amount if self.overpayment else Money.zero(self.amount.currency)
        return self.amount - self.allocated - kept

    @property
    def held(self) -> Money:
        return self.advance.amount if self.advance else Money.zero(self.amount.currency)

    @property
    def unassigned(self) -> Money:
        """Free and on nobody's account."""
        return self.free - self.held


@dataclass(frozen=True, slots=True)
class Allocated:
    allocation: Allocation


@dataclass(frozen=True, slots=True)
class AllocationReversed:
    allocation: Allocation
    reversed_on: date


@dataclass(frozen=True, slots=True)
class OverpaymentKept:
    line_id: UUID
    overpayment: Overpayment


@dataclass(frozen=True, slots=True)
class OverpaymentReversed:
    line_id: UUID
    overpayment: Overpayment
    reversed_on: date


@dataclass(frozen=True, slots=True)
class AdvanceHeld:
    """`amount` more of the line is now held on account of that customer."""

    line_id: UUID
    customer_id: UUID
    amount: Money
    booked_on: date


@dataclass(frozen=True, slots=True)
class AdvanceReleased:
    """What was still held on account is nobody's again."""

    line_id: UUID
    customer_id: UUID
    amount: Money
    released_on: date


@dataclass(frozen=True, slots=True)
class LineProposed:
    """The matcher looked at the line; `found` says whether it has anything to offer."""

    line_id: UUID
    found: bool
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class LineConfirmed:
    """The last event of a confirmation: who paid."""

    line_id: UUID
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class LineReopened:
    line_id: UUID


@dataclass(frozen=True, slots=True)
class LineIgnored:
    line_id: UUID
    amount: Money
    reason: str
    ignored_on: date


@dataclass(frozen=True, slots=True)
class LineUnignored:
    line_id: UUID
    amount: Money
    unignored_on: date


LineEvent: TypeAlias = (
    Allocated
    | AllocationReversed
    | OverpaymentKept
    | OverpaymentReversed
    | AdvanceHeld
    | AdvanceReleased
    | LineProposed
    | LineConfirmed
    | LineReopened
    | LineIgnored
    | LineUnignored
)


def refused_move(line: BankLine, move: Move) -> Refusal | None:
    """INVALID_STATE when the table has no such move from the line's state."""
    if (line.state, move) in TRANSITIONS:
        return None
    return Refusal("INVALID_STATE", {"state": line.state.value, "action": move.value})


def propose(line: BankLine, *, found: bool, customer_id: UUID | None) -> tuple[LineEvent, ...] | Refusal:
    """The matcher's offer replaces an earlier one; a line already settled is not looked at again."""
    move = Move.SUGGEST if found else Move.WITHDRAW
    return refused_move(line, move) or (LineProposed(line.line_id, found, customer_id),)


def ignore(line: BankLine, *, reason: str, on: date) -> tuple[LineEvent, ...] | Refusal:
    """Interest, refunds and the like are no payments of customers (PAY-041)."""
    return refused_move(line, Move.IGNORE) or (LineIgnored(line.line_id, line.amount, reason, on),)


def unignore(line: BankLine, *, on: date) -> tuple[LineEvent, ...] | Refusal:
    """Back to NEW."""
    return refused_move(line, Move.UNIGNORE) or (LineUnignored(line.line_id, line.amount, on),)


def reverse(line: BankLine, *, on: date, slips_in_use: frozenset[UUID]) -> tuple[LineEvent, ...] | Refusal:
    """Takes back all that was done with the line's money (PAY-042); both entries stay in the ledger.

    SLIP_IN_USE when a slip made from it stands on an invoice; BAD_DATE before the day an allocation counts from.
    """
    used = next((one for one in line.allocations if one.slip_id in slips_in_use), None)
    latest = max((one.booked_on for one in line.allocations), default=line.value_date)
    if used is not None:
        return Refusal("SLIP_IN_USE", {"invoice": used.invoice_number})
    if on < latest:
        return Refusal("BAD_DATE", {"earliest": latest.isoformat()}, field="/reversed_on", value=on.isoformat())
    return refused_move(line, Move.REVERSE) or _taken_back(line, on)


def _taken_back(line: BankLine, on: date) -> tuple[LineEvent, ...]:
    events: list[LineEvent] = [AllocationReversed(one, on) for one in line.allocations]
    if line.overpayment is not None:
        events.append(OverpaymentReversed(line.line_id, line.overpayment, on))
    held = line.held + total(_drawn(line), line.amount.currency)
    if line.advance is not None and held:
        events.append(AdvanceReleased(line.line_id, line.advance.customer_id, held, on))
    return (*events, LineReopened(line.line_id))


def _drawn(line: BankLine) -> Iterable[Money]:
    """What later steps took from the money on account; taking them back puts it there again."""
    yield from (one.from_advance for one in line.allocations)
    if line.overpayment is not None:
        yield line.overpayment.from_advance


def evolve(line: BankLine, event: LineEvent) -> BankLine:
    """The line after one event."""
    match event:
        case Allocated(allocation):
            after = _drawn_down(line, allocation.from_advance)
            return _settled(replace(after, allocations=(*line.allocations, allocation)))
        case OverpaymentKept(_, overpayment):
            return _settled(replace(_drawn_down(line, overpayment.from_advance), overpayment=overpayment))
        case AdvanceHeld(_, customer_id, amount):
            return _settled(replace(line, advance=Advance(customer_id, line.held + amount)))
        case AllocationReversed(allocation):
            left = tuple(one for one in line.allocations if one.allocation_id != allocation.allocation_id)
            return _given_back(replace(line, allocations=left), allocation.from_advance)
        case OverpaymentReversed(_, overpayment):
            return _given_back(replace(line, overpayment=None), overpayment.from_advance)
        case AdvanceReleased():
            return replace(line, advance=None)
        case LineProposed(_, found, customer_id):
            return replace(_moved(line, Move.SUGGEST if found else Move.WITHDRAW), customer_id=customer_id)
        case LineConfirmed(_, customer_id):
            return replace(line, customer_id=customer_id)
        case LineReopened():
            return replace(_moved(line, Move.REVERSE), customer_id=None, advance=None)
        case LineIgnored():
            return _moved(line, Move.IGNORE)
        case LineUnignored():
            return _moved(line, Move.UNIGNORE)


def evolved(line: BankLine, events: Iterable[LineEvent]) -> BankLine:
    """The line after all of them."""
    return reduce(evolve, events, line)


def _moved(line: BankLine, move: Move) -> BankLine:
    return replace(line, state=TRANSITIONS[line.state, move])


def _settled(line: BankLine) -> BankLine:
    return _moved(line, Move.CONFIRM_PART if line.free else Move.CONFIRM)


def _drawn_down(line: BankLine, amount: Money) -> BankLine:
    if not amount or line.advance is None:
        return line
    return replace(line, advance=Advance(line.advance.customer_id, line.advance.amount - amount))


def _given_back(line: BankLine, amount: Money) -> BankLine:
    if not amount or line.advance is None:
        return line
    return replace(line, advance=Advance(line.advance.customer_id, line.advance.amount + amount))
