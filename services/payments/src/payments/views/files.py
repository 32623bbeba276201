"""Imported statement files and what each of their lines became; mapping profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis.http import AmountText, Page, View
from chassis.tx import Tx
from payments import tables
from payments.core.bank_line import LineState
from payments.core.matching import Verdict
from payments.core.statement_csv import (
    Column,
    DateFormat,
    DecimalSign,
    Delimiter,
    Encoding,
)
from payments.tables import Row, among, columns
from payments.views.customers import Customers, CustomerView, codes_of_accounts, customers
from payments.views.lines import ReasonView, reason_views


class FileCounts(View):
    """`lines` = `new` + `duplicates`; the decisions are those of the new lines."""

    lines: int
    new: int
    duplicates: int
    outgoing: int
    auto: int
    suggest: int
    review: int


class FileLineView(View):
    """What one line of the file became; a duplicate shows the line it repeats as it stands now."""

    row: int
    bank_line_id: UUID
    duplicate: bool
    value_date: date
    payer: str
    amount: AmountText
    currency: str
    state: LineState
    decision: Verdict | None
    reasons: tuple[ReasonView, ...]
    customer: CustomerView | None
    bill_to: CustomerView | None


class BankFileView(View):
    """`layout`: A or B (Zengin), csv. `total` is the sum of all incoming lines, duplicates included."""

    bank_file_id: UUID
    name: str
    bank_account_id: UUID
    bank_account_code: str | None
    layout: str
    encoding: str
    currency: str
    total: AmountText
    counts: FileCounts
    imported_at: datetime
    imported_by: str


class ImportedFileView(BankFileView):
    """The answer of an import; `warnings` name rows dated after tomorrow (PAY-018)."""

    dry_run: bool
    lines: tuple[FileLineView, ...]
    warnings: tuple[ReasonView, ...]


class FileSearch(Page):
    bank_account_id: UUID | None = None


async def list_files(tx: Tx, search: FileSearch) -> tuple[Sequence[BankFileView], str | None]:
    """Newest first."""
    t = columns(tables.BankFileRow)
    found = select(tables.sql(tables.BankFileRow)).where(t.maker_id == tx.maker_id)
    if search.bank_account_id:
        found = found.where(t.bank_account_id == search.bank_account_id)
    after = search.after(tx.maker_id, UUID)
    if after is not None:
        found = found.where(t.bank_file_id < after[0])
    rows = await tx.rows(found.order_by(t.bank_file_id.desc()).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, lambda row: (row.bank_file_id,))
    return await _views(tx, shown), cursor


async def find_file(tx: Tx, bank_file_id: UUID) -> BankFileView | None:
    t = columns(tables.BankFileRow)
    row = await tx.one_or_none(
        select(tables.sql(tables.BankFileRow)).where(t.maker_id == tx.maker_id, t.bank_file_id == bank_file_id)
    )
    return (await _views(tx, [row]))[0] if row else None


async def file_content_id(tx: Tx, bank_file_id: UUID) -> UUID | None:
    """Where the bytes of the file are stored."""
    t = columns(tables.BankFileRow)
    found = await tx.scalar(select(t.file_id).where(t.maker_id == tx.maker_id, t.bank_file_id == bank_file_id))
    return found if isinstance(found, UUID) else None


async def imported_file(
    tx: Tx,
    bank_file_id: UUID,
    lines: Sequence[tuple[int, UUID, bool]],
    *,
    future_rows: Sequence[int],
    dry_run: bool,
) -> ImportedFileView:
    """The answer of an import: `lines` are (row, line, duplicate) in the order of the file."""
    file = await find_file(tx, bank_file_id)
    assert file is not None, "the import just made it"
    rows = await _line_rows(tx, {line_id for _, line_id, _ in lines})
    named = await customers(tx, [one for row in rows.values() for one in (row.customer_id, row.bill_to_id)])
    return ImportedFileView(
        **file.model_dump(),
        dry_run=dry_run,
        lines=tuple(_line(rows[line_id], at, known, named) for at, line_id, known in lines),
        warnings=tuple(ReasonView(code="DATE_IN_FUTURE", facts={"row": str(row)}) for row in future_rows),
    )


async def _line_rows(tx: Tx, line_ids: Collection[UUID]) -> Mapping[UUID, Row]:
    t = columns(tables.BankLineRow)
    wanted = (t.line_id, t.value_date, t.payer, t.amount, t.currency, t.state, t.decision, t.reasons)
    rows = await tx.rows(
        select(*wanted, t.customer_id, t.bill_to_id).where(t.maker_id == tx.maker_id, among(t.line_id, line_ids))
    )
    return {row.line_id: row for row in rows}


def _line(row: Row, at: int, duplicate: bool, named: Customers) -> FileLineView:
    return FileLineView(
        row=at,
        bank_line_id=row.line_id,
        duplicate=duplicate,
        value_date=row.value_date,
        payer=row.payer,
        amount=row.amount,
        currency=row.currency,
        state=LineState(row.state),
        decision=Verdict(row.decision) if row.decision else None,
        reasons=reason_views(row.reasons),
        customer=named.view(row.customer_id),
        bill_to=named.view(row.bill_to_id),
    )


async def _views(tx: Tx, rows: Sequence[Row]) -> list[BankFileView]:
    counts = await _decisions(tx, [row.bank_file_id for row in rows])
    codes = await codes_of_accounts(tx, [row.bank_account_id for row in rows])
    return [_view(row, counts.get(row.bank_file_id, {}), codes) for row in rows]


async def _decisions(tx: Tx, file_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    t = columns(tables.BankLineRow)
    rows = await tx.rows(
        select(t.bank_file_id, t.decision, func.count().label("lines"))
        .where(t.maker_id == tx.maker_id, among(t.bank_file_id, file_ids), t.decision.is_not(None))
        .group_by(t.bank_file_id, t.decision)
    )
    found: dict[UUID, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.bank_file_id, {})[row.decision] = row.lines
    return found


def _view(row: Row, decisions: Mapping[str, int], codes: Mapping[UUID, str]) -> BankFileView:
    return BankFileView(
        bank_file_id=row.bank_file_id,
        name=row.name,
        bank_account_id=row.bank_account_id,
        bank_account_code=codes.get(row.bank_account_id),
        layout=row.layout,
        encoding=row.encoding,
        currency=row.currency,
        total=row.total,
        counts=FileCounts(
            lines=row.lines,
            new=row.new_lines,
            duplicates=row.duplicates,
            outgoing=row.outgoing,
            auto=decisions.get("auto", 0),
            suggest=decisions.get("suggest", 0),
            review=decisions.get("review", 0),
        ),
        imported_at=row.imported_at,
        imported_by=row.imported_by,
    )


class StatementProfileView(View):
    """A mapping profile; columns are header texts or numbers from 1."""

    profile_id: UUID
    name: str
    bank_account_id: UUID | None
    value_date: Column
    amount: Column | None
    amount_in: Column | None
    amount_out: Column | None
    payer: Column | None
    description: Column | None
    reference: Column | None
    balance: Column | None
    skip_rows: int
    header: bool
    encoding: Encoding
    delimiter: Delimiter
    date_format: DateFormat
    decimal_sign: DecimalSign
    version: int


class ProfileSearch(Page):
    name: str | None = None


async def list_profiles(tx: Tx, search: ProfileSearch) -> tuple[Sequence[StatementProfileView], str | None]:
    """By name."""
    t = columns(tables.StatementProfileRow)
    found = select(tables.sql(tables.StatementProfileRow)).where(t.maker_id == tx.maker_id)
    if search.name:
        found = found.where(t.name == search.name)
    after = search.after(tx.maker_id, str)
    if after is not None:
        found = found.where(t.name > after[0])
    rows = await tx.rows(found.order_by(t.name).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, lambda row: (row.name,))
    return [_profile_view(row) for row in shown], cursor


async def find_profile(tx: Tx, profile_id: UUID) -> StatementProfileView | None:
    t = columns(tables.StatementProfileRow)
    row = await tx.one_or_none(
        select(tables.sql(tables.StatementProfileRow)).where(t.maker_id == tx.maker_id, t.profile_id == profile_id)
    )
    return _profile_view(row) if row else None


def _profile_view(row: Row) -> StatementProfileView:
    return StatementProfileView(
        profile_id=row.profile_id,
        name=row.name,
        bank_account_id=row.bank_account_id,
        version=row.version,
        **row.mapping,
    )
