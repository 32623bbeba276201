"""Reads the databases as superuser and the topics from their beginning; asks no service anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.wire import MAX_BYTES, PARTITIONS
from suite.chaos import rows
from suite.chaos.instruments import Connection, with_connection
from suite.chaos.rows import Books, Record, Runtime, World
from suite.chaos.topics import LISTENERS
from suite.infra.postgres import PostgresServer
from suite.places import SERVICES

T = TypeVar("T")

_ORDERS = """select order_id, number, purchase_order_number as ref, confirmed_on, shipped_quantity::int as shipped
from orders order by order_id"""
_ORDER_LINES = """select l.order_id, l.line_id, l.sku_code, l.quantity::int as quantity
from order_lines as l join orders as o using (maker_id, order_id, content_version) order by l.line_id"""
_EXPOSURES = "select customer_id, posted_amount, posted_sequence from customer_exposures"
_STOCKED = "select order_id, number from unshipped_orders"
_UNSHIPPED = "select line_id, order_id, sku_code, ordered from unshipped_skus"
_NOTES = "select note_id, number, memo as ref, shipped_on, invoice_id from delivery_notes"
_NOTE_LINES = "select note_id, order_id, sku_code, quantity from delivery_note_lines"
_BILLED_LINES = """select l.billable_id as note_id, l.order_id, l.sku_code, l.quantity
from billable_lines as l join billables as b using (maker_id, billable_id) where b.kind = 'delivery_note'"""
_INVOICES = """select invoice_id, number, bill_to_code, total, open_amount, voided_on is not null as voided
from invoices"""
_SOURCES = "select invoice_id, source_id, live from invoice_sources"
_ENTRIES = """select entry_id, kind, debit, credit, debit_customer_id, credit_customer_id, amount, currency,
invoice_id, line_id from ledger_entries"""
_RECEIVABLES = "select invoice_id, bill_to_id, total, open_amount from receivables where voided_on is null"
_ALLOCATIONS = """select invoice_id, amount + fee_discount + shortage_slip as settled
from allocations where reversed_on is null"""
_BALANCES = "select customer_id, open_invoices from balances"
_BANK_LINES = "select line_id, reference, amount, value_date from bank_lines"
_PARKED = """select $1::text as service, id, reason, type, topic, partition, "offset", body, headers::text as headers,
error, stack from parked_messages order by id"""
_COPIES = "select seq, event_id, topic, key, subject, sequence, xid, snapshot from chaos.outbox_copies order by seq"
_POSITIONS = "select topic, subject, last from subject_positions"
_SEQUENCES = "select topic, subject, last from subject_sequences"


async def world(server: PostgresServer, bootstrap: str) -> World:
    """The whole evidence, read while nothing moves."""
    found = World()
    await with_connection(server, "ordering", lambda connection: _ordering(connection, found))
    await with_connection(server, "fulfillment", lambda connection: _fulfillment(connection, found))
    await with_connection(server, "invoicing", lambda connection: _invoicing(connection, found))
    found.books = await with_connection(server, "payments", books)
    found.bank_files = await with_connection(
        server, "payments", lambda connection: _ids(connection, "select bank_file_id from bank_files")
    )
    for service in SERVICES:
        found.runtimes[service] = await runtime(server, service)
    found.records = await records(bootstrap)
    found.lag = await lag(server, bootstrap)
    return found


async def books(connection: Connection) -> Books:
    """The ledger and what it must agree with, in one REPEATABLE READ transaction."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return Books(
            tuple(await _all(connection, rows.EntryRow, _ENTRIES)),
            tuple(await _all(connection, rows.ReceivableRow, _RECEIVABLES)),
            tuple(await _all(connection, rows.AllocationRow, _ALLOCATIONS)),
            tuple(await _all(connection, rows.BalanceRow, _BALANCES)),
            tuple(await _all(connection, rows.BankLineRow, _BANK_LINES)),
        )


