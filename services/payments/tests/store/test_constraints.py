"""Every named constraint of the tables is hit: what must not be stored cannot be, whatever the code above does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import Database, Role
from chassis.testing.migrations import differences
from payments.tables import REGISTRY

MIGRATION = Path(__file__).parents[2] / "migrations" / "versions" / "0001_initial.py"
MAKER, CUSTOMER = UUID(int=1), UUID(int=2)
LINE, INVOICE, ALLOCATION = UUID(int=3), UUID(int=4), UUID(int=5)

Rows = dict[str, dict[str, object]]


NOW, DAY = "2026-09-04T00:00:00Z", "2026-09-04"


def _rows() -> Rows:
    """One good row of each table, by column; later ones refer to earlier ones."""
    return _facts({"maker_id": MAKER}) | _money({"maker_id": MAKER})


def _facts(of_maker: dict[str, object]) -> Rows:
    return {
        "makers": of_maker
        | {
            "time_zone": "Asia/Tokyo",
            "default_currency": "JPY",
            "auto_confirm": True,
            "fee_tolerance": 880,
            "version": 1,
        },
        "payer_names": of_maker
        | {"customer_id": CUSTOMER, "source": "kana", "key": "ヤ", "bare_key": "ヤ", "name": "ヤ", "learned_at": None},
        "receivables": of_maker
        | {"invoice_id": INVOICE, "number": "N", "number_key": "N", "bill_to_id": CUSTOMER, "currency": "JPY"}
        | {"issued_on": DAY, "due_on": DAY, "total": 100, "allocated": 0, "discounted": 0, "slipped": 0}
        | {"open_amount": 100, "members": [], "voided_on": None, "version": 0},
        "bank_files": of_maker
        | {"bank_file_id": uuid4(), "bank_account_id": uuid4(), "file_id": uuid4(), "name": "x", "layout": "A"}
        | {"encoding": "cp932", "currency": "JPY", "lines": 1, "new_lines": 1, "duplicates": 0, "outgoing": 0}
        | {"total": 1, "imported_at": NOW, "imported_by": "x"},
        "bank_lines": of_maker
        | {"line_id": LINE, "bank_file_id": None, "row_no": None, "fingerprint": None, "method": "cash"}
        | {"value_date": DAY, "amount": 100, "currency": "JPY", "payer": "", "payer_code": "", "description": ""}
        | {"reference": "", "sending_bank": "", "memo": "", "cancels": False, "state": "NEW", "decision": None}
        | {"reasons": "[]", "candidates": "[]", "held": 0, "held_for_id": None, "free_amount": 100}
        | {"ignore_reason": None, "recorded_at": NOW, "recorded_by": "x", "version": 0},
    }


def _money(of_maker: dict[str, object]) -> Rows:
    return {
        "allocations": of_maker
        | {"allocation_id": ALLOCATION, "line_id": LINE, "invoice_id": INVOICE, "invoice_number": "N"}
        | {"bill_to_id": CUSTOMER, "currency": "JPY", "amount": 10, "fee_discount": 0, "shortage_slip": 0}
        | {"from_advance": 0, "slip_id": None, "booked_on": DAY, "recorded_at": NOW, "recorded_by": "x"}
        | {"reversed_on": None, "reversed_at": None},
        "overpayments": of_maker
        | {"overpayment_id": uuid4(), "line_id": LINE, "bill_to_id": CUSTOMER, "currency": "JPY", "amount": 5}
        | {"from_advance": 0, "booked_on": DAY, "reversed_on": None},
        "shortage_slips": of_maker
        | {"slip_id": uuid4(), "allocation_id": ALLOCATION, "line_id": LINE, "invoice_id": INVOICE}
        | {"bill_to_id": CUSTOMER, "currency": "JPY", "amount": 5, "state": "OPEN", "created_on": DAY},
        "ledger_entries": of_maker
        | {"entry_id": uuid4(), "kind": "invoice", "debit": "receivable", "credit": "sales"}
        | {"debit_customer_id": CUSTOMER, "credit_customer_id": None, "amount": 5, "currency": "JPY"}
        | {"booked_on": DAY, "recorded_at": NOW, "recorded_by": "x"},
        "balances": of_maker
        | {"customer_id": CUSTOMER, "currency": "JPY", "open_invoices": 0, "open_slips": 0, "credit_notes": 0}
        | {"advances": 0, "changed_at": NOW, "version": 0},
        "statement_profiles": of_maker
        | {"profile_id": uuid4(), "name": "P", "bank_account_id": None, "mapping": "{}", "version": 0},
    }


def _another(table: str, **changed: object) -> Callable[[Rows], tuple[str, dict[str, object]]]:
    """The good row of a table once more, with these columns otherwise."""
    return lambda rows: (table, rows[table] | changed)


VIOLATIONS: dict[str, Callable[[Rows], tuple[str, dict[str, object]]]] = {
    "ck_makers_fee_tolerance": _another("makers", maker_id=UUID(int=9), fee_tolerance=-1),
    "ck_payer_names_source": _another("payer_names", source="gossip"),
    "ck_payer_names_key": _another("payer_names", key=""),
    "ck_payer_names_learned": _another("payer_names", source="learned"),
    "ck_receivables_settled": _another("receivables", invoice_id=uuid4(), allocated=-1, open_amount=101),
    "ck_receivables_open": _another("receivables", invoice_id=uuid4(), open_amount=99),
    "ck_receivables_overdrawn": _another("receivables", invoice_id=uuid4(), allocated=101, open_amount=-1),
    "ck_bank_files_lines": _another("bank_files", bank_file_id=uuid4(), duplicates=1),
    "ck_bank_lines_amount": _another("bank_lines", line_id=uuid4(), amount=0, free_amount=0),
    "ck_bank_lines_state": _another("bank_lines", line_id=uuid4(), state="LOST"),
    "ck_bank_lines_decision": _another("bank_lines", line_id=uuid4(), decision="perhaps"),
    "ck_bank_lines_file": _another("bank_lines", line_id=uuid4(), fingerprint="x"),
    "ck_bank_lines_free": _another("bank_lines", line_id=uuid4(), free_amount=101),
    "ck_bank_lines_matched": _another("bank_lines", line_id=uuid4(), state="MATCHED"),
    "ck_bank_lines_untouched": _another("bank_lines", line_id=uuid4(), free_amount=99),
    "ck_bank_lines_held_for": _another("bank_lines", line_id=uuid4(), state="PART_MATCHED", held=1),
    "ck_bank_lines_ignored": _another("bank_lines", line_id=uuid4(), state="IGNORED"),
    "fk_allocations_line_id": _another("allocations", allocation_id=uuid4(), line_id=uuid4()),
    "fk_allocations_invoice_id": _another("allocations", allocation_id=uuid4(), invoice_id=uuid4()),
    "ck_allocations_amount": _another("allocations", allocation_id=uuid4(), from_advance=11),
    "ck_allocations_difference": _another("allocations", allocation_id=uuid4(), fee_discount=-1),
    "ck_allocations_slip": _another("allocations", allocation_id=uuid4(), shortage_slip=1),
    "ck_allocations_reversed": _another("allocations", allocation_id=uuid4(), reversed_on="2026-09-05"),
    "fk_overpayments_line_id": _another("overpayments", overpayment_id=uuid4(), line_id=uuid4()),
    "ck_overpayments_amount": _another("overpayments", overpayment_id=uuid4(), amount=0),
    "uq_overpayments_line": _another("overpayments", overpayment_id=uuid4()),
    "ck_shortage_slips_amount": _another("shortage_slips", slip_id=uuid4(), amount=0),
    "ck_shortage_slips_state": _another("shortage_slips", slip_id=uuid4(), state="LOST"),
    "fk_shortage_slips_allocation_id": _another("shortage_slips", slip_id=uuid4(), allocation_id=uuid4()),
    "ck_ledger_entries_amount": _another("ledger_entries", entry_id=uuid4(), amount=0),
    "ck_ledger_entries_accounts": _another("ledger_entries", entry_id=uuid4(), debit="sales", debit_customer_id=None),
    "ck_ledger_entries_debit_customer": _another("ledger_entries", entry_id=uuid4(), debit_customer_id=None),
    "ck_ledger_entries_credit_customer": _another("ledger_entries", entry_id=uuid4(), credit_customer_id=CUSTOMER),
    "ck_balances_slips": _another("balances", currency="USD", open_slips=-1),
    "uq_statement_profiles_name": _another("statement_profiles", profile_id=uuid4()),
}


@asynccontextmanager
async def _filled(database: Database) -> AsyncIterator[tuple[AsyncConnection, Rows]]:
    rows = _rows()
    async with database.connection(Role.WORKER) as connection:
        for table, row in rows.items():
            await _insert(connection, table, row)
        yield connection, rows


async def _insert(connection: AsyncConnection, table: str, row: dict[str, object]) -> None:
    """Values as text: PostgreSQL reads them by the type of their column."""
    values = ", ".join(f"cast({_literal(value)} as {_type(name)})" for name, value in row.items())
    await connection.execute(text(f"insert into {table} ({', '.join(row)}) values ({values})"))


def _literal(value: object) -> str:
    return "null" if value is None else "'{}'" if value == [] else f"'{value}'"


def _type(name: str) -> str:
    found: Any = _COLUMNS[name]
    return str(found)


_COLUMNS = {
    column.name: column.type.compile().replace("CHAR(32)", "uuid").replace("DATETIME", "timestamptz")
    for table in REGISTRY.metadata.tables.values()
    for column in table.columns
    if column.name not in ("members", "reasons", "candidates", "mapping", "evidence", "outcome")
} | {"members": "uuid[]", "reasons": "jsonb", "candidates": "jsonb", "mapping": "jsonb"}


async def test_what_a_constraint_forbids_is_refused_by_its_name(database: Database) -> None:
    async with _filled(database) as (connection, rows):
        for constraint, violation in VIOLATIONS.items():
            table, row = violation(rows)
            with pytest.raises(DBAPIError, match=f'"{constraint}"'):
                await _tried(connection, table, row)


async def _tried(connection: AsyncConnection, table: str, row: dict[str, object]) -> None:
    async with connection.begin_nested():
        await _insert(connection, table, row)


async def test_a_fingerprint_stands_once_per_maker(database: Database) -> None:
    async with _filled(database) as (connection, rows):
        of_file: dict[str, object] = {"bank_file_id": uuid4(), "row_no": 1, "fingerprint": "f"}
        await _insert(connection, "bank_lines", rows["bank_lines"] | of_file | {"line_id": uuid4()})
        other_maker: dict[str, object] = {"line_id": uuid4(), "maker_id": UUID(int=7)}
        await _insert(connection, "bank_lines", rows["bank_lines"] | of_file | other_maker)
        with pytest.raises(DBAPIError, match="uq_bank_lines_fingerprint"):
            await _insert(connection, "bank_lines", rows["bank_lines"] | of_file | {"line_id": uuid4()})


@pytest.mark.req("PAY-004")
async def test_a_ledger_entry_is_neither_changed_nor_deleted(database: Database) -> None:
    async with _filled(database) as (connection, _):
        for change in ("update ledger_entries set amount = 6", "delete from ledger_entries"):
            with pytest.raises(DBAPIError, match="append-only"):
                async with connection.begin_nested():
                    await connection.execute(text(change))


def test_no_constraint_of_the_migration_is_without_its_test() -> None:
    named = set(re.findall(r"\b(?:ck|uq|fk)_[a-z_]+", MIGRATION.read_text(encoding="utf-8")))
    assert named - VIOLATIONS.keys() == {"uq_bank_lines_fingerprint"}


async def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    assert await differences(database, REGISTRY.metadata) == []
