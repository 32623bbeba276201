"""Orders as NextEngine files: the file, and the report of what it holds and leaves out (ORD-066, INT-060…063)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from chassis.http import Edge, Refused, Router, file_response, needs, problem_responses
from kernel.refusal import Refusal
from ordering.usecases.exporting import OrderExport, decide_export, load_export, write_export
from ordering.views.exports import ExportSearch, FileSearch, OrderExportReport, export_report

router = Router()

Reading = Annotated[Edge, needs("order.read")]

EXPORTED, REFUSED, NEXT = "Oroshi-Orders-Exported", "Oroshi-Orders-Refused", "Oroshi-Next-Cursor"
_TEXT: Final = {"schema": {"type": "string"}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file, CP932 with CRLF. Orders that do not fit are only counted here.",
        "content": {"text/csv": {}},
        "headers": {EXPORTED: _TEXT, REFUSED: _TEXT, NEXT: _TEXT},
    }
}


@router.get(
    "/v1/order-exports",
    response_class=Response,
    responses={**problem_responses("NOTHING_TO_EXPORT", "EXPORT_REFUSED", "EXPORT_TOO_LARGE"), **_FILE},
)
async def export_order_file(search: Annotated[FileSearch, Query()], edge: Reading) -> Response:
    """Orders as a wholesale file in either layout, one row per line. Orders that do not fit are left out and counted
    in headers; `all_or_nothing` refuses the file instead, with every reason. The preview tells the reasons."""
    decided = await _decided(edge, search)
    if not decided.exported or (search.all_or_nothing and decided.refused):
        raise _refused(edge, decided)
    content = await asyncio.to_thread(write_export, decided)
    if isinstance(content, Refusal):
        raise Refused(content)
    answer = file_response(content, f"nextengine_{search.layout}.csv", "text/csv; charset=Shift_JIS")
    answer.headers.update(_told(decided))
    return answer


@router.get("/v1/order-export-previews")
async def preview_order_export(search: Annotated[ExportSearch, Query()], edge: Reading) -> OrderExportReport:
    """What the same call to order-exports would put into its file, and every reason why an order is left out."""
    decided = await _decided(edge, search)
    return export_report(decided.outcomes, decided.picked, decided.layout, edge.told)


async def _decided(edge: Edge, search: ExportSearch) -> OrderExport:
    loaded = await edge.load(lambda tx: load_export(tx, search))
    return await asyncio.to_thread(decide_export, loaded, search)


def _refused(edge: Edge, decided: OrderExport) -> Refused:
    report = export_report(decided.outcomes, decided.picked, decided.layout, edge.told).model_dump(mode="json")
    left_out = [order for order in report["orders"] if order["outcome"] == "refused"]
    code = "EXPORT_REFUSED" if decided.exported else "NOTHING_TO_EXPORT"
    facts = {"orders": left_out, "next_cursor": decided.picked.next_cursor}
    return Refused(Refusal(code, {"count": str(decided.refused)}), facts=facts)


def _told(decided: OrderExport) -> Mapping[str, str]:
    counts = {EXPORTED: str(len(decided.exported)), REFUSED: str(decided.refused)}
    return counts | ({NEXT: decided.picked.next_cursor} if decided.picked.next_cursor else {})
