"""CSV as people send it (INT-012, INT-013, INT-014, RELIABILITY §5)."""

from __future__ import annotations

import pytest

from chassis import tabular
from chassis.tabular import Limits, Sheet
from kernel.refusal import Refusal

TROUBLESOME = "①㈱髙﨑～－Ⅱ℡"


def sheet(content: bytes | str, **options: object) -> Sheet:
    read = tabular.read(content.encode() if isinstance(content, str) else content, **options)  # type: ignore[arg-type]
    assert isinstance(read, Sheet), read
    return read


def refusal(content: bytes | str, **options: object) -> Refusal:
    read = tabular.read(content.encode() if isinstance(content, str) else content, **options)  # type: ignore[arg-type]
    assert isinstance(read, list), read
    [problem] = read
    return problem


@pytest.mark.req("INT-014")
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp932", "cp932"), ("utf-16", "utf-16")],
)
def test_the_encoding_is_detected_and_told(encoding: str, told: str) -> None:
    found = sheet(f"コード,名前\r\nA-1,{TROUBLESOME}\r\n".encode(encoding))

    assert found.encoding == told
    assert found.headers == ["コード", "名前"]
    assert found.rows == [["A-1", TROUBLESOME]]


@pytest.mark.req("INT-014")
def test_a_second_byte_that_looks_like_a_backslash_splits_nothing() -> None:
    assert sheet("a,b\r\n表ソ能,予\r\n".encode("cp932")).rows == [["表ソ能", "予"]]


@pytest.mark.req("INT-014")
def test_half_a_character_at_the_end_is_told_with_its_byte() -> None:
    content = "code,name\nA,商品\n".encode()[:-2]

    problem = refusal(content)

    assert problem.code == "ENCODING"
    assert problem.facts["byte"] == str(len(content) - 1)


@pytest.mark.req("INT-014")
def test_mixed_encodings_are_undecodable_at_the_first_foreign_byte() -> None:
    good = "コード,名前\nあ,".encode()

    problem = refusal(good + "髙\n".encode("cp932"))

    assert (problem.code, problem.facts["byte"]) == ("ENCODING", str(len(good) + 1))


def test_what_may_be_euc_jp_asks_for_the_encoding_and_takes_the_answer() -> None:
    content = "コード,名前\nア,ニホンゴ\n".encode("euc_jp")

    assert refusal(content).code == "ENCODING"
    assert sheet(content, encoding="euc-jp").rows == [["ア", "ニホンゴ"]]


def test_an_encoding_nobody_knows_is_refused_by_name() -> None:
    assert refusal("a\n1\n", encoding="ebcdic").code == "BAD_CHOICE"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ending_are_recognised(delimiter: str, ending: str) -> None:
    lines = [delimiter.join(["code", '"name, with; signs"']), delimiter.join(["1", "2"]), ""]

    found = sheet(ending.join(lines))

    assert (found.headers, found.rows) == (["code", "name, with; signs"], [["1", "2"]])


@pytest.mark.req("INT-012")
def test_rows_are_numbered_as_csv_records_with_the_header_as_one() -> None:
    found = sheet('a,b\n"two\nlines",x\n\n,,\nlast,y\n')

    assert found.rows == [["two\nlines", "x"], ["last", "y"]]
    assert found.row_numbers == [2, 5]


def test_short_rows_are_filled_and_trailing_commas_are_nothing() -> None:
    found = sheet("a,b,c\n1\n1,2,3,,,\n")

    assert found.rows == [["1", "", ""], ["1", "2", "3"]]
    assert found.widths == [1, 6]


def test_a_cell_beyond_the_header_is_a_problem_of_its_row() -> None:
    found = sheet("a,b\n1,2,3\n4,5\n")

    assert found.rows == [["1", "2"], ["4", "5"]]
    assert found.problems == [Refusal("TOO_MANY_CELLS", row=2, column=3, value="3")]


def test_an_unclosed_quote_names_the_row_where_it_opens() -> None:
    assert refusal('a,b\n1,2\n"3,4\n5,6\n') == Refusal("UNCLOSED_QUOTE", row=3)


def test_text_after_a_closing_quote_names_its_row() -> None:
    assert refusal('a,b\n"1"x,2\n') == Refusal("BAD_QUOTE", row=2)


def test_a_nul_character_is_refused_with_its_row() -> None:
    assert refusal(b"a,b\n1,2\n3,\x004\n") == Refusal("NUL_CHARACTER", row=3)


@pytest.mark.parametrize("length", [32_768, 200_000])
def test_a_cell_too_long_for_any_spreadsheet_is_told_with_its_row(length: int) -> None:
    read = tabular.read(f"a,b\n1,{'x' * length}\n".encode())

    problems = read if isinstance(read, list) else read.problems
    assert [(problem.code, problem.row) for problem in problems] == [("TOO_LONG", 2)]


def test_the_longest_allowed_cell_is_taken() -> None:
    assert sheet(f"a\n{'x' * 32_767}\n").problems == []


def test_a_code_that_excel_has_rewritten_as_an_exponent_is_flagged() -> None:
    found = sheet("jan,qty\n4.90123E+12,3\n4901234567894,3\n")

    [problem] = found.problems
    assert (problem.code, problem.row, problem.column, problem.field) == ("CHANGED_BY_EXCEL", 2, 1, "jan")


@pytest.mark.req("INT-013")
def test_fifty_thousand_rows_are_taken_and_one_more_is_not() -> None:
    header, row = "a\n", "1\n"

    assert len(sheet(header + row * 50_000).rows) == 50_000
    assert refusal(header + row * 50_001).code == "FILE_TOO_LARGE"


@pytest.mark.req("INT-013")
def test_size_and_columns_are_limited() -> None:
    limits = Limits(bytes=20, columns=2)

    assert refusal("a,b\n1,2\n" + " " * 20, limits=limits).code == "FILE_TOO_LARGE"
    assert refusal("a,b,c\n1,2,3\n", limits=limits).code == "FILE_TOO_MANY_COLUMNS"
    assert sheet("a,b,\n1,2,\n", limits=limits).headers == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"  \r\n ", b"a,b\r\n", b"\xef\xbb\xbfa,b\r\n,,\r\n"])
def test_a_file_without_rows_says_so(content: bytes) -> None:
    assert refusal(content).code == "FILE_EMPTY"


def test_the_end_of_file_mark_of_old_programs_is_no_row() -> None:
    assert sheet(b"a\r\n1\r\n\x1a").rows == [["1"]]
