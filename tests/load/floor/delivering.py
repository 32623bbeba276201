"""Delivery notes: shipped by fulfillment, made billable by invoicing, counted by ordering."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from suite.bench.trade import LINES_PER_ORDER
from tests.load.floor.parts import ADDRESS, Case, json, note_messages
from tests.load.floor.rows import Columns, Connection, Writer
from tests.load.floor.service import Message, Seen, new_ids


async def ship(write: Writer, cases: Sequence[Case], connection: Connection) -> list[Message]:
    notes: Columns = {
        "note_id": [case.note_id for case in cases],
        "number": [case.note_number for case in cases],
        "customer_id": [case.customer_id for case in cases],
        "customer_code": [case.order.shop.code for case in cases],
        "customer_name": [case.name for case in cases],
        "location": [json(ADDRESS) for _ in cases],
        "ship_to": [json(ADDRESS) for _ in cases],
    }
    await write.insert(connection, "fulfillment.delivery_notes", notes)
    lines = _lines(cases)
    await write.insert(connection, "fulfillment.delivery_note_lines", lines)
    shipped: Columns = {"line_id": lines["order_line_id"], "shipped": lines["quantity"]}
    await write.update(connection, "fulfillment.unshipped_skus", shipped, ["line_id"])
    charged = [case for case in cases if case.charge_id]
    taken: Columns = {"charge_id": [case.charge_id for case in charged], "taken_by": [case.note_id for case in charged]}
    await write.update(connection, "fulfillment.order_charges", taken, ["charge_id"])
    ids, size = list(lines["line_id"]), LINES_PER_ORDER
    theirs = (ids[at * size : (at + 1) * size] for at in range(len(cases)))
    return [message for case, own in zip(cases, theirs, strict=True) for message in note_messages(case, own)]


def _lines(cases: Sequence[Case]) -> Columns:
    every = [(case, at, line) for case in cases for at, line in enumerate(case.order.lines)]
    return {
        "line_id": new_ids(len(every)),
        "note_id": [case.note_id for case, _, _ in every],
        "line_no": [at + 1 for _, at, _ in every],
        "order_id": [case.order_id for case, _, _ in every],
        "order_number": [case.order.number for case, _, _ in every],
        "order_line_id": [case.line_ids[at] for case, at, _ in every],
        "sku_code": [line.article.code for _, _, line in every],
        "product_name": [f"見本品 {line.article.code}" for _, _, line in every],
        "quantity": [line.quantity for _, _, line in every],
        "unit_price": [Decimal(case.order.shop.price(line.article)) for case, _, line in every],
        "tax_rate": [Decimal(line.article.tax) for _, _, line in every],
    }


async def make_billable(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    bodies = [one.body for one in run]
    notes: Columns = {
        "billable_id": [UUID(body["note_id"]) for body in bodies],
        "number": [body["number"] for body in bodies],
        "customer_id": [UUID(body["customer_id"]) for body in bodies],
        "location_id": [UUID(body["location_id"]) for body in bodies],
    }
    await write.insert(connection, "invoicing.billables", notes)
    await write.insert(connection, "invoicing.billable_lines", _billable_lines(run))
    sums = [(body["note_id"], at, one) for body in bodies for at, one in enumerate(body["sums"])]
    rated: Columns = {
        "billable_id": [UUID(note_id) for note_id, _, _ in sums],
        "position": [at for _, at, _ in sums],
        "order_id": [UUID(one["order_id"]) for _, _, one in sums],
        **{name: [Decimal(one[name]) for _, _, one in sums] for name in ("tax_rate", "exclusive", "inclusive")},
    }
    await write.insert(connection, "invoicing.billable_sums", rated)
    charges = [(body["note_id"], one) for body in bodies for one in body["charges"]]
    ids, amounts = [UUID(note_id) for note_id, _ in charges], [Decimal(one["amount"]) for _, one in charges]
    await write.insert(connection, "invoicing.billable_charges", {"billable_id": ids, "amount": amounts})
    return []


def _billable_lines(run: Sequence[Seen]) -> Columns:
    lines = [(one.body["note_id"], at, line) for one in run for at, line in enumerate(one.body["lines"])]
    texts = ("order_number", "sku_code", "product_name", "quantity")
    return {
        "billable_id": [UUID(note_id) for note_id, _, _ in lines],
        "position": [at for _, at, _ in lines],
        "order_id": [UUID(line["order_id"]) for _, _, line in lines],
        **{name: [line[name] for _, _, line in lines] for name in texts},
        **{name: [Decimal(line[name]) for _, _, line in lines] for name in ("unit_price", "amount", "tax_rate")},
    }


async def mark_shipped(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    ids = {"billable_id": [UUID(one.body["note_id"]) for one in run]}
    gone = "shipped_on = '2025-06-10', version = t.version + 1"
    await write.update(connection, "invoicing.billables", ids, ["billable_id"], gone)
    return []


async def mark_delivered(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    lines = [line for one in run for line in one.body["lines"]]
    shipped: Columns = {
        "order_id": [UUID(line["order_id"]) for line in lines],
        "line_id": [UUID(line["order_line_id"]) for line in lines],
        "shipped": [line["quantity"] for line in lines],
    }
    await write.update(connection, "ordering.order_lines", shipped, ["order_id", "line_id"])
    pieces = [sum(line["quantity"] for line in one.body["lines"]) for one in run]
    ids = [UUID(one.body["lines"][0]["order_id"]) for one in run]
    shares: Columns = {"note_id": [UUID(one.body["note_id"]) for one in run], "order_id": ids, "quantity": pieces}
    await write.insert(connection, "ordering.note_shares", shares)
    delivered = "state = 'DELIVERED', version = t.version + 1"
    columns: Columns = {"order_id": ids, "shipped_quantity": pieces}
    await write.update(connection, "ordering.orders", columns, ["order_id"], delivered)
    return []
