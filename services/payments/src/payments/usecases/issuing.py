"""What invoicing does, seen from here: invoices raise balances, voids take them back, credit notes stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.tx import Stale, Tx
from payments.core import ledger as books_of
from payments.core.bank_line import reverse
from payments.core.credit_note import CreditNote
from payments.core.receivable import Receivable
from payments.core.recorded import Proposal
from payments.store import credit_notes, lines, receivables, settlements
from payments.usecases.posting import lock_customers_of, post, save_deed
from payments.usecases.undoing import open_books


@dataclass(frozen=True, slots=True)
class VoidInvoice:
    invoice_id: UUID
    on: date


class UnknownInvoice(LookupError):
    """A void of an invoice that never arrived: the messages of one customer come in order, so this cannot be."""


async def add_invoices(tx: Tx, issued: Sequence[Receivable]) -> None:
    """New open items; each customer's balance rises by the totals (INV-160)."""
    entries = [entry for one in issued for entry in books_of.of_invoice(one)]
    await lock_customers_of(tx, entries)
    await receivables.insert_receivables(tx, issued)
    await post(tx, entries)


async def void_invoices(tx: Tx, voids: Sequence[VoidInvoice]) -> None:
    """The totals leave the balances. Money that was put on a voided invoice meanwhile is nobody's again, its whole
    line open: invoicing did not know of it when it voided."""
    wanted = {one.invoice_id for one in voids}
    known = await receivables.load_receivables(tx, wanted)
    if wanted - known.keys():
        raise UnknownInvoice(", ".join(map(str, sorted(wanted - known.keys()))))
    await _free_money_on(tx, known, max(one.on for one in voids))
    present = await receivables.load_receivables(tx, wanted)
    standing = [one for one in voids if present[one.invoice_id].voided_on is None]
    entries = [entry for one in standing for entry in books_of.of_void(present[one.invoice_id], one.on)]
    voided = [replace(present[one.invoice_id], voided_on=one.on) for one in standing]
    await receivables.save_receivables(tx, voided)
    await post(tx, entries)


async def _free_money_on(tx: Tx, voided: Mapping[UUID, Receivable], on: date) -> None:
    """Locks the lines that pay them, then all balances concerned, and reverses those lines."""
    line_ids = await settlements.lines_paying(tx, voided)
    await tx.lock("bank-line", line_ids)
    recorded = await lines.load_lines(tx, line_ids)
    books = await open_books(tx, recorded, {(one.bill_to_id, one.total.currency) for one in voided.values()})
    if await settlements.lines_paying(tx, voided) - line_ids:
        raise Stale("money came in while the invoice was voided")
    for line in list(books.lines.values()):
        day = max([on, line.value_date, *(one.booked_on for one in line.allocations)])
        events = reverse(line, on=day, slips_in_use=frozenset())
        if isinstance(events, tuple):
            books.carry_out(line.line_id, events)
    changed = [
        replace(one, line=books.lines[line_id], proposal=Proposal(), bill_to_id=None)
        for line_id, one in recorded.items()
        if line_id in books.touched_lines
    ]
    await save_deed(tx, books, changed)


async def add_credit_notes(tx: Tx, issued: Sequence[CreditNote]) -> None:
    """Shown beside the balance. The money of an overpayment is in the ledger since it was kept, others' is added."""
    kept = await settlements.kept_overpayments(tx, {one.overpayment_id for one in issued if one.overpayment_id})
    entries = [
        entry
        for one in issued
        if one.overpayment_id not in kept
        for entry in books_of.of_credit_note(one.bill_to_id, one.amount, one.issued_on)
    ]
    await lock_customers_of(tx, entries)
    await credit_notes.insert_credit_notes(tx, issued)
    await post(tx, entries)
