"""An order with everything that will come of it, and the bodies of the messages: the same fields as the contracts'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson

from suite.bench.trade import REDUCED, STANDARD, Order, Trade, grand_total
from tests.load.floor.service import Json, Message, new_ids

ADDRESS = {
    "postal_code": "530-0000",
    "address1": "大阪府大阪市北区見本町4-5-6",
    "address2": "",
    "name": "株式会社ベンチアアアア",
    "department": "",
    "kana": "ベンチアアアア",
    "phone": "06-0000-0001",
}
BUYER = {f"{side}_{name}": value for side in ("purchaser", "ship_to") for name, value in ADDRESS.items()} | {
    "email": "shop@shop.example",
    "payment_category": "銀行振込",
}
HEADING = {
    "remark": "",
    "worker_memo": "",
    "medium": "",
    "gift": "no",
    "time_slot": "",
    "customer_class": "",
    "rows": [],
}
TOTALS = {
    "per_rate": [
        {
            "tax_rate": rate,
            "exclusive": "100000",
            "inclusive": "660",
            "net": "100600",
            "tax": "10060",
            "gross": "110660",
        }
        for rate in ("10", "8")
    ],
    "items": "200000",
    "payment_points": "0",
}
SIGNED = {"by": "01a20323-4108-7438-9c58-659bacc3aedd", "at": "2025-06-03T00:00:00+00:00", "note": ""}


def json(body: object) -> str:
    return orjson.dumps(body).decode()


@dataclass(frozen=True, slots=True)
class Case:
    """An order with the ids of everything that will come of it."""

    order: Order
    order_id: UUID
    note_id: UUID
    charge_id: UUID | None
    customer_id: UUID
    line_ids: Sequence[UUID]
    total: Decimal
    exclusive: dict[int, int]

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.order.lines)

    @property
    def name(self) -> str:
        return f"株式会社{self.order.shop.kana}"

    @property
    def note_number(self) -> str:
        return f"DN202506-{self.order.number[-7:]}"


def cases_of(trade: Trade) -> list[Case]:
    """What is worked out here is the suite's business logic and its client's; the floor gets it for nothing."""
    shops = dict(zip(trade.shops, new_ids(len(trade.shops)), strict=True))
    cases = []
    for order in trade.orders:
        order_id, note_id, charge_id, *line_ids = new_ids(3 + len(order.lines))
        total, exclusive = Decimal(grand_total([order])), _exclusive(order)
        charge = charge_id if order.fee else None
        cases.append(Case(order, order_id, note_id, charge, shops[order.shop], line_ids, total, exclusive))
    return cases


def _exclusive(order: Order) -> dict[int, int]:
    sums = {STANDARD: 0, REDUCED: 0}
    for line in order.lines:
        sums[line.article.tax] += order.shop.price(line.article) * line.quantity
    return sums


def placed(case: Case) -> Message:
    body = {
        "order_id": str(case.order_id),
        "number": case.order.number,
        "customer_id": str(case.customer_id),
        "currency": "JPY",
        "channel": "api",
        "ordered_at": "2025-06-02T00:00:00Z",
        "state": "PLACED",
        "grand_total": str(case.total),
    }
    return Message("order-placed", str(case.customer_id), f"order/{case.order_id}", 1, body)


def confirmed(case: Case) -> Message:
    fee = {"kind": "shipping", "name": "発送料", "tax_rate": "10", "amount": str(case.order.fee), "tax_included": True}
    body = {
        "order_id": str(case.order_id),
        "number": case.order.number,
        "customer_id": str(case.customer_id),
        "currency": "JPY",
        "customer_code": case.order.shop.code,
        "oc_version": 1,
        "ordered_at": "2025-06-02T00:00:00Z",
        "confirmed_on": "2025-06-03",
        "create_unshipped": True,
        "on_hold": False,
        "ship_to": ADDRESS,
        "lines": list(_ordered_lines(case)),
        "charges": [{"charge_id": str(case.charge_id), **fee}] if case.charge_id else [],
    }
    return Message("order-confirmed", str(case.customer_id), f"order/{case.order_id}", 2, body)


def _ordered_lines(case: Case) -> Iterable[Json]:
    shop = case.order.shop
    for at, line in enumerate(case.order.lines):
        yield {
            "line_id": str(case.line_ids[at]),
            "line_no": at + 1,
            "sku_id": str(case.line_ids[at]),
            "sku_code": line.article.code,
            "product_name": f"見本品 {line.article.code}",
            "option": "",
            "quantity": line.quantity,
            "original_price": str(line.article.price),
            "wholesale_rate": str(shop.rate),
            "unit_price": str(shop.price(line.article)),
            "tax_rate": str(line.article.tax),
            "tax_included": False,
            "reduced": line.article.tax == REDUCED,
            "planned_from": None,
            "planned_to": None,
            "ship_to_number": 0,
        }


def stocked(order: Json) -> Message:
    quantity = sum(line["quantity"] for line in order["lines"])
    named = {"customer_id": order["customer_id"], "order_id": order["order_id"], "oc_version": 1}
    body = {**named, "unshipped_skus": len(order["lines"]), "quantity": quantity}
    return Message("unshipped-stocked", order["customer_id"], f"unshipped/{order['order_id']}", 1, body)


def note_messages(case: Case, line_ids: Sequence[UUID]) -> list[Message]:
    """Issued, then shipped."""
    note = {"customer_id": str(case.customer_id), "note_id": str(case.note_id), "number": case.note_number}
    issued = {
        **note,
        "customer_code": case.order.shop.code,
        "currency": "JPY",
        "issued_on": "2025-06-10",
        "delivery_date": "2025-06-10",
        "location_id": str(case.note_id),
        "billable": True,
        "ship_to": ADDRESS,
        "lines": list(_note_lines(case, line_ids)),
        "charges": [{"amount": str(case.order.fee), "kind": "shipping"}] if case.charge_id else [],
        "sums": list(_sums(case)),
    }
    shipped = {**note, "shipped_on": "2025-06-10", "lines": list(_shipped_lines(case))}
    key, subject = str(case.customer_id), f"delivery-note/{case.note_id}"
    return [Message("note-issued", key, subject, 1, issued), Message("note-shipped", key, subject, 2, shipped)]


def _note_lines(case: Case, line_ids: Sequence[UUID]) -> Iterable[Json]:
    for at, line in enumerate(case.order.lines):
        price = case.order.shop.price(line.article)
        yield {
            "line_id": str(line_ids[at]),
            "order_id": str(case.order_id),
            "order_number": case.order.number,
            "order_line_id": str(case.line_ids[at]),
            "sku_code": line.article.code,
            "product_name": f"見本品 {line.article.code}",
            "option": "",
            "quantity": line.quantity,
            "unit_price": str(price),
            "amount": str(price * line.quantity),
            "tax_rate": str(line.article.tax),
            "tax_included": False,
            "reduced": line.article.tax == REDUCED,
        }


def _sums(case: Case) -> Iterable[Json]:
    for rate, exclusive in case.exclusive.items():
        inclusive = case.order.fee if rate == STANDARD else 0
        sums = {"exclusive": str(exclusive), "inclusive": str(inclusive)}
        yield {"order_id": str(case.order_id), "tax_rate": str(rate), **sums}


def _shipped_lines(case: Case) -> Iterable[Json]:
    for line_id, line in zip(case.line_ids, case.order.lines, strict=True):
        ids = {"order_id": str(case.order_id), "order_line_id": str(line_id)}
        yield {**ids, "sku_code": line.article.code, "quantity": line.quantity}


@dataclass(frozen=True, slots=True)
class Bill:
    """The one invoice of a customer over all its cases."""

    invoice_id: UUID
    number: str
    customer_id: UUID
    cases: Sequence[Case]
    total: Decimal

    def exclusive(self, rate: int) -> Decimal:
        return Decimal(sum(case.exclusive[rate] for case in self.cases))


def invoiced(bill: Bill) -> Message:
    rates = ("10", "8")
    sums = {"net": "1", "tax": "1", "gross": "1", "exclusive_sum": "1", "inclusive_sum": "1"}
    body = {
        "bill_to_id": str(bill.customer_id),
        "invoice_id": str(bill.invoice_id),
        "number": bill.number,
        "bill_to_code": bill.cases[0].order.shop.code,
        "currency": "JPY",
        "issued_on": "2025-06-30",
        "closing_date": "2025-06-30",
        "due_on": "2025-07-31",
        "per_rate": [{"tax_rate": rate, "reduced": rate == "8", **sums} for rate in rates],
        "total": str(bill.total),
        "billing_amount": str(bill.total),
        "sources": [_source(case) for case in bill.cases],
        "orders": [{"order_id": str(case.order_id), "amount": str(case.total)} for case in bill.cases],
    }
    return Message("invoice-issued", str(bill.customer_id), f"invoice/{bill.invoice_id}", 1, body)


def _source(case: Case) -> Json:
    named = {"kind": "delivery_note", "source_id": str(case.note_id), "number": case.note_number}
    return {**named, "customer_id": str(case.customer_id)}


def balance(customer_id: UUID, amount: Decimal, sequence: int) -> Message:
    body = {
        "bill_to_id": str(customer_id),
        "currency": "JPY",
        "balance": str(amount),
        "open_invoices": str(amount),
        "open_slips": "0",
        "sequence": sequence,
    }
    return Message("balance-changed", str(customer_id), f"balance/{customer_id}/JPY", sequence, body)


def allocated(bill: Bill, line_id: UUID) -> Message:
    body = {
        "bill_to_id": str(bill.customer_id),
        "currency": "JPY",
        "allocation_id": str(line_id),
        "invoice_id": str(bill.invoice_id),
        "invoice_number": bill.number,
        "bank_line_id": str(line_id),
        "value_date": "2025-07-31",
        "amount": str(bill.total),
        "fee_discount": "0",
        "shortage_slip": "0",
        "open_amount": "0",
    }
    return Message("payment-allocated", str(bill.customer_id), f"receivable/{bill.invoice_id}", 1, body)
