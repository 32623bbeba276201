"""A small trade carried to cash as it should be, as the checker would find it in databases, topics and the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from suite.chaos import rows
from suite.chaos.journal import Deed, Log
from suite.chaos.laws import Evidence
from suite.chaos.rows import Record, World
from suite.chaos.topics import EVENTS, POISON_HEADER, TYPES, owner_of
from suite.chaos.trade import Order, Trade, days_of, grand_total

_SPACE = UUID("00000000-0000-7000-8000-000000000000")
POISON_OFFSET = 1_000
TRANSFER = ("010001", 5_000, "2024-07-01")


def id_of(*names: object) -> UUID:
    """The same names always give the same id."""
    return uuid5(_SPACE, "/".join(map(str, names)))


def sound_evidence(count: int = 4) -> Evidence:
    """Every order is placed, confirmed, stocked, delivered, and billed by one invoice per order; nothing is paid."""
    trade = Trade(seed=1, count=count)
    world = World()
    world.runtimes = {service: rows.Runtime() for service in (*EVENTS_OWNERS, "customers", "catalog", "gateway")}
    for order in trade.orders:
        _carry(world, order)
    twins = [rows.BankLineRow(id_of("line", at), TRANSFER[0], Decimal(TRANSFER[1]), _day(TRANSFER[2])) for at in (0, 1)]
    _book(world, trade, twins)
    _poison(world)
    _listen(world)
    parked = [row for runtime in world.runtimes.values() for row in runtime.parked]
    return Evidence(trade, _log(trade, twins), world, parked)


EVENTS_OWNERS = tuple(owner_of(topic) for topic in EVENTS)


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def _carry(world: World, order: Order) -> None:
    days = days_of(order.round)
    order_id, note_id, invoice_id = (id_of(kind, order.ref) for kind in ("order", "note", "invoice"))
    number, pieces = f"SO-{order.ref}", order.pieces()
    total = Decimal(grand_total([order]))
    world.orders.append(rows.OrderRow(order_id, number, order.ref, days.ordered, sum(pieces.values())))
    world.stocked.append(rows.StockedRow(order_id, number))
    for sku, quantity in pieces.items():
        line_id = id_of("order-line", order.ref, sku)
        world.order_lines.append(rows.OrderLineRow(order_id, line_id, sku, quantity))
        world.unshipped.append(rows.UnshippedRow(line_id, order_id, sku, quantity))
        world.note_lines.append(rows.NoteLineRow(note_id, order_id, sku, quantity))
        world.billed_lines.append(rows.NoteLineRow(note_id, order_id, sku, quantity))
    world.notes.append(rows.NoteRow(note_id, f"DN-{order.ref}", order.ref, days.delivered, invoice_id))
    invoice_number = f"INV-{len(world.invoices) + 1:04d}"
    world.invoices.append(rows.InvoiceRow(invoice_id, invoice_number, order.shop.code, total, total, False))
    world.sources.append(rows.SourceRow(invoice_id, note_id, True))
    shipped = [{"order_id": str(order_id), "quantity": sum(pieces.values())}]
    issued = {"invoice_id": str(invoice_id), "total": str(total), "sources": [{"source_id": str(note_id)}]}
    _tell(world, "ordering.order-confirmed.v1", f"order/{order_id}", {"number": number})
    _tell(world, "fulfillment.unshipped-stocked.v1", f"unshipped/{order_id}", {})
    _tell(world, "fulfillment.delivery-note-issued.v1", f"delivery-note/{note_id}", {})
    _tell(world, "fulfillment.delivery-note-shipped.v1", f"delivery-note/{note_id}", {"lines": shipped})
    _tell(world, "invoicing.invoice-issued.v1", f"invoice/{invoice_id}", issued)


def _tell(world: World, type_: str, subject: str, body: Mapping[str, Any]) -> None:
    """A message that its owner committed and its topic holds, each in a transaction after all before it."""
    owner = type_.partition(".")[0]
    topic, runtime = f"{owner}.events", world.runtimes[owner]
    sequences = dict(runtime.sequences)
    sequences[topic, subject] = sequence = sequences.get((topic, subject), 0) + 1
    event_id, xid = id_of(subject, sequence), len(runtime.copies) + 100
    copy = rows.CopyRow(len(runtime.copies), event_id, topic, "key", subject, sequence, str(xid), f"{xid}:{xid}:")
    world.runtimes[owner] = rows.Runtime(sequences=sequences, copies=(*runtime.copies, copy))
    headers = {"ce_id": str(event_id), "ce_type": type_, "ce_subject": subject, "ce_sequence": str(sequence)}
    world.records.append(Record(topic, 0, len(runtime.copies), "key", json.dumps(body).encode(), headers))


def _book(world: World, trade: Trade, lines: list[rows.BankLineRow]) -> None:
    entries, receivables, owed = [], [], dict[UUID, Decimal]()
    for order, invoice in zip(trade.orders, world.invoices, strict=True):
        customer = id_of("customer", order.shop.code)
        owed[customer] = owed.get(customer, Decimal()) + invoice.total
        receivables.append(rows.ReceivableRow(invoice.invoice_id, customer, invoice.total, invoice.total))
        entries.append(_entry("invoice", "receivable", "sales", invoice.total, customer, invoice.invoice_id, None))
    entries += [_entry("bank_line", "bank", "unallocated", line.amount, None, None, line.line_id) for line in lines]
    balances = tuple(rows.BalanceRow(customer, amount) for customer, amount in owed.items())
    world.books = rows.Books(tuple(entries), tuple(receivables), (), balances, tuple(lines))


def _entry(
    kind: str, debit: str, credit: str, amount: Decimal, customer: UUID | None, invoice: UUID | None, line: UUID | None
) -> rows.EntryRow:
    entry_id = id_of("entry", invoice, line)
    return rows.EntryRow(entry_id, kind, debit, credit, customer, None, amount, "JPY", invoice, line)


def _poison(world: World) -> None:
    """One record with bad JSON, parked by the only service that listens to its type."""
    headers = {"ce_id": str(id_of("poison")), "ce_type": "ordering.order-confirmed.v1", POISON_HEADER: "noise-1"}
    headers |= {"ce_subject": "chaos/1", "ce_sequence": "1"}
    world.records.append(Record("ordering.events", 0, POISON_OFFSET, "key", b"{", headers))


def _listen(world: World) -> None:
    """What every service has dealt with: all that it listens to."""
    for service, runtime in world.runtimes.items():
        mine = [record for record in world.records if POISON_HEADER not in record.headers]
        inbox = frozenset(one.event_id for one in mine if one.event_id and service in TYPES[one.type])
        positions = {(one.topic, one.subject): one.sequence for one in mine if service in EVENTS[one.topic]}
        parked = (_parked(),) if service == "fulfillment" else ()
        world.runtimes[service] = rows.Runtime(
            inbox=inbox,
            positions=positions,
            sequences=runtime.sequences,
            copies=runtime.copies,
            parked=parked,
            closing_runs=frozenset({id_of("run")}) if service == "invoicing" else frozenset(),
        )


def _parked() -> rows.ParkedRow:
    type_, topic = "ordering.order-confirmed.v1", "ordering.events"
    return rows.ParkedRow("fulfillment", 1, "unreadable", type_, topic, 0, POISON_OFFSET, b"{", "[]", "bad JSON", None)


def _log(trade: Trade, lines: list[rows.BankLineRow]) -> Log:
    deeds: list[Deed] = []
    for at, order in enumerate(trade.orders):
        named = {"order_id": str(id_of("order", order.ref))}
        note = {"note_id": str(id_of("note", order.ref)), "number": f"DN-{order.ref}"}
        deeds.append(Deed("order", order.ref, f"o{at}", {}, named))
        deeds.append(Deed("confirmation", order.ref, f"c{at}", {}, named))
        deeds.append(Deed("note", order.ref, f"n{at}", {}, note))
    invoices = [
        {"invoice_id": str(id_of("invoice", order.ref)), "number": f"INV-{at:04d}", "total": str(grand_total([order]))}
        for at, order in enumerate(trade.orders, start=1)
    ]
    deeds.append(Deed("closing", "0-0", "k0", {}, {"run_id": str(id_of("run")), "invoices": invoices}))
    deeds.append(Deed("closing", "0-1", "k1", {}, {"run_id": None, "invoices": []}))
    body = {"lines": [list(TRANSFER) for _ in lines]}
    deeds.append(Deed("bank-file", "0-0", "b0", body))
    return Log(deeds)
