"""Copies of foreign facts: kept when their states arrive, asked for once when a decision misses one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis import peers
from chassis.tx import Tx
from kernel.money import Currency, Rate, Rounding
from ordering.core.market import HOME_COUNTRY, Address, Customer, Market, Preferences, Sku, Tax
from ordering.store import market as store
from ordering.store.market import Wanted

Given: TypeAlias = Mapping[str, Any]
"""A state's body as JSON: from its topic, or as `state` beside its `version` in its owner's answer."""

_MOST_NAMES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Answers:
    """What the owners answered about masters that were missing here; each with its version."""

    makers: Sequence[Given] = ()
    taxes: Sequence[Given] = ()
    skus: Sequence[Given] = ()
    customers: Sequence[Given] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Which of the wanted masters are not here."""

    maker: bool
    taxes: bool
    skus: Wanted
    customers: Wanted

    def __bool__(self) -> bool:
        named = (self.skus.sku_codes, self.skus.sku_ids, self.customers.customer_codes, self.customers.customer_ids)
        return self.maker or self.taxes or any(named)


class MastersMissing(Exception):  # no error: "ask their owner, then run the deed again"
    """A decision needs masters whose states have not arrived; nothing was written."""

    def __init__(self, missing: Missing) -> None:
        super().__init__("masters have not arrived yet")
        self.missing = missing


async def the_market(tx: Tx, wanted: Wanted, answers: Answers | None) -> Market:
    """The wanted facts. Raises MastersMissing while nobody has been asked about the ones that are not here; once
    asked, the answers are kept and what is still missing does not exist."""
    if answers is not None:
        await _keep_answers(tx, answers)
    market = await store.load_market(tx, wanted)
    missing = _missing(market, wanted)
    if answers is None and missing:
        raise MastersMissing(missing)
    return market


async def ask_owners(missing: Missing, maker_id: UUID) -> Answers:
    """Asks catalog and customers, in bulk, outside any transaction. Raises chassis.peers.PeerAway."""
    ids = [str(maker_id)]
    return Answers(
        makers=await peers.ask("customers", "/internal/makers", {"ids": ids}, maker_id) if missing.maker else (),
        taxes=await peers.ask("catalog", "/internal/taxes", {}, maker_id) if missing.taxes else (),
        skus=await _asked("catalog", "/internal/skus", missing.skus.sku_codes, missing.skus.sku_ids, maker_id),
        customers=await _asked(
            "customers",
            "/internal/customers",
            missing.customers.customer_codes,
            missing.customers.customer_ids,
            maker_id,
        ),
    )


async def keep_maker(tx: Tx, given: Given, *, version: int) -> None:
    """The maker's preferences."""
    await store.save_preferences(tx, _preferences(given), version=version)


async def keep_taxes(tx: Tx, taxes: Iterable[tuple[Given, int]]) -> None:
    """Taxes with their versions."""
    await store.save_taxes(tx, [(_tax(given), version) for given, version in taxes])


async def keep_skus(tx: Tx, skus: Iterable[tuple[Given, int]]) -> None:
    """SKUs with their versions."""
    await store.save_skus(tx, [(_sku(given), version) for given, version in skus])


async def keep_customers(tx: Tx, customers: Iterable[tuple[Given, int]]) -> None:
    """Customers with their versions."""
    await store.save_customers(tx, [(_customer(given), version) for given, version in customers])


async def keep_rates(tx: Tx, rates: Iterable[tuple[Given, int]]) -> None:
    """Rates of products for customers with their versions."""
    await store.save_rates(tx, [(_rate(given), version) for given, version in rates])


async def forget(
    tx: Tx,
    *,
    taxes: Iterable[str] = (),
    skus: Iterable[str] = (),
    customers: Iterable[str] = (),
    rates: Iterable[str] = (),
) -> None:
    """Follows tombstones, named by their Kafka keys. What orders copied from them stays (GEN-012)."""
    await store.forget_taxes(tx, [UUID(key) for key in taxes])
    await store.forget_skus(tx, [UUID(key) for key in skus])
    await store.forget_customers(tx, [UUID(key) for key in customers])
    pairs = [key.split("/") for key in rates]
    await store.forget_rates(tx, [(UUID(product), UUID(customer)) for product, customer in pairs])


