"""The one way an invoice comes into being: numbered when all is decided and locked, written whole, its paper asked for,
announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from chassis.tx import Tx
from invoicing import announce
from invoicing.core import billable as billing
from invoicing.core import invoice as invoicing
from invoicing.core.billable import Bill, Billable
from invoicing.core.document import NO_WORDING, InvoiceDocument, Issue, Replaced, Wording
from invoicing.core.invoice import Invoice
from invoicing.core.numbering import INVOICE, document_number, series
from invoicing.core.parties import Maker
from invoicing.core.printed import Variant
from invoicing.core.proposal import InvoiceProposal
from invoicing.store import billables, invoices, papers
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Order:
    """A proposal to be issued, with what people wrote on it."""

    content: InvoiceProposal
    wording: Wording = NO_WORDING
    run_id: UUID | None = None
    replaces: Replaced | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice that was just issued."""

    document: InvoiceDocument
    invoice: Invoice


async def issue(tx: Tx, maker: Maker, orders: Sequence[Order]) -> list[Issued]:
    """Issue all of them: a constant number of statements, however many invoices and sources.

    Their sources were loaded under lock, and the numbers, which are in the rows, are the last lock: what follows writes
    new rows and rows held already. Raises Stale or a unique violation if one was used nevertheless.
    """
    numbers = await _numbers(tx, [order.content.dates.issued_on for order in orders])
    events = [
        invoicing.issue(
            Issue(
                invoice_id=invoice_id,
                number=number,
                maker=maker,
                content=order.content,
                wording=order.wording,
                run_id=order.run_id,
                replaces=order.replaces,
            )
        )
        for order, invoice_id, number in zip(orders, tx.new_ids(len(orders)), numbers, strict=True)
    ]
    issued = [Issued(event.document, invoicing.evolve(None, event)) for event in events]
    await invoices.add(tx, [(one.document, one.invoice) for one in issued])
    await billables.save(tx, [note for order, one in zip(orders, issued, strict=True) for note in _billed(order, one)])
    await papers.ask_for(tx, [one.document.invoice_id for one in issued], Variant.ORIGINAL)
    tx.announce(announce.invoices(tx.maker_id, [(event, event.document) for event in events]))
    return issued


async def _numbers(tx: Tx, issue_dates: Sequence[date]) -> list[str]:
    """One range per month, months in order, so that two transactions never wait for each other crosswise."""
    numbers: dict[int, str] = {}
    ranked = sorted(range(len(issue_dates)), key=lambda index: (series(INVOICE, issue_dates[index]), index))
    for name, of_month in groupby(ranked, key=lambda index: series(INVOICE, issue_dates[index])):
        indexes = list(of_month)
        for index, running in zip(indexes, await tx.next_numbers(name, len(indexes)), strict=True):
            numbers[index] = document_number(INVOICE, issue_dates[index], running)
    return [numbers[index] for index in range(len(issue_dates))]


def _billed(order: Order, issued: Issued) -> list[Billable]:
    return [_on_invoice(source.billable, issued.invoice.invoice_id) for source in order.content.sources]


def _on_invoice(note: Billable, invoice_id: UUID) -> Billable:
    events = billing.decide(note, Bill(invoice_id))
    if isinstance(events, Refusal):
        raise ValueError(f"note {note.billable_id} was proposed although it is {note.state}")
    for event in events:
        note = billing.evolve(note, event)
    return note
