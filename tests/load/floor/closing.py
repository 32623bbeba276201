"""The closing run: invoices by invoicing, receivables and balances by payments, marks by fulfillment and ordering."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from suite.bench.trade import REDUCED, STANDARD, grand_total
from tests.load.floor.parts import ADDRESS, BUYER, Bill, Case, balance, invoiced, json
from tests.load.floor.rows import Columns, Connection, Writer
from tests.load.floor.service import Message, Seen, new_ids

_RATES = (STANDARD, REDUCED)


def bills_of(cases: Sequence[Case]) -> list[Bill]:
    """One per customer."""
    theirs: dict[UUID, list[Case]] = defaultdict(list)
    for case in cases:
        theirs[case.customer_id].append(case)
    return [
        Bill(id_, f"INV202506-{at:05d}", customer, own, Decimal(grand_total([case.order for case in own])))
        for at, (id_, (customer, own)) in enumerate(zip(new_ids(len(theirs)), theirs.items(), strict=True), start=1)
    ]


async def close(write: Writer, bills: Sequence[Bill], connection: Connection) -> list[Message]:
    [run_id] = new_ids(1)
    runs = [run_id for _ in bills]
    await write.insert(connection, "invoicing.invoices", {**_invoices(bills), "run_id": runs})
    await write.insert(connection, "invoicing.invoice_papers", {"invoice_id": [bill.invoice_id for bill in bills]})
    closed: Columns = {"bill_to_id": [bill.customer_id for bill in bills], "run_id": runs}
    await write.insert(connection, "invoicing.closings", closed)
    await write.insert(connection, "invoicing.invoice_rates", _rates(bills))
    sources, orders = _sources(bills)
    await write.insert(connection, "invoicing.invoice_sources", sources)
    await write.insert(connection, "invoicing.invoice_orders", orders)
    billed: Columns = {"billable_id": sources["source_id"], "invoice_id": sources["invoice_id"]}
    taken = "state = 'INVOICED', version = t.version + 1"
    await write.update(connection, "invoicing.billables", billed, ["billable_id"], taken)
    return [invoiced(bill) for bill in bills]


def _invoices(bills: Sequence[Bill]) -> Columns:
    totals = [bill.total for bill in bills]
    nets = [sum((bill.exclusive(rate) for rate in _RATES), Decimal()) for bill in bills]
    return {
        "invoice_id": [bill.invoice_id for bill in bills],
        "number": [bill.number for bill in bills],
        "bill_to_id": [bill.customer_id for bill in bills],
        "bill_to_code": [bill.cases[0].order.shop.code for bill in bills],
        "bill_to_name": [bill.cases[0].name for bill in bills],
        "net": nets,
        "tax": [total - net for total, net in zip(totals, nets, strict=True)],
        "total": totals,
        "open_amount": totals,
        "snapshot": [json({"issuer": BUYER, "recipient": BUYER, "bank": ADDRESS}) for _ in bills],
    }


def _rates(bills: Sequence[Bill]) -> Columns:
    every = [(bill.invoice_id, rate, bill.exclusive(rate)) for bill in bills for rate in _RATES]
    taxes = [exclusive * rate // 100 for _, rate, exclusive in every]
    exclusives = [exclusive for _, _, exclusive in every]
    return {
        "invoice_id": [id_ for id_, _, _ in every],
        "tax_rate": [Decimal(rate) for _, rate, _ in every],
        "exclusive": exclusives,
        "net": exclusives,
        "tax": taxes,
        "gross": [exclusive + tax for exclusive, tax in zip(exclusives, taxes, strict=True)],
    }


def _sources(bills: Sequence[Bill]) -> tuple[Columns, Columns]:
    """Notes and orders of each invoice; here they are the same."""
    every = [(bill.invoice_id, at, case) for bill in bills for at, case in enumerate(bill.cases)]
    shared: Columns = {
        "invoice_id": [id_ for id_, _, _ in every],
        "position": [at for _, at, _ in every],
        "customer_id": [case.customer_id for _, _, case in every],
    }
    notes: Columns = {
        "source_id": [case.note_id for _, _, case in every],
        "number": [case.note_number for _, _, case in every],
    }
    orders: Columns = {
        "order_id": [case.order_id for _, _, case in every],
        "amount": [case.total for _, _, case in every],
    }
    return {**shared, **notes}, {**shared, **orders}


async def open_receivables(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    bodies = [one.body for one in run]
    ids, totals = [UUID(body["invoice_id"]) for body in bodies], [Decimal(body["total"]) for body in bodies]
    customers, numbers = [UUID(body["bill_to_id"]) for body in bodies], [body["number"] for body in bodies]
    named: Columns = {"invoice_id": ids, "number": numbers, "number_key": numbers, "bill_to_id": customers}
    await write.insert(connection, "payments.receivables", {**named, "total": totals, "open_amount": totals})
    booked: Columns = {
        **entries("invoice", "receivable", "sales", totals),
        "debit_customer_id": customers,
        "invoice_id": ids,
    }
    await write.insert(connection, "payments.ledger_entries", booked)
    balances: Columns = {"customer_id": customers, "currency": ["JPY" for _ in ids], "balance": totals}
    await write.upsert(connection, "payments.balances", balances, ["customer_id", "currency"])
    return [balance(customer, total, 1) for customer, total in zip(customers, totals, strict=True)]


def entries(kind: str, debit: str, credit: str, amounts: Sequence[Decimal]) -> Columns:
    """Ledger entries of one kind."""
    sides: Columns = {
        "kind": [kind for _ in amounts],
        "debit": [debit for _ in amounts],
        "credit": [credit for _ in amounts],
    }
    return {"entry_id": new_ids(len(amounts)), **sides, "amount": list(amounts)}


async def mark_notes(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    counted = "version = t.version + 1"
    await write.update(connection, "fulfillment.delivery_notes", _notes(run), ["note_id"], counted)
    return []


async def mark_billed(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    await write.insert(connection, "ordering.invoiced_notes", _notes(run))
    orders = [order for one in run for order in one.body["orders"]]
    billed: Columns = {
        "order_id": [UUID(order["order_id"]) for order in orders],
        "billed_amount": [Decimal(order["amount"]) for order in orders],
    }
    settled = "billed_quantity = t.shipped_quantity, invoiced = 'yes', exposed_amount = 0, version = t.version + 1"
    await write.update(connection, "ordering.orders", billed, ["order_id"], settled)
    customers = {"customer_id": [UUID(one.body["bill_to_id"]) for one in run]}
    await write.update(connection, "ordering.customer_exposures", customers, ["customer_id"], "ordered_amount = 0")
    return []


def _notes(run: Sequence[Seen]) -> Columns:
    found = [(source["source_id"], one.body["invoice_id"]) for one in run for source in one.body["sources"]]
    return {"note_id": [UUID(note) for note, _ in found], "invoice_id": [UUID(invoice) for _, invoice in found]}
