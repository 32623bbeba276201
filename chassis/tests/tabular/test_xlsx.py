"""Excel files: what is read, what is told, what is refused (INT-015, RELIABILITY §5)."""

from __future__ import annotations

import datetime
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from chassis import tabular
from chassis.tabular import Limits, Sheet
from chassis.tabular.xlsx import moment_of
from kernel.refusal import Refusal

Workbook = Callable[[Callable[..., object]], bytes]
Raw = Callable[..., bytes]


def sheet(content: bytes, **options: object) -> Sheet:
    read = tabular.read(content, **options)  # type: ignore[arg-type]
    assert isinstance(read, Sheet), read
    return read


def code(content: bytes, **options: object) -> str:
    read = tabular.read(content, **options)  # type: ignore[arg-type]
    assert isinstance(read, list), read
    return read[0].code


def row(*cells: str, number: int | None = None) -> str:
    return f"<row{f' r={chr(34)}{number}{chr(34)}' if number else ''}>{''.join(cells)}</row>"


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


@pytest.mark.req("INT-015")
def test_cells_become_the_text_a_person_saw(workbook: Workbook) -> None:
    def fill(ws: Any) -> None:
        ws.append(["code", "qty", "price", "day", "at", "flag", "jan"])
        day, at = datetime.date(2026, 2, 3), datetime.datetime(2026, 2, 3, 4, 5)  # noqa: DTZ001  # a cell has no zone
        ws.append(["00123", 12, 0.1 + 0.2, day, at, True, 4901234567894])

    found = sheet(workbook(fill))

    assert found.rows == [["00123", "12", "0.3", "2026-02-03", "2026-02-03 04:05:00", "TRUE", "4901234567894"]]
    assert (found.encoding, found.row_numbers) == ("xlsx", [2])
    assert found.dates == {(2, 4), (2, 5)}
    assert found.problems == []


@pytest.mark.req("INT-015")
def test_a_formula_uses_its_stored_value_and_one_without_is_told(raw_xlsx: Raw) -> None:
    header = row(text("a"), text("b"))
    stored = row("<c><f>1+1</f><v>2</v></c>", '<c t="str"><f>""</f><v></v></c>')
    lost = row("<c><f>1+1</f></c>", "<c><f>1+2</f><v/></c>")

    found = sheet(raw_xlsx(header + stored + lost))

    assert found.rows[0] == ["2", ""]
    assert [(problem.code, problem.row, problem.column, problem.field) for problem in found.problems] == [
        ("FORMULA_WITHOUT_VALUE", 3, 1, "a"),
        ("FORMULA_WITHOUT_VALUE", 3, 2, "b"),
    ]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!"])
def test_an_error_cell_is_told_and_is_not_blank(raw_xlsx: Raw, error: str) -> None:
    found = sheet(raw_xlsx(row(text("a")) + row(f'<c t="e"><v>{error}</v></c>')))

    [problem] = found.problems
    assert (problem.code, problem.row, problem.column, problem.value) == ("EXCEL_ERROR_VALUE", 2, 1, error)


@pytest.mark.req("INT-015")
def test_merged_cells_are_told_with_their_place(workbook: Workbook) -> None:
    def fill(ws: Any) -> None:
        ws.append(["a", "b"])
        ws.append(["x", "y"])
        ws.merge_cells("A2:B3")

    assert sheet(workbook(fill)).problems == [Refusal("MERGED_CELLS", {"range": "A2:B3"}, row=2, column=1)]


def test_readings_of_kanji_are_not_part_of_the_text(raw_xlsx: Raw) -> None:
    shared = "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si><si><r><t>大</t></r><r><t>阪</t></r></si>"

    found = sheet(raw_xlsx(row('<c t="s"><v>0</v></c>') + row('<c t="s"><v>1</v></c>'), shared=shared))

    assert (found.headers, found.rows) == (["東京"], [["大阪"]])


def test_a_number_beyond_fifteen_digits_was_changed_by_excel(raw_xlsx: Raw) -> None:
    found = sheet(
        raw_xlsx(row(text("a")) + row("<c><v>4901234567894123</v></c>") + row("<c><v>999999999999999</v></c>"))
    )

    assert [(problem.code, problem.row) for problem in found.problems] == [("CHANGED_BY_EXCEL", 2)]
    assert found.rows == [["4901234567894123"], ["999999999999999"]]


@pytest.mark.parametrize(
    ("serial", "from_1904", "moment"),
    [
        ("1", False, "1900-01-01"),
        ("59", False, "1900-02-28"),
        ("60", False, None),
        ("61", False, "1900-03-01"),
        ("46348", False, "2026-11-22"),
        ("44886", True, "2026-11-22"),
        ("46348.5", False, "2026-11-22 12:00:00"),
        ("46347.999999", False, "2026-11-22"),
        ("0.25", False, "06:00:00"),
        ("2958465", False, "9999-12-31"),
        ("2958466", False, None),
        ("-1", False, None),
    ],
)
def test_date_serials_of_both_systems(serial: str, from_1904: bool, moment: str | None) -> None:
    assert moment_of(Decimal(serial), from_1904=from_1904) == moment


def test_a_day_that_never_was_is_told(workbook: Workbook) -> None:
    def fill(ws: Any) -> None:
        ws.append(["day"])
        ws.append([60])
        ws["A2"].number_format = "yyyy/mm/dd"

    assert [problem.code for problem in sheet(workbook(fill)).problems] == ["BAD_DATE"]


