"""Imports of master files: every error at once, preview and apply by the same code (INT-010 … INT-015)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import openpyxl
import pytest

from chassis import imports, tabular
from chassis.database import Database, Role
from chassis.imports import Cleared, Column, Layout, Need, Row, Rows
from chassis.tabular import Sheet
from kernel.refusal import Refusal

LAYOUT = Layout(
    columns=[
        Column("code", ("得意先コード", "customer code"), imports.code(10), Need.ROW, sample="C-1"),
        Column("name", ("得意先名",), imports.text(10), Need.NEW, sample="見本商店"),
        Column("limit", ("与信限度額",), imports.whole(0, 1_000_000)),
        Column("rate", ("掛率",), imports.percent()),
        Column("since", ("取引開始日",), imports.day),
        Column("hold", ("停止",), imports.yes_no()),
    ],
    key=["code"],
)


def read(content: str | bytes, layout: Layout = LAYOUT) -> Rows | list[Refusal]:
    sheet = tabular.read(content.encode() if isinstance(content, str) else content)
    assert isinstance(sheet, Sheet), sheet
    return layout.read(sheet)


def rows(content: str | bytes) -> Sequence[Row]:
    found = read(content)
    assert isinstance(found, Rows), found
    assert not found.refusals, found.refusals
    return found.rows


def problems(content: str | bytes) -> list[tuple[int | None, int | None, str]]:
    found = read(content)
    refusals = found if isinstance(found, list) else found.refusals
    return [(refusal.row, refusal.column, refusal.code) for refusal in refusals]


def xlsx(*lines: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestHeaders:
    """Columns are found by name."""

    @pytest.mark.parametrize(
        "header",
        [
            "得意先コード,得意先名",
            "得意先名,得意先コード",
            "CODE,name",
            " Customer Code ,ＮＡＭＥ",
            "得意先コード*,得意先名（必須）",
            "ｺｰﾄﾞ,得意先名",
        ],
    )
    def test_names_are_compared_after_nfkc_and_case_folding_in_any_order(self, header: str) -> None:
        at_first = header.startswith("得意先名")
        content = f"{header}\n" + ("青木,C-1" if at_first else "C-1,青木") + "\n"

        if header.startswith("ｺｰﾄﾞ"):
            assert problems(content)[0] == (1, 1, "UNKNOWN_COLUMN")
        else:
            assert [row.values for row in rows(content)] == [{"code": "C-1", "name": "青木"}]

    def test_missing_unknown_and_repeated_columns_are_told_together(self) -> None:
        assert problems("得意先名,色,name,得意先名\nA,b,c,d\n") == [
            (1, 2, "UNKNOWN_COLUMN"),
            (1, 3, "DUPLICATE_COLUMN"),
            (1, 4, "DUPLICATE_COLUMN"),
            (1, None, "MISSING_COLUMN"),
        ]

    @pytest.mark.req("INT-010")
    def test_the_template_is_a_file_that_can_be_read(self) -> None:
        assert [row.values for row in rows(LAYOUT.template().content)] == [{"code": "C-1", "name": "見本商店"}]


class TestCells:
    """Values, blanks, `#CLEAR` and everything that is none of them."""

    def test_values_are_read_by_the_kind_of_their_column(self) -> None:
        [row] = rows("code,name,limit,rate,since,hold\n00123, 青木 ,１２００,62.5,令和8年11月22日,はい\n")

        assert row.values == {
            "code": "00123",
            "name": "青木",
            "limit": 1200,
            "rate": Decimal("62.5"),
            "since": date(2026, 11, 22),
            "hold": True,
        }

    @pytest.mark.req("INT-011")
    def test_a_blank_keeps_and_clear_empties(self) -> None:
        [row] = rows("code,name,limit,rate\nC-1,,#CLEAR,\n")

        assert row.value("name", keep="old", empty="") == "old"
        assert row.value("limit", keep=500, empty=None) is None
        assert row.values["limit"] is Cleared.CLEARED
        assert [refusal.code for refusal in LAYOUT.lacking(row)] == ["REQUIRED"]

    @pytest.mark.req("INT-012")
    def test_every_problem_of_every_row_is_told_with_its_place(self) -> None:
        content = (
            "code,name,limit,rate,since,hold\n"
            ",x,1,1,2026-01-01,no\n"
            "C-1,123456789012,-1,100.01,2026-02-30,maybe\n"
            "C-2,#CLEAR,1.5,1.234,26/1/1,\n"
            "#CLEAR,a\x07b,1e3,x,R0.1.1,○\n"
        )

        assert problems(content) == [
            (2, 1, "REQUIRED"),
            (3, 2, "TOO_LONG"),
            (3, 3, "OUT_OF_RANGE"),
            (3, 4, "OUT_OF_RANGE"),
            (3, 5, "BAD_DATE"),
            (3, 6, "BAD_CHOICE"),
            (4, 2, "CLEAR_NOT_ALLOWED"),
            (4, 3, "NOT_A_NUMBER"),
            (4, 4, "TOO_MANY_DECIMALS"),
            (4, 5, "BAD_DATE"),
            (5, 1, "CLEAR_NOT_ALLOWED"),
            (5, 2, "BAD_CHARS"),
            (5, 3, "NOT_A_NUMBER"),
            (5, 4, "NOT_A_NUMBER"),
            (5, 5, "BAD_DATE"),
        ]

    @pytest.mark.req("INT-012")
    def test_a_problem_shows_header_and_value_as_the_file_has_them(self) -> None:
        found = read('得意先コード,与信限度額\nC-1,"1,200"\n')

        assert isinstance(found, Rows)
        assert found.refusals == [Refusal("NOT_A_NUMBER", {}, "与信限度額", 2, 2, "1,200")]

    @pytest.mark.parametrize(
        "quantity", ["-1", "0.5", "1000001", "١٢", "1,200", "1.200,50", "1_000", "NaN", "1E+2", "+5", "0x10", "一"]
    )
    def test_what_is_no_quantity_is_a_problem_of_its_row(self, quantity: str) -> None:
        assert [place[:2] for place in problems(f'code,limit\nC-1,"{quantity}"\n')] == [(2, 2)]

    @pytest.mark.parametrize(("quantity", "value"), [("0", 0), ("１２", 12), (" 12 ", 12), ("1000000", 1_000_000)])
    def test_what_is_a_quantity_is_read(self, quantity: str, value: int) -> None:
        assert rows(f"code,limit\nC-1,{quantity}\n")[0].values["limit"] == value

    @pytest.mark.parametrize(
        ("cell", "day"),
        [
            ("2026-11-22", date(2026, 11, 22)),
            ("2026/2/3", date(2026, 2, 3)),
            ("２０２６/２/３", date(2026, 2, 3)),
            ("20261122", date(2026, 11, 22)),
            ("2026年2月3日", date(2026, 2, 3)),
            ("2026-11-22 00:00:00", date(2026, 11, 22)),
            ("R8.11.22", date(2026, 11, 22)),
            ("令和元年5月1日", date(2019, 5, 1)),
            ("H31/4/30", date(2019, 4, 30)),
        ],
    )
    def test_days_as_people_write_them(self, cell: str, day: date) -> None:
        assert rows(f"code,since\nC-1,{cell}\n")[0].values["since"] == day

    @pytest.mark.parametrize(
        "cell", ["8.11.22", "26-11-22", "2026-13-01", "2026-11-22T10:00+09:00", "46348", "1899-12-31"]
    )
    def test_days_that_cannot_be_told_are_problems(self, cell: str) -> None:
        assert problems(f"code,since\nC-1,{cell}\n") == [(2, 2, "BAD_DATE")]

    @pytest.mark.parametrize("damaged", ["4.90123E+12", "1月2日", "2-Jan", "Jan-26"])
    def test_a_code_that_excel_has_changed_is_never_taken_silently(self, damaged: str) -> None:
        assert problems(f"code,name\n{damaged},x\n") == [(2, 1, "CHANGED_BY_EXCEL")]

    def test_a_date_cell_where_a_code_belongs_was_changed_by_excel_too(self) -> None:
        content = xlsx(["code", "name", "since"], [date(2026, 1, 2), "x", date(2026, 1, 2)])

        assert problems(content) == [(2, 1, "CHANGED_BY_EXCEL")]

    def test_a_cell_that_cannot_be_trusted_is_told_once_and_spoils_its_row(self) -> None:
        found = read(xlsx(["code", "limit"], ["C-1", "=1+1"], ["C-2", 5]))

        assert isinstance(found, Rows)
        assert [(refusal.row, refusal.code) for refusal in found.refusals] == [(2, "FORMULA_WITHOUT_VALUE")]
        assert [row.number for row in found.rows] == [3]

    def test_a_key_may_not_repeat_within_the_file(self) -> None:
        found = read("code,name\nC-1,a\nC-2,b\nC-1,c\n")

        assert isinstance(found, Rows)
        assert found.refusals == [Refusal("DUPLICATE_ROW", {"first_row": "2"}, "code", 4, 1, "C-1")]


async def stored(database: Database) -> list[tuple[str, int]]:
    async with database.connection(Role.WORKER) as connection:
        found = await connection.exec_driver_sql("select number, amount from orders order by number")
        return [(row.number, int(row.amount)) for row in found]


async def send(client: httpx.AsyncClient, content: bytes | str, query: str = "", **headers: str) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return await client.post(f"/v1/order-imports{query}", files={"file": ("orders.csv", data)}, headers=headers)


class TestImport:
    """The whole way: upload, judge, preview, apply."""

    @pytest.mark.req("INT-011")
    async def test_a_preview_counts_what_applying_then_does(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        content = "注文番号,金額\nA-1,100\nA-2,200\n"
        preview = await send(client, content, "?dry_run=true")
        assert await stored(database) == []

        applied = await send(client, content)
        again = await send(client, "注文番号,金額\nA-1,100\nA-2,250\nA-3,1\n")

        assert (
            preview.json()["counts"] == applied.json()["counts"] == {"new": 2, "changed": 0, "unchanged": 0, "error": 0}
        )
        assert (preview.json()["applied"], applied.json()["applied"]) == (False, True)
        assert again.json()["counts"] == {"new": 1, "changed": 1, "unchanged": 1, "error": 0}
        assert await stored(database) == [("A-1", 100), ("A-2", 200), ("A-3", 1)]

    @pytest.mark.req("INT-012")
    async def test_a_file_with_wrong_rows_is_refused_whole_with_every_error_of_reading_and_applying(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        content = "注文番号,金額\nA-1,100\nBAD,1\nA-2,\n,5\nA-3,x\n"

        answer = await send(client, content, **{"Accept-Language": "ja"})

        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["error_count"]) == (422, "IMPORT_REFUSED", 4)
        assert problem["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "error": 4}
        assert [(error["row"], error["column"], error["header"], error["code"]) for error in problem["errors"]] == [
            (3, 1, "注文番号", "NOTHING_ORDERED"),
            (4, 2, "金額", "REQUIRED"),
            (5, 1, "注文番号", "REQUIRED"),
            (6, 2, "金額", "NOT_A_NUMBER"),
        ]
        assert problem["errors"][0]["value"] == "BAD"
        assert problem["errors"][1]["detail"] == "必須です。"
        assert await stored(database) == []

    async def test_a_dry_run_of_a_wrong_file_is_a_report(self, client: httpx.AsyncClient) -> None:
        answer = await send(client, "注文番号,金額\nA-1,100\nBAD,1\n", "?dry_run=true")

        report = answer.json()
        assert (answer.status_code, report["dry_run"], report["applied"], report["error_count"]) == (
            200,
            True,
            False,
            1,
        )
        assert report["errors"] == [
            {
                "row": 3,
                "column": 1,
                "header": "注文番号",
                "code": "NOTHING_ORDERED",
                "message": "Order BAD has no amount.",
                "value": "BAD",
            }
        ]

    async def test_good_rows_alone_are_taken_when_asked(self, client: httpx.AsyncClient, database: Database) -> None:
        answer = await send(client, "注文番号,金額\nA-1,100\nBAD,1\nA-2,x\n", "?good_rows_only=true")

        assert (answer.status_code, answer.json()["applied"], answer.json()["error_count"]) == (200, True, 2)
        assert await stored(database) == [("A-1", 100)]

    @pytest.mark.req("INT-012")
    async def test_at_most_a_thousand_errors_are_listed_and_all_are_counted(self, client: httpx.AsyncClient) -> None:
        content = "注文番号,金額\n" + "".join(f"A-{n},x\n" for n in range(1001))

        answer = await send(client, content)

        assert (len(answer.json()["errors"]), answer.json()["error_count"]) == (1000, 1001)

    @pytest.mark.req("INT-014")
    async def test_the_encoding_is_told(self, client: httpx.AsyncClient) -> None:
        content = "注文番号,金額,名前\nA-1,100,髙﨑\n"

        assert (await send(client, content.encode("cp932"), "?dry_run=true")).json()["encoding"] == "cp932"
        assert (await send(client, content, "?dry_run=true")).json()["encoding"] == "utf-8"

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"", 422, "FILE_EMPTY"),
            (b"%PDF-1.7", 422, "FILE_NOT_A_TABLE"),
            (b"\xff\xfe\xfa garbage", 422, "ENCODING"),
            (b"PK\x03\x04 garbage", 422, "FILE_DAMAGED"),
            (b"a,b\n1,2\n", 422, "IMPORT_REFUSED"),
            ('注文番号\n"A-1'.encode(), 422, "UNCLOSED_QUOTE"),
            (b"x" * (20 * 1024 * 1024 + 1), 422, "FILE_TOO_LARGE"),
        ],
    )
    async def test_a_file_that_is_none_is_refused(
        self, client: httpx.AsyncClient, content: bytes, status: int, code: str
    ) -> None:
        answer = await send(client, content)

        assert (answer.status_code, answer.json()["code"]) == (status, code)

    @pytest.mark.req("GEN-007")
    async def test_a_repeated_upload_has_one_effect(self, client: httpx.AsyncClient, database: Database) -> None:
        answers = [await send(client, "注文番号,金額\nA-1,100\n", **{"Idempotency-Key": "k"}) for _ in range(2)]

        assert answers[0].content == answers[1].content
        assert await stored(database) == [("A-1", 100)]
