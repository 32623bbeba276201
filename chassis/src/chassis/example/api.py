"""Routes: at most ten lines each; the edge does the rest."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chassis.example import usecases
from chassis.example.usecases import Noted, NoteOrder
from chassis.http import Batch, BusinessDate, Edge, MoneyText, RequestModel, Results, Router, Text, View, needs
from chassis.http import problem_responses as problems

router = Router()


class NoteOrderRequest(RequestModel):
    customer_id: UUID
    number: Annotated[str, Text(50)]
    amount: MoneyText
    ordered_on: BusinessDate

    def command(self) -> NoteOrder:
        return NoteOrder(self.customer_id, self.number, self.amount, self.ordered_on)


class NotedView(View):
    order_id: UUID
    number: str
    amount: MoneyText


def noted(done: Noted) -> NotedView:
    return NotedView(order_id=done.order_id, number=done.number, amount=done.amount)


@router.post("/v1/notes", status_code=201, responses=problems("NOTHING_ORDERED"))
async def note_order(body: NoteOrderRequest, edge: Annotated[Edge, needs("order.write")]) -> NotedView:
    return await edge.one(lambda tx: usecases.note(tx, [body.command()]), view=noted)


@router.post("/v1/note-batches", responses=problems("NOTHING_ORDERED"))
async def note_orders(body: Batch[NoteOrderRequest], edge: Annotated[Edge, needs("order.write")]) -> Results[NotedView]:
    return await edge.many(lambda tx: usecases.note(tx, [one.command() for one in body]), view=noted)
