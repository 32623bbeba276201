"""Statement files in, and the mapping profiles that read CSV ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Form, Query, UploadFile
from pydantic import Field
from starlette.responses import Response

from chassis.http import (
    BusinessDate,
    Edge,
    Listing,
    RequestModel,
    Router,
    Text,
    download_responses,
    needs,
    problem_responses,
)
from chassis.tx import StoredFile, Tx
from payments.api.asking import asking
from payments.core.era import Era
from payments.core.statement_csv import DateFormat, DecimalSign, Delimiter, Encoding, StatementProfile
from payments.store.profiles import StoredProfile
from payments.usecases import importing, profiling
from payments.usecases.hearsay import Told
from payments.usecases.importing import FileFormat, Imported, ImportFile
from payments.views import files as views
from payments.views.files import BankFileView, FileSearch, ImportedFileView, ProfileSearch, StatementProfileView

router = Router()

_FILE_PROBLEMS = (
    "ACCOUNT_MISMATCH",
    "BAD_AMOUNT",
    "BAD_DATE",
    "BAD_FILE",
    "BAD_RECORD",
    "BAD_TEXT",
    "CURRENCY_MISMATCH",
    "DUPLICATE_COLUMN",
    "EMPTY_FILE",
    "ENCODING",
    "MISSING_COLUMN",
    "REQUIRED",
    "TOO_MANY_LINES",
    "TRUNCATED_RECORD",
    "UNKNOWN_BANK_ACCOUNT",
    "UNKNOWN_PROFILE",
    "UNSUPPORTED_FORMAT",
    "ZENGIN_TOTAL_MISMATCH",
)

Reading = Annotated[Edge, needs("payment.read", "payment.write")]
Writing = Annotated[Edge, needs("payment.write")]
Named = Annotated[str | None, Form(max_length=100)]


@router.post("/v1/bank-files", status_code=201, responses=problem_responses(*_FILE_PROBLEMS))
async def import_bank_file(
    file: UploadFile,
    edge: Writing,
    dry_run: bool = False,
    bank_account_id: Annotated[UUID | None, Form()] = None,
    bank_account_code: Named = None,
    format: Annotated[FileFormat, Form()] = FileFormat.AUTO,  # noqa: A002  # the field's name on the wire
    profile: Named = None,
    era: Annotated[Era, Form()] = Era.AUTO,
    imported_on: Annotated[BusinessDate | None, Form()] = None,
) -> ImportedFileView:
    """Imports a Zengin transfer notice or a CSV statement: the whole file or, with any problem, nothing (PAY-010)."""
    command = ImportFile(
        content=await file.read(),
        name=_shown(file.filename),
        account=bank_account_id or bank_account_code,
        format=format,
        profile=profile,
        era=era,
        imported_on=imported_on,
    )

    async def call(told: Told | None) -> ImportedFileView:
        return await edge.one(
            lambda tx: importing.import_file(tx, command, told), view=_viewed(dry_run), dry_run=dry_run
        )

    return await asking(edge, call)


def _shown(name: str | None) -> str:
    """A file's name is only ever shown: what cannot be shown is left out."""
    return "".join(filter(str.isprintable, name or ""))[:200] or "statement"


def _viewed(dry_run: bool) -> Callable[[Tx, Imported], Awaitable[ImportedFileView]]:
    """The answer of an import, read back from what it stored."""

    async def view(tx: Tx, done: Imported) -> ImportedFileView:
        lines = [(line.row, line.line_id, line.duplicate) for line in done.lines]
        return await views.imported_file(
            tx, done.file.bank_file_id, lines, future_rows=done.future_rows, dry_run=dry_run
        )

    return view


@router.get("/v1/bank-files")
async def list_bank_files(search: Annotated[FileSearch, Query()], edge: Reading) -> Listing[BankFileView]:
    return await edge.page(lambda tx: views.list_files(tx, search))


@router.get("/v1/bank-files/{bank_file_id}")
async def get_bank_file(bank_file_id: UUID, edge: Reading) -> BankFileView:
    return await edge.read(lambda tx: views.find_file(tx, bank_file_id))


@router.get("/v1/bank-files/{bank_file_id}/content", responses=download_responses("text/csv", "text/plain"))
async def get_bank_file_content(bank_file_id: UUID, edge: Reading) -> Response:
    """The file as it was uploaded, byte for byte."""
    return await edge.download(lambda tx: _content(tx, bank_file_id))


async def _content(tx: Tx, bank_file_id: UUID) -> StoredFile | None:
    file_id = await views.file_content_id(tx, bank_file_id)
    return await tx.load_file(file_id) if file_id else None


ColumnRef = Annotated[str, Text(100)] | Annotated[int, Field(ge=1, le=1_000)]


class KeepProfileRequest(RequestModel):
    """Columns by header text, or by number from 1 when the file has no header row."""

    name: Annotated[str, Text(100)]
    bank_account_id: UUID | None = None
    value_date: ColumnRef
    amount: ColumnRef | None = None
    amount_in: ColumnRef | None = None
    amount_out: ColumnRef | None = None
    payer: ColumnRef | None = None
    description: ColumnRef | None = None
    reference: ColumnRef | None = None
    balance: ColumnRef | None = None
    skip_rows: Annotated[int, Field(ge=0, le=100)] = 0
    header: bool = True
    encoding: Encoding = Encoding.AUTO
    delimiter: Delimiter = Delimiter.COMMA
    date_format: DateFormat = DateFormat.YEAR_MONTH_DAY
    decimal_sign: DecimalSign = DecimalSign.POINT

    def command(self, profile_id: UUID | None = None, version: int | None = None) -> profiling.KeepProfile:
        mapping = StatementProfile(**self.model_dump(exclude={"name", "bank_account_id"}))
        return profiling.KeepProfile(self.name, self.bank_account_id, mapping, profile_id, version)


_PROFILE_PROBLEMS = ("AMOUNT_COLUMN", "COLUMN_NUMBER_NEEDED", "DUPLICATE_NAME", "UNKNOWN_BANK_ACCOUNT")


@router.post("/v1/statement-profiles", status_code=201, responses=problem_responses(*_PROFILE_PROBLEMS))
async def add_statement_profile(body: KeepProfileRequest, edge: Writing) -> StatementProfileView:
    return await edge.one(lambda tx: profiling.add_profiles(tx, [body.command()]), view=_profile)


@router.put("/v1/statement-profiles/{profile_id}", responses=problem_responses(*_PROFILE_PROBLEMS, "CONFLICT"))
async def change_statement_profile(profile_id: UUID, body: KeepProfileRequest, edge: Writing) -> StatementProfileView:
    command = body.command(profile_id, edge.expected_version)
    return await edge.one(lambda tx: profiling.change_profile(tx, command), view=_profile)


@router.get("/v1/statement-profiles")
async def list_statement_profiles(
    search: Annotated[ProfileSearch, Query()], edge: Reading
) -> Listing[StatementProfileView]:
    return await edge.page(lambda tx: views.list_profiles(tx, search))


@router.get("/v1/statement-profiles/{profile_id}")
async def get_statement_profile(profile_id: UUID, edge: Reading) -> StatementProfileView:
    return await edge.read(lambda tx: views.find_profile(tx, profile_id))


async def _profile(tx: Tx, done: StoredProfile) -> StatementProfileView:
    found = await views.find_profile(tx, done.profile_id)
    assert found is not None, "it was just stored"
    return found
