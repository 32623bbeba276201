"""The complete list of messages catalog reacts to: copies of makers and customers."""

from __future__ import annotations

from catalog.store.masters import CustomerCopy
from catalog.usecases import copies
from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.customers import CustomerState, MakerState

LISTENS = Listens()


@LISTENS.on(MakerState)
async def copy_makers(tx: Tx, run: Run[MakerState]) -> None:
    for message in run:
        if message.body is not None:
            body = message.body
            await copies.maker(tx, language=body.default_language, currencies=body.currencies, version=message.version)


@LISTENS.on(CustomerState)
async def copy_customers(tx: Tx, run: Run[CustomerState]) -> None:
    await copies.customers(
        tx,
        [
            CustomerCopy(body.customer_id, body.code, message.version)
            for message in run
            if (body := message.body) is not None
        ],
    )
