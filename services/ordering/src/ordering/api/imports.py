"""NextEngine order files: import and templates (INT-040…059)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import UploadFile
from starlette.responses import Response

from chassis import tabular
from chassis.http import Edge, Refused, Router, Text, download_responses, needs, problem_responses
from chassis.tabular.reading import DEFAULT_LIMITS
from chassis.tx import StoredFile, Tx
from ordering.api.masters import with_masters
from ordering.core.nextengine.layouts import LAYOUTS
from ordering.usecases.importing import ImportResult, OrderFile, Wishes, import_orders, read_orders
from ordering.usecases.masters import Answers
from ordering.views.imports import report
from ordering.views.models import OrderImportReport

router = Router()

FILE_PROBLEMS = (
    "MISSING_HEADER", "UNKNOWN_HEADER", "DUPLICATE_HEADER", "BAD_CHOICE", "BAD_QUOTE", "ENCODING", "FILE_DAMAGED",
    "FILE_EMPTY", "FILE_NOT_A_TABLE", "FILE_OLD_EXCEL", "FILE_TOO_LARGE", "FILE_TOO_MANY_COLUMNS", "FILE_UNSAFE",
    "MISSING_SHEET", "NUL_CHARACTER", "TOO_LONG", "UNCLOSED_QUOTE",
)  # fmt: skip


@router.post("/v1/order-imports", responses=problem_responses(*FILE_PROBLEMS))
async def import_order_file(
    file: UploadFile,
    edge: Annotated[Edge, needs("order.write")],
    dry_run: bool = False,
    price_is_net: bool = False,
    strict: bool | None = None,
    all_or_nothing: bool = False,
    lenient_dates: bool = False,
    encoding: Annotated[str, Text(20)] | None = None,
    gift_order_numbers: Annotated[str, Text(30_000, blank=True)] = "",
) -> OrderImportReport:
    """Imports a wholesale order file in either layout. One wrong row rejects its order and no other; every error of
    every row is told. A dry run is the same import, rolled back."""
    read = await _read(file, lenient_dates=lenient_dates, encoding=encoding)
    gifts = frozenset(number.strip() for number in gift_order_numbers.split(",")) - {""}
    wishes = Wishes(price_is_net, strict, all_or_nothing, gifts)

    async def call(answers: Answers | None) -> OrderImportReport:
        async def deed(tx: Tx) -> ImportResult:
            return await import_orders(tx, read, wishes, answers)

        return await edge.one(deed, lambda result: _report(edge, read, result, dry_run=dry_run), dry_run=dry_run)

    return await with_masters(edge, call)


@router.get("/v1/order-import-templates/{layout}", responses=download_responses("text/csv"))
async def get_template(layout: Literal["invoice", "ordinary"], edge: Annotated[Edge, needs("order.read")]) -> Response:
    """The header line of a layout as CSV in CP932, ready to be filled in (INT-040)."""

    async def reader(tx: Tx) -> StoredFile:
        headers = [column.header for column in LAYOUTS[layout].columns]
        content = tabular.write_csv(headers, [], encoding="cp932").content
        return StoredFile(tx.new_id(), f"nextengine_{layout}.csv", "text/csv; charset=Shift_JIS", b"", content, tx.now)

    return await edge.download(reader)


async def _read(file: UploadFile, *, lenient_dates: bool, encoding: str | None) -> OrderFile:
    content = await file.read(DEFAULT_LIMITS.bytes + 1)
    sheet = await tabular.read_upload(content, file.filename, encoding=encoding)
    if isinstance(sheet, list):
        raise Refused(*sheet)
    name = file.filename or "orders.csv"
    read = await asyncio.to_thread(read_orders, sheet, content, name, lenient_dates=lenient_dates)
    if isinstance(read, tuple):
        raise Refused(*read)
    return read


def _report(edge: Edge, file: OrderFile, result: ImportResult, *, dry_run: bool) -> OrderImportReport:
    rows = sum(len(order.lines) for order in file.read.orders)
    return report(
        result.verdicts,
        result.problems,
        result.counts,
        file=(file.read.layout.name, file.encoding, rows),
        dry_run=dry_run,
        told=edge.told,
    )
