"""Taking back: reversing what was done with a line, ignoring it and taking that back too (PAY-041, PAY-042)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.tx import Tx
from kernel.calendar import business_date
from kernel.refusal import Refusal
from payments.core.bank_line import BankLine, LineEvent, ignore, reverse, unignore
from payments.core.bookkeeping import Books
from payments.core.recorded import Proposal, RecordedLine
from payments.core.statement import Refusals
from payments.store import facts, ledger, lines, receivables, settlements
from payments.usecases.posting import save_deed


@dataclass(frozen=True, slots=True)
class ReverseLine:
    """`on` None: today in the maker's zone, or the latest day its money counts from if that is later."""

    line_id: UUID
    on: date | None = None


@dataclass(frozen=True, slots=True)
class IgnoreLine:
    line_id: UUID
    reason: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class UnignoreLine:
    line_id: UUID
    on: date | None = None


Outcome = RecordedLine | Refusals


@dataclass(frozen=True, slots=True)
class _Deed:
    """What to decide for one line, and what else changes beside its money."""

    line_id: UUID
    decide: Callable[[BankLine, date], tuple[LineEvent, ...] | Refusal]
    after: Callable[[RecordedLine], RecordedLine]
    on: date | None


async def reverse_lines(tx: Tx, commands: Sequence[ReverseLine]) -> list[Outcome]:
    """Line and invoices are open again, slips cancelled, both entries stay; a name learned from the line is forgotten.
    SLIP_IN_USE, BAD_DATE, INVALID_STATE."""
    in_use = await settlements.slips_in_use(tx, {command.line_id for command in commands})

    def decide(line: BankLine, on: date) -> tuple[LineEvent, ...] | Refusal:
        return reverse(line, on=on, slips_in_use=in_use)

    outcomes = await _carry_out(tx, [_Deed(one.line_id, decide, _as_new, one.on) for one in commands])
    await facts.unlearn_names(tx, {one.line.line_id for one in outcomes if isinstance(one, RecordedLine)})
    return outcomes


async def ignore_lines(tx: Tx, commands: Sequence[IgnoreLine]) -> list[Outcome]:
    """Out of sight, with the reason; the money is nobody's."""
    return await _carry_out(tx, [_ignoring(one) for one in commands])


async def unignore_lines(tx: Tx, commands: Sequence[UnignoreLine]) -> list[Outcome]:
    """Back to NEW."""

    def decide(line: BankLine, on: date) -> tuple[LineEvent, ...] | Refusal:
        return unignore(line, on=on)

    return await _carry_out(tx, [_Deed(one.line_id, decide, _as_new, one.on) for one in commands])


def _ignoring(command: IgnoreLine) -> _Deed:
    return _Deed(
        command.line_id,
        lambda line, on: ignore(line, reason=command.reason, on=on),
        lambda recorded: replace(recorded, ignore_reason=command.reason),
        command.on,
    )


def _as_new(recorded: RecordedLine) -> RecordedLine:
    """Nothing is suggested until the matcher is asked again: the books may look different by now."""
    return replace(recorded, proposal=Proposal(), bill_to_id=None, ignore_reason=None)


async def _carry_out(tx: Tx, deeds: Sequence[_Deed]) -> list[Outcome]:
    """One outcome per deed, folded in order."""
    await tx.lock("bank-line", {deed.line_id for deed in deeds})
    recorded = await lines.load_lines(tx, {deed.line_id for deed in deeds})
    books = await open_books(tx, recorded)
    today = business_date(tx.now, (await facts.load_maker(tx)).time_zone)
    done: dict[UUID, RecordedLine] = {}
    outcomes = [_one(books, recorded | done, done, deed, today) for deed in deeds]
    await save_deed(tx, books, done.values())
    return outcomes


async def open_books(tx: Tx, recorded: Mapping[UUID, RecordedLine], also: Collection[ledger.BalanceKey] = ()) -> Books:
    """The lines and the invoices their money is with, the balances of all concerned (and `also` these) locked."""
    found = [one.line for one in recorded.values()]
    owners = {(customer_id, line.amount.currency) for line in found for customer_id in _owners(line)}
    await ledger.lock_balances(tx, owners | set(also))
    books = Books(lines={line.line_id: line for line in found})
    invoice_ids = {allocation.invoice_id for line in found for allocation in line.allocations}
    books.receivables.update(await receivables.load_receivables(tx, invoice_ids))
    return books


def _owners(line: BankLine) -> Iterator[UUID]:
    yield from (one.bill_to_id for one in line.allocations)
    if line.overpayment:
        yield line.overpayment.bill_to_id
    if line.advance:
        yield line.advance.customer_id


def _one(
    books: Books, recorded: Mapping[UUID, RecordedLine], done: dict[UUID, RecordedLine], deed: _Deed, today: date
) -> Outcome:
    if deed.line_id not in recorded:
        return (Refusal("NOT_FOUND"),)
    line = books.lines[deed.line_id]
    events = deed.decide(line, deed.on or _earliest(line, today))
    if isinstance(events, Refusal):
        return (events,)
    after = books.carry_out(deed.line_id, events)
    done[deed.line_id] = deed.after(replace(recorded[deed.line_id], line=after))
    return done[deed.line_id]


def _earliest(line: BankLine, today: date) -> date:
    """Today, or the day the line's money counts from where that is still to come."""
    return max([today, line.value_date, *(one.booked_on for one in line.allocations)])
