"""A transfer notice from its records: order of records, fields, era dates, and totals that must agree (PAY-012)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from kernel.money import JPY, Money
from kernel.refusal import Refusal
from payments.core.era import Era, EraProblem, era_date
from payments.core.statement import MOST_LINES, AccountNumber, Refusals, Statement, StatementLine
from payments.core.zengin import layout
from payments.core.zengin.layout import DATA_FIELDS_A, DATA_FIELDS_B, HEADER_FIELDS, TRAILER_FIELDS, Field
from payments.core.zengin.records import Record, looks_like_zengin, plain_bytes, records, refused, type_code


@dataclass(slots=True)
class _Reading:
    """What has been read so far; lives only inside `read_notice`."""

    near: date
    era: Era
    lines: list[StatementLine] = field(default_factory=list)
    problems: list[Refusal] = field(default_factory=list)
    account: AccountNumber | None = None
    long_amounts: bool = False
    group: int = 0


def read_notice(content: bytes, *, near: date, era: Era = Era.AUTO) -> Statement | Refusals:
    """The transfers of a notice in JPY, or every problem of the file: row = record, column = byte in it.

    Codes: EMPTY_FILE, ENCODING, TRUNCATED_RECORD, BAD_RECORD, BAD_DATE, BAD_AMOUNT, ACCOUNT_MISMATCH,
    UNSUPPORTED_FORMAT, TOO_MANY_LINES, ZENGIN_TOTAL_MISMATCH. `near` is the day of import (see `era_date`).
    """
    plain, encoding = plain_bytes(content)
    whole, problems = records(plain)
    if looks_like_zengin(plain) and type_code(plain) != layout.TRANSFER_NOTICE:
        return (Refusal("UNSUPPORTED_FORMAT", {"type": type_code(plain)}, row=1, column=2),)
    if sum(record.kind == layout.DATA for record in whole) > MOST_LINES:
        return (Refusal("TOO_MANY_LINES", {"limit": str(MOST_LINES)}),)
    reading = _Reading(near=near, era=era, problems=problems)
    _read(reading, whole, complete=not problems)
    if not reading.problems and not reading.lines:
        reading.problems.append(Refusal("EMPTY_FILE"))
    if reading.problems:
        return tuple(reading.problems)
    return Statement("B" if reading.long_amounts else "A", encoding, reading.account, tuple(reading.lines))


def _read(reading: _Reading, whole: Sequence[Record], *, complete: bool) -> None:
    before = ""
    for record in whole:
        if complete and record.kind not in layout.FOLLOWERS.get(before, ()):
            reading.problems.append(refused(record, "BAD_RECORD", record.begins, value=record.kind))
        before = record.kind
        _read_record(reading, record, complete=complete)
    if complete and whole and before != layout.END:
        last = whole[-1]
        reading.problems.append(refused(last, "TRUNCATED_RECORD", last.begins + layout.RECORD_BYTES - 1, missing="end"))


def _read_record(reading: _Reading, record: Record, *, complete: bool) -> None:
    try:
        match record.kind:
            case layout.HEADER:
                _read_header(reading, record)
            case layout.DATA:
                _read_line(reading, record)
            case layout.TRAILER if complete:
                _check_totals(reading, record)
    except UnicodeDecodeError:
        reading.problems.append(refused(record, "ENCODING", record.begins, reason="half a character"))


def _read_header(reading: _Reading, record: Record) -> None:
    names = ("bank_code", "branch_code", "account_kind", "account_number")
    account = AccountNumber(*(record.text(HEADER_FIELDS[name]) for name in names))
    reading.group = len(reading.lines)
    if reading.account is not None and not reading.account.same_as(account):
        refusal = refused(record, "ACCOUNT_MISMATCH", record.begins, found=str(account), expected=str(reading.account))
        reading.problems.append(refusal)
    reading.account = reading.account or account


def _read_line(reading: _Reading, record: Record) -> None:
    longer = layout.LONG_AMOUNTS.of(record.content).isdigit()
    reading.long_amounts |= longer
    fields = DATA_FIELDS_B if longer else DATA_FIELDS_A
    value_date = _value_date(reading, record, fields)
    amount = _amount(reading, record, fields)
    if value_date is not None and amount is not None:
        reading.lines.append(_line(record, fields, value_date, amount))


def _line(record: Record, fields: dict[str, Field], value_date: date, amount: int) -> StatementLine:
    code = record.text(fields["payer_code"])
    bank = f"{record.text(fields['sending_bank'])} {record.text(fields['sending_branch'])}"
    return StatementLine(
        row=record.number,
        value_date=value_date,
        amount=Money.of(amount, JPY),
        payer=record.text(fields["payer"]),
        description=record.text(fields["edi"]),
        reference=record.text(fields["reference"]),
        payer_code="" if not code.strip("0") else code,
        sending_bank=bank.strip(),
        cancels=record.text(fields["cancellation"]) == "1",
    )


def _value_date(reading: _Reading, record: Record, fields: dict[str, Field]) -> date | None:
    """起算日, the day the money counts from; banks that leave it empty mean the day of account (勘定日)."""
    chosen = fields["value_date"] if record.text(fields["value_date"]).strip("0") else fields["account_date"]
    digits = record.text(chosen)
    day = era_date(digits, near=reading.near, era=reading.era)
    if not isinstance(day, EraProblem):
        return day
    byte = record.begins + chosen.begins - 1
    reading.problems.append(refused(record, "BAD_DATE", byte, value=digits, reason=day.value))
    return None


def _amount(reading: _Reading, record: Record, fields: dict[str, Field]) -> int | None:
    candidates = [fields["amount"]] + ([fields["long_amount"]] if "long_amount" in fields else [])
    texts = [record.text(one) for one in candidates]
    if all(text.isascii() and text.isdigit() for text in texts):
        amounts = [int(text) for text in texts if int(text)]
        if len(amounts) == 1:
            return amounts[0]
    byte = record.begins + fields["amount"].begins - 1
    reading.problems.append(refused(record, "BAD_AMOUNT", byte, value=" ".join(texts)))
    return None


def _check_totals(reading: _Reading, record: Record) -> None:
    """Count and sum of transfers, and of cancellations apart, as the bank counted them."""
    if any(problem.code in ("BAD_AMOUNT", "BAD_DATE", "ENCODING") for problem in reading.problems):
        return
    group = reading.lines[reading.group :]
    counted = (*_count(line for line in group if not line.cancels), *_count(line for line in group if line.cancels))
    told = tuple(_number(record, name) for name in ("count", "total", "cancelled_count", "cancelled_total"))
    if told != counted:
        facts = {"told_count": told[0], "told_total": told[1], "found_count": counted[0], "found_total": counted[1]}
        where = {name: str(number) for name, number in facts.items()}
        reading.problems.append(refused(record, "ZENGIN_TOTAL_MISMATCH", record.begins + 1, **where))


def _count(lines: Iterable[StatementLine]) -> tuple[int, int]:
    amounts = [int(line.amount.amount) for line in lines]
    return len(amounts), sum(amounts)


def _number(record: Record, name: str) -> int:
    """Blank counts as nothing: banks leave the cancellation totals empty. Anything else that is no number is -1."""
    text = record.text(TRAILER_FIELDS[name])
    return int(text) if text.isascii() and text.isdigit() else (-1 if text else 0)
