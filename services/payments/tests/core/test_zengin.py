"""Transfer notices read by bytes (PAY-012, R16), and what is refused with record and byte."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.refusal import Refusal
from payments.core.era import Era, EraProblem, era_date
from payments.core.statement import AccountNumber, Statement
from payments.core.zengin import looks_like_zengin, read_notice
from services.payments.tests.builders import TODAY, codes, long_transfer, transfer, yen, zengin, zengin_header


def _read(content: bytes) -> Statement:
    statement = read_notice(content, near=TODAY)
    assert isinstance(statement, Statement), statement
    return statement


def _refusal(content: bytes) -> Refusal:
    outcome = read_notice(content, near=TODAY)
    assert isinstance(outcome, tuple)
    assert len(outcome) == 1
    return outcome[0]


@pytest.mark.req("PAY-012")
def test_a_transfer_is_read_with_all_its_fields() -> None:
    statement = _read(zengin(transfer(33_000, reference="000007", edi="INV-2026-00001", payer_code="0000829753")))

    assert statement.account == AccountNumber("9999", "001", "1", "8235504")
    [line] = statement.lines
    assert (line.row, line.value_date, line.amount) == (2, date(2026, 9, 4), yen(33_000))
    assert (line.payer, line.reference, line.payer_code) == ("ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ", "000007", "0000829753")
    assert (line.description, line.sending_bank, line.cancels) == ("INV-2026-00001", "ﾃﾞﾓﾁﾕｳｵｳ", False)


@pytest.mark.req("PAY-012")
@pytest.mark.parametrize("line_break", [b"\r\n", b"\n", b"\r", b""])
@pytest.mark.parametrize("tail", [b"", b"\x1a", b"\x1a\r\n", b"\r\n\r\n"])
def test_line_breaks_and_end_of_file_marks_do_not_matter(line_break: bytes, tail: bytes) -> None:
    content = zengin(transfer(1), transfer(2), line_break=line_break) + tail
    assert [line.amount for line in _read(content).lines] == [yen(1), yen(2)]


@pytest.mark.req("PAY-012")
def test_a_byte_order_mark_and_utf_8_kana_are_taken_back() -> None:
    content = zengin(transfer(1))
    assert _read(b"\xef\xbb\xbf" + content.decode("cp932").encode()).encoding == "utf-8"
    assert _read(content.decode("cp932").encode()).lines == _read(content).lines


@pytest.mark.req("PAY-012")
def test_format_b_carries_amounts_of_twelve_digits() -> None:
    statement = _read(zengin(long_transfer(12_345_678_901, edi="ABC"), long_transfer(0, first=500)))
    assert statement.layout == "B"
    assert [line.amount for line in statement.lines] == [yen(12_345_678_901), yen(500)]
    assert statement.lines[0].description == "ABC"


def test_format_b_with_both_amounts_is_refused() -> None:
    assert codes(read_notice(zengin(long_transfer(5, first=5)), near=TODAY)) == ["BAD_AMOUNT"]


@pytest.mark.req("PAY-012")
def test_the_value_date_counts_and_where_it_is_empty_the_day_of_account() -> None:
    lines = _read(zengin(transfer(day="080904", value_day="080903"), transfer(value_day="000000"))).lines
    assert [line.value_date for line in lines] == [date(2026, 9, 3), date(2026, 9, 4)]


@pytest.mark.req("PAY-012")
@pytest.mark.parametrize(("count", "total"), [(2, 33_000), (1, 33_001), (0, 0)])
def test_totals_that_do_not_agree_refuse_the_file(count: int, total: int) -> None:
    refusal = _refusal(zengin(transfer(33_000), count=count, total=total))
    assert (refusal.code, refusal.row) == ("ZENGIN_TOTAL_MISMATCH", 3)
    assert refusal.facts["told_count"] == str(count)
    assert refusal.facts["found_total"] == "33000"


def test_cancellations_are_counted_apart() -> None:
    content = zengin(transfer(5_000), transfer(5_000, cancels=True), cancelled=(1, 5_000))
    assert [line.cancels for line in _read(content).lines] == [False, True]
    wrong = zengin(transfer(5_000), transfer(5_000, cancels=True), cancelled=(0, 0))
    assert _refusal(wrong).code == "ZENGIN_TOTAL_MISMATCH"


@pytest.mark.req("PAY-017")
def test_a_record_of_another_length_is_told_by_number_and_byte() -> None:
    content = zengin(transfer(1), line_break=b"")
    refusal = _refusal(content[:450])
    assert (refusal.code, refusal.row, refusal.column) == ("TRUNCATED_RECORD", 3, 50)
    assert refusal.facts["byte"] == "450"
    longer = content[:200] + b"\r\n" + content[200:405] + b"\r\n"
    assert _refusal(longer).facts["length"] == "205"


@pytest.mark.req("PAY-017")
def test_every_bad_field_of_a_file_is_told_at_once() -> None:
    content = zengin(transfer(0), transfer(1, day="081301", value_day="081301"), transfer(3))
    outcome = read_notice(content, near=TODAY)
    assert codes(outcome) == ["BAD_AMOUNT", "BAD_DATE"]
    assert isinstance(outcome, tuple)
    assert [one.row for one in outcome] == [2, 3]
    assert outcome[1].value == "081301"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\r\n\x1a", "EMPTY_FILE"),
        (zengin(), "EMPTY_FILE"),
        (zengin(transfer(), end=b""), "TRUNCATED_RECORD"),
        (zengin(transfer(), end=b"5"), "BAD_RECORD"),
        (zengin(transfer(), header=transfer()), "BAD_RECORD"),
        (zengin(transfer(), header=zengin_header(type_code="03")), "UNSUPPORTED_FORMAT"),
        (zengin(transfer()).replace(b"2000001", b"2000\x0001"), "ENCODING"),
        (
            zengin(transfer()).decode("cp932").encode("cp932").translate(bytes(range(240)) + b"\xf0" * 16)[:0]
            + b"\xf1\xf0\xf1" * 70,
            "ENCODING",
        ),
    ],
)
@pytest.mark.req("PAY-017")
def test_what_is_no_transfer_notice_is_refused(content: bytes, code: str) -> None:
    outcome = read_notice(content, near=TODAY)
    assert code in codes(outcome)


@pytest.mark.req("PAY-015")
def test_two_accounts_in_one_file_are_refused() -> None:
    first = zengin(transfer(1), end=b"")
    second = zengin(transfer(2), header=zengin_header(number="0000001"))
    assert codes(read_notice(first + second, near=TODAY)) == ["ACCOUNT_MISMATCH"]
    again = zengin(transfer(2))
    assert len(_read(first + again).lines) == 2


def test_more_lines_than_the_limit_are_refused_unread() -> None:
    content = zengin(*[transfer(1)] * 50_001, line_break=b"")
    assert codes(read_notice(content, near=TODAY)) == ["TOO_MANY_LINES"]


def test_only_a_header_of_digits_looks_like_a_zengin_file() -> None:
    assert looks_like_zengin(zengin(transfer()))
    assert not looks_like_zengin(b"date,amount\n")
    assert not looks_like_zengin("日付".encode("cp932"))


@given(st.binary(max_size=900))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    read_notice(content, near=TODAY)


@given(st.integers(0, 599), st.integers(0, 255))
def test_one_damaged_byte_is_refused_or_read(at: int, byte: int) -> None:
    content = bytearray(zengin(transfer(1), line_break=b""))
    content[at] = byte
    outcome = read_notice(bytes(content), near=TODAY)
    assert isinstance(outcome, Statement) or all(one.code for one in outcome)


@pytest.mark.req("PAY-012")
@pytest.mark.parametrize(
    ("digits", "near", "expected"),
    [
        ("080531", date(2026, 6, 1), date(2026, 5, 31)),
        ("080930", date(2026, 10, 1), date(2026, 9, 30)),
        ("280503", date(2016, 5, 10), date(2016, 5, 3)),
        ("310430", date(2019, 5, 10), date(2019, 4, 30)),
        ("010501", date(2019, 5, 10), date(2019, 5, 1)),
        ("010430", date(2019, 5, 10), EraProblem.DOUBTFUL),
        ("080229", date(2026, 3, 1), EraProblem.DOUBTFUL),
        ("080231", date(2026, 3, 1), EraProblem.NOT_A_DATE),
        ("28050", date(2026, 3, 1), EraProblem.NOT_A_DATE),
        ("２80503", date(2026, 3, 1), EraProblem.NOT_A_DATE),
    ],
)
def test_an_era_date_is_the_one_nearest_to_the_import_or_doubtful(
    digits: str, near: date, expected: date | EraProblem
) -> None:
    assert era_date(digits, near=near) == expected


def test_a_named_era_is_taken_at_its_word() -> None:
    assert era_date("080531", near=TODAY, era=Era.HEISEI) == date(1996, 5, 31)
    assert era_date("280503", near=TODAY, era=Era.REIWA) == date(2046, 5, 3)
