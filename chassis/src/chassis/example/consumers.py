"""The complete list of messages this service reacts to."""

from __future__ import annotations

from typing import Any

from chassis.example import usecases
from chassis.example.tables import BuyerRow, HeardRow
from chassis.example.wire import BuyerState, OrderNoted, OrderStruck, Recount
from chassis.messages import Incoming, Listens, Run, Wait
from chassis.tx import Tx

LISTENS = Listens()


@LISTENS.on(OrderNoted)
async def count_noted_orders(tx: Tx, run: Run[OrderNoted]) -> list[Wait]:
    """An order of a customer who has not arrived yet waits for them."""
    missing = await usecases.missing_buyers(tx, (body.customer_id for body in run.bodies()))
    ready = [message for message in run if message.body and message.body.customer_id not in missing]
    await usecases.count(tx, [message.body for message in ready if message.body])
    await _hear(tx, ready)
    return [
        Wait(message, for_=f"customer/{message.body.customer_id}")
        for message in run
        if message.body and message.body.customer_id in missing
    ]


@LISTENS.on(OrderStruck)
async def hear_struck_orders(tx: Tx, run: Run[OrderStruck]) -> None:
    await _hear(tx, list(run))


@LISTENS.on(BuyerState)
async def copy_buyers(tx: Tx, run: Run[BuyerState]) -> None:
    """A copy: the newer version wins, a tombstone empties it."""
    await tx.upsert(
        BuyerRow,
        [
            {
                "maker_id": tx.maker_id,
                "customer_id": message.key,
                "name": message.body.name if message.body else "",
                "version": message.version,
            }
            for message in run
        ],
        key=("maker_id", "customer_id"),
        where_newer="version",
    )
    await tx.arrived(message.subject for message in run)


@LISTENS.on(Recount)
async def hear_recounts(tx: Tx, run: Run[Recount]) -> None:
    await _hear(tx, list(run))


async def _hear(tx: Tx, messages: list[Incoming[Any]]) -> None:
    await tx.insert(
        HeardRow,
        [
            {
                "maker_id": tx.maker_id,
                "key": message.key,
                "subject": message.subject,
                "sequence": message.version,
                "event_id": message.event_id,
                "type": message.type,
            }
            for message in messages
        ],
    )
