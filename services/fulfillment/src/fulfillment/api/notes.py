"""Routes of delivery notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from fulfillment.api.asking import asking
from fulfillment.api.requests import (
    AddressRequest,
    ChargeRequest,
    Code,
    Line,
    LineRequest,
    Lines,
    OrderNumber,
    Reason,
    SkuCode,
    one_of,
)
from fulfillment.core.delivery_note import NoteState
from fulfillment.core.drafting import DraftNote
from fulfillment.core.parts import NoteId
from fulfillment.store import facts
from fulfillment.store import notes as store
from fulfillment.store.selection import Selection
from fulfillment.usecases import drafts, notes
from fulfillment.usecases.drafts import CreateNote, Run
from fulfillment.usecases.folder import NamedNote
from fulfillment.usecases.notes import ExemptNote, ReviseNote
from fulfillment.views import notes as views
from fulfillment.views.notes import NoteListItem, NotePage, NoteSummary, NoteView

router = Router()

Reading = Annotated[Edge, needs("delivery.read")]
Writing = Annotated[Edge, needs("delivery.write")]

HOLDS = ("CUSTOMER_ON_HOLD", "ORDER_ON_HOLD", "UNKNOWN_CUSTOMER")
DEED = ("NOT_FOUND", "CONFLICT", "INVALID_STATE")
DRAFTING = (
    "AMBIGUOUS_LINE",
    "EMPTY_NOTE",
    "FEE_ALREADY_USED",
    "MIXED_NOTE",
    "NOTHING_OPEN",
    "ORDER_NOT_CONVERTED",
    "QTY_EXCEEDS_OPEN",
    "UNKNOWN_CHARGE",
    "UNKNOWN_LINE",
    "UNKNOWN_LOCATION",
    "UNKNOWN_ORDER",
    "UNKNOWN_SHIP_TO",
)


class NoteTerms(RequestModel):
    """What a new note shall be, its lines aside. `advance` says how far it goes at once, all or nothing.

    Dates not given are today in the maker's time zone; the shipment's is the day of issue.
    """

    location_id: UUID | None = None
    location_code: Code | None = None
    delivery_date: BusinessDate | None = None
    memo: Lines = ""
    comment: Lines = ""
    carrier: Line = ""
    tracking_number: Line = ""
    advance: Literal["draft", "issued", "shipped"] = "draft"
    issued_on: BusinessDate | None = None
    shipped_on: BusinessDate | None = None

    def wish(self) -> DraftNote:
        return DraftNote(
            lines=(),
            delivery_date=self.delivery_date,
            location=self.location_id or self.location_code,
            memo=self.memo,
            comment=self.comment,
            carrier=self.carrier,
            tracking_number=self.tracking_number,
        )

    def creating(self, wish: DraftNote) -> CreateNote:
        return CreateNote(wish, NoteState(self.advance.upper()), self.issued_on, self.shipped_on)


class CreateNoteRequest(NoteTerms):
    """A delivery note from unshipped SKUs. Without `charges` it takes all that its orders still have free."""

    customer_id: UUID | None = None
    customer_code: Code | None = None
    ship_to: AddressRequest | None = None
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=10_000)]
    charges: Annotated[list[ChargeRequest], Field(max_length=1_000)] | None = None

    def command(self) -> CreateNote:
        charges = None
        if self.charges is not None:
            charges = tuple(one.ask(f"/charges/{at}") for at, one in enumerate(self.charges))
        wish = replace(
            self.wish(),
            lines=tuple(line.ask(f"/lines/{at}") for at, line in enumerate(self.lines)),
            charges=charges,
            customer=self.customer_id or self.customer_code,
            ship_to=None if self.ship_to is None else self.ship_to.address(),
        )
        return self.creating(wish)


class RunRequest(NoteTerms):
    """Everything open that meets all conditions given; none: everything open (FUL-033)."""

    customer_ids: list[UUID] = Field(default_factory=list, max_length=1_000)
    customer_codes: list[Code] = Field(default_factory=list, max_length=1_000)
    order_ids: list[UUID] = Field(default_factory=list, max_length=1_000)
    order_numbers: list[OrderNumber] = Field(default_factory=list, max_length=1_000)
    line_ids: list[UUID] = Field(default_factory=list, max_length=10_000)
    sku_codes: list[SkuCode] = Field(default_factory=list, max_length=1_000)
    planned_until: BusinessDate | None = None

    def command(self) -> Run:
        selection = Selection(
            customers=(*self.customer_ids, *self.customer_codes),
            orders=(*self.order_ids, *self.order_numbers),
            lines=tuple(self.line_ids),
            sku_codes=tuple(self.sku_codes),
            planned_until=self.planned_until,
        )
        return Run(selection, self.creating(self.wish()))


class NamedNoteRequest(RequestModel):
    """A note by id, or by number once it has one; `version`: what the caller read."""

    note_id: UUID | None = None
    number: Code | None = None
    version: VersionInt | None = None

    @model_validator(mode="after")
    def _names_one_note(self) -> NamedNoteRequest:
        one_of(note_id=self.note_id, number=self.number)
        return self

    @property
    def note(self) -> UUID | str:
        return self.number if self.note_id is None else self.note_id  # type: ignore[return-value]  # one_of


class IssueNoteRequest(NamedNoteRequest):
    issued_on: BusinessDate | None = None


class ShipNoteRequest(NamedNoteRequest):
    shipped_on: BusinessDate | None = None


class DeliverNoteRequest(NamedNoteRequest):
    delivered_on: BusinessDate | None = None


class IssuanceRequest(RequestModel):
    issued_on: BusinessDate | None = None


class ShipmentRequest(RequestModel):
    shipped_on: BusinessDate | None = None


class DeliveryRequest(RequestModel):
    delivered_on: BusinessDate | None = None


class NonBillableRequest(RequestModel):
    reason: Reason


class ReviseNoteRequest(RequestModel):
    """What of a draft is to change; fields left out stay."""

    location_id: UUID | None = None
    location_code: Code | None = None
    delivery_date: BusinessDate | None = None
    ship_to: AddressRequest | None = None
    memo: Lines | None = None
    comment: Lines | None = None
    carrier: Line | None = None
    tracking_number: Line | None = None

    def command(self, note_id: UUID, version: int | None) -> ReviseNote:
        return ReviseNote(
            note_id,
            version=version,
            delivery_date=self.delivery_date,
            ship_to=None if self.ship_to is None else self.ship_to.address(),
            location=self.location_id or self.location_code,
            memo=self.memo,
            comment=self.comment,
            carrier=self.carrier,
            tracking_number=self.tracking_number,
        )


@router.get("/v1/delivery-notes")
async def list_delivery_notes(page: Annotated[NotePage, Query()], edge: Reading) -> Listing[NoteListItem]:
    async def reader(tx: Tx) -> tuple[Sequence[NoteListItem], str | None]:
        return await views.listed(tx, page, (await facts.load_maker(tx)).bill_from)

    return await edge.page(reader)


@router.post("/v1/delivery-notes", status_code=201, responses=problem_responses(*DRAFTING, *HOLDS))
async def create_delivery_note(body: CreateNoteRequest, edge: Writing) -> NoteView:
    command = body.command()
    return await asking(edge, lambda asked: edge.one(lambda tx: drafts.create(tx, [command], asked), view=views.note))


@router.post("/v1/delivery-note-batches", responses=problem_responses(*DRAFTING, *HOLDS))
async def create_delivery_notes(body: Batch[CreateNoteRequest], edge: Writing) -> Results[NoteSummary]:
    """Each note sees what the earlier ones reserved."""
    commands = [one.command() for one in body]
    return await asking(edge, lambda asked: edge.many(lambda tx: drafts.create(tx, commands, asked), views.summary))


@router.post(
    "/v1/delivery-note-runs", responses=problem_responses(*DRAFTING, *HOLDS, "TOO_MANY_LINES", "TOO_MANY_NOTES")
)
async def run_delivery_notes(body: RunRequest, edge: Writing) -> Results[NoteSummary]:
    """One note per customer, destination and currency for all that is open; held orders get notes of their own."""
    command = body.command()
    return await asking(edge, lambda asked: edge.many(lambda tx: drafts.run(tx, command, asked), views.summary))


@router.get("/v1/delivery-notes/{note_id}", responses=problem_responses("NOT_FOUND"))
async def read_delivery_note(note_id: UUID, edge: Reading) -> NoteView:
    async def reader(tx: Tx) -> NoteView | None:
        found = await store.load_notes(tx, [note_id], lock=False)
        return views.note(found[NoteId(note_id)]) if found else None

    return await edge.read(reader)


@router.patch("/v1/delivery-notes/{note_id}", responses=problem_responses(*DEED, "UNKNOWN_LOCATION"))
async def revise_delivery_note(note_id: UUID, body: ReviseNoteRequest, edge: Writing) -> NoteView:
    command = body.command(note_id, edge.expected_version)
    return await edge.one(lambda tx: notes.revise(tx, [command]), view=views.note)


@router.delete("/v1/delivery-notes/{note_id}", status_code=204, responses=problem_responses(*DEED))
async def delete_delivery_note(note_id: UUID, edge: Writing) -> None:
    """Drafts only; quantities and charges are free again."""
    command = NamedNote(note_id, version=edge.expected_version)
    await edge.one(lambda tx: notes.delete(tx, [command]), view=views.summary)


@router.post("/v1/delivery-notes/{note_id}/issuance", responses=problem_responses(*DEED, *HOLDS))
async def issue_delivery_note(note_id: UUID, body: IssuanceRequest, edge: Writing) -> NoteView:
    command = NamedNote(note_id, body.issued_on, edge.expected_version)
    return await asking(edge, lambda asked: edge.one(lambda tx: notes.issue(tx, [command], asked), view=views.note))


@router.post("/v1/delivery-note-issuances", responses=problem_responses(*DEED, *HOLDS))
async def issue_delivery_notes(body: Batch[IssueNoteRequest], edge: Writing) -> Results[NoteSummary]:
    commands = [NamedNote(one.note, one.issued_on, one.version) for one in body]
    return await asking(edge, lambda asked: edge.many(lambda tx: notes.issue(tx, commands, asked), views.summary))


@router.post("/v1/delivery-notes/{note_id}/shipment", responses=problem_responses(*DEED, *HOLDS))
async def ship_delivery_note(note_id: UUID, body: ShipmentRequest, edge: Writing) -> NoteView:
    command = NamedNote(note_id, body.shipped_on, edge.expected_version)
    return await asking(edge, lambda asked: edge.one(lambda tx: notes.ship(tx, [command], asked), view=views.note))


@router.post("/v1/delivery-note-shipments", responses=problem_responses(*DEED, *HOLDS))
async def ship_delivery_notes(body: Batch[ShipNoteRequest], edge: Writing) -> Results[NoteSummary]:
    commands = [NamedNote(one.note, one.shipped_on, one.version) for one in body]
    return await asking(edge, lambda asked: edge.many(lambda tx: notes.ship(tx, commands, asked), views.summary))


@router.post("/v1/delivery-notes/{note_id}/delivery", responses=problem_responses(*DEED))
async def deliver_delivery_note(note_id: UUID, body: DeliveryRequest, edge: Writing) -> NoteView:
    command = NamedNote(note_id, body.delivered_on, edge.expected_version)
    return await edge.one(lambda tx: notes.deliver(tx, [command]), view=views.note)


@router.post("/v1/delivery-note-deliveries", responses=problem_responses(*DEED))
async def deliver_delivery_notes(body: Batch[DeliverNoteRequest], edge: Writing) -> Results[NoteSummary]:
    commands = [NamedNote(one.note, one.delivered_on, one.version) for one in body]
    return await edge.many(lambda tx: notes.deliver(tx, commands), views.summary)


@router.put("/v1/delivery-notes/{note_id}/non-billable", responses=problem_responses(*DEED, "REASON_REQUIRED"))
async def exempt_delivery_note(note_id: UUID, body: NonBillableRequest, edge: Writing) -> NoteView:
    """A draft that will not be billed, e.g. samples (FUL-022)."""
    command = ExemptNote(note_id, version=edge.expected_version, reason=body.reason)
    return await edge.one(lambda tx: notes.exempt(tx, [command]), view=views.note)


@router.delete("/v1/delivery-notes/{note_id}/non-billable", responses=problem_responses(*DEED))
async def lift_non_billable(note_id: UUID, edge: Writing) -> NoteView:
    command = NamedNote(note_id, version=edge.expected_version)
    return await edge.one(lambda tx: notes.lift(tx, [command]), view=views.note)
