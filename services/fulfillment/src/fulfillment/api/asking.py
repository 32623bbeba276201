"""Asking `customers` for a customer whose state has not arrived: once, in bulk, outside any transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from chassis import peers
from chassis.http import Edge
from fulfillment.core.parts import Address, Customer, CustomerId
from fulfillment.usecases.desk import Asked, CustomersMissing
from fulfillment.usecases.knowing import Versioned

T = TypeVar("T")


class _Address(BaseModel):
    model_config = ConfigDict(extra="ignore")

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


class _ShipTo(BaseModel):
    model_config = ConfigDict(extra="ignore")

    number: int
    address: _Address


class _Answer(BaseModel):
    """What of the owner's answer is kept."""

    model_config = ConfigDict(extra="ignore")

    customer_id: UUID
    code: str
    address: _Address
    on_hold: bool
    ship_tos: tuple[_ShipTo, ...] = ()
    version: int


async def asking(edge: Edge, call: Callable[[Asked], Awaitable[T]]) -> T:
    """Run the call; if customers are missing, ask their owner and run it once more with the answer.

    Raises chassis.peers.PeerAway (503) when the owner does not answer, or not as agreed.
    """
    try:
        return await call(None)
    except CustomersMissing as missing:
        ids = [str(customer_id) for customer_id in missing.customer_ids]
    answers = await peers.ask("customers", "/internal/customers", {"ids": ids}, edge.maker_id)
    try:
        found = [_customer(answer) for answer in answers]
    except ValidationError as error:
        raise peers.PeerAway(f"customers: answered what is no customer ({error.error_count()} problems)") from error
    return await call(found)


def _customer(answer: dict[str, Any]) -> Versioned:
    told = _Answer.model_validate(answer)
    ship_tos = {one.number: Address(**one.address.model_dump()) for one in told.ship_tos}
    customer = Customer(CustomerId(told.customer_id), told.code, told.address.name, told.on_hold, ship_tos)
    return Versioned(customer, told.version)
