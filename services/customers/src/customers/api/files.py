"""Routes of files: customers and delegations in, templates out (INT-010, INT-011)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response, UploadFile

from chassis import imports
from chassis.http import Edge, Refused, Router, download_responses, needs, problem_responses
from chassis.imports import ImportReport, Judged, Layout, Row, Rows
from chassis.tx import StoredFile, Tx
from customers.api.customers import rights_of
from customers.store.files import Upload
from customers.usecases import importing
from customers.usecases.customer_file import CUSTOMERS
from customers.usecases.delegation_file import DELEGATIONS
from customers.usecases.importing import Imported
from kernel.refusal import Refusal

router = Router()

Encoding = Annotated[str | None, Query(max_length=20)]
Apply = Callable[[Tx, Sequence[Row]], Awaitable[Imported]]


@router.post(
    "/v1/customer-imports",
    responses=problem_responses(*imports.CODES, "CUSTOMER_ID_TAKEN", "SEQUENCE_FULL", "CURRENCY_NOT_ENABLED"),
)
async def import_customers(
    file: UploadFile,
    edge: Annotated[Edge, needs("customer.write")],
    dry_run: bool = False,
    good_rows_only: bool = False,
    encoding: Encoding = None,
) -> ImportReport:
    """CSV or .xlsx; the code decides create or change, blank keeps, `#CLEAR` empties, one transaction for the file."""
    upload = await _upload("customers", file)

    async def apply(tx: Tx, rows: Sequence[Row]) -> Imported:
        return await importing.import_customers(tx, rows, rights_of(edge), reason=f"import {upload.name}")

    wanted = _Wanted(CUSTOMERS, apply, dry_run=dry_run, good_rows_only=good_rows_only)
    return await _import(edge, file, upload, wanted, encoding)


@router.post(
    "/v1/delegation-imports",
    responses=problem_responses(*imports.CODES, "DELEGATION_CHAIN", "DELEGATION_SELF", "UNKNOWN_CUSTOMER"),
)
async def import_delegations(
    file: UploadFile,
    edge: Annotated[Edge, needs("terms.write")],
    dry_run: bool = False,
    good_rows_only: bool = False,
    encoding: Encoding = None,
) -> ImportReport:
    """CSV or .xlsx with delegator and delegatee codes; `#CLEAR` as delegatee revokes."""
    wanted = _Wanted(DELEGATIONS, importing.import_delegations, dry_run=dry_run, good_rows_only=good_rows_only)
    return await _import(edge, file, await _upload("delegations", file), wanted, encoding)


@router.get("/v1/customer-import-templates", responses=download_responses("text/csv"))
async def customer_template(edge: Annotated[Edge, needs("customer.read")]) -> Response:
    """The file to fill in: headers, required ones marked with *, and a sample row (INT-010)."""
    return await edge.download(_template(CUSTOMERS, "customers.csv"))


@router.get("/v1/delegation-import-templates", responses=download_responses("text/csv"))
async def delegation_template(edge: Annotated[Edge, needs("customer.read")]) -> Response:
    """The file to fill in (INT-010)."""
    return await edge.download(_template(DELEGATIONS, "delegations.csv"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done with a file."""

    layout: Layout
    apply: Apply
    dry_run: bool
    good_rows_only: bool


@dataclass(frozen=True, slots=True)
class _Done:
    judged: Judged
    warnings: Sequence[Refusal]


async def _import(edge: Edge, file: UploadFile, upload: Upload, wanted: _Wanted, encoding: str | None) -> ImportReport:
    rows = wanted.layout.read(await imports.read_table(file, encoding=encoding))
    if isinstance(rows, list):
        raise Refused(Refusal("IMPORT_REFUSED", {"count": str(len(rows))}), errors=rows)

    async def deed(tx: Tx) -> _Done:
        imported = await wanted.apply(tx, rows.rows)
        judged = imports.judge(rows, imported.outcomes)
        if judged.refusals and not (wanted.dry_run or wanted.good_rows_only):
            told = Refusal("IMPORT_REFUSED", {"count": str(len(judged.refusals))})
            raise Refused(told, facts={"counts": judged.counts}, errors=judged.refusals)
        again = await importing.keep_file(tx, upload, judged.counts)
        return _Done(judged, (*again, *imported.warnings))

    return await edge.one(deed, lambda done: _report(edge, rows, done, wanted), dry_run=wanted.dry_run)


def _report(edge: Edge, rows: Rows, done: _Done, wanted: _Wanted) -> ImportReport:
    return ImportReport(
        dry_run=wanted.dry_run,
        applied=not wanted.dry_run,
        encoding=rows.encoding,
        rows=rows.row_count,
        counts=done.judged.counts,
        errors=edge.told(done.judged.refusals),
        error_count=len(done.judged.refusals),
        warnings=edge.told(done.warnings),
    )


async def _upload(kind: Literal["customers", "delegations"], file: UploadFile) -> Upload:
    """The bytes as they came; the file's own name only as far as it can be shown and stored."""
    content = await file.read()
    await file.seek(0)
    name = "".join(letter for letter in file.filename or "" if letter.isprintable())[:200]
    return Upload(kind, name or "file", "application/octet-stream", content)


def _template(layout: Layout, name: str) -> Callable[[Tx], Awaitable[StoredFile]]:
    async def reader(tx: Tx) -> StoredFile:
        content = layout.template().content
        digest = hashlib.sha256(content).digest()
        return StoredFile(UUID(int=0), name, "text/csv; charset=utf-8", digest, content, tx.now)

    return reader
