"""The arithmetic of benches, their made-up data, and what they say when the work came out wrong."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import JPY, Money, Rate, Rounding, wholesale_price
from kernel.tax import TaxSums, tax_breakdown
from payments.core.statement import Statement
from payments.core.zengin.notice import read_notice
from suite.bench import command, figures, meter
from suite.bench.calls import StopWatch, WentWrong, accepted
from suite.bench.command import Bench
from suite.bench.fresh import new_home
from suite.bench.growth import grown
from suite.bench.importing import nextengine
from suite.bench.meter import Used
from suite.bench.proof import none_of, unequal
from suite.bench.report import Report
from suite.bench.trade import REDUCED, STANDARD, Article, Line, Order, Shop, Trade, grand_total
from suite.bench.wish import Wish
from suite.bench.zengin import RECORD_BYTES, Account, Transfer, notice
from suite.trouble import Trouble

SHOP = Shop("B000001", 55, "ﾍﾞﾝﾁｱｱｱｲ")
SHIRT, TEA = Article("A-1", 1_999, STANDARD), Article("A-2", 333, REDUCED)


def an_order(*lines: Line, fee: int = 0) -> Order:
    return Order("BN1", SHOP, lines, fee)


# -- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("percent", "wanted"), [(50, 2), (51, 3), (75, 3), (76, 4), (99, 4), (100, 4), (0, 1)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, wanted: float) -> None:
    assert figures.percentile([4, 1, 3, 2], percent) == wanted


def test_nothing_has_no_percentile() -> None:
    assert figures.percentile([], 50) is None


@given(st.integers(1, 10_000), st.floats(0.1, 3.0))
def test_the_exponent_of_a_power_is_its_own(work: int, power: float) -> None:
    first, second = (work, float(work**power)), (4 * work, float((4 * work) ** power))
    assert figures.exponent(first, second) == pytest.approx(power)
    assert figures.exponent(second, first) == pytest.approx(power)


@pytest.mark.parametrize("second", [(10, 5.0), (40, 0.0), (0, 1.0)])
def test_growth_that_cannot_be_told_has_no_exponent(second: tuple[int, float]) -> None:
    assert figures.exponent((10, 5.0), second) is None


def test_a_ratio_without_a_part_or_a_whole_is_none() -> None:
    assert figures.ratio(1.0, 4.0) == 0.25
    assert figures.ratio(None, 4.0) is None
    assert figures.ratio(1.0, None) is None
    assert figures.ratio(1.0, 0.0) is None


def test_the_dearest_process_stands_first_and_what_did_nothing_is_left_out() -> None:
    told = figures.per_order_ms({"kafka": 0.5, "ordering": 2.0, "catalog": 0.0}, 1_000)
    assert list(told.items()) == [("ordering", 2.0), ("kafka", 0.5)]


def test_calls_are_counted_by_what_was_called_and_waiting_is_none() -> None:
    watch = StopWatch()
    for took in (0.1, 0.3):
        watch.note("GET", "/v1/orders/01a20323-8e3b-72f1-9b8d-c102dc5e3261/deeds", took)
    watch.note("GET", "/v1/quiet", 30.0)
    assert watch.by_call() == {"GET /v1/orders/…/deeds": {"calls": 2, "p50_ms": 100.0, "p99_ms": 300.0}}
    assert watch.percentile_ms(99) == 300.0


# -- the meter --------------------------------------------------------------------------------------------------------


def _work(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def _work_in_a_child(seconds: float) -> None:
    child = multiprocessing.get_context("fork").Process(target=_work, args=(seconds,))
    child.start()
    child.join()
    time.sleep(60)


@pytest.fixture
def working() -> Iterator[int]:
    """A process whose child works for a third of a second and ends."""
    parent = multiprocessing.get_context("fork").Process(target=_work_in_a_child, args=(0.33,))
    parent.start()
    assert parent.pid is not None
    yield parent.pid
    parent.kill()
    parent.join()


def _until(pid: int, name: str, seconds: float) -> Used:
    deadline = time.monotonic() + 30
    while (used := meter.used({"parent": pid})).by_process.get(name, 0.0) < seconds:
        assert time.monotonic() < deadline, used
        time.sleep(0.02)
    return used


def test_work_of_children_is_counted_apart_and_stays_when_they_are_gone(working: int) -> None:
    used = _until(working, "parent children", 0.3)
    assert used.by_process["parent"] < 0.3
    assert used.but("parent children") == used.by_process["parent"]
    assert used.machine >= used.total


def test_a_child_with_a_name_of_its_own_is_counted_once() -> None:
    me = os.getpid()
    used = meter.used({"supervisor": os.getppid(), "service": me})
    assert used.by_process["service"] <= sum(os.times()[:2]) + 1
    assert meter.memory({"service": me})["service"] > 1024**2


def test_what_was_used_since_never_falls_below_nothing() -> None:
    used = Used({"a": 1.0, "b": 2.0}, {"orders": 1.0}, 9.0).since(Used({"a": 3.0}, {}, 4.0))
    assert used == Used({"a": 0.0, "b": 2.0}, {"orders": 1.0}, 5.0)


# -- the trade --------------------------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_trade_and_another_one_another() -> None:
    assert Trade(7, 45).orders == Trade(7, 45).orders
    assert Trade(7, 45).orders != Trade(8, 45).orders


@pytest.mark.parametrize(("count", "shops"), [(1, 1), (20, 1), (21, 2), (40, 2)])
def test_twenty_orders_make_a_customer(count: int, shops: int) -> None:
    assert len(Trade(1, count).shops) == shops


def test_every_order_has_five_lines_of_two_rates() -> None:
    for order in Trade(3, 50).orders:
        rates = sorted(line.article.tax for line in order.lines)
        assert rates == [REDUCED, REDUCED, STANDARD, STANDARD, STANDARD]
        assert len({line.article.code for line in order.lines}) == 5


def test_no_two_customers_have_the_same_name() -> None:
    shops = Trade(1, 60_000).shops
    assert len({shop.payer for shop in shops}) == len({shop.kana for shop in shops}) == len(shops) == 3_000


def test_a_total_floors_prices_per_piece_and_taxes_per_rate() -> None:
    """1,999 × 55 % = 1,099.45 → 1,099 × 3 = 3,297 + 329 (329.7); 333 × 55 % = 183.15 → 183 × 2 = 366 + 29 (29.28)."""
    assert grand_total([an_order(Line(SHIRT, 3), Line(TEA, 2), fee=660)]) == 3_297 + 329 + 366 + 29 + 660


def test_tax_is_floored_once_for_all_orders_of_a_document() -> None:
    """Alone each order's tax is 18 (18.3); both together have 36.6, so 36."""
    order = an_order(Line(Article("A-3", 333, STANDARD), 1))
    assert grand_total([order]) == 183 + 18
    assert grand_total([order, order]) == 366 + 36


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_totals_are_those_of_the_kernel(seed: int, count: int) -> None:
    trade = Trade(seed, count)
    for code, total in trade.totals().items():
        orders = [order for order in trade.orders if order.shop.code == code]
        assert Decimal(total) == tax_breakdown(_sums(orders), JPY, Rounding.FLOOR).gross.amount


