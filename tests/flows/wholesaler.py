"""A small wholesaler that works through the public API: the words of the stories.

Prices without tax: SHIRT 1,000, BOWL 2,500 (10 %), TEA 800 (8 %, reduced). Customers buy at 100 %
unless said otherwise.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from suite.demo.client import Api, Json
from tests.flows.zengin import Transfer, notice

ACCOUNT = "K1"
REGISTRATION = "T7999999000101"
SHIRT, BOWL, TEA = "SHIRT", "BOWL", "TEA"
_SETTINGS = {
    "time_zone": "Asia/Tokyo",
    "default_language": "ja",
    "currencies": ["JPY"],
    "default_currency": "JPY",
    "price_rounding": "floor",
    "price_tax_mode": "exclusive",
    "unshipped_creation": "automatic",
    "bill_from": "shipped",
    "strict_import": False,
    "auto_confirm_matches": True,
    "bank_fee_tolerance": "880",
}
_ARTICLES = ((SHIRT, "1000", "T10"), (BOWL, "2500", "T10"), (TEA, "800", "T8"))
END_OF_MONTH = {"closing_day": 0, "payment_month_offset": 1, "payment_day": 0}


@dataclass
class Wholesaler:
    """One maker and its owner. `api` raises on problems; `http` hands every answer out as it is."""

    api: Api
    http: httpx.Client
    maker_id: str
    email: str
    password: str
    ids: dict[str, str] = field(default_factory=dict)
    """Customer code → id."""

    def __enter__(self) -> Wholesaler:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.http.close()

    def quiet(self) -> None:
        """Returns when every message has been dealt with."""
        self.api.wait_until_quiet()

    def customer(self, code: str, *, kana: str = "", **wishes: Any) -> str:
        """A shop that closes at the end of the month and pays a month later; returns its id."""
        address = {
            "postal_code": "530-0000",
            "address1": "大阪府大阪市北区見本町4-5-6",
            "name": f"株式会社{code}",
            "kana": kana,
            "phone": "06-0000-0001",
        }
        body = {"code": code, "address": address, "email": f"{code.lower()}@shop.example", "terms": END_OF_MONTH}
        self.ids[code] = str(self.api.post("/v1/customers", {**body, **wishes})["customer_id"])
        self.quiet()
        return self.ids[code]

    def order(self, customer: str, lines: Mapping[str, int], **wishes: Any) -> Json:
        """Placed, not confirmed."""
        wanted = [{"sku_code": sku, "quantity": quantity} for sku, quantity in lines.items()]
        body = {"customer_code": customer, "ordered_at": "2026-09-01T10:00:00+09:00", "lines": wanted}
        return self.api.post("/v1/orders", {**body, **wishes})

    def confirm(self, *orders: Json) -> None:
        """Agreed without the buyer's approval; returns when fulfillment has its unshipped SKUs."""
        deeds = [{"order_id": order["order_id"], "require_approval": False, "confirm": True} for order in orders]
        accepted(self.api.many("/v1/order-confirmations", deeds))
        self.quiet()

    def confirmed(self, customer: str, lines: Mapping[str, int], **wishes: Any) -> Json:
        order = self.order(customer, lines, **wishes)
        self.confirm(order)
        return order

    def now(self, order: Json) -> Json:
        """The order as it stands."""
        return self.api.get(f"/v1/orders/{order['order_id']}")

    def note(self, order: Json, lines: Mapping[str, int], *, on: str, advance: str = "shipped", **wishes: Any) -> Json:
        """A delivery note over some of an order."""
        return self.api.post("/v1/delivery-notes", self.note_body(order, lines, on=on, advance=advance, **wishes))

    def note_body(self, order: Json, lines: Mapping[str, int], *, on: str, advance: str, **wishes: Any) -> Json:
        wanted = [
            {"order_id": order["order_id"], "sku_code": sku, "quantity": quantity} for sku, quantity in lines.items()
        ]
        days = {"delivery_date": on, "issued_on": on, "shipped_on": on} if advance == "shipped" else {}
        days = days or ({"delivery_date": on, "issued_on": on} if advance == "issued" else {"delivery_date": on})
        return {"customer_code": order["customer_code"], "lines": wanted, "advance": advance, **days, **wishes}

    def delivered(self, customer: str, lines: Mapping[str, int], *, on: str, **wishes: Any) -> Json:
        """Ordered, confirmed and shipped in one go; returns the note when invoicing knows it."""
        note = self.note(self.confirmed(customer, lines, **wishes), lines, on=on)
        self.quiet()
        return note

    def close(self, closing_date: str) -> Json:
        """A closing run; returns when all services know its invoices."""
        run = self.api.post("/v1/closing-runs", {"closing_date": closing_date, "issued_on": closing_date})
        self.quiet()
        return run

    def invoiced(self, customer: str, lines: Mapping[str, int], *, on: str, closing_date: str) -> Json:
        """Everything up to the invoice over one delivery, with its details."""
        self.delivered(customer, lines, on=on)
        [invoice] = self.close(closing_date)["invoices"]
        return self.invoice(invoice)

    def invoice(self, invoice: Json) -> Json:
        return self.api.get(f"/v1/invoices/{invoice['invoice_id']}")

    def bank(self, day: str, *transfers: Transfer, **fields: str) -> Json:
        """Imports a transfer notice of one day; returns the report when all services know of it."""
        report = self.api.upload("/v1/bank-files", f"{day}.txt", notice(day, transfers), self.account(**fields))
        self.quiet()
        return report

    def account(self, **fields: str) -> dict[str, str]:
        return {"bank_account_code": ACCOUNT, **fields}

    def balance(self, customer: str, **at: str) -> str:
        """What the customer owes, in yen; "0" when nothing was ever booked."""
        items = self.api.get("/v1/balances", customer_code=customer, **at)["items"]
        return str(items[0]["balance"]) if items else "0"

    def exposure(self, customer: str) -> str:
        """Ordered and billed and not yet paid, in yen."""
        [item] = self.api.get("/v1/exposures", customer=customer)["items"]
        return str(item["total"])


