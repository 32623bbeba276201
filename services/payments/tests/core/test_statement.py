"""CSV statements by mapping profile (PAY-011) and fingerprints (PAY-016)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import JPY, Currency, Money
from payments.core.statement import (
    AccountNumber,
    Statement,
    StatementLine,
    account_mismatch,
    fingerprints,
    rows_in_the_future,
)
from payments.core.statement_csv import (
    GENERIC,
    DateFormat,
    DecimalSign,
    Delimiter,
    Encoding,
    StatementProfile,
    parse_amount,
    parse_date,
    profile_problems,
    read_csv,
)
from services.payments.tests.builders import codes, yen

USD = Currency.of("USD")
BANK = StatementProfile(
    value_date="日付",
    amount_in="お預り金額",
    amount_out="お支払金額",
    payer="お取り扱い内容",
    description="メモ",
    balance="残高",
    skip_rows=1,
    date_format=DateFormat.YEAR_MONTH_DAY,
)
ROWS = """口座,001
日付,お支払金額,お預り金額,お取り扱い内容,メモ,残高
2026/9/4,,"33,000",カ）ヤマダ,INV-1,1
2026/9/5,500,,手数料,,1
"""


def _read(content: bytes, profile: StatementProfile = BANK, currency: Currency = JPY) -> Statement:
    statement = read_csv(content, profile, currency)
    assert isinstance(statement, Statement), statement
    return statement


@pytest.mark.req("PAY-011")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_incoming_lines_are_read_and_outgoing_ones_counted(encoding: str) -> None:
    statement = _read(ROWS.encode(encoding))
    assert statement.lines == (StatementLine(3, date(2026, 9, 4), yen(33_000), "カ）ヤマダ", "INV-1"),)
    assert (statement.outgoing, statement.encoding) == (1, encoding.removesuffix("-sig"))


@pytest.mark.req("PAY-011")
def test_one_signed_column_and_column_numbers_work_without_headers() -> None:
    profile = StatementProfile(
        value_date=1,
        amount=2,
        payer=3,
        header=False,
        delimiter=Delimiter.SEMICOLON,
        date_format=DateFormat.DAY_MONTH_YEAR,
        decimal_sign=DecimalSign.COMMA,
        encoding=Encoding.UTF_8,
    )
    statement = _read(b"04.09.2026;1.234,50;ACME\n05.09.2026;-7,00;Bank\n", profile, USD)
    assert [line.amount for line in statement.lines] == [Money.of("1234.50", USD)]
    assert statement.outgoing == 1


@pytest.mark.req("PAY-017", "PAY-018")
def test_every_problem_of_a_csv_is_told_with_row_and_column() -> None:
    content = "date,amount,payer,description,reference\n2026-13-01,0,x,,\n2026-09-01,1.5,x,,\n2026-09-01,=1+1,x\t,,\n"
    outcome = read_csv(content.encode(), GENERIC, JPY)
    assert isinstance(outcome, tuple)
    assert [(one.code, one.row, one.column) for one in outcome] == [
        ("BAD_DATE", 2, 1),
        ("BAD_AMOUNT", 2, 2),
        ("BAD_AMOUNT", 3, 2),
        ("BAD_AMOUNT", 4, 2),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ["EMPTY_FILE"]),
        (b"\xef\xbb\xbf", ["EMPTY_FILE"]),
        (b"date,amount,payer,description,reference\n", ["EMPTY_FILE"]),
        (b"date,amount\n2026-09-01,1\n", ["MISSING_COLUMN"] * 3),
        (b'date,amount\n"2026', ["BAD_FILE"]),
        (b"date\x00,amount\n", ["BAD_FILE"]),
        (b"a\xff\xffb", ["ENCODING"]),
    ],
)
@pytest.mark.req("PAY-017")
def test_what_cannot_be_read_as_csv_is_refused(content: bytes, expected: list[str]) -> None:
    assert codes(read_csv(content, GENERIC, JPY)) == expected


@pytest.mark.req("PAY-017")
@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"date,payer,description,reference\n2026-09-01,a,b,c\n", {"header": "amount"}),
        (b'date,amount,payer,description,reference\n"2026', {"row": "2", "reason": "unexpected end of data"}),
        (b"date\x00,amount\n", {"row": "1", "reason": "NUL"}),
    ],
)
def test_what_cannot_be_read_says_what_its_text_needs(content: bytes, facts: dict[str, str]) -> None:
    refused = read_csv(content, GENERIC, JPY)
    assert isinstance(refused, tuple)
    assert [dict(one.facts) for one in refused] == [facts]


@pytest.mark.req("PAY-011", "PAY-017")
def test_a_mapped_column_that_stands_twice_is_refused_and_an_unmapped_one_is_not() -> None:
    def headed(header: str) -> bytes:
        return f"{header}\n2026/9/4,,33000,ヤマダ,,1,9\n".encode()

    profile = replace(BANK, skip_rows=0)
    twice = read_csv(headed("日付,お支払金額,お預り金額,お取り扱い内容,メモ,残高,お預り金額"), profile, JPY)
    assert isinstance(twice, tuple)
    assert [(one.code, one.field, one.row, one.column) for one in twice] == [("DUPLICATE_COLUMN", "amount_in", 1, 7)]
    unmapped = _read(headed("日付,お支払金額,お預り金額,お取り扱い内容,メモ,備考,備考"), replace(profile, balance=None))
    assert [line.amount for line in unmapped.lines] == [yen(33_000)]


def test_control_characters_and_endless_texts_are_refused() -> None:
    head = "date,amount,payer,description,reference\n"
    assert codes(read_csv(f"{head}2026-09-01,1,a\u0007b,,\n".encode(), GENERIC, JPY)) == ["BAD_TEXT"]
    assert codes(read_csv(f"{head}2026-09-01,1,{'x' * 501},,\n".encode(), GENERIC, JPY)) == ["BAD_TEXT"]
    assert codes(read_csv(f"{head}2026-09-01,1,{'x' * 140_000},,\n".encode(), GENERIC, JPY)) == ["BAD_FILE"]


def test_an_amount_both_ways_or_neither_is_no_amount() -> None:
    both = ROWS.replace("500,,手数料", "500,1,手数料")
    neither = ROWS.replace("500,,手数料", ",,手数料")
    assert codes(read_csv(both.encode(), BANK, JPY)) == ["BAD_AMOUNT"]
    assert codes(read_csv(neither.encode(), BANK, JPY)) == ["BAD_AMOUNT"]


@pytest.mark.req("PAY-011")
def test_a_profile_that_cannot_mean_anything_is_refused() -> None:
    assert codes(profile_problems(StatementProfile(value_date="d"))) == ["AMOUNT_COLUMN"]
    assert codes(profile_problems(StatementProfile(value_date="d", amount="a", amount_in="i"))) == ["AMOUNT_COLUMN"]
    assert codes(profile_problems(StatementProfile(value_date=1, amount="a", amount_out="o"))) == ["AMOUNT_COLUMN"]
    wrong = StatementProfile(value_date="d", amount=2, header=False)
    assert codes(profile_problems(wrong)) == ["COLUMN_NUMBER_NEEDED"]
    assert profile_problems(BANK) == ()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("33,000", "33000"),
        ("３３，０００", "33000"),
        ("¥1,000", "1000"),
        ("1000円", "1000"),
        ("▲500", "-500"),
        (" 12 ", "12"),
        ("1,00", None),
        ("1_000", None),
        ("1e5", None),
        ("NaN", None),
        ("١٢", None),
        ("", None),
        ("1,200.50", "1200.50"),
    ],
)
def test_amounts_have_a_grammar_of_their_own(text: str, amount: str | None) -> None:
    assert parse_amount(text, DecimalSign.POINT) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2026-9-4", DateFormat.YEAR_MONTH_DAY, date(2026, 9, 4)),
        ("２０２６／０９／０４", DateFormat.YEAR_MONTH_DAY, date(2026, 9, 4)),
        ("2026年9月4日", DateFormat.KANJI, date(2026, 9, 4)),
        ("20260904", DateFormat.DIGITS, date(2026, 9, 4)),
        ("04.09.2026", DateFormat.DAY_MONTH_YEAR, date(2026, 9, 4)),
        ("09/04/2026", DateFormat.MONTH_DAY_YEAR, date(2026, 9, 4)),
        ("R8.9.4", DateFormat.ERA, date(2026, 9, 4)),
        ("令和元年5月1日", DateFormat.ERA, date(2019, 5, 1)),
        ("2026/2/30", DateFormat.YEAR_MONTH_DAY, None),
        ("08-09-04", DateFormat.YEAR_MONTH_DAY, None),
        ("8.9.4", DateFormat.ERA, None),
        ("2026-09-04T00:00", DateFormat.YEAR_MONTH_DAY, None),
    ],
)
def test_days_are_read_in_the_format_of_the_profile(text: str, form: DateFormat, day: date | None) -> None:
    assert parse_date(text, form) == day


@given(st.binary(max_size=300))
def test_no_bytes_make_the_csv_reader_fail(content: bytes) -> None:
    read_csv(content, GENERIC, JPY)
    read_csv(b"date,amount,payer,description,reference\n" + content, GENERIC, JPY)


ACCOUNT = UUID(int=1)
LINE = StatementLine(2, date(2026, 9, 4), yen(5_511), "ﾓﾘﾀ ｹﾝｼﾞ")


@pytest.mark.req("PAY-016")
def test_two_equal_transfers_of_one_day_stay_two_and_a_repeated_file_brings_nothing() -> None:
    first_half, whole_day = fingerprints(ACCOUNT, [LINE]), fingerprints(ACCOUNT, [LINE, replace(LINE, row=3)])
    assert len(set(whole_day)) == 2
    assert whole_day[0] == first_half[0]
    assert fingerprints(ACCOUNT, [LINE, LINE]) == whole_day


@pytest.mark.req("PAY-016")
@pytest.mark.parametrize(
    "other",
    [
        replace(LINE, value_date=date(2026, 9, 5)),
        replace(LINE, amount=yen(5_512)),
        replace(LINE, payer="ﾓﾘﾀ"),
        replace(LINE, description="x"),
        replace(LINE, reference="000002"),
        replace(LINE, cancels=True),
    ],
)
def test_a_line_that_differs_in_any_trait_is_another_line(other: StatementLine) -> None:
    assert fingerprints(ACCOUNT, [other]) != fingerprints(ACCOUNT, [LINE])
    assert fingerprints(UUID(int=2), [LINE]) != fingerprints(ACCOUNT, [LINE])


@pytest.mark.req("PAY-016")
@pytest.mark.parametrize(("written", "again"), [("1000", "1000.00"), ("1,000", "1000.0")])
def test_an_amount_written_with_other_decimals_is_the_same_line(written: str, again: str) -> None:
    first, second = (_marks(f'2026-09-01,"{amount}",ﾔﾏﾀﾞ,,\n', JPY) for amount in (written, again))
    assert first == second


@pytest.mark.req("PAY-016")
def test_an_amount_of_dollars_without_its_last_zero_is_the_same_line() -> None:
    assert _marks("2026-09-01,12.5,ACME,,\n", USD) == _marks("2026-09-01,12.50,ACME,,\n", USD)


def _marks(row: str, currency: Currency) -> list[str]:
    content = f"date,amount,payer,description,reference\n{row}".encode()
    return fingerprints(ACCOUNT, _read(content, GENERIC, currency).lines)


@given(st.lists(st.integers(1, 3), max_size=8), st.integers(0, 8))
def test_overlapping_files_bring_each_line_once(amounts: list[int], cut: int) -> None:
    lines = [replace(LINE, amount=yen(amount)) for amount in amounts]
    seen = set(fingerprints(ACCOUNT, lines[:cut]))
    assert len(seen | set(fingerprints(ACCOUNT, lines))) == len(lines)


@pytest.mark.req("PAY-015")
def test_a_file_of_another_account_is_refused() -> None:
    own, other = AccountNumber("9999", "001", "1", "8235504"), AccountNumber("9999", "001", "2", "8235504")
    refusal = account_mismatch(other, own)
    assert refusal is not None
    assert (refusal.code, refusal.facts["found"]) == ("ACCOUNT_MISMATCH", "9999-001-2-8235504")
    assert account_mismatch(None, own) is None
    assert account_mismatch(AccountNumber("9999", "1", "1", "8235504"), own) is None
    assert account_mismatch(AccountNumber("9999", "001", "1", "08235504"), own) is None


@pytest.mark.req("PAY-018")
def test_lines_dated_after_tomorrow_are_noticed() -> None:
    assert rows_in_the_future([LINE], date(2026, 9, 3)) == []
    assert rows_in_the_future([LINE], date(2026, 9, 2)) == [2]
