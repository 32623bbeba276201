"""Planted bugs, one per promise: each does to databases and topics what the bug would do, and must turn its law red.

They act when the faults are over, as superuser with triggers and foreign keys off, for a bug asks neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chassis.relay import RELAY_LOCK
from suite.chaos.instruments import Connection, with_connection
from suite.chaos.masters import Maker
from suite.chaos.trade import Trade, days_of
from suite.infra.postgres import PostgresServer

_P1 = """insert into unshipped_skus (maker_id, line_id, order_id, customer_id, line_no, sku_id, sku_code, product_name,
    option, ordered, original_price, wholesale_rate, unit_price, tax_rate, tax_included, reduced, ship_to_number,
    allocated, shipped, closed)
select maker_id, gen_random_uuid(), order_id, customer_id, line_no + 1000, sku_id, sku_code, product_name,
    option, ordered, original_price, wholesale_rate, unit_price, tax_rate, tax_included, reduced, ship_to_number,
    allocated, shipped, closed
from unshipped_skus order by line_id limit 1"""
_P2 = """insert into invoice_sources (maker_id, invoice_id, position, source_id, kind, number, customer_id, dated_on,
    late, live)
select s.maker_id, s.invoice_id, s.position + 1000, s.source_id, s.kind, s.number, s.customer_id, s.dated_on, s.late,
    true
from invoice_sources as s order by s.source_id limit 1"""
_P3 = "update invoices set number = number || '9' where invoice_id = (select min(invoice_id::text)::uuid from invoices)"
_P4 = "update ledger_entries set amount = amount + 1 where entry_id = (select entry_id from ledger_entries limit 1)"
_P5 = """insert into bank_lines select (jsonb_populate_record(null::bank_lines, to_jsonb(b) || jsonb_build_object(
    'line_id', gen_random_uuid(), 'fingerprint', b.fingerprint || '-again'))).* from bank_lines as b limit 1"""
_P6 = """insert into orders select (jsonb_populate_record(null::orders, to_jsonb(o) || jsonb_build_object(
    'order_id', gen_random_uuid(), 'number', o.number || '-again', 'confirmed_on', null))).*
    from orders as o order by o.number limit 1"""
_P7 = "delete from delivery_notes where note_id = (select note_id from delivery_notes order by note_id limit 1)"
_P9 = """update orders set shipped_quantity = shipped_quantity + ordered_quantity
    where order_id = (select order_id from orders where shipped_quantity > 0 order by order_id limit 1)"""
_P10 = "delete from parked_messages where id = (select id from parked_messages order by id limit 1)"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a bug is planted."""

    server: PostgresServer
    maker: Maker
    trade: Trade


async def _damage(site: Site, service: str, sql: str) -> str:
    async def run(connection: Connection) -> str:
        async with connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            return str(await connection.execute(sql))

    return await with_connection(site.server, service, run)


def _in(service: str, sql: str) -> Callable[[Site], Awaitable[str]]:
    return lambda site: _damage(site, service, sql)


async def _bill_twice(site: Site) -> str:
    async def run(connection: Connection) -> str:
        await connection.execute("drop index if exists uq_invoice_sources_live")
        return str(await connection.execute(_P2))

    return await with_connection(site.server, "invoicing", run)


async def _lose_an_outbox_row(site: Site) -> str:
    """Holds the relay's lock, lets the API announce an order, and takes its message away before it is sent."""

    async def run(connection: Connection) -> str:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", RELAY_LOCK)
            await asyncio.to_thread(_place_one_more, site)
            return str(await connection.execute("delete from outbox"))

    return await with_connection(site.server, "ordering", run)


def _place_one_more(site: Site) -> None:
    order = site.trade.orders[0]
    lines: list[dict[str, Any]] = [{"sku_code": order.lines[0].article.code, "quantity": 1}]
    ordered_at = f"{days_of(order.round).ordered.isoformat()}T09:00:00+09:00"
    asked = {"customer_code": order.shop.code, "ordered_at": ordered_at, "lines": lines}
    with site.maker.owner.session() as api:
        api.post("/v1/orders", asked)


async def _apply_twice(site: Site) -> str:
    """The inbox forgot a message, it came again and was counted again; the table's own law would refuse that."""
    forgotten = "delete from inbox where event_id = (select event_id from inbox order by event_id desc limit 1)"
    await _damage(site, "ordering", "alter table orders drop constraint if exists ck_orders_pieces")
    return f"{await _damage(site, 'ordering', forgotten)}, {await _damage(site, 'ordering', _P9)}"


async def _forget_a_parked(site: Site) -> str:
    done = [await _damage(site, service, _P10) for service in ("fulfillment", "invoicing", "ordering", "payments")]
    return " ".join(done)


PLANTS: Final[Mapping[str, Callable[[Site], Awaitable[str]]]] = {
    "P1": _in("fulfillment", _P1),
    "P2": _bill_twice,
    "P3": _in("invoicing", _P3),
    "P4": _in("payments", _P4),
    "P5": _in("payments", _P5),
    "P6": _in("ordering", _P6),
    "P7": _in("fulfillment", _P7),
    "P8": _lose_an_outbox_row,
    "P9": _apply_twice,
    "P10": _forget_a_parked,
}
