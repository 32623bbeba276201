"""Routes of return notes."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field, model_validator

from chassis.http import (
    Batch,
    BusinessDate,
    Edge,
    Listing,
    RequestModel,
    Results,
    Router,
    VersionInt,
    needs,
    problem_responses,
)
from chassis.tx import Tx
from fulfillment.api.requests import Code, Line, LineNumber, OrderNumber, Pieces, Reason, SkuCode, one_of
from fulfillment.core.asks import ReturnAsk
from fulfillment.core.parts import NoteLineId, ReturnId
from fulfillment.core.returns import ReturnState
from fulfillment.store import returns as store
from fulfillment.usecases import returns
from fulfillment.usecases.returns import CreateReturn, NamedReturn
from fulfillment.views import returns as views
from fulfillment.views.returns import ReturnListItem, ReturnPage, ReturnSummary, ReturnView

router = Router()

Reading = Annotated[Edge, needs("delivery.read", "return.write")]
Writing = Annotated[Edge, needs("return.write")]

DEED = ("NOT_FOUND", "CONFLICT", "INVALID_STATE")
DRAFTING = (
    "AMBIGUOUS_NOTE_LINE",
    "INVALID_STATE",
    "NOTHING_TO_RETURN",
    "NOT_FOUND",
    "REASON_REQUIRED",
    "RETURN_EXCEEDS",
    "UNKNOWN_NOTE_LINE",
)


class ReturnLineRequest(RequestModel):
    """Pieces of a line of the note, or of a SKU on it; without quantity: all that can still come back."""

    line_id: UUID | None = None
    line_no: LineNumber | None = None
    order_number: OrderNumber | None = None
    sku_code: SkuCode | None = None
    quantity: Pieces | None = None

    def ask(self, field: str) -> ReturnAsk:
        line_id = None if self.line_id is None else NoteLineId(self.line_id)
        return ReturnAsk(self.quantity, line_id, self.line_no, self.order_number, self.sku_code, field)


class CreateReturnRequest(RequestModel):
    """Goods of a shipped note that came back; without lines: all of it. `advance` says how far it goes at once."""

    note_id: UUID | None = None
    note_number: Code | None = None
    lines: list[ReturnLineRequest] = Field(default_factory=list, max_length=10_000)
    reason: Reason
    condition: Line = ""
    restock: bool = False
    returned_on: BusinessDate | None = None
    advance: Literal["draft", "issued"] = "draft"
    issued_on: BusinessDate | None = None

    @model_validator(mode="after")
    def _names_one_note(self) -> CreateReturnRequest:
        one_of(note_id=self.note_id, note_number=self.note_number)
        return self

    def command(self) -> CreateReturn:
        return CreateReturn(
            note=self.note_id or self.note_number or "",
            reason=self.reason,
            lines=tuple(line.ask(f"/lines/{at}") for at, line in enumerate(self.lines)),
            returned_on=self.returned_on,
            condition=self.condition,
            restock=self.restock,
            advance=ReturnState(self.advance.upper()),
            issued_on=self.issued_on,
        )


class IssueReturnRequest(RequestModel):
    return_id: UUID
    version: VersionInt | None = None
    issued_on: BusinessDate | None = None


class ReturnIssuanceRequest(RequestModel):
    issued_on: BusinessDate | None = None


@router.get("/v1/return-notes")
async def list_return_notes(page: Annotated[ReturnPage, Query()], edge: Reading) -> Listing[ReturnListItem]:
    return await edge.page(lambda tx: views.listed(tx, page))


@router.post("/v1/return-notes", status_code=201, responses=problem_responses(*DRAFTING))
async def create_return_note(body: CreateReturnRequest, edge: Writing) -> ReturnView:
    return await edge.one(lambda tx: returns.create(tx, [body.command()]), view=views.return_note)


@router.post("/v1/return-note-batches", responses=problem_responses(*DRAFTING))
async def create_return_notes(body: Batch[CreateReturnRequest], edge: Writing) -> Results[ReturnSummary]:
    """Each return sees what the earlier ones took back."""
    commands = [one.command() for one in body]
    return await edge.many(lambda tx: returns.create(tx, commands), views.summary)


@router.get("/v1/return-notes/{return_id}", responses=problem_responses("NOT_FOUND"))
async def read_return_note(return_id: UUID, edge: Reading) -> ReturnView:
    async def reader(tx: Tx) -> ReturnView | None:
        found = await store.load_returns(tx, [return_id], lock=False)
        return views.return_note(found[ReturnId(return_id)]) if found else None

    return await edge.read(reader)


@router.delete("/v1/return-notes/{return_id}", status_code=204, responses=problem_responses(*DEED))
async def delete_return_note(return_id: UUID, edge: Writing) -> None:
    """Drafts only; the pieces may come back on another return."""
    command = NamedReturn(return_id, version=edge.expected_version)
    await edge.one(lambda tx: returns.delete(tx, [command]), view=views.summary)


@router.post("/v1/return-notes/{return_id}/issuance", responses=problem_responses(*DEED))
async def issue_return_note(return_id: UUID, body: ReturnIssuanceRequest, edge: Writing) -> ReturnView:
    command = NamedReturn(return_id, body.issued_on, edge.expected_version)
    return await edge.one(lambda tx: returns.issue(tx, [command]), view=views.return_note)


@router.post("/v1/return-note-issuances", responses=problem_responses(*DEED))
async def issue_return_notes(body: Batch[IssueReturnRequest], edge: Writing) -> Results[ReturnSummary]:
    commands = [NamedReturn(one.return_id, one.issued_on, one.version) for one in body]
    return await edge.many(lambda tx: returns.issue(tx, commands), views.summary)
