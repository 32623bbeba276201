"""A service whose routes do what a test asks for, on the example's tables: the ground on which the edge is tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import Form, Query, UploadFile
from pydantic import Field
from sqlalchemy import func, select, text, tuple_
from sqlmodel import col
from starlette.responses import Response

from chassis import failures, imports
from chassis.example import app as example
from chassis.example import usecases
from chassis.example.tables import OrderRow
from chassis.example.usecases import Noted, NoteOrder
from chassis.http import (
    AmountText,
    Answered,
    Batch,
    BusinessDate,
    Edge,
    Instant,
    Listing,
    MoneyText,
    Page,
    PercentText,
    QuantityInt,
    RequestModel,
    Results,
    Router,
    Text,
    View,
    anyone,
    download_responses,
    file_response,
    needs,
    needs_service,
    problem_responses,
    waits,
)
from chassis.imports import Change, Column, ImportReport, Layout, Need, Row, import_file
from chassis.service import Service
from chassis.statements import table_of
from chassis.tx import Stale, StoredFile, Tx
from kernel.refusal import Refusal

router = Router()


@dataclass(slots=True)
class Laboratory:
    """How often deeds ran, by number; how often they are to find the rows stale."""

    runs: Counter[str] = field(default_factory=Counter)
    stale_turns: int = 0
    looks: list[int] = field(default_factory=list)
    """How many trials each look of a waiting call was for."""
    blind: bool = False
    """Looks fail."""


LABORATORY = Laboratory()


@pytest.fixture(autouse=True)
def laboratory() -> Laboratory:
    LABORATORY.runs.clear()
    LABORATORY.stale_turns, LABORATORY.blind = 0, False
    LABORATORY.looks.clear()
    return LABORATORY


class Part(RequestModel):
    sku: Annotated[str, Text(20)]
    quantity: QuantityInt
    rate: PercentText | None = None
    at: Instant | None = None


class Trial(RequestModel):
    """What to note, and how it is to go."""

    number: Annotated[str, Text(50)]
    amount: MoneyText = Decimal(100)
    ordered_on: BusinessDate | None = None
    behaviour: Annotated[str, Text(20, pattern="[a-z-]+")] = "done"
    """How the deed is to go: see `_one`; anything unknown is simply done."""
    channel: Literal["web", "fax"] = "web"
    remark: Annotated[str, Text(200, blank=True, lines=True)] = ""
    parts: Annotated[list[Part], Field(max_length=100)] = Field(default_factory=list)


class Trials(RequestModel):
    trials: Batch[Trial]


class TrialView(View):
    order_id: UUID
    number: str
    amount: AmountText
    version: int = 1


def view(done: Noted) -> TrialView:
    return TrialView(order_id=done.order_id, number=done.number, amount=done.amount)


async def carry_out(tx: Tx, trials: Sequence[Trial]) -> list[Noted | Refusal | list[Refusal]]:
    noted = iter(await usecases.note(tx, [_command(tx, trial) for trial in trials if trial.behaviour != "refused"]))
    return [await _one(tx, trial, noted) for trial in trials]


def _command(tx: Tx, trial: Trial) -> NoteOrder:
    return NoteOrder(UUID(int=1), trial.number, trial.amount, trial.ordered_on or tx.now.date())


async def _one(tx: Tx, trial: Trial, noted: Any) -> Noted | Refusal | list[Refusal]:
    LABORATORY.runs[trial.number] += 1
    match trial.behaviour:
        case "refused":
            return Refusal("NOTHING_ORDERED", {"number": trial.number}, field="/amount", value="0")
        case "refused-twice":
            return [Refusal("INVALID_STATE", field="/number"), Refusal("NOTHING_ORDERED", {"number": trial.number})]
        case "stale" if LABORATORY.runs[trial.number] <= LABORATORY.stale_turns:
            raise Stale("orders")
        case "duplicate" if LABORATORY.runs[trial.number] == 1:
            await tx.execute(text("create temporary table once (n int primary key) on commit drop"))
            await tx.execute(text("insert into once values (1), (1)"))
        case "crash":
            raise LookupError("secret of the house")
        case "away":
            raise failures.Away("the file store")
        case "nul":
            await tx.execute(text("select cast(:nul as text)"), {"nul": "\x00"})
        case "too-large":
            await tx.execute(text("select cast(:n as integer)"), {"n": 2**40})
        case "check":
            await tx.execute(text("update orders set amount = -1 where maker_id = :m"), {"m": tx.maker_id})
        case "sleep":
            await tx.execute(text("select pg_sleep(0.3)"))
    done: Noted | Refusal = next(noted)
    return done


@router.post("/v1/trials", status_code=201, responses=problem_responses("NOTHING_ORDERED", "INVALID_STATE"))
async def try_one(body: Trial, edge: Annotated[Edge, needs("order.write")], dry_run: bool = False) -> TrialView:
    """Tries one thing."""
    return await edge.one(lambda tx: carry_out(tx, [body]), view, dry_run=dry_run)


@router.post("/v1/trial-batches", responses=problem_responses("NOTHING_ORDERED", "INVALID_STATE"))
async def try_many(body: Trials, edge: Annotated[Edge, needs("order.write")]) -> Results[TrialView]:
    return await edge.many(lambda tx: carry_out(tx, body.trials), view)


class Counted(View):
    number: str
    orders: int


@router.post("/v1/counted-trials", responses=problem_responses("NOTHING_ORDERED", "INVALID_STATE"))
async def try_and_count(body: Trial, edge: Annotated[Edge, needs("order.write")]) -> Counted:
    async def deed(tx: Tx) -> Noted | Refusal | Sequence[Refusal]:
        return (await carry_out(tx, [body]))[0]

    async def counted(tx: Tx, done: Noted) -> Counted:
        orders = await tx.scalar(select(func.count()).where(col(OrderRow.maker_id) == tx.maker_id))
        return Counted(number=done.number, orders=orders)

    return await edge.one(deed, counted)


@router.put("/v1/trials/{order_id}", responses=problem_responses("CONFLICT"))
async def change(order_id: UUID, body: Trial, edge: Annotated[Edge, needs("order.write")]) -> TrialView:
    expected = edge.expected_version

    async def deed(tx: Tx) -> Noted | Refusal:
        found = await _find(tx, order_id)
        if found is None:
            return Refusal("NOT_FOUND")
        if expected not in (None, found.version):
            return Refusal("CONFLICT")
        return Noted(order_id, body.number, body.amount)

    return await edge.one(deed, view)


@router.delete("/v1/trials/{order_id}", status_code=204)
async def remove(order_id: UUID, edge: Annotated[Edge, needs("order.write")]) -> None:
    async def deed(tx: Tx) -> Noted | Refusal:
        return Refusal("NOT_FOUND") if await _find(tx, order_id) is None else Noted(order_id, "gone", 0)  # type: ignore[arg-type]

    await edge.one(deed, view)


async def _find(tx: Tx, order_id: UUID) -> TrialView | None:
    t = table_of(OrderRow).c
    row = await tx.one_or_none(select(t.number, t.amount).where(t.maker_id == tx.maker_id, t.order_id == order_id))
    return None if row is None else TrialView(order_id=order_id, number=row.number, amount=row.amount)


async def _grown(_: Edge, tx: Tx, answered: Sequence[Answered]) -> list[TrialView | None]:
    LABORATORY.looks.append(len(answered))
    if LABORATORY.blind:
        raise failures.Away("the eyes")
    t = table_of(OrderRow).c
    ids = [UUID(one["order_id"]) for one in answered]
    found = await tx.rows(
        select(t.order_id, t.number, t.amount, t.version).where(t.maker_id == tx.maker_id, t.order_id.in_(ids))
    )
    views = {row.order_id: TrialView(**row._mapping) for row in found}
    return [views.get(order_id) for order_id in ids]


until_grown = waits(_grown, until=lambda trial: trial.amount >= 1_000)


@router.post("/v1/slow-trials", status_code=201)
@until_grown
async def try_slowly(body: Trial, edge: Annotated[Edge, needs("order.write")]) -> TrialView:
    return await edge.one(lambda tx: carry_out(tx, [body]), view)


@router.post("/v1/slow-trial-batches", responses=problem_responses("NOTHING_ORDERED"))
@until_grown
async def try_many_slowly(body: Trials, edge: Annotated[Edge, needs("order.write")]) -> Results[TrialView]:
    return await edge.many(lambda tx: carry_out(tx, body.trials), view)


@router.get("/v1/trials/{order_id}")
async def find(order_id: UUID, edge: Annotated[Edge, needs("order.read")]) -> TrialView:
    return await edge.read(lambda tx: _find(tx, order_id))


class Search(Page):
    number: Annotated[str | None, Field(max_length=50)] = None
    state: Annotated[list[Literal["open", "struck"]], Field(max_length=2)] = Field(default_factory=list)


@router.get("/v1/trials")
async def search(asked: Annotated[Search, Query()], edge: Annotated[Edge, needs("order.read")]) -> Listing[TrialView]:
    async def reader(tx: Tx) -> tuple[Sequence[TrialView], str | None]:
        t = table_of(OrderRow).c
        query = select(t.order_id, t.number, t.amount, t.noted_at).where(t.maker_id == tx.maker_id)
        if asked.number is not None:
            query = query.where(t.number == asked.number)
        after = asked.after(tx.maker_id, datetime, UUID)
        if after is not None:
            query = query.where(tuple_(t.noted_at, t.order_id) > after)
        rows = await tx.rows(query.order_by(t.noted_at, t.order_id).limit(asked.limit + 1))
        shown, following = asked.cut(rows, tx.maker_id, lambda row: (row.noted_at, row.order_id))
        return [TrialView(order_id=row.order_id, number=row.number, amount=row.amount) for row in shown], following

    return await edge.page(reader)


class FileView(View):
    file_id: UUID
    size: int
    name: str | None


@router.post("/v1/files", status_code=201)
async def upload(
    file: UploadFile,
    edge: Annotated[Edge, needs("order.write")],
    note: Annotated[str, Form(max_length=50)] = "",
    kept_until: Annotated[BusinessDate | None, Form()] = None,
) -> FileView:
    content = await file.read()

    async def deed(tx: Tx) -> tuple[UUID, int, str]:
        return await tx.store_file(content, name=file.filename or "", media_type="text/plain"), len(content), note

    return await edge.one(deed, lambda done: FileView(file_id=done[0], size=done[1], name=file.filename))


@router.get("/v1/files/{file_id}/content", responses=download_responses("text/plain"))
async def download(file_id: UUID, edge: Annotated[Edge, needs("order.read")]) -> Response:
    async def reader(tx: Tx) -> StoredFile | None:
        return await tx.load_file(file_id)

    return await edge.download(reader)


@router.get("/v1/trials/{order_id}/loaded", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def load(order_id: UUID, edge: Annotated[Edge, needs("order.read")]) -> Response:
    async def reader(tx: Tx) -> str:
        found = await _find(tx, order_id)
        mode: str = await tx.scalar(text("show transaction_read_only"))
        return f"{found.number if found else None} {mode}"

    return file_response((await edge.load(reader)).encode(), "loaded.txt", "text/plain")


LAYOUT = Layout(
    columns=[
        Column("number", ("注文番号", "order number"), imports.code(10), Need.ROW, sample="A-1"),
        Column("amount", ("金額",), imports.whole(0, 1_000_000), Need.NEW, sample="1200"),
        Column("name", ("名前",), imports.text(20)),
        Column("day", ("受注日",), imports.day),
    ],
    key=["number"],
)


async def apply(tx: Tx, rows: Sequence[Row]) -> list[Change | Refusal | Sequence[Refusal]]:
    t = table_of(OrderRow).c
    known = {
        row.number: row.amount for row in await tx.rows(select(t.number, t.amount).where(t.maker_id == tx.maker_id))
    }
    outcomes: list[Change | Refusal | Sequence[Refusal]] = []
    orders: list[NoteOrder] = []
    for row in rows:
        number = row.value("number", keep="", empty="")
        if number in known:
            outcomes.append(
                Change.UNCHANGED
                if row.value("amount", keep=known[number], empty=0) == known[number]
                else Change.CHANGED
            )
        elif lacking := LAYOUT.lacking(row):
            outcomes.append(lacking)
        elif number == "BAD":
            outcomes.append(Refusal("NOTHING_ORDERED", {"number": number}, field="number"))
        else:
            outcomes.append(Change.NEW)
            orders.append(NoteOrder(UUID(int=1), number, row.value("amount", keep=1, empty=1), tx.now.date()))  # type: ignore[arg-type]
    await usecases.note(tx, orders)
    return outcomes


@router.post("/v1/order-imports", responses=problem_responses(*imports.CODES))
async def import_orders(
    file: UploadFile,
    edge: Annotated[Edge, needs("order.write")],
    dry_run: bool = False,
    good_rows_only: bool = False,
    encoding: str | None = None,
) -> ImportReport:
    return await import_file(
        edge, file, LAYOUT, apply, dry_run=dry_run, good_rows_only=good_rows_only, encoding=encoding
    )


class MakerView(View):
    maker_id: UUID
    actor: str


@router.post("/v1/makers/{maker_id}/greeting")
async def greet(maker_id: UUID, edge: Annotated[Edge, needs("operator", "order.read")]) -> MakerView:
    async def deed(tx: Tx) -> MakerView:
        return MakerView(maker_id=tx.maker_id, actor=tx.actor)

    return await edge.for_maker(maker_id).one(deed, lambda done: done)


class Question(RequestModel):
    numbers: Annotated[list[Annotated[str, Text(50)]], Field(max_length=1000)]


@router.post("/internal/orders", include_in_schema=False)
async def internal(body: Question, edge: Annotated[Edge, needs_service()]) -> Listing[MakerView]:
    async def reader(tx: Tx) -> tuple[Sequence[MakerView], str | None]:
        return [MakerView(maker_id=tx.maker_id, actor=tx.actor)], None

    return await edge.page(reader)


@router.post("/v1/logins", status_code=200)
async def log_in(body: Trial, edge: Annotated[Edge, anyone()]) -> MakerView:
    async def deed(tx: Tx) -> MakerView:
        return MakerView(maker_id=tx.maker_id, actor=tx.actor)

    return await edge.one(deed, lambda done: done)


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(
        name="example",
        package="chassis.example",
        published="chassis.example.wire",
        routers=[router],
        listens=example.service.listens,
        problems="problems.toml",
        open_paths=frozenset({"/v1/logins"}),
    )


@pytest.fixture
def trial() -> Callable[..., dict[str, Any]]:
    """`trial(behaviour="refused")` → a request body."""

    def make(number: str = "A-1", **given: Any) -> dict[str, Any]:
        return {"number": number, "amount": "100", **given}

    return make
