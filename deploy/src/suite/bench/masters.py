"""Settling a maker in: settings, location, bank account, brand, taxes, articles, customers with terms."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from suite.bench.calls import StopWatch, TimedApi, accepted
from suite.bench.trade import REDUCED, STANDARD, Shop, Trade
from suite.bench.zengin import Account
from suite.demo.client import Api, Json

ACCOUNT = Account("9999", "ﾍﾞﾝﾁｷﾞﾝｺｳ", "001", "ﾎﾝﾃﾝ", "1234567", "ｶ)ﾍﾞﾝﾁ")
ACCOUNT_CODE = "B1"
_BRAND = "BENCH"
_MOST = 500
_SETTINGS = {
    "time_zone": "Asia/Tokyo",
    "default_language": "ja",
    "currencies": ["JPY"],
    "default_currency": "JPY",
    "price_rounding": "floor",
    "price_tax_mode": "exclusive",
    "unshipped_creation": "automatic",
    "bill_from": "issued",
    "strict_import": False,
    "auto_confirm_matches": True,
    "bank_fee_tolerance": "880",
}


@dataclass(frozen=True)
class Maker:
    """A maker that is ready to trade: its owner's API, and the stop-watch of the calls."""

    api: TimedApi
    watch: StopWatch


def settle_in(operator: Api, url: str, trade: Trade) -> Maker:
    """Makes a maker and enters its masters; returns when every service knows them."""
    maker_id, token = _make_maker(operator)
    watch = StopWatch()
    api = TimedApi(url, token, watch)
    operator.wait_until_quiet()
    api.patch(f"/v1/makers/{maker_id}", _SETTINGS)
    api.post("/v1/locations", _location())
    api.post("/v1/bank-accounts", _account())
    api.wait_until_quiet()
    _enter_articles(api, trade)
    _enter_shops(api, trade.shops)
    api.wait_until_quiet()
    watch.seconds.clear()
    return Maker(api, watch)


def _make_maker(operator: Api) -> tuple[str, str]:
    """Its id and its owner's token."""
    run, password = secrets.token_hex(4), secrets.token_urlsafe(12)
    email = f"owner-{run}@oroshi-bench.example"
    owner = {"email": email, "name": "Bench", "password": password}
    made = operator.post("/v1/makers", {"reference": f"bench-{run}", "name": "株式会社ベンチ", "owner": owner})
    token = operator.post("/v1/tokens", {"email": email, "password": password})["access_token"]
    return str(made["maker_id"]), str(token)


def _location() -> Json:
    address = {"postal_code": "100-0000", "address1": "東京都千代田区見本町1-2-3", "phone": "03-0000-0001"}
    return {"code": "HQ", "name": "本社", "registration_number": "T7999999000101", "address": address}


def _account() -> Json:
    return {
        "code": ACCOUNT_CODE,
        "bank_code": ACCOUNT.bank_code,
        "bank_name": "ベンチギンコウ",
        "branch_code": ACCOUNT.branch_code,
        "branch_name": "ホンテン",
        "kind": "ordinary",
        "number": ACCOUNT.number,
        "holder_kana": "カ)ベンチ",
        "currency": "JPY",
    }


def _enter_articles(api: Api, trade: Trade) -> None:
    api.post("/v1/brands", {"code": _BRAND, "names": {"ja": "ベンチ"}})
    for rate in (STANDARD, REDUCED):
        named = {"code": f"T{rate}", "name": f"消費税{rate}%", "rate": str(rate), "country": "JP"}
        api.post("/v1/taxes", {**named, "reduced": rate == REDUCED, "standard": rate == STANDARD})
    api.post("/v1/web-catalogs", {"brand": _BRAND, "code": "MAIN", "names": {"ja": "ベンチ"}, "opened": True})
    products = [
        {
            "brand": _BRAND,
            "model_number": article.code,
            "names": {"ja": f"見本品 {article.code}"},
            "axes": ["size"],
            "prices": {"JPY": str(article.price)},
            "taxes": {"JP": f"T{article.tax}"},
            "skus": [{"code": article.code, "values": ["F"]}],
        }
        for article in trade.articles
    ]
    for at in range(0, len(products), _MOST):
        part = products[at : at + _MOST]
        accepted("products", api.post("/v1/product-batches", part), len(part))


def _enter_shops(api: Api, shops: tuple[Shop, ...]) -> None:
    for at in range(0, len(shops), _MOST):
        part = [_shop(shop) for shop in shops[at : at + _MOST]]
        accepted("customers", api.post("/v1/customer-batches", part), len(part))


def _shop(shop: Shop) -> Json:
    address = {
        "postal_code": "530-0000",
        "address1": "大阪府大阪市北区見本町4-5-6",
        "name": f"株式会社{shop.kana}",
        "kana": shop.kana,
        "phone": "06-0000-0001",
    }
    return {
        "code": shop.code,
        "address": address,
        "email": f"{shop.code.lower()}@shop.example",
        "payment_category": "銀行振込",
        "wholesale_rate": str(shop.rate),
        "credit_limit": "999999999",
        "terms": {"closing_day": 0, "payment_month_offset": 1, "payment_day": 0},
    }
