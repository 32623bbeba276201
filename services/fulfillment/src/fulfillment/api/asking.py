"""Asking `customers` for states that have not arrived: once, in bulk, outside any transaction (ARCHITECTURE §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from chassis import peers
from chassis.http import Edge
from fulfillment.core.parts import Address, Customer, CustomerId, Location, Maker
from fulfillment.usecases.desk import Answered, Asked, FactsMissing
from fulfillment.usecases.knowing import Versioned, VersionedMaker

T = TypeVar("T")

_OWNER = "customers"


class _Told(BaseModel):
    """What of the owner's answer is kept; the rest is ignored."""

    model_config = ConfigDict(extra="ignore")


class _Address(_Told):
    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


class _ShipTo(_Told):
    number: int
    address: _Address


class _Customer(_Told):
    customer_id: UUID
    code: str
    address: _Address
    on_hold: bool
    ship_tos: tuple[_ShipTo, ...] = ()


class _CustomerFact(_Told):
    version: int
    state: _Customer


class _Location(_Told):
    location_id: UUID
    code: str
    name: str


class _Maker(_Told):
    time_zone: str
    bill_from: str
    locations: tuple[_Location, ...] = ()


class _MakerFact(_Told):
    version: int
    state: _Maker


async def asking(edge: Edge, call: Callable[[Asked], Awaitable[T]]) -> T:
    """Run the call; if states are missing, ask their owner and run it once more with the answer.

    Raises chassis.peers.PeerAway (503) when the owner does not answer, or not as agreed.
    """
    try:
        return await call(None)
    except FactsMissing as missing:
        wanted = missing
    customers = await _ask("/internal/customers", [str(one) for one in wanted.customer_ids], edge.maker_id)
    makers = await _ask("/internal/makers", [str(edge.maker_id)] if wanted.maker else [], edge.maker_id)
    try:
        answered = Answered([_customer(one) for one in customers], next(map(_maker, makers), None))
    except ValidationError as error:
        raise peers.PeerAway(f"{_OWNER}: answered otherwise than agreed ({error.error_count()} problems)") from error
    return await call(answered)


async def _ask(path: str, ids: Sequence[str], maker_id: UUID) -> list[dict[str, Any]]:
    return await peers.ask(_OWNER, path, {"ids": ids}, maker_id) if ids else []


def _customer(answer: dict[str, Any]) -> Versioned:
    told = _CustomerFact.model_validate(answer)
    state = told.state
    ship_tos = {one.number: Address(**one.address.model_dump()) for one in state.ship_tos}
    customer = Customer(CustomerId(state.customer_id), state.code, state.address.name, state.on_hold, ship_tos)
    return Versioned(customer, told.version)


def _maker(answer: dict[str, Any]) -> VersionedMaker:
    told = _MakerFact.model_validate(answer)
    locations = tuple(Location(one.location_id, one.code, one.name) for one in told.state.locations)
    return VersionedMaker(Maker(told.state.time_zone, told.state.bill_from, locations), told.version)
