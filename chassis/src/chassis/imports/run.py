"""One import of a master file: read, judge every row, apply, report; a dry run is the same, rolled back (INT-011)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fastapi import UploadFile

from chassis import tabular
from chassis.http.edge import Edge
from chassis.http.models import RowProblem, View
from chassis.http.outcomes import refusals_in
from chassis.http.refused import Refused
from chassis.imports.layout import Layout, Row, Rows
from chassis.tabular import Sheet
from chassis.tabular.reading import DEFAULT_LIMITS
from chassis.tx import Tx
from kernel.refusal import Refusal


class Change(StrEnum):
    """What applying a row did, or would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


Applied = Sequence[Change | Refusal | Sequence[Refusal]]
Apply = Callable[[Tx, Sequence[Row]], Awaitable[Applied]]
"""The use case: one outcome per row, in order; nothing is left behind for a row it refuses."""

CODES: Final = (
    "BAD_CHARS", "BAD_CHOICE", "BAD_DATE", "BAD_FORMAT", "BAD_QUOTE", "CHANGED_BY_EXCEL", "CLEAR_NOT_ALLOWED",
    "DUPLICATE_COLUMN", "DUPLICATE_ROW", "ENCODING", "EXCEL_ERROR_VALUE", "FILE_DAMAGED", "FILE_EMPTY",
    "FILE_NOT_A_TABLE", "FILE_OLD_EXCEL", "FILE_TOO_LARGE", "FILE_TOO_MANY_COLUMNS", "FILE_UNSAFE",
    "FORMULA_WITHOUT_VALUE", "IMPORT_REFUSED", "MERGED_CELLS", "MISSING_COLUMN", "NOT_A_NUMBER", "NUL_CHARACTER",
    "OUT_OF_RANGE", "REQUIRED", "TOO_LONG", "TOO_MANY_CELLS", "TOO_MANY_DECIMALS", "UNCLOSED_QUOTE", "UNKNOWN_COLUMN",
)  # fmt: skip
"""For `problem_responses(*imports.CODES)`."""


class ImportReport(View):
    """What an import did or, dry, would do. `errors` holds the first 1,000, `error_count` counts them all (INT-012)."""

    dry_run: bool
    applied: bool
    """Whether anything was written."""
    encoding: str
    rows: int
    counts: dict[str, int]
    """`new`, `changed`, `unchanged`, `error` count rows; an importer of another kind has words of its own."""
    errors: Sequence[RowProblem]
    error_count: int
    warnings: Sequence[RowProblem] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """All rows of a file, judged: how many of which kind, and every refusal in file order."""

    counts: dict[str, int]
    refusals: Sequence[Refusal]


async def import_file(
    edge: Edge,
    file: UploadFile,
    layout: Layout,
    apply: Apply,
    *,
    dry_run: bool = False,
    good_rows_only: bool = False,
    encoding: str | None = None,
    sheet_name: str | None = None,
) -> ImportReport:
    """Imports a CSV or .xlsx file of masters.

    A file with wrong rows is refused whole (422 IMPORT_REFUSED with every error), unless `good_rows_only` takes the
    others; `dry_run` always answers with the report.
    """
    sheet = await read_table(file, encoding=encoding, sheet_name=sheet_name)
    rows = layout.read(sheet)
    if isinstance(rows, list):
        raise Refused(Refusal("IMPORT_REFUSED", {"count": str(len(rows))}), errors=rows)

    async def deed(tx: Tx) -> Judged:
        judged = judge(rows, await apply(tx, rows.rows))
        if judged.refusals and not (dry_run or good_rows_only):
            raise Refused(_refused(judged), facts={"counts": judged.counts}, errors=judged.refusals)
        return judged

    return await edge.one(deed, lambda judged: _report(edge, rows, judged, dry_run=dry_run), dry_run=dry_run)


async def read_table(file: UploadFile, *, encoding: str | None = None, sheet_name: str | None = None) -> Sheet:
    """The table of an upload. Raises Refused when the file as a whole cannot be taken."""
    content = await file.read(DEFAULT_LIMITS.bytes + 1)
    sheet = await tabular.read_upload(content, file.filename, encoding=encoding, sheet_name=sheet_name)
    if isinstance(sheet, list):
        raise Refused(*sheet)
    return sheet


def judge(rows: Rows, applied: Applied) -> Judged:
    """Joins what reading and what applying found. Raises ValueError unless there is one outcome per row."""
    refusals = list(rows.refusals)
    counts: Counter[str] = Counter()
    for row, outcome in zip(rows.rows, applied, strict=True):
        refused = refusals_in(outcome)
        refusals += (_of_row(row, refusal) for refusal in refused)
        if not refused:
            counts[str(outcome)] += 1
    good = sum(counts.values())
    every = {change.value: counts.get(change.value, 0) for change in Change}
    refusals.sort(key=lambda refusal: (refusal.row or 0, refusal.column or 0))
    return Judged({**every, "error": rows.row_count - good}, refusals)


def _of_row(row: Row, refusal: Refusal) -> Refusal:
    """A refusal of the use case that names a column by its own name, or nothing, is put where it belongs."""
    if refusal.row is not None:
        return refusal
    placed = row.refusal(refusal.code, refusal.field)
    value = refusal.value if refusal.value is not None else placed.value
    return Refusal(refusal.code, refusal.facts, placed.field, placed.row, placed.column, value)


def _refused(judged: Judged) -> Refusal:
    return Refusal("IMPORT_REFUSED", {"count": str(len(judged.refusals))})


def _report(edge: Edge, rows: Rows, judged: Judged, *, dry_run: bool) -> ImportReport:
    return ImportReport(
        dry_run=dry_run,
        applied=not dry_run,
        encoding=rows.encoding,
        rows=rows.row_count,
        counts=judged.counts,
        errors=edge.told(judged.refusals),
        error_count=len(judged.refusals),
    )
