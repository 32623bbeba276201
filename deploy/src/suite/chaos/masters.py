"""A maker that is ready to trade, made through the public API before the first fault: two people, masters, facts known
to every service."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from suite.chaos import zengin
from suite.chaos.trade import REDUCED, STANDARD, Article, Shop, Trade
from suite.demo.client import Api, Json
from suite.runner.home import Home
from suite.runner.secrets import Secrets

ACCOUNT_CODE = "K1"
_BRAND = "CHAOS"
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
    "bank_fee_tolerance": "0",
}


class Session(Api):
    """The demo's client, closed when its work is done."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()


@dataclass(frozen=True, slots=True)
class Person:
    """A login."""

    url: str
    email: str
    password: str

    def log_in(self) -> str:
        """A fresh token. Raises httpx.HTTPError and ApiRefused."""
        with Session(self.url) as api:
            told = api.post("/v1/tokens", {"email": self.email, "password": self.password})
        return str(told["access_token"])

    def session(self) -> Session:
        return Session(self.url, self.log_in())


@dataclass(frozen=True, slots=True)
class Maker:
    """The maker's id and its two people: the owner, and an accountant who works at the same time."""

    maker_id: str
    owner: Person
    accountant: Person


def settle_in(home: Home, url: str, trade: Trade, *, patience: float) -> Maker:
    """Returns when every service knows the maker, its articles and its shops."""
    login = json.loads(Secrets(home.secrets).operator.read_text(encoding="utf-8"))
    operator = Person(url, login["email"], login["password"])
    run = secrets.token_hex(4)
    owner = Person(url, f"owner-{run}@oroshi-chaos.example", secrets.token_urlsafe(12))
    accountant = Person(url, f"accounts-{run}@oroshi-chaos.example", secrets.token_urlsafe(12))
    first = {"email": owner.email, "name": "Owner", "password": owner.password}
    second = {"email": accountant.email, "name": "Accounts", "password": accountant.password}
    with operator.session() as api:
        made = api.post("/v1/makers", {"reference": f"chaos-{run}", "name": "株式会社カオス", "owner": first})
        api.post("/v1/logins", second)
        api.wait_until_quiet(patience=patience)
    with owner.session() as api:
        _enter(api, str(made["maker_id"]), accountant, trade, patience)
    return Maker(str(made["maker_id"]), owner, accountant)


def _enter(api: Api, maker_id: str, accountant: Person, trade: Trade, patience: float) -> None:
    api.patch(f"/v1/makers/{maker_id}", _SETTINGS)
    api.post("/v1/members", {"email": accountant.email, "name": "Accounts", "roles": ["owner"]})
    api.post("/v1/locations", _location())
    api.post("/v1/bank-accounts", _account())
    api.wait_until_quiet(patience=patience)
    api.post("/v1/brands", {"code": _BRAND, "names": {"ja": "カオス"}})
    for rate in (STANDARD, REDUCED):
        named = {"code": f"T{rate}", "name": f"消費税{rate}%", "rate": str(rate), "country": "JP"}
        api.post("/v1/taxes", {**named, "reduced": rate == REDUCED, "standard": rate == STANDARD})
    api.post("/v1/web-catalogs", {"brand": _BRAND, "code": "MAIN", "names": {"ja": "カオス"}, "opened": True})
    _all_accepted(api.many("/v1/product-batches", [_product(article) for article in trade.articles]))
    _all_accepted(api.many("/v1/customer-batches", [_shop(shop) for shop in trade.shops]))
    api.wait_until_quiet(patience=patience)


def _all_accepted(results: list[Json]) -> None:
    refused = [result["problem"] for result in results if not result["ok"]]
    if refused:
        raise ValueError(f"masters were refused: {refused[:2]}")


def _location() -> Json:
    address = {"postal_code": "100-0000", "address1": "東京都千代田区見本町1-2-3", "phone": "03-0000-0001"}
    return {"code": "HQ", "name": "本社", "registration_number": "T7999999000101", "address": address}


def _account() -> Json:
    return {
        "code": ACCOUNT_CODE,
        "bank_code": zengin.BANK_CODE,
        "bank_name": "カオスギンコウ",
        "branch_code": zengin.BRANCH_CODE,
        "branch_name": "ホンテン",
        "kind": "ordinary",
        "number": zengin.ACCOUNT_NUMBER,
        "holder_kana": "カ)カオス",
        "currency": "JPY",
    }


def _product(article: Article) -> Json:
    return {
        "brand": _BRAND,
        "model_number": article.code,
        "names": {"ja": f"見本品 {article.code}"},
        "axes": ["size"],
        "prices": {"JPY": str(article.price)},
        "taxes": {"JP": f"T{article.tax}"},
        "skus": [{"code": article.code, "values": ["F"]}],
    }


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