def accepted(results: Sequence[Json]) -> list[Json]:
    """The items of a bulk call of which nothing was refused."""
    refused = [result["problem"] for result in results if not result["ok"]]
    assert not refused, refused
    return [result["item"] for result in results]


def settle_in(url: str, operator: Api) -> Wholesaler:
    """A new maker with its masters, known to every service."""
    maker_id, email, password = _make_maker(operator)
    with Api(url) as anybody:
        token = str(anybody.post("/v1/tokens", {"email": email, "password": password})["access_token"])
    http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120.0)
    maker = Wholesaler(Api(url, token), http, maker_id, email, password)
    operator.wait_until_quiet()
    maker.api.patch(f"/v1/makers/{maker_id}", _SETTINGS)
    maker.api.post("/v1/locations", _LOCATION)
    maker.api.post("/v1/bank-accounts", _BANK_ACCOUNT)
    maker.quiet()
    _enter_articles(maker.api)
    maker.quiet()
    return maker


def _make_maker(operator: Api) -> tuple[str, str, str]:
    run, password = secrets.token_hex(4), secrets.token_urlsafe(12)
    email = f"owner-{run}@oroshi-flows.example"
    owner = {"email": email, "name": "Owner", "password": password}
    made = operator.post("/v1/makers", {"reference": f"flows-{run}", "name": "株式会社流通見本", "owner": owner})
    return str(made["maker_id"]), email, password


def _enter_articles(api: Api) -> None:
    api.post("/v1/brands", {"code": "FLOW", "names": {"ja": "見本"}})
    for rate in (10, 8):
        named = {"code": f"T{rate}", "name": f"消費税{rate}%", "rate": str(rate), "country": "JP"}
        api.post("/v1/taxes", {**named, "reduced": rate == 8, "standard": rate == 10})
    api.post("/v1/web-catalogs", {"brand": "FLOW", "code": "MAIN", "names": {"ja": "見本"}, "opened": True})
    accepted(api.many("/v1/product-batches", [_product(*article) for article in _ARTICLES]))


def _product(code: str, price: str, tax: str) -> Json:
    return {
        "brand": "FLOW",
        "model_number": code,
        "names": {"ja": f"見本品 {code}"},
        "axes": ["size"],
        "prices": {"JPY": price},
        "taxes": {"JP": tax},
        "skus": [{"code": code, "values": ["F"]}],
    }


_LOCATION = {
    "code": "HQ",
    "name": "本社",
    "registration_number": REGISTRATION,
    "address": {"postal_code": "100-0000", "address1": "東京都千代田区見本町1-2-3", "phone": "03-0000-0001"},
}
_BANK_ACCOUNT = {
    "code": ACCOUNT,
    "bank_code": "9999",
    "bank_name": "ミホンギンコウ",
    "branch_code": "001",
    "branch_name": "ホンテン",
    "kind": "ordinary",
    "number": "1234567",
    "holder_kana": "カ)リユウツウ",
    "currency": "JPY",
}
