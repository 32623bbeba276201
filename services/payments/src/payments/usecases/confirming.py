"""Confirming lines as suggested or as a person says (消込, PAY-030 to PAY-040, PAY-050 to PAY-053)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from chassis.tx import Tx
from kernel.money import Currency, Money
from kernel.refusal import Refusal
from payments.core.bookkeeping import Books
from payments.core.maker import Maker
from payments.core.recorded import RecordedLine
from payments.core.settlement import AskedShare, Confirm, Excess, Short, as_ticked, confirm
from payments.core.statement import Refusals
from payments.store import facts, ledger, lines, receivables
from payments.store.receivables import InvoiceRef
from payments.usecases.hearsay import CustomerRef, Told, Unheard, take
from payments.usecases.posting import ids_for, save_deed


@dataclass(frozen=True, slots=True)
class ShareOfLine:
    """Money for one invoice, named by id or number; `amount` None is as much as line and invoice allow."""

    invoice: InvoiceRef
    amount: Decimal | None = None
    short: Short = Short.LEAVE_OPEN


@dataclass(frozen=True, slots=True)
class ConfirmLine:
    """`shares` None confirms the ticked candidate as it stands; `excess` is for what it, if there is one, leaves."""

    line_id: UUID
    shares: tuple[ShareOfLine, ...] | None = None
    excess: Excess = Excess.UNALLOCATED
    customer: CustomerRef | None = None


@dataclass(slots=True)
class _Work:
    """What the commands of one deed need; lives inside `confirm_lines`."""

    maker: Maker
    recorded: dict[UUID, RecordedLine]
    books: Books
    customers: Mapping[CustomerRef, UUID]
    delegatees: Mapping[UUID, UUID]
    invoices: Mapping[InvoiceRef, tuple[UUID, UUID, str]]
    ids: Iterator[UUID]
    done: dict[UUID, RecordedLine] = field(default_factory=dict)


async def confirm_lines(
    tx: Tx, commands: Sequence[ConfirmLine], told: Told | None = None
) -> list[RecordedLine | Refusals]:
    """One outcome per command, folded in order: each sees what is left after the ones before it.

    Raises Unheard for customers nobody has told of, once (`told` is the owner's answer).
    """
    await take(tx, told)
    await tx.lock("bank-line", {command.line_id for command in commands})
    work = await _prepare(tx, commands)
    missing = {command.customer for command in commands if command.customer is not None} - work.customers.keys()
    if missing and told is None:
        raise Unheard(customers=sorted(missing, key=str))
    outcomes = [_confirm_one(work, command) for command in commands]
    await save_deed(tx, work.books, work.done.values())
    await facts.learn_names(tx, _learned(outcomes))
    return outcomes


async def _prepare(tx: Tx, commands: Sequence[ConfirmLine]) -> _Work:
    recorded = await lines.load_lines(tx, {command.line_id for command in commands})
    customers = await _customers(tx, {command.customer for command in commands if command.customer is not None})
    delegatees = await facts.load_delegatees(tx, set(customers.values()))
    invoices = await receivables.find_invoices(tx, _refs(commands, recorded))
    owners = {delegatees.get(one, one) for one in customers.values()}
    held = {one.line.advance.customer_id for one in recorded.values() if one.line.advance}
    billed = {bill_to_id for _, bill_to_id, _ in invoices.values()}
    currencies = {one.line.amount.currency for one in recorded.values()}
    await ledger.lock_balances(tx, {(one, currency) for one in owners | held | billed for currency in currencies})
    books = Books(lines={one: found.line for one, found in recorded.items()})
    books.receivables.update(await receivables.load_receivables(tx, {one for one, _, _ in invoices.values()}))
    shares = sum(_share_count(command, recorded.get(command.line_id)) for command in commands)
    ids = ids_for(tx, shares + len(commands))
    return _Work(await facts.load_maker(tx), recorded, books, customers, delegatees, invoices, ids)


def _share_count(command: ConfirmLine, recorded: RecordedLine | None) -> int:
    if command.shares is not None:
        return len(command.shares)
    ticked = recorded.proposal.ticked if recorded else None
    return len(ticked.shares) if ticked else 0


async def _customers(tx: Tx, refs: Collection[CustomerRef]) -> dict[CustomerRef, UUID]:
    ids, codes = [one for one in refs if isinstance(one, UUID)], [one for one in refs if isinstance(one, str)]
    coded: dict[CustomerRef, UUID] = dict((await facts.customers_coded(tx, codes)).items())
    return coded | {one: one for one in await facts.known_customers(tx, ids)}


def _refs(commands: Sequence[ConfirmLine], recorded: Mapping[UUID, RecordedLine]) -> set[InvoiceRef]:
    """Every invoice the commands name, or their lines' ticked candidates do."""
    named: set[InvoiceRef] = {share.invoice for command in commands for share in command.shares or ()}
    suggested = [recorded[one.line_id] for one in commands if one.shares is None and one.line_id in recorded]
    ticked = [one.proposal.ticked for one in suggested]
    return named | {share.invoice_id for one in ticked if one for share in one.shares}


def _confirm_one(work: _Work, command: ConfirmLine) -> RecordedLine | Refusals:
    recorded = work.done.get(command.line_id) or work.recorded.get(command.line_id)
    if recorded is None:
        return (Refusal("NOT_FOUND"),)
    asked = _asked(work, command, recorded)
    if isinstance(asked, tuple):
        return asked
    currency = recorded.line.amount.currency
    tolerance = work.maker.tolerance_in(currency)
    line = work.books.lines[command.line_id]
    events = confirm(line, asked, work.books.receivables, fee_tolerance=tolerance, ids=work.ids)
    refused = tuple(one for one in events if isinstance(one, Refusal))
    if refused:
        return refused
    after = work.books.carry_out(command.line_id, [one for one in events if not isinstance(one, Refusal)])
    billed = {one.bill_to_id for one in after.allocations}
    bill_to_id = next(iter(billed)) if len(billed) == 1 else asked.bill_to_id or recorded.bill_to_id
    work.done[command.line_id] = replace(recorded, line=after, bill_to_id=bill_to_id)
    return work.done[command.line_id]


def _asked(work: _Work, command: ConfirmLine, recorded: RecordedLine) -> Confirm | Refusals:
    """The command in the core's words. Refused: NOTHING_SUGGESTED, UNKNOWN_CUSTOMER, UNKNOWN_INVOICE."""
    currency = recorded.line.amount.currency
    customer_id = work.customers.get(command.customer) if command.customer is not None else None
    if command.customer is not None and customer_id is None:
        return (Refusal("UNKNOWN_CUSTOMER", {"customer": str(command.customer)}, field="/customer"),)
    bill_to_id = work.delegatees.get(customer_id, customer_id) if customer_id else None
    ticked = recorded.proposal.ticked if command.shares is None else None
    if ticked is not None:
        suggested = replace(as_ticked(ticked, currency), excess=command.excess, bill_to_id=bill_to_id)
        return suggested if customer_id is None else replace(suggested, customer_id=customer_id)
    if command.shares is None and command.excess is Excess.UNALLOCATED:
        return (Refusal("NOTHING_SUGGESTED"),)
    shares = tuple(_share(work, share, currency) for share in command.shares or ())
    unknown = tuple(
        Refusal("UNKNOWN_INVOICE", {"invoice": str(share.invoice)}, field=f"/allocations/{at}")
        for at, (share, asked) in enumerate(zip(command.shares or (), shares, strict=True))
        if asked is None
    )
    if unknown:
        return unknown
    return Confirm(tuple(one for one in shares if one), command.excess, customer_id, bill_to_id)


def _share(work: _Work, share: ShareOfLine, currency: Currency) -> AskedShare | None:
    found = work.invoices.get(share.invoice)
    if found is None:
        return None
    amount = None if share.amount is None else Money.of(share.amount, currency)
    return AskedShare(found[0], amount, share.short)


def _learned(outcomes: Sequence[RecordedLine | Refusals]) -> list[tuple[UUID, str, UUID]]:
    """(customer, payer, line) of what was confirmed (PAY-033)."""
    done = [one for one in outcomes if isinstance(one, RecordedLine)]
    return [
        (one.line.customer_id, one.words.payer, one.line.line_id)
        for one in done
        if one.line.customer_id is not None and one.words.payer
    ]
