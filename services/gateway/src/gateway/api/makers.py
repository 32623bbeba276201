"""POST /v1/makers: the operator makes a maker and its owner's login."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Request

from chassis.clock import new_id
from chassis.http import Answered, Edge, Router, WrongFields, needs, waits
from chassis.http import problem_responses as problems
from chassis.tx import Tx
from gateway.api.access import transaction
from gateway.api.models import MakerRequest, MakerView
from gateway.core.roles import OPERATOR
from gateway.usecases import makers, passwords

router = Router()
_CODES = ("BAD_EMAIL", "PASSWORD_LENGTH", "PASSWORD_TOO_COMMON", "REFERENCE_TAKEN")


async def _makers(_: Edge, tx: Tx, answered: Sequence[Answered]) -> list[MakerView | None]:
    states = await makers.states(tx, [UUID(one["maker_id"]) for one in answered])
    return [MakerView.model_validate({**one, "state": states[UUID(one["maker_id"])]}) for one in answered]


@router.post("/v1/makers", status_code=201, responses=problems(*_CODES))
@waits(_makers, until=lambda maker: maker.state == makers.ACTIVE)
async def make_maker(body: MakerRequest, request: Request, edge: Annotated[Edge, needs(OPERATOR)]) -> MakerView:
    """Makes a maker and its owner's login; asked again under the same reference, it answers the same maker.

    With `Prefer: wait` it is answered when the gateway has heard that the maker is made.
    """
    wrong = makers.problems(body.owner.email, body.owner.password)
    if wrong:
        raise WrongFields(*wrong)
    async with transaction(request, edge.actor) as tx:
        known = await makers.known_request(tx, body.reference)
    secret = await passwords.hashed(body.owner.password)
    owner = body.owner
    command = makers.NewMaker(body.reference, known or new_id(), body.name, owner.email, owner.name, secret)
    return await edge.for_maker(command.maker_id).one(lambda tx: makers.want(tx, command), view=MakerView.of)
