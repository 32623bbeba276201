"""Customer and delegation files: what they create, change, keep, refuse and report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from chassis.database import Database
from chassis.testing.http import Tokens
from chassis.testing.messages import Outbox, Tombstone
from contracts.customers import CustomerState, DelegationState, TermsState
from contracts.parts import Address
from customers import tables
from customers.tables import columns
from services.customers.tests.api.calls import WHOLESALER, cells, many, registered, upload

CUSTOMERS = "/v1/customer-imports"
DELEGATIONS = "/v1/delegation-imports"
HEADERS = ["customer_code", "name", "wholesale_rate", "closing_day", "payment_month_offset", "payment_day", "on_hold"]


def a_file(*rows: Sequence[str], headers: Sequence[str] = HEADERS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue().encode(encoding)


async def imported(client: httpx.AsyncClient, *rows: Sequence[str], headers: Sequence[str] = HEADERS) -> dict[str, Any]:
    answer = await upload(client, CUSTOMERS, a_file(*rows, headers=headers))
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def read(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    """The whole customer of a code."""
    [line] = (await client.get(f"/v1/customers?code={code}")).json()["items"]
    customer: dict[str, Any] = (await client.get(f"/v1/customers/{line['customer_id']}")).json()
    return customer


def demo(name: str) -> bytes:
    return Path(WHOLESALER / name).read_bytes()


@pytest.mark.req("CUS-038", "CUS-170", "INT-010", "INT-011")
async def test_the_wholesalers_files_import_as_they_are(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    expected = json.loads(demo("expected.json"))["steps"]["1_masters"]

    customers = await upload(client, CUSTOMERS, demo("customers.csv"))
    delegations = await upload(client, DELEGATIONS, demo("delegations.csv"))

    assert customers.json()["counts"] == {"new": expected["customers"], "changed": 0, "unchanged": 0, "error": 0}
    assert delegations.json()["counts"]["new"] == expected["delegators"]
    told = await outbox()
    states = [one for one in told if isinstance(one, CustomerState)]
    assert sorted(one.code for one in states if one.on_hold) == expected["customers_on_hold"]
    assert len([one for one in told if isinstance(one, TermsState)]) == expected["customers"]
    relations = [one for one in told if isinstance(one, DelegationState)]
    assert len({one.delegatee_id for one in relations}) == expected["delegatees"]
    involved = {one for relation in relations for one in (relation.delegator_id, relation.delegatee_id)}
    assert expected["customers"] - len(involved) == expected["self_billing"]


@pytest.mark.req("CUS-038", "CUS-051")
async def test_a_row_of_the_wholesaler_becomes_the_customer_it_describes(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    await upload(client, CUSTOMERS, demo("customers.csv"))

    told = await outbox()
    [state] = [one for one in told if isinstance(one, CustomerState) and one.code == "C000102"]
    assert state.address == Address(
        postal_code="060-1875",
        address1="北海道札幌市中央区見本町9-23-13",
        address2="デモビル2階",
        name="玉野井株式会社",
        kana="タマノイ",
        phone="011-0000-2396",
    )
    assert [(one.number, one.address.name, one.address.postal_code) for one in state.ship_tos] == [
        (0, "玉野井物流センター", "600-5166")
    ]
    assert (state.payment_category, state.shipping_category) == ("銀行振込", "宅配便")
    assert (state.wholesale_rate, state.credit_limit) == (Decimal(50), None)
    [terms] = [one for one in told if isinstance(one, TermsState) and one.customer_id == state.customer_id]
    assert (terms.closing_day, terms.payment_month_offset, terms.payment_day) == (0, 1, 0)


@pytest.mark.req("INT-011", "INT-013")
async def test_the_same_file_again_changes_nothing_and_says_so(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    await upload(client, CUSTOMERS, demo("customers.csv"))
    await upload(client, DELEGATIONS, demo("delegations.csv"))
    await outbox.clear()

    customers = (await upload(client, CUSTOMERS, demo("customers.csv"))).json()
    delegations = (await upload(client, DELEGATIONS, demo("delegations.csv"))).json()

    assert (customers["counts"]["unchanged"], delegations["counts"]["unchanged"]) == (60, 20)
    assert [warning["code"] for warning in customers["warnings"]] == ["FILE_IMPORTED_BEFORE"]
    assert await outbox() == []


@pytest.mark.req("INT-011")
async def test_a_dry_run_tells_what_would_happen_and_writes_nothing(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    await many(client, "A1")
    await outbox.clear()
    content = a_file(
        ["A1", "新名称", "", "", "", "", ""], ["A2", "株式会社A2", "50", "", "", "", ""], ["A3"] + [""] * 6
    )

    dry = (await upload(client, f"{CUSTOMERS}?dry_run=true", content)).json()

    assert (dry["dry_run"], dry["applied"]) == (True, False)
    assert dry["counts"] == {"new": 1, "changed": 1, "unchanged": 0, "error": 1}
    assert [(one["row"], one["code"]) for one in dry["errors"]] == [(4, "REQUIRED")]
    assert await outbox() == []
    assert len((await client.get("/v1/customers")).json()["items"]) == 1


@pytest.mark.req("INT-011", "INT-012")
async def test_a_file_with_wrong_rows_is_refused_whole_unless_good_rows_are_asked_for(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    content = a_file(["A1", "株式会社A1", "50", "", "", "", "no"], ["A2", "", "101", "", "", "", "maybe"])

    refused = await upload(client, CUSTOMERS, content)
    none_written = await outbox()
    taken = await upload(client, f"{CUSTOMERS}?good_rows_only=true", content)

    assert (refused.status_code, refused.json()["code"], refused.json()["counts"]["error"]) == (
        422,
        "IMPORT_REFUSED",
        1,
    )
    assert cells(refused) == [(3, "wholesale_rate", "OUT_OF_RANGE", "101"), (3, "on_hold", "BAD_CHOICE", "maybe")]
    assert none_written == []
    assert (taken.status_code, taken.json()["counts"]["new"], taken.json()["error_count"]) == (200, 1, 2)
    assert [one.code for one in await outbox() if isinstance(one, CustomerState)] == ["A1"]


@pytest.mark.req("INT-012", "GEN-010", "CUS-038")
async def test_every_kind_of_wrong_cell_is_named(client: httpx.AsyncClient, maker: UUID) -> None:
    headers = ["得意先コード", "得意先名", "部署名", "メールアドレス", "通貨", "与信限度額", "締日", "支払月", "支払日"]
    content = a_file(
        ["Ｋ１", "社", "", "", "", "", "", "", ""],
        ["A2", "社" * 60, "部" * 41, "nobody", "EUR", "0.5", "", "", ""],
        ["A3", "株式会社A3", "", "", "", "1,000", "29", "7", "0"],
        ["A4", "株式会社A4", "", "", "", "", "20", "", ""],
        ["a4", "株式会社A4", "", "", "", "", "", "", ""],
        ["A5", "株\x07式", "", "", "", "", "", "", ""],
        ["#CLEAR", "株式会社A6", "", "", "#CLEAR", "", "", "", ""],
        headers=headers,
    )

    answer = await upload(client, CUSTOMERS, content)

    assert cells(answer) == [
        (2, "得意先コード", "BAD_FORMAT", "Ｋ１"),
        (3, "部署名", "TOO_LONG", "部" * 41),
        (3, "メールアドレス", "BAD_EMAIL", "nobody"),
        (3, "通貨", "CURRENCY_NOT_ENABLED", "EUR"),
        (3, "与信限度額", "TOO_MANY_DECIMALS", "0.5"),
        (4, "与信限度額", "NOT_A_NUMBER", "1,000"),
        (4, "締日", "BAD_CHOICE", "29"),
        (4, "支払月", "OUT_OF_RANGE", "7"),
        (4, "支払日", "BAD_CHOICE", "0"),
        (5, "支払月", "REQUIRED", None),
        (5, "支払日", "REQUIRED", None),
        (6, "得意先コード", "DUPLICATE_ROW", "a4"),
        (7, "得意先名", "BAD_CHARS", "株\x07式"),
        (8, "得意先コード", "CLEAR_NOT_ALLOWED", "#CLEAR"),
        (8, "通貨", "CLEAR_NOT_ALLOWED", "#CLEAR"),
    ]


@pytest.mark.req("INT-010")
@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (["customer_code", "name", "colour"], [("UNKNOWN_COLUMN", "colour")]),
        (["customer_code", "name", "得意先名"], [("DUPLICATE_COLUMN", "得意先名")]),
    ],
)
async def test_columns_are_matched_by_name_and_wrong_ones_named(
    client: httpx.AsyncClient, maker: UUID, headers: list[str], told: list[tuple[str, str]]
) -> None:
    answer = await upload(client, CUSTOMERS, a_file(["A1", "x", "y"], headers=headers))

    assert [(one["code"], one["header"]) for one in answer.json()["errors"]] == told


@pytest.mark.req("INT-011")
async def test_blank_cells_keep_and_clear_empties(client: httpx.AsyncClient, maker: UUID) -> None:
    headers = ["customer_code", "name", "kana", "wholesale_rate", "credit_limit", "ship_to_name", "closing_day"]
    more = [*headers, "payment_month_offset", "payment_day"]
    await imported(client, ["A1", "株式会社A1", "エー", "60", "1000", "倉庫", "20", "1", "end"], headers=more)

    await imported(client, ["A1", "", "", "", "", "", ""], headers=headers)
    kept = await read(client, "A1")
    await imported(client, ["A1", "新A1", "#CLEAR", "#CLEAR", "#CLEAR", "#CLEAR", "#CLEAR"], headers=headers)
    emptied = await read(client, "A1")

    assert (kept["address"]["kana"], kept["wholesale_rate"], kept["destination"]["name"]) == ("エー", "60", "倉庫")
    assert (kept["terms"]["closing_day"], kept["version"]) == (20, 1)
    assert (emptied["address"]["name"], emptied["address"]["kana"]) == ("新A1", "")
    assert (emptied["wholesale_rate"], emptied["credit_limit"], emptied["terms"]) == (None, None, None)
    assert emptied["destination"]["name"] == ""


@pytest.mark.req("INT-011", "CUS-051")
async def test_dropping_terms_by_file_is_a_tombstone(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    await imported(client, ["A1", "株式会社A1", "", "20", "1", "end", ""])
    await outbox.clear()

    report = await imported(client, ["A1", "", "", "#CLEAR", "", "", ""])

    assert report["counts"]["changed"] == 1
    assert await outbox() == [Tombstone("customers.terms.v1", (await read(client, "A1"))["customer_id"])]


@pytest.mark.req("CUS-064")
async def test_holds_by_file_have_a_reason_and_keep_the_one_there_is(client: httpx.AsyncClient, maker: UUID) -> None:
    headers = ["customer_code", "name", "on_hold", "hold_reason"]
    await imported(client, ["A1", "株式会社A1", "yes", ""], ["A2", "株式会社A2", "はい", "支払遅延"], headers=headers)
    first, second = await read(client, "A1"), await read(client, "A2")
    again = await imported(client, ["A1", "", "yes", ""], ["A2", "", "yes", "倒産"], headers=headers)
    freed = await imported(client, ["A1", "", "no", ""], ["A2", "", "", ""], headers=headers)

    assert (first["hold"]["reason"], second["hold"]["reason"]) == ("import file.csv", "支払遅延")
    assert (again["counts"]["unchanged"], again["counts"]["changed"]) == (1, 1)
    assert (freed["counts"]["changed"], (await read(client, "A1"))["on_hold"]) == (1, False)
    assert (await read(client, "A2"))["hold"]["reason"] == "倒産"


@pytest.mark.req("GEN-014", "CON-030", "CUS-064")
async def test_rows_that_would_change_terms_or_holds_need_the_rights_for_it(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens
) -> None:
    sales = tokens.headers("customer.write", "customer.read")
    content = a_file(["A1", "株式会社A1", "50", "20", "1", "end", "yes"], ["A2", "株式会社A2", "", "", "", "", "no"])

    refused = await client.post(CUSTOMERS, files={"file": ("a.csv", content)}, headers=sales)
    await upload(client, CUSTOMERS, content)
    unchanged = await client.post(CUSTOMERS, files={"file": ("a.csv", content)}, headers=sales)

    assert cells(refused) == [(2, "closing_day", "FORBIDDEN", "20"), (2, "on_hold", "FORBIDDEN", "yes")]
    assert unchanged.json()["counts"]["unchanged"] == 2


@pytest.mark.req("CUS-030")
async def test_rows_without_code_get_the_next_ones(client: httpx.AsyncClient, maker: UUID) -> None:
    report = await imported(client, ["", "株式会社い", "", "", "", "", ""], ["", "株式会社ろ", "", "", "", "", ""])

    assert report["counts"]["new"] == 2
    listed = (await client.get("/v1/customers")).json()["items"]
    assert [one["code"] for one in listed] == ["C000001", "C000002"]


@pytest.mark.req("CUS-046")
async def test_likely_duplicates_are_warned_about_by_row(client: httpx.AsyncClient, maker: UUID) -> None:
    await registered(client)
    headers = ["customer_code", "name", "email"]

    report = await imported(
        client, ["A1", "株式会社A1", ""], ["A2", "株式会社A2", "K101X@SHOP.example"], headers=headers
    )

    assert [(one["row"], one["header"], one["code"]) for one in report["warnings"]] == [
        (3, "name", "DUPLICATE_CUSTOMER")
    ]


@pytest.mark.req("INT-014")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
async def test_encodings_are_told_apart_and_shown(client: httpx.AsyncClient, maker: UUID, encoding: str) -> None:
    content = a_file(["A1", "㈱髙﨑①～表ソ能", "50", "末", "１", "月末", "×"], encoding=encoding)

    report = (await upload(client, CUSTOMERS, content)).json()

    assert report["encoding"] == encoding.removesuffix("-sig")
    customer = await read(client, "A1")
    assert customer["address"]["name"] == "㈱髙﨑①～表ソ能"
    assert customer["terms"]["closing_day"] == 0


@pytest.mark.req("INT-015", "CUS-170")
async def test_excel_files_are_read_like_csv(client: httpx.AsyncClient, maker: UUID) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["得意先コード*", "得意先名*", "掛率", "締日", "支払月", "支払日", "与信限度額"])
    sheet.append(["0012", "株式会社零", 62.5, 20, 1, "end", 1_000_000])
    sheet.append([34, "株式会社三四", None, None, None, None, None])
    content = io.BytesIO()
    book.save(content)

    answer = await upload(client, CUSTOMERS, content.getvalue(), "customers.xlsx")

    assert answer.json()["counts"]["new"] == 2, answer.text
    customer = await read(client, "0012")
    assert (customer["wholesale_rate"], customer["credit_limit"]) == ("62.5", "1000000")
    assert (customer["terms"]["closing_day"], customer["terms"]["payment_day"]) == (20, 0)
    assert (await read(client, "34"))["terms"] is None


@pytest.mark.req("INT-010")
async def test_the_template_imports_as_it_is(client: httpx.AsyncClient, maker: UUID) -> None:
    template = await client.get("/v1/customer-import-templates")
    assert template.headers["content-type"].startswith("text/csv")

    report = await upload(client, CUSTOMERS, template.content)
    delegations = await client.get("/v1/delegation-import-templates")

    assert report.json()["counts"]["new"] == 1, report.text
    header = delegations.content.decode("utf-8-sig").splitlines()[0]
    assert header == "委任元コード*,請求先コード"
    assert (await read(client, "C000123"))["address"]["name"] == "株式会社見本商店"


@pytest.mark.req("CUS-075", "CUS-076", "INT-011")
async def test_delegation_rows_are_made_changed_revoked_and_refused(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    ids = await many(client, "A1", "A2", "P1", "Q1")
    headers = ["delegator_code", "delegatee_code"]
    await upload(client, DELEGATIONS, a_file(["A1", "P1"], ["A2", "P1"], headers=headers))
    await outbox.clear()

    done = await upload(client, DELEGATIONS, a_file(["A1", "Q1"], ["A2", "#CLEAR"], headers=headers))
    wrong = await upload(
        client,
        DELEGATIONS,
        a_file(["A1", "X9"], ["Q1", "P1"], ["A2", ""], ["A2", "A2"], ["P1", "P1"], headers=headers),
    )

    assert done.json()["counts"] == {"new": 0, "changed": 2, "unchanged": 0, "error": 0}
    assert await outbox() == [
        DelegationState(delegator_id=UUID(ids["A1"]), delegatee_id=UUID(ids["Q1"])),
        Tombstone("customers.delegation.v1", ids["A2"]),
    ]
    assert cells(wrong) == [
        (2, "delegatee_code", "UNKNOWN_CUSTOMER", "X9"),
        (3, "delegator_code", "DELEGATION_CHAIN", "Q1"),
        (4, "delegatee_code", "REQUIRED", ""),
        (5, "delegator_code", "DUPLICATE_ROW", "A2"),
        (6, "delegatee_code", "DELEGATION_SELF", "P1"),
    ]


@pytest.mark.req("GEN-013", "INT-013")
async def test_an_applied_file_is_kept_byte_for_byte(
    client: httpx.AsyncClient, maker: UUID, database: Database
) -> None:
    content = a_file(["A1", "株式会社A1", "", "", "", "", ""])
    await upload(client, f"{CUSTOMERS}?dry_run=true", content)
    await upload(client, CUSTOMERS, content, "../得意先\r\n.csv")

    t = columns(tables.FileImportRow)
    async with database.transaction(maker) as tx:
        [row] = await tx.rows(select(t.file_id, t.counts, t.done_by).where(t.maker_id == maker))
        stored = await tx.load_file(row.file_id)
    assert stored is not None
    assert (stored.content, row.counts["new"], row.done_by) == (content, 1, "tester")


@pytest.mark.req("INT-014", "INT-015")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"customer_code,name\r\n", "FILE_EMPTY"),
        (b"%PDF-1.7", "FILE_NOT_A_TABLE"),
        (b"PK\x03\x04broken", "FILE_DAMAGED"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "FILE_OLD_EXCEL"),
        (b'customer_code,name\r\nA1,"x', "UNCLOSED_QUOTE"),
        (b"customer_code,name\r\nA1,\x00", "NUL_CHARACTER"),
        (b"customer_code,name\r\nA1,\xff\xfe\xfd", "ENCODING"),
    ],
)
async def test_what_is_no_table_is_refused_by_its_kind(
    client: httpx.AsyncClient, maker: UUID, content: bytes, code: str
) -> None:
    answer = await upload(client, CUSTOMERS, content)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


odd = st.sampled_from(
    ["", "A1", "=1+1", "'", "#CLEAR", "end", "50", "-1", "１２", "yes", "𠮷", "\u202e", "\r\n", '"', "x" * 300]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(odd, min_size=7, max_size=7), min_size=1, max_size=4))
async def test_no_mixture_of_odd_cells_is_a_server_error(
    client: httpx.AsyncClient, maker: UUID, rows: list[list[str]]
) -> None:
    answer = await upload(client, f"{CUSTOMERS}?good_rows_only=true", a_file(*rows))

    assert answer.status_code in (200, 422), answer.text


async def test_before_the_maker_has_arrived_every_row_says_so(client: httpx.AsyncClient) -> None:
    answer = await upload(client, CUSTOMERS, a_file(["A1", "x", "", "", "", "", ""]))

    assert [(one["row"], one["code"]) for one in answer.json()["errors"]] == [(2, "MAKER_NOT_READY")]
