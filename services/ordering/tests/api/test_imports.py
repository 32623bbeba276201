"""NextEngine files over HTTP: templates, options, evidence, and files that mean harm."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest

from chassis.testing.messages import Deliver, Outbox
from ordering.core.nextengine.layouts import INVOICE_READY, ORDINARY
from services.ordering.tests import masters
from services.ordering.tests.owners import Owners

ROW = {
    "顧客コード": "C000122",
    "店舗伝票番号": "E1",
    "受注日": "2026/07/31 10:35:50",
    "商品コード": "AP-1",
    "商品価格": "10000",
    "受注数量": "2",
}
HEADERS = [column.header for column in INVOICE_READY.columns]


@pytest.fixture(autouse=True)
async def the_shop(deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*masters.small_shop(maker_id))


def a_file(*rows: dict[str, str], headers: list[str] = HEADERS, encoding: str = "cp932", ending: str = "\r\n") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending)
    writer.writerow(headers)
    writer.writerows([{**ROW, **row}.get(header, "") for header in headers] for row in rows)
    return text.getvalue().encode(encoding)


async def sent(client: httpx.AsyncClient, content: bytes, **options: Any) -> httpx.Response:
    return await client.post("/v1/order-imports", files={"file": ("注文.csv", content, "text/csv")}, params=options)


async def imported(client: httpx.AsyncClient, content: bytes, **options: Any) -> dict[str, Any]:
    answer = await sent(client, content, **options)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


@pytest.mark.req("INT-040", "INT-038", "INT-039")
@pytest.mark.parametrize(("layout", "columns"), [("invoice", INVOICE_READY), ("ordinary", ORDINARY)])
async def test_the_template_of_a_layout_is_a_file_of_that_layout(
    client: httpx.AsyncClient, layout: str, columns: Any
) -> None:
    template = await client.get(f"/v1/order-import-templates/{layout}")
    assert template.content.decode("cp932").strip().split(",") == [column.header for column in columns.columns]
    row = ",".join(ROW.get(column.header, "") for column in columns.columns)
    report = await imported(client, template.content + row.encode("cp932"))
    assert (report["layout"], report["counts"]["imported"]) == (layout, 1)
    assert (await client.get("/v1/order-import-templates/other")).status_code == 422


@pytest.mark.req("INT-014", "INT-042", "INT-041")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("ending", ["\r\n", "\n"])
async def test_encodings_are_detected_and_shown(client: httpx.AsyncClient, encoding: str, ending: str) -> None:
    content = a_file({"備考": "①㈱髙﨑～\n表ソ能"}, encoding=encoding, ending=ending)
    report = await imported(client, content)
    assert report["encoding"] == encoding.removesuffix("-sig")
    order = (await client.get(f"/v1/orders/{report['orders'][0]['order_id']}")).json()
    assert order["remark"] == "①㈱髙﨑～\n表ソ能"


@pytest.mark.req("INT-046", "INT-011")
async def test_a_dry_run_tells_the_same_and_writes_nothing(client: httpx.AsyncClient, outbox: Outbox) -> None:
    content = a_file({}, {"店舗伝票番号": "E2", "受注数量": "x"}, {"店舗伝票番号": "E3", "顧客コード": "NOPE"})
    preview = await imported(client, content, dry_run=True)
    assert (preview["applied"], preview["counts"]) == (False, {"imported": 1, "held": 1, "skipped": 0, "rejected": 1})
    assert (await client.get("/v1/orders")).json()["items"] == []
    assert (await client.get("/v1/exposures")).json()["items"] == []
    assert await outbox() == []
    real = await imported(client, content)
    assert (real["applied"], real["counts"], real["errors"]) == (True, preview["counts"], preview["errors"])


@pytest.mark.req("INT-046", "ORD-064")
async def test_strict_and_all_or_nothing_are_options_of_the_file(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    content = a_file({}, {"店舗伝票番号": "E2", "顧客コード": "NOPE"})
    strict = await imported(client, content, strict=True, dry_run=True)
    assert (strict["counts"]["rejected"], strict["errors"][0]["code"]) == (1, "UNKNOWN_CUSTOMER")
    nothing = await imported(client, content, strict=True, all_or_nothing=True)
    assert (nothing["applied"], nothing["counts"]) == (False, {"imported": 0, "held": 0, "skipped": 0, "rejected": 1})
    await deliver(masters.maker(maker_id, strict_import=True))
    assert (await imported(client, content, dry_run=True))["counts"]["rejected"] == 1
    assert (await imported(client, content, strict=False))["counts"]["held"] == 1


@pytest.mark.req("INT-048", "INT-044", "INT-058")
async def test_net_prices_lenient_dates_and_gifts_are_options_of_the_file(client: httpx.AsyncClient) -> None:
    content = a_file({"受注日": "2026/5/1 9:30"})
    assert (await imported(client, content))["errors"][0]["code"] == "BAD_DATETIME"
    report = await imported(client, content, lenient_dates=True, price_is_net=True, gift_order_numbers="E1, E9")
    order = (await client.get(f"/v1/orders/{report['orders'][0]['order_id']}")).json()
    assert (order["grand_total"], order["price_is_net"], order["gift"]) == ("22000", True, "1:有り")
    assert order["ordered_at"] == "2026-05-01T00:30:00Z"


@pytest.mark.req("INT-056", "ORD-067")
async def test_the_raw_cells_and_the_buckets_stay_with_the_order(client: httpx.AsyncClient) -> None:
    content = a_file({"時間帯指定": "午前中", "備考": "至急", "クーポン割引額(8%対象)": "500", "手数料": "330"})
    report = await imported(client, content)
    order_id = report["orders"][0]["order_id"]
    source = (await client.get(f"/v1/orders/{order_id}/source")).json()
    assert (source["layout"], source["rows"][0]["row"]) == ("invoice", 2)
    cells = source["rows"][0]["cells"]
    assert (cells["時間帯指定"], cells["備考"], cells["クーポン割引額(8%対象)"]) == ("午前中", "至急", "500")
    entries = (await client.get(f"/v1/orders/{order_id}")).json()["entries"]
    assert [(one["kind"], one["tax_rate"], one["amount"]) for one in entries] == [
        ("fee", "10", "330"),
        ("coupon", "8", "-500"),
    ]
    assert report["orders"][0]["warnings"][0]["code"] == "COUPON_ENTERED_POSITIVE"


@pytest.mark.req("INT-012", "GEN-010")
async def test_errors_speak_the_callers_language(client: httpx.AsyncClient) -> None:
    content = a_file({"発送料": "1,000"})
    upload = {"file": ("o.csv", content, "text/csv")}
    japanese = await client.post("/v1/order-imports", files=upload, headers={"Accept-Language": "ja"})
    (error,) = japanese.json()["errors"]
    assert (error["row"], error["column"], error["header"], error["code"], error["value"]) == (
        2, 4, "発送料", "NOT_A_NUMBER", "1,000",
    )  # fmt: skip
    english = await client.post("/v1/order-imports", files=upload, headers={"Accept-Language": "en"})
    assert error["message"] != english.json()["errors"][0]["message"]
    assert (error["order_number"], error["outcome"]) == ("E1", "rejected")


@pytest.mark.req("INT-041")
async def test_file_level_errors_stop_the_file(client: httpx.AsyncClient) -> None:
    answer = await sent(client, a_file({}, headers=["顧客コード", "色", *HEADERS[2:], "備考"]))
    assert answer.status_code == 422
    found = [(error["code"], error["header"], error["row"], error.get("column")) for error in answer.json()["errors"]]
    assert found == [
        ("MISSING_HEADER", "店舗伝票番号", 1, None),
        ("UNKNOWN_HEADER", "色", 1, 2),
        ("DUPLICATE_HEADER", "備考", 1, len(HEADERS) + 1),
    ]


@pytest.mark.req("INT-042")
async def test_rows_of_another_width_reject_their_order_only(client: httpx.AsyncClient) -> None:
    good = a_file({}, {"店舗伝票番号": "E2"})
    lines = good.split(b"\r\n")
    narrow = lines[1].replace(b"E1", b"E3").rsplit(b",", 5)[0]
    wide = lines[1].replace(b"E1", b"E4") + b",x"
    report = await imported(client, b"\r\n".join([*lines[:-1], narrow, wide]))
    assert report["counts"] == {"imported": 2, "held": 0, "skipped": 0, "rejected": 2}
    assert {(error["code"], error["row"], error["order_number"]) for error in report["errors"]} == {
        ("COLUMN_COUNT", 4, "E3"),
        ("COLUMN_COUNT", 5, "E4"),
    }


@pytest.mark.req("INT-014", "INT-013")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\xff\xff\x00\xfe" * 20, "ENCODING"),
        (a_file({"備考": "SOON"}).replace(b"SOON", b'"SOON'), "UNCLOSED_QUOTE"),
        (a_file({}).replace(b"AP-1", b"AP\x00-1"), "NUL_CHARACTER"),
        (b"%PDF-1.7 nothing here", "FILE_NOT_A_TABLE"),
        (b"PK\x03\x04garbage", "FILE_DAMAGED"),
        (b"a,b\r\n1,2\r\n", "MISSING_HEADER"),
        (a_file(), "FILE_EMPTY"),
    ],
)
async def test_hostile_files_are_refused_with_a_reason(client: httpx.AsyncClient, content: bytes, code: str) -> None:
    answer = await sent(client, content)
    assert answer.status_code in (413, 422), answer.text
    assert answer.json()["code"] == code
    assert (await client.get("/v1/orders")).json()["items"] == []


@pytest.mark.req("GEN-015", "INT-014")
async def test_hostile_cells_are_text_or_errors_and_nothing_else(client: httpx.AsyncClient) -> None:
    hostile = ["=HYPERLINK(1)", "'; DROP TABLE orders; --", "<script>", "\u202eabc", "𠮷" * 30, "a\u0007b"]
    rows = [{"店舗伝票番号": f"E{at}", "備考": text} for at, text in enumerate(hostile)]
    report = await imported(client, a_file(*rows, encoding="utf-8"))
    assert report["counts"] == {"imported": 5, "held": 0, "skipped": 0, "rejected": 1}
    assert report["errors"][0]["code"] == "BAD_CHARS"
    order = (await client.get(f"/v1/orders/{report['orders'][0]['order_id']}")).json()
    assert order["remark"] == "=HYPERLINK(1)"


@pytest.mark.req("INT-015", "INT-010")
async def test_an_excel_file_with_date_cells_is_imported_like_a_csv_file(client: httpx.AsyncClient) -> None:
    cells: dict[str, Any] = {
        **ROW,
        "受注日": datetime(2026, 7, 31, 10, 35, 50),  # noqa: DTZ001  # Excel knows no zones
        "日付指定": date(2026, 8, 4),
        "商品価格": 10_000,
        "受注数量": 2,
    }
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(HEADERS)
    sheet.append([cells.get(header) for header in HEADERS])
    sheet.append([{**cells, "店舗伝票番号": "E2", "受注日": "2026/07/31"}.get(header) for header in HEADERS])
    content = io.BytesIO()
    workbook.save(content)
    report = await imported(client, content.getvalue())
    assert (report["encoding"], report["counts"]["imported"]) == ("xlsx", 1)
    assert [(error["code"], error["row"]) for error in report["errors"]] == [("BAD_DATETIME", 3)]
    order = (await client.get(f"/v1/orders/{report['orders'][0]['order_id']}")).json()
    assert (order["ordered_at"], order["wished_on"]) == ("2026-07-31T01:35:50Z", "2026-08-04")


async def test_a_file_is_imported_once_by_two_at_the_same_time(client: httpx.AsyncClient) -> None:
    content = a_file(*[{"店舗伝票番号": f"E{at}"} for at in range(50)])
    reports = await asyncio.gather(*[imported(client, content) for _ in range(3)])
    assert sum(report["counts"]["imported"] for report in reports) == 50
    assert sum(report["counts"]["skipped"] for report in reports) == 100
    assert len((await client.get("/v1/orders", params={"limit": 200})).json()["items"]) == 50


@pytest.mark.req("ORD-064")
async def test_masters_that_have_not_arrived_are_asked_for_before_an_order_is_held(
    client: httpx.AsyncClient, owners: Owners
) -> None:
    owners.knows(masters.sku("NEW-1", 777), masters.customer("LATE1", 778))
    rows = [{"顧客コード": "LATE1", "商品コード": "NEW-1"}, {"店舗伝票番号": "E2", "顧客コード": "NOPE"}]
    report = await imported(client, a_file(*rows))
    assert report["counts"] == {"imported": 1, "held": 1, "skipped": 0, "rejected": 0}
    assert owners.asked == [("/internal/skus", ["NEW-1"]), ("/internal/customers", ["LATE1", "NOPE"])]
