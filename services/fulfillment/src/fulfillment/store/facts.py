"""What fulfillment keeps of makers and customers: written by their state topics, or asked for when missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.asks import OrderRef
from fulfillment.core.parts import Customer, CustomerId, Maker
from fulfillment.store.parts import address_of, address_row, location_of, location_row
from fulfillment.tables import among, named

UNKNOWN_MAKER = Maker()
"""Until the maker's state arrives: Japanese time, no location (GEN-004)."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A customer's state and the version its owner gave it; the newer one wins."""

    customer: Customer
    version: int


@dataclass(frozen=True, slots=True)
class VersionedMaker:
    """The maker's state and the version its owner gave it."""

    maker: Maker
    version: int


async def save_maker(tx: Tx, versioned: VersionedMaker) -> None:
    """Keep the maker's preferences unless newer ones are kept."""
    maker = versioned.maker
    row = {
        "maker_id": tx.maker_id,
        "time_zone": maker.time_zone,
        "bill_from": maker.bill_from,
        "locations": [location_row(location) for location in maker.locations],
        "version": versioned.version,
    }
    await tx.upsert(tables.Maker, [row], key=("maker_id",), where_newer="version")


async def find_maker(tx: Tx) -> Maker | None:
    """The maker's preferences, if they have arrived."""
    t = table_of(tables.Maker).c
    row = await tx.one_or_none(select(t.time_zone, t.bill_from, t.locations).where(t.maker_id == tx.maker_id))
    if row is None:
        return None
    locations = (location_of(location) for location in row.locations)
    return Maker(row.time_zone, row.bill_from, tuple(location for location in locations if location))


async def load_maker(tx: Tx) -> Maker:
    """The maker's preferences, or the defaults until they arrive."""
    return await find_maker(tx) or UNKNOWN_MAKER


async def save_customers(tx: Tx, customers: Iterable[Versioned]) -> None:
    """Keep customers unless newer states are kept."""
    rows = [_customer_row(tx.maker_id, versioned) for versioned in customers]
    await tx.upsert(tables.Customer, rows, key=("maker_id", "customer_id"), where_newer="version")


async def forget_customers(tx: Tx, customer_ids: Iterable[UUID]) -> None:
    """Follow tombstones."""
    keys = [{"maker_id": tx.maker_id, "customer_id": customer_id} for customer_id in customer_ids]
    await tx.delete(tables.Customer, keys)


async def load_customers(tx: Tx, customer_ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
    """Those of the customers that are known."""
    if not customer_ids:
        return {}
    t = table_of(tables.Customer).c
    known = select(t.customer_id, t.code, t.name, t.on_hold, t.ship_tos).where(
        t.maker_id == tx.maker_id, among(t.customer_id, customer_ids)
    )
    return {CustomerId(row.customer_id): _customer_of(row) for row in await tx.rows(known)}


async def customers_of_orders(tx: Tx, refs: Collection[OrderRef]) -> dict[CustomerId, bool]:
    """The customers of these orders, and whether their state has arrived. Takes no lock."""
    if not refs:
        return {}
    order, customer = table_of(tables.UnshippedOrder), table_of(tables.Customer)
    known = (customer.c.maker_id == order.c.maker_id) & (customer.c.customer_id == order.c.customer_id)
    found = (
        select(order.c.customer_id, customer.c.customer_id.is_not(None).label("known"))
        .select_from(order.outerjoin(customer, known))
        .where(order.c.maker_id == tx.maker_id, named(order.c.order_id, order.c.number, refs))
        .distinct()
    )
    return {CustomerId(row.customer_id): row.known for row in await tx.rows(found)}


def _customer_row(maker_id: UUID, versioned: Versioned) -> Mapping[str, object]:
    customer = versioned.customer
    return {
        "maker_id": maker_id,
        "customer_id": customer.customer_id,
        "code": customer.code,
        "name": customer.name,
        "on_hold": customer.on_hold,
        "ship_tos": {str(number): address_row(address) for number, address in customer.ship_tos.items()},
        "version": versioned.version,
    }


def _customer_of(row: tables.Row) -> Customer:
    ship_tos = {int(number): address_of(address) for number, address in row.ship_tos.items()}
    return Customer(CustomerId(row.customer_id), row.code, row.name, row.on_hold, ship_tos)
