"""The statement: lines, allocations and ledger by payments, marks by invoicing and ordering."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from tests.load.floor.closing import entries
from tests.load.floor.parts import BUYER, SIGNED, Bill, allocated, balance, json
from tests.load.floor.rows import Columns, Connection, Writer
from tests.load.floor.service import Message, Seen, new_ids

_PAID_ON = date(2025, 7, 31)


async def pay(write: Writer, bills: Sequence[Bill], connection: Connection) -> list[Message]:
    line_ids = new_ids(len(bills))
    await write.insert(connection, "payments.bank_lines", _lines(bills, line_ids))
    invoices, customers = [bill.invoice_id for bill in bills], [bill.customer_id for bill in bills]
    amounts = [bill.total for bill in bills]
    shares: Columns = {"line_id": line_ids, "invoice_id": invoices, "bill_to_id": customers, "amount": amounts}
    await write.insert(connection, "payments.allocations", {"allocation_id": new_ids(len(bills)), **shares})
    evidence, outcome = [json(BUYER) for _ in bills], [json(SIGNED) for _ in bills]
    proofs: Columns = {"proof_id": new_ids(len(bills)), "line_id": line_ids, "evidence": evidence, "outcome": outcome}
    await write.insert(connection, "payments.match_proofs", proofs)
    known: Columns = {"credit_customer_id": customers, "invoice_id": invoices, "line_id": line_ids}
    for kind, debit, credit in (("payment", "bank", "unallocated"), ("allocation", "unallocated", "receivable")):
        booked: Columns = {**entries(kind, debit, credit, amounts), **known, "booked_on": [_PAID_ON for _ in bills]}
        await write.insert(connection, "payments.ledger_entries", booked)
    settled = "open_amount = 0, version = t.version + 1"
    paid: Columns = {"invoice_id": invoices, "allocated": amounts}
    await write.update(connection, "payments.receivables", paid, ["invoice_id"], settled)
    balances: Columns = {
        "customer_id": customers,
        "currency": ["JPY" for _ in bills],
        "balance": [Decimal() for _ in bills],
    }
    await write.upsert(connection, "payments.balances", balances, ["customer_id", "currency"])
    told = [allocated(bill, line_id) for bill, line_id in zip(bills, line_ids, strict=True)]
    return told + [balance(customer, Decimal(), 2) for customer in customers]


def _lines(bills: Sequence[Bill], line_ids: Sequence[UUID]) -> Columns:
    return {
        "line_id": line_ids,
        "row_no": list(range(1, len(bills) + 1)),
        "fingerprint": [f"{id_.hex}{id_.hex}" for id_ in line_ids],
        "amount": [bill.total for bill in bills],
        "payer": [bill.cases[0].order.shop.payer for bill in bills],
        "candidates": [json([{**SIGNED, "invoice_id": str(bill.invoice_id)}]) for bill in bills],
        "customer_id": [bill.customer_id for bill in bills],
        "bill_to_id": [bill.customer_id for bill in bills],
    }


async def mark_paid(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    ids = {"invoice_id": [UUID(one.body["invoice_id"]) for one in run]}
    paid = "state = 'PAID', open_amount = 0, version = t.version + 1"
    await write.update(connection, "invoicing.invoices", ids, ["invoice_id"], paid)
    return []


async def mark_balance(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    newest = {UUID(one.body["bill_to_id"]): one.body for one in run}
    posted: Columns = {
        "customer_id": list(newest),
        "posted_amount": [Decimal(body["balance"]) for body in newest.values()],
        "posted_sequence": [body["sequence"] for body in newest.values()],
    }
    await write.update(connection, "ordering.customer_exposures", posted, ["customer_id"])
    return []
