"""Importing a bank statement: the whole file or nothing, each line once, decided in file order (PAY-010 to PAY-018)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from chassis.tx import Tx
from kernel.calendar import business_date
from kernel.money import JPY, total
from kernel.refusal import Refusal
from payments.core.bank_line import BankLine
from payments.core.era import Era
from payments.core.maker import BankAccount
from payments.core.recorded import Method, RecordedLine, Source, Words
from payments.core.statement import Refusals, Statement, account_mismatch, fingerprints, rows_in_the_future
from payments.core.statement_csv import read_csv
from payments.core.zengin import looks_like_zengin, read_notice
from payments.store import facts, lines, profiles
from payments.usecases.hearsay import Told, Unheard, take
from payments.usecases.taking_in import take_in


class FileFormat(StrEnum):
    """`AUTO` looks at the first bytes."""

    AUTO = "auto"
    ZENGIN = "zengin"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ImportFile:
    """`account` is an id or a code, `profile` an id or a name; both may follow from the file and the other one.
    `imported_on` None is today in the maker's zone: era years and warnings are judged by it."""

    content: bytes
    name: str
    account: UUID | str | None = None
    format: FileFormat = FileFormat.AUTO
    profile: UUID | str | None = None
    era: Era = Era.AUTO
    imported_on: date | None = None


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A line of the file: new, or known from an earlier file."""

    row: int
    line_id: UUID
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file; `future_rows` are dated after tomorrow (a warning)."""

    file: lines.BankFile
    account: BankAccount
    lines: tuple[ImportedLine, ...]
    future_rows: tuple[int, ...]


async def import_file(tx: Tx, command: ImportFile, told: Told | None = None) -> Imported | Refusals:
    """Reads, fingerprints, decides and, where the maker allows it, confirms; refused whole on any problem.

    Raises Unheard for an account nobody has told of, once (`told` is the owner's answer).
    """
    await take(tx, told)
    maker, accounts = await facts.load_maker(tx), await facts.load_accounts(tx)
    today = command.imported_on or business_date(tx.now, maker.time_zone)
    found = await _read(tx, command, [one for one in accounts if one.active], today)
    if isinstance(found, tuple):
        if told is None and any(one.code == "UNKNOWN_BANK_ACCOUNT" for one in found):
            raise Unheard(maker=True)
        return found
    account, statement = found.account, found.statement
    await tx.lock("bank-account", [account.bank_account_id])
    marks = fingerprints(account.bank_account_id, statement.lines)
    known = await lines.known_fingerprints(tx, marks)
    file = await _keep_file(tx, command, account, statement, len(statement.lines) - len(known))
    recorded = _new_lines(tx, file, statement, marks, known)
    await take_in(tx, maker, recorded, today)
    ids = known | {one.source.fingerprint: one.line.line_id for one in recorded if one.source}
    imported = tuple(
        ImportedLine(line.row, ids[mark], mark in known) for line, mark in zip(statement.lines, marks, strict=True)
    )
    return Imported(file, account, imported, tuple(rows_in_the_future(statement.lines, today)))


# -- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    account: BankAccount
    statement: Statement


async def _read(tx: Tx, command: ImportFile, accounts: Sequence[BankAccount], today: date) -> _Found | Refusals:
    zengin = command.format is FileFormat.ZENGIN or (
        command.format is FileFormat.AUTO and looks_like_zengin(command.content)
    )
    given = _named(command.account, accounts)
    if isinstance(given, Refusal):
        return (given,)
    if zengin:
        statement = await asyncio.to_thread(read_notice, command.content, near=today, era=command.era)
        return statement if isinstance(statement, tuple) else _of_account(statement, given, accounts)
    return await _read_csv(tx, command, given, accounts)


def _named(account: UUID | str | None, accounts: Sequence[BankAccount]) -> BankAccount | Refusal | None:
    if account is None:
        return None
    found = next((one for one in accounts if account in (one.bank_account_id, one.code)), None)
    return found or Refusal("UNKNOWN_BANK_ACCOUNT", {"account": str(account)}, field="bank_account")


def _of_account(statement: Statement, given: BankAccount | None, accounts: Sequence[BankAccount]) -> _Found | Refusals:
    named = statement.account
    account = given or next((one for one in accounts if named and one.number.same_as(named)), None)
    if account is None:
        return (Refusal("UNKNOWN_BANK_ACCOUNT", {"account": str(statement.account)}, field="file"),)
    mismatch = account_mismatch(statement.account, account.number)
    if mismatch is not None:
        return (mismatch,)
    if account.currency != JPY:
        facts_ = {"currency": JPY.code, "line_currency": account.currency.code}
        return (Refusal("CURRENCY_MISMATCH", facts_, field="bank_account"),)
    return _Found(account, statement)


async def _read_csv(
    tx: Tx, command: ImportFile, given: BankAccount | None, accounts: Sequence[BankAccount]
) -> _Found | Refusals:
    profile = await profiles.choose_profile(tx, command.profile, given.bank_account_id if given else None)
    if profile is None:
        return (Refusal("UNKNOWN_PROFILE", {"profile": str(command.profile)}, field="profile"),)
    account = given or next((one for one in accounts if one.bank_account_id == profile.bank_account_id), None)
    account = account or (accounts[0] if len(accounts) == 1 else None)
    if account is None:
        return (Refusal("REQUIRED", field="bank_account"),)
    statement = await asyncio.to_thread(read_csv, command.content, profile.mapping, account.currency)
    return statement if isinstance(statement, tuple) else _Found(account, statement)


# -- keeping ----------------------------------------------------------------------------------------------------------


def _new_lines(
    tx: Tx, file: lines.BankFile, statement: Statement, marks: Sequence[str], known: dict[str, UUID]
) -> list[RecordedLine]:
    fresh = [(line, mark) for line, mark in zip(statement.lines, marks, strict=True) if mark not in known]
    return [
        RecordedLine(
            line=BankLine(line_id, line.value_date, line.amount, line.cancels),
            method=Method.BANK_TRANSFER,
            words=Words.of(line),
            bank_account_id=file.bank_account_id,
            source=Source(file.bank_file_id, line.row, mark),
        )
        for line_id, (line, mark) in zip(tx.new_ids(len(fresh)), fresh, strict=True)
    ]


async def _keep_file(
    tx: Tx, command: ImportFile, account: BankAccount, statement: Statement, new_lines: int
) -> lines.BankFile:
    media_type = "text/csv" if statement.layout == "csv" else "text/plain"
    file_id = await tx.store_file(command.content, name=command.name, media_type=media_type)
    file = lines.BankFile(
        bank_file_id=tx.new_id(),
        bank_account_id=account.bank_account_id,
        file_id=file_id,
        name=command.name,
        layout=statement.layout,
        encoding=statement.encoding,
        total=total((line.amount for line in statement.lines if not line.cancels), account.currency),
        new_lines=new_lines,
        duplicates=len(statement.lines) - new_lines,
        outgoing=statement.outgoing,
    )
    await lines.insert_file(tx, file)
    return file
