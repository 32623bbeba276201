"""What must be true when every order has become cash; the API is asked, the expectation is the bench's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from suite.bench.masters import Maker
from suite.bench.thread import Carried
from suite.bench.trade import Trade
from suite.demo.client import Api, Json

_SHOWN = 3


def wrongs(maker: Maker, trade: Trade, carried: Carried) -> list[str]:
    """Every invariant that does not hold, in words; none when the work came out right."""
    checks: tuple[Iterable[str], ...] = (
        _orders(maker.api, trade),
        _unshipped(maker.api),
        _invoices(maker.api, trade, carried),
        _money(maker.api, trade),
        _credit(maker.api),
        _messages(maker.api),
    )
    return [wrong for check in checks for wrong in check]


def _orders(api: Api, trade: Trade) -> Iterator[str]:
    orders = list(api.all("/v1/orders"))
    yield from unequal("orders", trade.count, len(orders))
    states = Counter((order["state"], order["invoiced"]) for order in orders)
    yield from unequal("orders delivered and invoiced", {("DELIVERED", "yes"): trade.count}, dict(states))


def _unshipped(api: Api) -> Iterator[str]:
    yield from none_of("unshipped SKUs left", api.all("/v1/unshipped-skus", only_open=True))


def _invoices(api: Api, trade: Trade, carried: Carried) -> Iterator[str]:
    """To the yen what the bench worked out by itself, each paid in full."""
    wanted = trade.totals()
    yield from unequal("invoice totals", wanted, by_code(carried.invoices, "bill_to_code", "total"))
    invoices = list(api.all("/v1/invoices"))
    yield from unequal("invoices", len(wanted), len(invoices))
    yield from none_of("invoices not paid", (one for one in invoices if one["state"] != "PAID" or amount(one, "open")))


def _money(api: Api, trade: Trade) -> Iterator[str]:
    lines = list(api.all("/v1/bank-lines"))
    yield from none_of("bank lines not matched", (one for one in lines if one["state"] != "MATCHED"))
    yield from unequal("Σ paid", sum(trade.totals().values()), sum(int(Decimal(one["amount"])) for one in lines))
    balances = list(api.all("/v1/balances"))
    yield from unequal("customers with a balance", len(trade.shops), len(balances))
    yield from none_of("balances not 0", (one for one in balances if Decimal(one["balance"])))
    ledger = api.get("/v1/ledger-verification")
    yield from none_of("ledger differences", ledger["differences"])
    yield from unequal("ledger in order", True, ledger["ok"])


def _credit(api: Api) -> Iterator[str]:
    yield from none_of("exposures not 0", (one for one in api.all("/v1/exposures") if Decimal(one["total"])))


def _messages(api: Api) -> Iterator[str]:
    services = api.get("/v1/quiet")["services"]
    left = ((one["name"], one["pending"], one["parked"]) for one in services if one["pending"] or one["parked"])
    yield from none_of("messages pending or parked", left)


def amount(item: Json, name: str) -> Decimal:
    return Decimal(item[f"{name}_amount"])


def by_code(items: Iterable[Json], code: str, amount: str) -> dict[str, int]:
    """Whole yen by code."""
    return {item[code]: int(Decimal(item[amount])) for item in items}


def unequal(what: str, wanted: Any, got: Any) -> Iterator[str]:
    """One sentence when they differ; of mappings the first keys that do."""
    if wanted == got:
        return
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        keys = [key for key in {**wanted, **got} if wanted.get(key) != got.get(key)]
        shown = [f"{key}: {wanted.get(key)} expected, {got.get(key)} found" for key in keys[:_SHOWN]]
        yield f"{what}: {len(keys)} differ, {'; '.join(shown)}"
    else:
        yield f"{what}: {wanted} expected, {got} found"


def none_of(what: str, items: Iterable[Any]) -> Iterator[str]:
    """One sentence when there is anything."""
    found = list(items)
    if found:
        yield f"{what}: {len(found)}, first: {found[:1]}"
