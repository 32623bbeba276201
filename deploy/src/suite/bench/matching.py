"""The bench of a bank file: n lines against 5n open invoices, five months of each customer.

Of ten payers six pay their oldest invoice, two the two oldest together, one is short of it by a bank fee, one pays an
amount that fits nothing; every twentieth line comes from somebody nobody knows.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from suite.bench import machine
from suite.bench.fresh import Fresh, fresh_suite
from suite.bench.growth import grown
from suite.bench.machine import Noise
from suite.bench.masters import Maker, settle_in
from suite.bench.proof import none_of, unequal
from suite.bench.report import Report
from suite.bench.thread import Month, Pace, close, deliver, order, pay
from suite.bench.trade import Trade
from suite.bench.wish import Wish
from suite.bench.zengin import Transfer
from suite.demo.client import Api, Json

_MONTHS = tuple(Month(2025, number) for number in range(2, 7))
_FEE = 440
_FITS_NOTHING = 7
_STRANGER = "ｼﾞﾕｳﾉｶﾞｲﾉｶﾀ"
_PATIENCE = 1_200.0


def measure(wish: Wish) -> Report:
    """n bank lines, and 4n if asked, in a fresh suite."""
    wish.tell("starting a fresh suite")
    with fresh_suite(wish.home, keep=wish.keep) as suite:
        operator = suite.operator()
        figures, wrongs = grown(wish, lambda lines: _matched(suite, operator, wish, lines))
        figures |= {"versions": machine.versions(suite.state.versions)}
    return Report("matching", wish.n, figures, _rows(figures), wrongs)


def _matched(suite: Fresh, operator: Api, wish: Wish, lines: int) -> tuple[Json, list[str]]:
    trade = Trade(wish.seed, lines * len(_MONTHS), lines_per_order=1, orders_per_customer=len(_MONTHS))
    wish.tell(f"{lines:,} lines: masters of {len(trade.shops):,} customers")
    maker = settle_in(operator, suite.state.url, trade)
    billed = _billed(maker, trade, wish)
    transfers = _transfers(trade, billed)
    wish.tell(f"{lines:,} lines: matching against {sum(map(len, billed.values())):,} open invoices")
    noise, before, began = Noise.now(), suite.used(), time.perf_counter()
    told = pay(maker, transfers)
    called = time.perf_counter() - began
    maker.api.wait_until_quiet(patience=_PATIENCE)
    wall, used = time.perf_counter() - began, suite.used().since(before)
    figures = {
        "lines": lines,
        "invoices": sum(map(len, billed.values())),
        "import_s": round(called, 2),
        "until_quiet_s": round(wall, 2),
        "lines_per_s": round(lines / called, 1),
        "decisions": {verdict: told["counts"][verdict] for verdict in ("auto", "suggest", "review")},
        "cpu_s": round(used.total, 2),
        "cpu_s_by_process": {name: round(spent, 2) for name, spent in used.by_process.items() if spent >= 0.01},
        "machine": noise.machine(used, wall),
    }
    return figures, _wrongs(maker, trade, billed, transfers, told)


def _billed(maker: Maker, trade: Trade, wish: Wish) -> dict[str, list[int]]:
    """What each customer owes, oldest first: one order, one note and one invoice a month."""
    billed: dict[str, list[int]] = defaultdict(list)
    pace, size = Pace(wish.batch, wish.lanes), len(trade.shops)
    for at, month in enumerate(_MONTHS):
        wish.tell(f"month {month.number}: {size:,} orders to invoices")
        orders = trade.orders[at * size : (at + 1) * size]
        order(maker, orders, pace, month)
        maker.api.wait_until_quiet(patience=_PATIENCE)
        deliver(maker, orders, pace, month)
        maker.api.wait_until_quiet(patience=_PATIENCE)
        for invoice in close(maker, month):
            billed[invoice["bill_to_code"]].append(int(Decimal(invoice["total"])))
        maker.api.wait_until_quiet(patience=_PATIENCE)
    return dict(billed)


def _transfers(trade: Trade, billed: Mapping[str, Sequence[int]]) -> list[Transfer]:
    return [
        Transfer(_STRANGER if at % 20 == 19 else shop.payer, _amount(at, billed[shop.code]))
        for at, shop in enumerate(trade.shops)
    ]


def _amount(at: int, owed: Sequence[int]) -> int:
    match at % 10:
        case 0 | 1 | 2 | 3 | 4 | 5:
            return owed[0]
        case 6 | 7:
            return owed[0] + owed[1]
        case 8:
            return max(1, owed[0] - _FEE)
        case _:
            return sum(owed) + _FITS_NOTHING


def _wrongs(
    maker: Maker, trade: Trade, billed: Mapping[str, Sequence[int]], transfers: Sequence[Transfer], told: Json
) -> list[str]:
    """Every line is decided once; what was booked was booked on its payer; the ledger and its sum are right."""
    payers = {shop.payer: shop.code for shop in trade.shops}
    lines = list(maker.api.all("/v1/bank-lines"))
    booked = [line for line in lines if line["decision"] == "auto"]
    balance = sum(Decimal(one["balance"]) for one in maker.api.all("/v1/balances"))
    owed = sum(map(sum, billed.values())) - sum(int(Decimal(line["amount"])) for line in booked)
    ledger = maker.api.get("/v1/ledger-verification")
    checks = (
        unequal("lines", len(transfers), len(lines)),
        unequal("lines decided", told["counts"]["new"], sum(Counter(line["decision"] for line in lines).values())),
        unequal("Σ received", sum(one.amount for one in transfers), sum(int(Decimal(one["amount"])) for one in lines)),
        none_of("booked on another", (one for one in booked if one["customer"]["code"] != payers.get(one["payer"]))),
        unequal("Σ balances", owed, int(balance)),
        none_of("ledger differences", ledger["differences"]),
    )
    return [wrong for check in checks for wrong in check]


def _rows(figures: Json) -> list[tuple[str, str, str]]:
    decided = ", ".join(f"{verdict} {count:,}" for verdict, count in figures["decisions"].items())
    return [
        ("parse, match, propose", f"{figures['import_s']} s", "20 s for 10,000 lines"),
        ("until every message is dealt with", f"{figures['until_quiet_s']} s", ""),
        ("lines", f"{figures['lines_per_s']} per s against {figures['invoices']:,} open invoices", ""),
        ("decisions", decided, ""),
        ("CPU of the suite", f"{figures['cpu_s']} s", ""),
        ("exponent", str(figures.get("exponent", "not asked: --scale")), "1"),
        ("others on this machine", f"{figures['machine']['others']:.0%} of all processors", ""),
    ]
