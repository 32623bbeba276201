"""The ledger and the balances it adds up to. Entries are only ever inserted; a trigger refuses anything else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from kernel.money import Currency, Money
from payments import tables
from payments.core.ledger import Balance, Entry
from payments.tables import Row, among, columns

BalanceKey = tuple[UUID, Currency]
"""A customer and a currency."""


async def lock_balances(tx: Tx, keys: Iterable[BalanceKey]) -> None:
    """Waits for the right to change these balances; HTTP and messages both take it, in sorted order."""
    await tx.lock("balance", {f"{customer_id}/{currency.code}" for customer_id, currency in keys})


async def load_balances(tx: Tx, keys: Collection[BalanceKey]) -> dict[BalanceKey, Balance]:
    """The balances as they stand, empty ones for customers without any."""
    if not keys:
        return {}
    t = columns(tables.BalanceRow)
    rows = await tx.rows(
        select(tables.sql(tables.BalanceRow)).where(
            t.maker_id == tx.maker_id, among(t.customer_id, {customer_id for customer_id, _ in keys})
        )
    )
    found = {(one.customer_id, one.currency): one for one in map(balance_of, rows)}
    return {key: found.get(key) or Balance.empty(*key) for key in keys}


def balance_of(row: Row) -> Balance:
    """The balance of a row."""
    currency = Currency.of(row.currency)
    return Balance(
        customer_id=row.customer_id,
        open_invoices=Money(row.open_invoices, currency),
        open_slips=Money(row.open_slips, currency),
        credit_notes=Money(row.credit_notes, currency),
        advances=Money(row.advances, currency),
        version=row.version,
    )


async def save_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Balances whose lock is held, with their new versions."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": one.customer_id,
            "currency": one.currency.code,
            "open_invoices": one.open_invoices.amount,
            "open_slips": one.open_slips.amount,
            "credit_notes": one.credit_notes.amount,
            "advances": one.advances.amount,
            "changed_at": tx.now,
            "version": one.version,
        }
        for one in balances
    ]
    await tx.upsert(tables.BalanceRow, rows, key=("maker_id", "customer_id", "currency"))


async def insert_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Entries in the order they were made; their ids ascend."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "entry_id": entry_id,
            "kind": one.kind.value,
            "debit": one.debit.value,
            "credit": one.credit.value,
            "debit_customer_id": one.debit_customer_id,
            "credit_customer_id": one.credit_customer_id,
            "amount": one.amount.amount,
            "currency": one.amount.currency.code,
            "booked_on": one.booked_on,
            "invoice_id": one.invoice_id,
            "line_id": one.line_id,
            "allocation_id": one.allocation_id,
            "recorded_at": tx.now,
            "recorded_by": tx.actor,
        }
        for entry_id, one in zip(tx.new_ids(len(entries)), entries, strict=True)
    ]
    await tx.insert(tables.LedgerEntryRow, rows)
