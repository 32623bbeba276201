"""The bench of a NextEngine file: a dry run, the import, and the same file again, which must add nothing."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from decimal import Decimal

from suite.bench import machine
from suite.bench.figures import per_order_ms
from suite.bench.fresh import Fresh, fresh_suite
from suite.bench.growth import grown
from suite.bench.machine import Noise
from suite.bench.masters import Maker, settle_in
from suite.bench.proof import none_of, unequal
from suite.bench.report import Report
from suite.bench.trade import LINES_PER_ORDER, Order, Trade, grand_total
from suite.bench.wish import Wish
from suite.demo.client import Api, Json

_ORDERED = "2025/06/02 09:00:00"


def measure(wish: Wish) -> Report:
    """n rows (n/5 orders), and 4n if asked, in a fresh suite."""
    with fresh_suite(wish.home, keep=wish.keep) as suite:
        operator = suite.operator()
        figures, wrongs = grown(wish, lambda rows: _imported(suite, operator, wish, rows))
        figures |= {"versions": machine.versions(suite.state.versions)}
    return Report("import", wish.n, figures, _rows(figures), wrongs)


def _imported(suite: Fresh, operator: Api, wish: Wish, rows: int) -> tuple[Json, list[str]]:
    trade = Trade(wish.seed, max(1, rows // LINES_PER_ORDER))
    wish.tell(f"{rows:,} rows: masters")
    maker = settle_in(operator, suite.state.url, trade)
    content = nextengine(_headers(maker.api), trade.orders)
    wish.tell(f"{rows:,} rows: a file of {len(content) // 1024:,} KB")
    noise, before, began = Noise.now(), suite.used(), time.perf_counter()
    dry, dry_seconds = _sent(maker, content, dry_run=True)
    real, seconds = _sent(maker, content, dry_run=False)
    maker.api.wait_until_quiet()
    used, wall = suite.used().since(before), time.perf_counter() - began
    again, again_seconds = _sent(maker, content, dry_run=False)
    figures = {
        "rows": rows,
        "bytes": len(content),
        "validate_s": round(dry_seconds, 2),
        "import_s": round(seconds, 2),
        "again_s": round(again_seconds, 2),
        "rows_per_s": round(rows / seconds, 1),
        "cpu_s": round(used.total, 2),
        "cpu_ms_by_process_per_order": per_order_ms(used.by_process, trade.count),
        "machine": noise.machine(used, wall),
    }
    return figures, _wrongs(maker.api, trade, dry, real, again)


def _sent(maker: Maker, content: bytes, *, dry_run: bool) -> tuple[Json, float]:
    began = time.perf_counter()
    report = maker.api.upload("/v1/order-imports", "orders.csv", content, dry_run=dry_run, price_is_net=False)
    return report, time.perf_counter() - began


def _headers(api: Api) -> list[str]:
    """The columns of the layout with 32 columns, as the suite's own template has them."""
    template = api.download("/v1/order-import-templates/invoice").decode("cp932")
    return next(csv.reader(io.StringIO(template)))


def nextengine(headers: Sequence[str], orders: Sequence[Order]) -> bytes:
    """The file as the shop system writes it: CP932, CRLF, a row per line, the order's facts on each of them."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headers, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(row for order in orders for row in _rows_of(order))
    return text.getvalue().encode("cp932")


def _rows_of(order: Order) -> list[dict[str, str]]:
    return [
        {
            "顧客コード": order.shop.code,
            "店舗伝票番号": order.number,
            "受注日": _ORDERED,
            "発送料": str(order.fee),
            "商品名": f"見本品 {line.article.code}",
            "商品コード": line.article.code,
            "商品価格": str(line.article.price),
            "受注数量": str(line.quantity),
            "消費税率(%)": str(line.article.tax),
        }
        for line in order.lines
    ]


def _wrongs(api: Api, trade: Trade, dry: Json, real: Json, again: Json) -> list[str]:
    """Dry run and import tell the same, every order came in with its total to the yen, a second import adds none."""
    wanted = {order.number: grand_total([order]) for order in trade.orders}
    found = {order["number"]: int(Decimal(order["grand_total"])) for order in api.all("/v1/orders")}
    checks = (
        unequal("dry run", real["counts"], dry["counts"]),
        unequal("imported", trade.count, real["counts"].get("imported", 0)),
        none_of("errors", real["errors"]),
        unequal("order totals", wanted, found),
        unequal("skipped the second time", trade.count, again["counts"].get("skipped", 0)),
        unequal("imported the second time", 0, again["counts"].get("imported", 0)),
    )
    return [wrong for check in checks for wrong in check]


def _rows(figures: Json) -> list[tuple[str, str, str]]:
    return [
        ("validate (dry run)", f"{figures['validate_s']} s", ""),
        ("import", f"{figures['import_s']} s", ""),
        ("both together", f"{figures['validate_s'] + figures['import_s']:.2f} s", "5 s for 10,000 rows"),
        ("the same file again", f"{figures['again_s']} s", ""),
        ("CPU of the suite", f"{figures['cpu_s']} s", ""),
        ("exponent", str(figures.get("exponent", "not asked: --scale")), "1"),
        ("others on this machine", f"{figures['machine']['others']:.0%} of all processors", ""),
    ]
