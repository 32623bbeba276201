"""The complete list of messages customers reacts to."""

from __future__ import annotations

from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.customers import CreateMaker
from customers.usecases import makers
from customers.usecases.makers import NewMaker

LISTENS = Listens()


@LISTENS.on(CreateMaker)
async def create_makers(tx: Tx, run: Run[CreateMaker]) -> None:
    """Makes the maker and its owner's membership; repeated asks change nothing."""
    await makers.create(tx, [NewMaker(ask.name, ask.owner_email, ask.owner_name) for ask in run.bodies()])