def test_the_named_sheet_is_read_and_hidden_ones_are_not_the_first(workbook: Workbook) -> None:
    def fill(ws: Any) -> None:
        ws.append(["hidden"])
        ws.append(["1"])
        ws.sheet_state = "hidden"
        for name in ("first", "second"):
            other = ws.parent.create_sheet(name)
            other.append([name])
            other.append(["1"])

    content = workbook(fill)

    assert sheet(content).headers == ["first"]
    assert sheet(content, sheet_name="second").headers == ["second"]
    assert code(content, sheet_name="hidden") == "MISSING_SHEET"


def test_a_cell_in_the_far_corner_costs_one_cell(workbook: Workbook) -> None:
    def corner(ws: Any) -> None:
        ws["XFD1048576"] = "x"

    def below(ws: Any) -> None:
        ws["A1"], ws["A2"], ws["A1048576"] = "h", "v", "x"

    tracemalloc.start()
    assert code(workbook(corner)) == "FILE_TOO_MANY_COLUMNS"
    assert sheet(workbook(below)).row_numbers == [2, 1_048_576]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


@pytest.mark.req("INT-013")
def test_two_million_rows_in_a_small_file_are_refused_at_once_in_little_memory(raw_xlsx: Raw) -> None:
    content = raw_xlsx(row(text("a")) * 2_000_000)
    assert len(content) < 400_000

    tracemalloc.start()
    read = tabular.read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert isinstance(read, list)
    assert (read[0].code, read[0].facts["limit"]) == ("FILE_TOO_LARGE", "50,000")
    assert peak < 20 * 1024 * 1024


def test_a_part_that_expands_too_much_is_unsafe(raw_xlsx: Raw) -> None:
    bomb = raw_xlsx(row(text("a")) + row(text("b")), shared="<si><t>" + "x" * 30_000_000 + "</t></si>")

    assert code(bomb) == "FILE_UNSAFE"


def test_a_cell_longer_than_excel_allows_is_told_and_one_without_end_is_unsafe(raw_xlsx: Raw) -> None:
    def with_cell(length: int) -> bytes:
        return raw_xlsx(row(text("a")) + row(text("x" * length)))

    assert sheet(with_cell(32_767)).problems == []
    assert [problem.code for problem in sheet(with_cell(32_768)).problems] == ["TOO_LONG"]
    assert code(with_cell(3_000_000)) == "FILE_UNSAFE"


def test_cells_are_limited_in_number(raw_xlsx: Raw) -> None:
    content = raw_xlsx(row(text("a"), text("b")) + row(text("1"), text("2")) * 3)

    assert len(sheet(content, limits=Limits(cells=8)).rows) == 3
    assert code(content, limits=Limits(cells=7)) == "FILE_TOO_LARGE"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
    ],
)
def test_a_dtd_makes_a_file_unsafe(raw_xlsx: Raw, doctype: str) -> None:
    part = f"{doctype}<worksheet><sheetData>{row(text('a'))}</sheetData></worksheet>"

    assert code(raw_xlsx(parts={"xl/worksheets/sheet1.xml": part})) == "FILE_UNSAFE"


def test_a_dtd_cannot_hide_in_another_encoding(raw_xlsx: Raw) -> None:
    part = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x><worksheet/>'

    assert code(raw_xlsx(parts={"xl/worksheets/sheet1.xml": part.encode("utf-16")})) == "FILE_UNSAFE"
    assert code(raw_xlsx(parts={"xl/worksheets/sheet1.xml": part})) == "FILE_UNSAFE"


def test_xml_nested_without_end_costs_nothing(raw_xlsx: Raw) -> None:
    nested = "<x>" * 200_000 + "</x>" * 200_000

    assert sheet(raw_xlsx(row(text("a")) + row(text("b")) + nested)).rows == [["b"]]


@pytest.mark.parametrize(
    "broken", ["<row><c", "</row>", "\x00", "<row><c r='??'/></row>", "<row><c t='s'><v>9</v></c></row>"]
)
def test_broken_xml_is_a_damaged_file(raw_xlsx: Raw, broken: str) -> None:
    assert code(raw_xlsx(row(text("a")) + broken)) == "FILE_DAMAGED"


def test_a_truncated_file_is_damaged(raw_xlsx: Raw) -> None:
    content = raw_xlsx(row(text("a")) + row(text("1")))

    assert all(code(content[:length]) == "FILE_DAMAGED" for length in range(4, len(content), 97))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "FILE_OLD_EXCEL"),
        (b"%PDF-1.7\n%\xe2\xe3", "FILE_NOT_A_TABLE"),
        (b"<html><table><tr><td>a</td></tr></table>", "FILE_NOT_A_TABLE"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>a", "FILE_NOT_A_TABLE"),
        (b'<?xml version="1.0"?><Workbook/>', "FILE_NOT_A_TABLE"),
        (b"\x89PNG\r\n\x1a\n", "FILE_NOT_A_TABLE"),
        (b"\x1f\x8b\x08\x00", "FILE_NOT_A_TABLE"),
    ],
)
def test_other_files_are_recognised_by_content(content: bytes, expected: str) -> None:
    assert code(content, filename="orders.xlsx") == expected


def test_other_zips_are_told_by_name(raw_xlsx: Raw) -> None:
    macros = raw_xlsx(row(text("a")), parts={"xl/vbaProject.bin": b"x"})

    refused = tabular.read(macros)
    assert isinstance(refused, list)
    assert refused[0].facts["kind"] == "Excel (.xlsm)"


def test_a_file_without_rows_says_so(raw_xlsx: Raw) -> None:
    assert code(raw_xlsx("")) == "FILE_EMPTY"
    assert code(raw_xlsx(row(text("a")))) == "FILE_EMPTY"
