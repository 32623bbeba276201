"""P2 every note is billed once and rightly; P3 invoice numbers have no gaps; P4 the books agree; P5 bank lines once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from suite.chaos.laws.evidence import Evidence, Violation, broken
from suite.chaos.rows import Books, InvoiceRow, NoteLineRow, World
from suite.chaos.trade import Order, grand_total

_NUMBER = re.compile(r"(.*?)(\d+)$")


def billed_once(evidence: Evidence) -> Iterator[Violation]:
    """P2: notes and invoice sources one to one, their lines alike, totals as the harness works them out."""
    world = evidence.world
    issued = {row.note_id for row in world.notes if row.number is not None}
    billed = Counter(row.source_id for row in world.sources if row.live)
    yield from broken("P2", "notes billed twice", (note for note, times in billed.items() if times > 1))
    yield from broken("P2", "notes billed that were never issued", billed.keys() - issued)
    if evidence.closed_at_last:
        yield from broken("P2", "issued notes on no invoice", issued - billed.keys())
    delivered, received = _lines(world.note_lines), _lines(world.billed_lines)
    unlike = (note for note in issued if delivered[note] != received[note])
    yield from broken("P2", "notes whose billable lines are not their lines", unlike)
    yield from _totals(evidence)
    runs = evidence.log.answered("closing").values()
    created = Counter(str(invoice["invoice_id"]) for run in runs for invoice in run["invoices"])
    yield from broken("P2", "invoices that two closing runs made", (one for one, times in created.items() if times > 1))


def _lines(rows: list[NoteLineRow]) -> defaultdict[UUID, list[tuple[UUID, str, int]]]:
    found: defaultdict[UUID, list[tuple[UUID, str, int]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.order_id, row.sku_code, row.quantity)):
        found[row.note_id].append((row.order_id, row.sku_code, row.quantity))
    return found


def _totals(evidence: Evidence) -> Iterator[Violation]:
    world, wanted = evidence.world, evidence.trade.by_ref()
    by_order = {row.order_id: wanted[row.ref] for row in world.orders if row.ref in wanted}
    of_note: dict[UUID, set[UUID]] = defaultdict(set)
    for line in world.note_lines:
        of_note[line.note_id].add(line.order_id)
    for invoice in world.invoices:
        orders = [by_order[o] for o in _orders_of(world, invoice, of_note) if o in by_order]
        expected = _expected(orders, invoice)
        if not invoice.voided and expected != invoice.total:
            yield Violation("P2", f"{invoice.number} is {invoice.total}, recomputed {expected}", (invoice.number,))


def _orders_of(world: World, invoice: InvoiceRow, of_note: dict[UUID, set[UUID]]) -> set[UUID]:
    notes = {row.source_id for row in world.sources if row.live and row.invoice_id == invoice.invoice_id}
    return {order_id for note in notes for order_id in of_note[note]}


def _expected(orders: list[Order], invoice: InvoiceRow) -> int:
    return grand_total(order for order in orders if order.shop.code == invoice.bill_to_code)


def numbered_without_gaps(evidence: Evidence) -> Iterator[Violation]:
    """P3: numbers of a series count from 1 without gap or double, also after kills and rollbacks."""
    series: dict[str, list[int]] = defaultdict(list)
    for invoice in evidence.world.invoices:
        found = _NUMBER.match(invoice.number)
        if found:
            series[found[1]].append(int(found[2]))
    wrong = (name for name, numbers in series.items() if sorted(numbers) != list(range(1, len(numbers) + 1)))
    yield from broken("P3", "series of invoice numbers with gaps or doubles", wrong)


def books_agree(evidence: Evidence) -> Iterator[Violation]:
    """P4: at every moment that was watched, and at the end."""
    yield from evidence.watched
    yield from disagreements(evidence.world.books)


def disagreements(books: Books) -> Iterator[Violation]:
    """What one snapshot of the books says against itself: debits = credits, receivable = invoiced - paid - credited."""
    owed: dict[UUID, Decimal] = defaultdict(Decimal)
    invoiced: dict[UUID | None, Decimal] = defaultdict(Decimal)
    arrived: dict[UUID | None, Decimal] = defaultdict(Decimal)
    for entry in books.entries:
        if entry.debit == "receivable" and entry.debit_customer_id:
            owed[entry.debit_customer_id] += entry.amount
        if entry.credit == "receivable" and entry.credit_customer_id:
            owed[entry.credit_customer_id] -= entry.amount
        if entry.kind == "invoice":
            invoiced[entry.invoice_id] += entry.amount
        if entry.kind == "bank_line":
            arrived[entry.line_id] += entry.amount
    lopsided = (e.entry_id for e in books.entries if not e.debit or not e.credit or e.amount <= 0)
    yield from broken("P4", "ledger entries without debit or credit", lopsided)
    yield from _items(books, owed, invoiced)
    wrong = (line.line_id for line in books.bank_lines if arrived[line.line_id] != line.amount)
    yield from broken("P4", "bank lines unlike their ledger entry", wrong)


def _items(books: Books, owed: dict[UUID, Decimal], invoiced: dict[UUID | None, Decimal]) -> Iterator[Violation]:
    settled: dict[UUID, Decimal] = defaultdict(Decimal)
    for allocation in books.allocations:
        settled[allocation.invoice_id] += allocation.settled
    open_now: dict[UUID, Decimal] = defaultdict(Decimal)
    for item in books.receivables:
        open_now[item.bill_to_id] += item.open_amount
    unlike = (r.invoice_id for r in books.receivables if r.total - settled[r.invoice_id] != r.open_amount)
    yield from broken("P4", "receivables that are not invoiced less paid and credited", unlike)
    booked = (r.invoice_id for r in books.receivables if invoiced[r.invoice_id] != r.total)
    yield from broken("P4", "receivables unlike their ledger entry", booked)
    balances = {row.customer_id: row.open_invoices for row in books.balances}
    customers = owed.keys() | open_now.keys() | balances.keys()
    apart = (c for c in customers if not owed[c] == open_now[c] == balances.get(c, Decimal()))
    yield from broken("P4", "customers whose ledger, open items and balance differ", apart)


def imported_once(evidence: Evidence) -> Iterator[Violation]:
    """P5: each line of the bank once, however often its file came; two that are alike and true are two.

    A file whose answer is unknown may be there as a whole or not at all.
    """
    found = Counter((row.reference, row.amount, row.value_date.isoformat()) for row in evidence.world.books.bank_lines)
    required: Counter[tuple[str, Decimal, str]] = Counter()
    possible: Counter[tuple[str, Decimal, str]] = Counter()
    for deed in evidence.log.of("bank-file"):
        lines = Counter((one[0], Decimal(one[1]), str(one[2])) for one in deed.body["lines"])
        possible |= lines
        if deed.answer is not None:
            required |= lines
        elif deed.unknown and _is_half_there(lines - required, found):
            yield Violation("P5", f"half of the file {deed.ref} is there", (deed.ref,))
    yield from broken("P5", "bank lines lost", (" ".join(map(str, one)) for one in (required - found)))
    yield from broken(
        "P5", "bank lines more often than in their file", (" ".join(map(str, o)) for o in found - possible)
    )


def _is_half_there(lines: Counter[tuple[str, Decimal, str]], found: Counter[tuple[str, Decimal, str]]) -> bool:
    there = lines & found
    return bool(there) and there != lines
