"""Open items: loading them by id, number or payer, keeping new ones, saving what settled them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, func, literal, or_, select

from chassis.tx import Tx
from kernel.money import Currency, Money
from payments import tables
from payments.core.matching import OpenInvoice
from payments.core.matching.facts import number_key
from payments.core.receivable import Receivable
from payments.tables import Row, among, columns

InvoiceRef = UUID | str
"""An invoice by id or by number."""


async def load_receivables(tx: Tx, invoice_ids: Collection[UUID]) -> dict[UUID, Receivable]:
    """Those of the ids that are invoices of this maker."""
    if not invoice_ids:
        return {}
    t = columns(tables.ReceivableRow)
    mine = select(tables.sql(tables.ReceivableRow)).where(t.maker_id == tx.maker_id, among(t.invoice_id, invoice_ids))
    return {row.invoice_id: receivable_of(row) for row in await tx.rows(mine)}


async def find_invoices(tx: Tx, refs: Collection[InvoiceRef]) -> dict[InvoiceRef, tuple[UUID, UUID, str]]:
    """Reference → (invoice, bill-to, currency), to know what to lock before reading what is open."""
    if not refs:
        return {}
    t = columns(tables.ReceivableRow)
    ids, numbers = [one for one in refs if isinstance(one, UUID)], [one for one in refs if isinstance(one, str)]
    named = [among(t.invoice_id, ids)] * bool(ids) + [among(t.number, numbers)] * bool(numbers)
    rows = await tx.rows(
        select(t.invoice_id, t.number, t.bill_to_id, t.currency).where(t.maker_id == tx.maker_id, or_(*named))
    )
    found = [(row, (row.invoice_id, row.bill_to_id, row.currency)) for row in rows]
    by_ref: dict[InvoiceRef, tuple[UUID, UUID, str]] = {row.number: what for row, what in found}
    return by_ref | {row.invoice_id: what for row, what in found}


async def insert_receivables(tx: Tx, receivables: Sequence[Receivable]) -> None:
    """New open items."""
    await tx.insert(tables.ReceivableRow, [{"maker_id": tx.maker_id, **row_of(one)} for one in receivables])


async def save_receivables(tx: Tx, receivables: Iterable[Receivable]) -> None:
    """What changed, one version higher. Raises chassis.tx.Stale when one changed since it was read (PAY-043)."""
    changing = ("allocated", "discounted", "slipped", "open_amount", "voided_on", "version")
    rows = []
    for one in sorted(receivables, key=lambda one: one.invoice_id):
        row = row_of(one)
        rows.append({"maker_id": tx.maker_id, "invoice_id": one.invoice_id, **{name: row[name] for name in changing}})
    await tx.update(tables.ReceivableRow, rows, key=("maker_id", "invoice_id"), expect_version="version")


def row_of(receivable: Receivable) -> dict[str, object]:
    """The columns of an open item, but for its maker."""
    return {
        "invoice_id": receivable.invoice_id,
        "number": receivable.number,
        "number_key": number_key(receivable.number),
        "bill_to_id": receivable.bill_to_id,
        "currency": receivable.total.currency.code,
        "issued_on": receivable.issued_on,
        "due_on": receivable.due_on,
        "total": receivable.total.amount,
        "allocated": receivable.allocated.amount,
        "discounted": receivable.discounted.amount,
        "slipped": receivable.slipped.amount,
        "open_amount": receivable.open.amount,
        "members": sorted(receivable.members - {receivable.bill_to_id}),
        "voided_on": receivable.voided_on,
        "version": receivable.version,
    }


def receivable_of(row: Row) -> Receivable:
    """The open item of a row."""
    currency = Currency.of(row.currency)
    return Receivable(
        invoice_id=row.invoice_id,
        number=row.number,
        bill_to_id=row.bill_to_id,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=Money(row.total, currency),
        allocated=Money(row.allocated, currency),
        discounted=Money(row.discounted, currency),
        slipped=Money(row.slipped, currency),
        members=frozenset(row.members),
        voided_on=row.voided_on,
        version=row.version,
    )


async def open_to_match(
    tx: Tx, *, customer_ids: Collection[UUID], number_keys: Collection[str], amounts: Collection[tuple[str, int]]
) -> list[OpenInvoice]:
    """Open invoices that matching may need: of these customers (billed to them or holding their documents), with one
    of these numbers, or open with one of these amounts (currency, minor units)."""
    t = columns(tables.ReceivableRow)
    mine = select(tables.sql(tables.ReceivableRow)).where(t.maker_id == tx.maker_id, t.open_amount > 0)
    wanted = []
    if customer_ids:
        ids = literal(list(customer_ids), ARRAY(Uuid))
        wanted.append(mine.where(among(t.bill_to_id, customer_ids)))
        wanted.append(mine.where(func.cardinality(t.members) > 0, t.members.op("&&")(ids)))
    if number_keys:
        wanted.append(mine.where(among(t.number_key, number_keys)))
    for currency in {code for code, _ in amounts}:
        unit = Currency.of(currency).minor_units
        opens = [
            Money.of(units, Currency.of(currency)).amount.scaleb(-unit) for code, units in amounts if code == currency
        ]
        wanted.append(mine.where(t.currency == currency, among(t.open_amount, opens)))
    found: dict[UUID, OpenInvoice] = {}
    for statement in wanted:
        found |= {row.invoice_id: _open_invoice(row) for row in await tx.rows(statement)}
    return list(found.values())


def _open_invoice(row: Row) -> OpenInvoice:
    units = row.open_amount.scaleb(Currency.of(row.currency).minor_units)
    return OpenInvoice(
        row.invoice_id,
        row.number,
        row.bill_to_id,
        row.currency,
        int(units),
        row.issued_on,
        row.due_on,
        frozenset(row.members),
    )
