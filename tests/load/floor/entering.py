"""Orders: placed and confirmed by ordering, stocked by fulfillment, noted by ordering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from tests.load.floor.parts import BUYER, HEADING, SIGNED, TOTALS, Case, confirmed, json, placed, stocked
from tests.load.floor.rows import Columns, Connection, Writer
from tests.load.floor.service import Message, Seen


async def place(write: Writer, cases: Sequence[Case], connection: Connection) -> list[Message]:
    await write.insert(connection, "ordering.orders", _orders(cases))
    await write.insert(connection, "ordering.order_lines", _lines(cases))
    charged = [case for case in cases if case.charge_id]
    charges: Columns = {
        "order_id": [case.order_id for case in charged],
        "charge_id": [case.charge_id for case in charged],
        "amount": [Decimal(case.order.fee) for case in charged],
    }
    await write.insert(connection, "ordering.order_charges", charges)
    owed: Counter[UUID] = Counter()
    for case in cases:
        owed[case.customer_id] += int(case.total)
    customers = sorted(owed)
    exposures: Columns = {"customer_id": customers, "ordered_amount": [Decimal(owed[one]) for one in customers]}
    await write.upsert(connection, "ordering.customer_exposures", exposures, ["customer_id", "currency"])
    return [placed(case) for case in cases]


def _orders(cases: Sequence[Case]) -> Columns:
    totals = [case.total for case in cases]
    nets = [Decimal(sum(case.exclusive.values())) for case in cases]
    return {
        "order_id": [case.order_id for case in cases],
        "number": [case.order.number for case in cases],
        "customer_id": [case.customer_id for case in cases],
        "customer_code": [case.order.shop.code for case in cases],
        "customer_name": [case.name for case in cases],
        "net_amount": nets,
        "tax_amount": [total - net for total, net in zip(totals, nets, strict=True)],
        "grand_total": totals,
        "ordered_quantity": [case.pieces for case in cases],
        "expected_amount": totals,
        "exposed_amount": totals,
        "buyer": [json({**BUYER, "purchaser_kana": case.order.shop.kana}) for case in cases],
        "heading": [json(HEADING) for _ in cases],
        "placed_totals": [json({**TOTALS, "grand_total": str(total)}) for total in totals],
    }


def _lines(cases: Sequence[Case]) -> Columns:
    every = [(case, at, line) for case in cases for at, line in enumerate(case.order.lines)]
    ids = [case.line_ids[at] for case, at, _ in every]
    return {
        "order_id": [case.order_id for case, _, _ in every],
        "line_id": ids,
        "line_no": [at + 1 for _, at, _ in every],
        "sku_id": ids,
        "product_id": ids,
        "sku_code": [line.article.code for _, _, line in every],
        "product_name": [f"見本品 {line.article.code}" for _, _, line in every],
        "quantity": [line.quantity for _, _, line in every],
        "original_price": [Decimal(line.article.price) for _, _, line in every],
        "wholesale_rate": [Decimal(case.order.shop.rate) for case, _, _ in every],
        "unit_price": [Decimal(case.order.shop.price(line.article)) for case, _, line in every],
        "tax_rate": [Decimal(line.article.tax) for _, _, line in every],
    }


async def confirm(write: Writer, cases: Sequence[Case], connection: Connection) -> list[Message]:
    ids = {"order_id": [case.order_id for case in cases]}
    fixed = "state = 'UNSHIPPED', oc_version = 1, confirmed_on = '2025-06-03', version = t.version + 1"
    await write.update(connection, "ordering.orders", ids, ["order_id"], fixed)
    signed = [json(SIGNED) for _ in cases]
    await write.insert(connection, "ordering.order_confirmations", {**ids, "created": signed, "confirmed": signed})
    return [confirmed(case) for case in cases]


async def stock(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    bodies = [one.body for one in run]
    orders: Columns = {
        "order_id": [UUID(body["order_id"]) for body in bodies],
        "number": [body["number"] for body in bodies],
        "customer_id": [UUID(body["customer_id"]) for body in bodies],
        "customer_code": [body["customer_code"] for body in bodies],
        "ship_to": [json(body["ship_to"]) for body in bodies],
    }
    await write.insert(connection, "fulfillment.unshipped_orders", orders)
    await write.insert(connection, "fulfillment.unshipped_skus", _unshipped(run))
    charges = [(body, charge) for body in bodies for charge in body["charges"]]
    kept: Columns = {
        "charge_id": [UUID(charge["charge_id"]) for _, charge in charges],
        "order_id": [UUID(body["order_id"]) for body, _ in charges],
        "amount": [Decimal(charge["amount"]) for _, charge in charges],
    }
    await write.insert(connection, "fulfillment.order_charges", kept)
    return [stocked(body) for body in bodies]


def _unshipped(run: Sequence[Seen]) -> Columns:
    lines = [(one.body, line) for one in run for line in one.body["lines"]]
    prices = ("original_price", "wholesale_rate", "unit_price", "tax_rate")
    return {
        "line_id": [UUID(line["line_id"]) for _, line in lines],
        "order_id": [UUID(body["order_id"]) for body, _ in lines],
        "customer_id": [UUID(body["customer_id"]) for body, _ in lines],
        "line_no": [line["line_no"] for _, line in lines],
        "sku_id": [UUID(line["sku_id"]) for _, line in lines],
        "sku_code": [line["sku_code"] for _, line in lines],
        "product_name": [line["product_name"] for _, line in lines],
        "ordered": [line["quantity"] for _, line in lines],
        **{name: [Decimal(line[name]) for _, line in lines] for name in prices},
    }


async def mark_stocked(write: Writer, connection: Connection, run: Sequence[Seen]) -> list[Message]:
    ids = {"order_id": [UUID(one.body["order_id"]) for one in run]}
    known = "stocked_at = '2025-06-03', version = t.version + 1"
    await write.update(connection, "ordering.orders", ids, ["order_id"], known)
    return []
