"""New lines, from a file or by hand: decided, the automatic ones confirmed at once, and kept (PAY-031, PAY-034)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from chassis.tx import Stale, Tx
from kernel.refusal import Refusal
from payments.core.bank_line import LineEvent, LineState, ignore, propose
from payments.core.bookkeeping import Books
from payments.core.maker import Maker
from payments.core.matching import Candidate, Decision, Verdict
from payments.core.recorded import Proposal, RecordedLine, taken_back
from payments.core.settlement import as_ticked, confirm
from payments.core.statement import Refusals
from payments.store import facts, ledger, lines, receivables
from payments.usecases.deciding import Decided, decide_lines
from payments.usecases.posting import ids_for, save_money

CANCELLED_BY_BANK = "cancelled by the bank"


async def take_in(tx: Tx, maker: Maker, recorded: Sequence[RecordedLine], today: date) -> list[RecordedLine]:
    """The lines as they stand after decision and automatic confirmation, all of them kept."""
    cancelled = taken_back(recorded)
    waiting = [one for one in recorded if one.line.line_id not in cancelled]
    decided = await decide_lines(tx, maker, [one.incoming() for one in waiting])
    books = Books()
    for one in recorded:
        books.add_line(one.line)
    confirmable = [_confirmable(maker, decision) for decision, _ in decided]
    await _open_invoices(tx, books, [one for one in confirmable if one])
    ids = ids_for(tx, sum(len(one.shares) for one in confirmable if one))
    done = [_ignored(books, one, today) for one in recorded if one.line.line_id in cancelled]
    for one, (decision, _), sure in zip(waiting, decided, confirmable, strict=True):
        done.append(_proposed(books, one, decision))
        if sure is not None:
            _confirm(books, one.line.line_id, sure, maker, ids)
    return await _keep(tx, books, sorted(done, key=lambda one: one.line.line_id), decided)


def _confirmable(maker: Maker, decision: Decision) -> Candidate | None:
    return decision.ticked if maker.auto_confirm and decision.verdict is Verdict.AUTO else None


async def _open_invoices(tx: Tx, books: Books, sure: Sequence[Candidate]) -> None:
    """The invoices that automatic confirmations settle, their customers' balances locked."""
    shares = [share for one in sure for share in one.shares]
    currencies = {line.amount.currency for line in books.lines.values()}
    await ledger.lock_balances(tx, {(share.bill_to_id, currency) for share in shares for currency in currencies})
    books.receivables.update(await receivables.load_receivables(tx, {share.invoice_id for share in shares}))


def _ignored(books: Books, one: RecordedLine, today: date) -> RecordedLine:
    """A transfer that the bank took back in the same file, and the record that does so."""
    on = max(today, one.line.value_date)
    _carry_out(books, one.line.line_id, ignore(books.lines[one.line.line_id], reason=CANCELLED_BY_BANK, on=on))
    return replace(one, ignore_reason=CANCELLED_BY_BANK)


def _proposed(books: Books, one: RecordedLine, decision: Decision) -> RecordedLine:
    line = books.lines[one.line.line_id]
    _carry_out(books, line.line_id, propose(line, found=bool(decision.candidates), customer_id=decision.customer_id))
    return replace(one, proposal=Proposal.of(decision), bill_to_id=decision.bill_to_id)


def _confirm(books: Books, line_id: UUID, sure: Candidate, maker: Maker, ids: Iterator[UUID]) -> None:
    line = books.lines[line_id]
    currency = line.amount.currency
    tolerance = maker.tolerance_in(currency)
    command = as_ticked(sure, currency)
    _carry_out(books, line_id, confirm(line, command, books.receivables, fee_tolerance=tolerance, ids=ids))


def _carry_out(books: Books, line_id: UUID, events: tuple[LineEvent, ...] | Refusals | Refusal) -> None:
    """What the matcher just saw as possible is impossible only when somebody else was faster: run again."""
    happened = [] if isinstance(events, Refusal) else [one for one in events if not isinstance(one, Refusal)]
    if not happened:
        raise Stale(f"bank line {line_id}: an invoice changed while the file was matched")
    books.carry_out(line_id, happened)


async def _keep(tx: Tx, books: Books, done: Sequence[RecordedLine], decided: Sequence[Decided]) -> list[RecordedLine]:
    kept = [replace(one, line=books.lines[one.line.line_id]) for one in done]
    await lines.insert_lines(tx, kept)
    await lines.keep_proofs(tx, decided)
    await facts.learn_names(tx, _learned(kept))
    await save_money(tx, books)
    return kept


def _learned(kept: Iterable[RecordedLine]) -> list[tuple[UUID, str, UUID]]:
    """Payers of automatic confirmations: by the number of an invoice a name may be new (PAY-033)."""
    return [
        (one.line.customer_id, one.words.payer, one.line.line_id)
        for one in kept
        if one.line.state is LineState.MATCHED and one.line.customer_id is not None
    ]