def _sums(orders: list[Order]) -> Iterator[TaxSums]:
    none = Money.zero(JPY)
    for order in orders:
        yield TaxSums(Rate.of(STANDARD), none, Money.of(order.fee, JPY))
        for line in order.lines:
            rate = Rate.of(order.shop.rate)
            price = wholesale_price(Money.of(line.article.price, JPY), rate, Rounding.FLOOR)
            yield TaxSums(Rate.of(line.article.tax), price * line.quantity, none)


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_transfer_notice_reads_back_as_it_was_written() -> None:
    account = Account("9999", "ﾍﾞﾝﾁｷﾞﾝｺｳ", "001", "ﾎﾝﾃﾝ", "1234567", "ｶ)ﾍﾞﾝﾁ")
    transfers = [Transfer("ﾍﾞﾝﾁｱｱｱｱ", 1), Transfer("ﾍﾞﾝﾁｱｱｱｲ", 9_999_999_999)]
    content = notice(account, transfers, date(2025, 7, 31))
    assert len(content) == 5 * (RECORD_BYTES + 2)
    read = read_notice(content, near=date(2025, 8, 1))
    assert isinstance(read, Statement), read
    assert (read.layout, read.account and read.account.number) == ("A", "1234567")
    found = [(line.payer.strip(), int(line.amount.amount), line.value_date) for line in read.lines]
    assert found == [(one.payer, one.amount, date(2025, 7, 31)) for one in transfers]