async def runtime(server: PostgresServer, service: str) -> Runtime:
    async def read(connection: Connection) -> Runtime:
        closings = "select run_id from closing_runs"
        return Runtime(
            outbox=int(await connection.fetchval("select count(*) from outbox")),
            inbox=frozenset(await _ids(connection, "select event_id from inbox")),
            positions={(row[0], row[1]): row[2] for row in await connection.fetch(_POSITIONS)},
            sequences={(row[0], row[1]): row[2] for row in await connection.fetch(_SEQUENCES)},
            copies=tuple(await _all(connection, rows.CopyRow, _COPIES)),
            parked=tuple(await _all(connection, rows.ParkedRow, _PARKED, service)),
            closing_runs=frozenset(await _ids(connection, closings)) if service == "invoicing" else frozenset(),
        )

    return await with_connection(server, service, read)


async def parked(server: PostgresServer) -> list[rows.ParkedRow]:
    """Held messages of all services."""
    found: list[rows.ParkedRow] = []
    for service in SERVICES:
        found += (await runtime(server, service)).parked
    return found


async def _ordering(connection: Connection, found: World) -> None:
    found.orders = await _all(connection, rows.OrderRow, _ORDERS)
    found.order_lines = await _all(connection, rows.OrderLineRow, _ORDER_LINES)
    found.exposures = await _all(connection, rows.ExposureRow, _EXPOSURES)


async def _fulfillment(connection: Connection, found: World) -> None:
    found.stocked = await _all(connection, rows.StockedRow, _STOCKED)
    found.unshipped = await _all(connection, rows.UnshippedRow, _UNSHIPPED)
    found.notes = await _all(connection, rows.NoteRow, _NOTES)
    found.note_lines = await _all(connection, rows.NoteLineRow, _NOTE_LINES)


async def _invoicing(connection: Connection, found: World) -> None:
    found.billed_lines = await _all(connection, rows.NoteLineRow, _BILLED_LINES)
    found.invoices = await _all(connection, rows.InvoiceRow, _INVOICES)
    found.sources = await _all(connection, rows.SourceRow, _SOURCES)


async def _all(connection: Connection, make: Callable[..., T], sql: str, *values: object) -> list[T]:
    return [make(**dict(row)) for row in await connection.fetch(sql, *values)]


async def _ids(connection: Connection, sql: str) -> set[UUID]:
    return {row[0] for row in await connection.fetch(sql)}


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not through yet: unsent outbox rows and records not dealt with, by service (and topic)."""

    outbox: dict[str, int]
    lag: dict[str, int]

    @property
    def is_empty(self) -> bool:
        return not any(self.outbox.values()) and not any(self.lag.values())


async def backlog(server: PostgresServer, bootstrap: str) -> Backlog:
    outbox: dict[str, int] = {}
    for service in SERVICES:

        async def count(connection: Connection) -> int:
            return int(await connection.fetchval("select count(*) from outbox"))

        outbox[service] = await with_connection(server, service, count)
    return Backlog(outbox, await lag(server, bootstrap))


async def lag(server: PostgresServer, bootstrap: str) -> dict[str, int]:
    """Records in Kafka that a listener's database does not say to have dealt with."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        await consumer.start()
        ends = await consumer.end_offsets(_places(sorted(LISTENERS)))
    finally:
        await consumer.stop()
    behind: dict[str, int] = {}
    for service in SERVICES:

        async def read(connection: Connection) -> dict[tuple[str, int], int]:
            found = await connection.fetch("select topic, partition, next_offset from consumed_offsets")
            return {(row[0], row[1]): row[2] for row in found}

        reached = await with_connection(server, service, read)
        for place, end in ends.items():
            missing = end - reached.get((place.topic, place.partition), 0)
            if service in LISTENERS[place.topic] and missing > 0:
                behind[f"{service} {place.topic}"] = behind.get(f"{service} {place.topic}", 0) + missing
    return behind


async def records(bootstrap: str) -> list[Record]:
    """Every record of every topic, by topic, partition and offset."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=MAX_BYTES
    )
    found: list[Record] = []
    try:
        await consumer.start()
        places = _places(sorted(LISTENERS))
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                found += [_record(one) for one in batch]
    finally:
        await consumer.stop()
    return sorted(found, key=lambda one: (one.topic, one.partition, one.offset))


def _places(topics: Sequence[str]) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for topic in topics for partition in range(PARTITIONS)]


def _record(one: Any) -> Record:
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in one.headers}
    return Record(one.topic, one.partition, one.offset, (one.key or b"").decode(), one.value, headers)