def _missing(market: Market, wanted: Wanted) -> Missing:
    return Missing(
        maker=not market.preferences.known,
        taxes=not market.taxes.by_id or not all(market.taxes.knows(rate) for rate in wanted.tax_rates),
        skus=Wanted(
            sku_codes=[code for code in wanted.sku_codes if market.sku(code) is None],
            sku_ids=[sku_id for sku_id in wanted.sku_ids if sku_id not in market.skus_by_id],
        ),
        customers=Wanted(
            customer_codes=[code for code in wanted.customer_codes if code not in market.customers],
            customer_ids=[one for one in wanted.customer_ids if one not in market.customers_by_id],
        ),
    )


async def _keep_answers(tx: Tx, answers: Answers) -> None:
    for maker in answers.makers:
        await keep_maker(tx, maker["state"], version=int(maker["version"]))
    await keep_taxes(tx, [(one["state"], int(one["version"])) for one in answers.taxes])
    await keep_skus(tx, [(one["state"], int(one["version"])) for one in answers.skus])
    await keep_customers(tx, [(one["state"], int(one["version"])) for one in answers.customers])


async def _asked(peer: str, path: str, codes: Collection[str], ids: Collection[UUID], maker_id: UUID) -> list[Given]:
    answers: list[Given] = []
    named: list[tuple[str, list[str]]] = [("codes", sorted(codes)), ("ids", sorted(map(str, ids)))]
    for kind, names in named:
        for start in range(0, len(names), _MOST_NAMES):
            answers += await peers.ask(peer, path, {kind: names[start : start + _MOST_NAMES]}, maker_id)
    return answers


def _preferences(given: Given) -> Preferences:
    return replace(
        store.DEFAULTS,
        known=True,
        currency=Currency.of(given["default_currency"]),
        time_zone=_zone(given["time_zone"]),
        price_rounding=Rounding(given["price_rounding"]),
        prices_include_tax=given["price_tax_mode"] == "inclusive",
        converts_at_confirmation=given["unshipped_creation"] != "manual",
        strict_import=given["strict_import"],
        language=given["default_language"],
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # a zone this host's tables do not know yet
        return store.DEFAULTS.time_zone


def _tax(given: Given) -> Tax:
    return Tax(
        tax_id=UUID(given["tax_id"]),
        rate=Rate.of(given["rate"]),
        reduced=given["reduced"],
        rounding=Rounding(given["rounding"]),
        country=given["country"],
        standard=given["standard"],
        active=given["active"],
    )


def _sku(given: Given) -> Sku:
    taxes = {tax["country"]: UUID(tax["tax_id"]) for tax in given["taxes"]}
    return Sku(
        sku_id=UUID(given["sku_id"]),
        code=given["code"],
        product_id=UUID(given["product_id"]),
        name=given["name_ja"] or given["name_en"],
        state=given["state"],
        prices={price["currency"]: Decimal(price["amount"]) for price in given["prices"]},
        tax_id=taxes.get(HOME_COUNTRY),
        wholesale_rate=_percent(given["wholesale_rate"]),
        planned_from=_day(given.get("planned_from")),
        planned_to=_day(given.get("planned_to")),
    )


def _customer(given: Given) -> Customer:
    address = Address(**given["address"])
    ship_tos = {int(ship_to["number"]): Address(**ship_to["address"]) for ship_to in given.get("ship_tos", ())}
    limit = given["credit_limit"]
    return Customer(
        customer_id=UUID(given["customer_id"]),
        code=given["code"],
        address=address,
        # A customer without a destination of its own is shipped to where it is billed (CUS-033).
        destination=ship_tos.pop(0, address),
        email=given["email"],
        payment_category=given["payment_category"],
        shipping_category=given["shipping_category"],
        wholesale_rate=_percent(given["wholesale_rate"]),
        credit_limit=None if limit is None else Decimal(limit),
        active=given["active"],
        ship_tos=ship_tos,
    )


def _rate(given: Given) -> store.CustomerRate:
    return store.CustomerRate(
        product_id=UUID(given["product_id"]),
        customer_id=UUID(given["customer_id"]),
        rate=Rate.of(given["wholesale_rate"]),
    )


def _percent(percent: str | None) -> Rate | None:
    return None if percent is None else Rate.of(percent)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