def test_an_order_file_has_a_row_per_line_in_the_shop_systems_encoding() -> None:
    headers = ["顧客コード", "店舗伝票番号", "受注日", "発送料", "手数料", "商品名", "商品コード", "商品価格"]
    content = nextengine([*headers, "受注数量", "消費税率(%)"], [an_order(Line(SHIRT, 3), Line(TEA, 2), fee=660)])
    assert content.decode("cp932").split("\r\n")[1:] == [
        "B000001,BN1,2025/06/02 09:00:00,660,,見本品 A-1,A-1,1999,3,10",
        "B000001,BN1,2025/06/02 09:00:00,660,,見本品 A-2,A-2,333,2,8",
        "",
    ]


# -- right or wrong ---------------------------------------------------------------------------------------------------


def test_what_differs_is_named_with_both_values() -> None:
    assert list(unequal("orders", 3, 3)) == []
    assert list(unequal("orders", 3, 2)) == ["orders: 3 expected, 2 found"]
    [told] = unequal("totals", {"A": 1, "B": 2}, {"A": 1, "C": 2})
    assert told == "totals: 2 differ, B: 2 expected, None found; C: None expected, 2 found"
    assert list(none_of("balances", [])) == []
    assert list(none_of("balances", [1, 2])) == ["balances: 2, first: [1]"]


def test_a_refused_command_of_a_bulk_call_ends_the_bench() -> None:
    good = {"ok": True, "item": {"number": "BN1"}}
    assert accepted("orders", {"results": [good]}, 1) == [{"number": "BN1"}]
    with pytest.raises(WentWrong, match="1 of 2 refused"):
        accepted("orders", {"results": [good, {"ok": False, "problem": {"code": "UNKNOWN_SKU"}}]}, 2)
    with pytest.raises(WentWrong, match="0 of 2 refused"):
        accepted("orders", {"results": [good]}, 2)


def _bench(*wrongs: str) -> dict[str, Bench]:
    def measure(wish: Wish) -> Report:
        return Report("import", wish.n, {"import_s": 9_999.0}, [("import", "slow", "5 s")], list(wrongs))

    return {"import": Bench(measure, "a stand-in")}


def test_slow_is_no_failure_and_the_last_line_is_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command.main(["import", "--n", "500", "--json"], _bench(), tmp_path) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"bench": "import", "ok": True, "n": 500, "wrongs": [], "import_s": 9_999.0}
    [kept] = tmp_path.glob("import-*-500.json")
    assert json.loads(kept.read_text()) == told


def test_wrong_work_is_a_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command.main(["import", "--n", "500"], _bench("balances not 0: 1"), tmp_path) == 1
    assert "balances not 0: 1" in capsys.readouterr().out


def test_work_that_cannot_be_done_is_wrong_work(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def measure(_: Wish) -> Report:
        raise WentWrong("orders: 1 of 2 refused")

    assert command.main(["import", "--n", "5", "--json"], {"import": Bench(measure, "")}, tmp_path) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["ok"], told["wrongs"]) == (False, ["WentWrong: orders: 1 of 2 refused"])


@pytest.mark.parametrize("arguments", [["import", "--n", "0"], ["order-to-cash", "--batch", "1001"], ["lateness"]])
def test_what_no_bench_can_do_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert "usage: ./oroshi bench" in capsys.readouterr().err


def test_a_bench_never_takes_a_home_that_has_something_in_it(tmp_path: Path) -> None:
    assert new_home(tmp_path / "new").folder == tmp_path / "new"
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match="is not empty"):
        new_home(tmp_path)


# -- growth -----------------------------------------------------------------------------------------------------------


def test_the_cost_of_four_times_the_work_tells_how_it_grows() -> None:
    figures, wrongs = grown(Wish(10, scale=True), lambda n: ({"cpu_s": float(n * n), "n": n}, [f"wrong at {n}"]))
    assert figures == {"cpu_s": 100.0, "n": 10, "exponent": 2.0, "scaled": {"cpu_s": 1600.0, "n": 40}}
    assert wrongs == ["wrong at 10", "wrong at 40"]


def test_growth_is_measured_only_when_asked() -> None:
    assert grown(Wish(10), lambda n: ({"cpu_s": 1.0}, [])) == ({"cpu_s": 1.0}, [])
