"""Export in the NextEngine layouts: what stands in which column, what does not fit, and the way back."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.money import Currency, Money, Rate
from kernel.text import clean, clean_lines
from ordering.core.confirming import CreateOc, LineChange, create_oc
from ordering.core.content import ChargeEntry, ChargeKind
from ordering.core.nextengine.exporting import export
from ordering.core.nextengine.importing import ImportOptions
from ordering.core.nextengine.layouts import INVOICE_READY, LAYOUTS, ORDINARY, Field, Layout
from ordering.core.nextengine.writing import Price, Spelling
from ordering.core.order import Heading, Order
from ordering.core.placing import WantedLine, place
from ordering.core.states import OrderState
from services.ordering.tests import wholesaler
from services.ordering.tests.builders import (
    EIGHT,
    SHIRT,
    TEA,
    TEN,
    ZERO,
    a_market,
    a_row,
    a_sku,
    a_wish,
    after,
    an_exposure,
    an_order,
    ids,
    signed,
    yen,
)
from services.ordering.tests.core.test_oracle import INVOICE, imported
from services.ordering.tests.core.test_oracle import ORDINARY as ORDINARY_FILE
from services.ordering.tests.exporting import (
    TOKYO,
    buckets_of,
    cells,
    exported,
    imported_again,
    lines_of,
    refused,
    the_file,
)

HEADERS = {layout.name: [column.header for column in layout.columns] for layout in LAYOUTS.values()}
NET = replace(TOKYO, price=Price.NET)


def entry(kind: ChargeKind, amount: int, rate: Rate | None = TEN, *, prorated: bool = False) -> ChargeEntry:
    return ChargeEntry(kind, yen(amount), None if prorated else rate, prorated)


EVERY_BUCKET = (
    entry(ChargeKind.SHIPPING, 660),
    entry(ChargeKind.FEE, 1, ZERO),
    entry(ChargeKind.FEE, 20, EIGHT),
    entry(ChargeKind.FEE, 300),
    entry(ChargeKind.POINTS, -1, ZERO),
    entry(ChargeKind.POINTS, -2, EIGHT),
    entry(ChargeKind.POINTS, -4),
    entry(ChargeKind.POINTS, -8, prorated=True),
    entry(ChargeKind.PAYMENT_POINTS, -16, None),
    entry(ChargeKind.OTHER_COST, 1_000, ZERO),
    entry(ChargeKind.OTHER_COST, 2_000, EIGHT),
    entry(ChargeKind.OTHER_COST, 4_000),
    entry(ChargeKind.COUPON, -10, ZERO),
    entry(ChargeKind.COUPON, -20, EIGHT),
    entry(ChargeKind.COUPON, -40),
    entry(ChargeKind.COUPON, -80, prorated=True),
)


def an_order_saying(**heading: Any) -> Order:
    order = place(a_wish(a_row(SHIRT, 2), heading=Heading(**heading)), a_market(), ids(5_000))
    assert isinstance(order, Order)
    return order


def with_line(**changed: Any) -> Order:
    """An order whose first line is not as a request or a file could make it."""
    order = an_order(a_row(SHIRT, 2), a_row(TEA, 3))
    content = order.contents[0]
    lines = (replace(content.lines[0], **changed), *content.lines[1:])
    return replace(order, contents=(replace(content, lines=lines),))


def adjusted(order: Order, command: CreateOc) -> Order:
    return after(order, create_oc(order, command, exposure=an_exposure(), market=a_market(), ids=ids(9_000)))


# -- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("INT-060", "ORD-066")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_file_has_the_templates_header_and_one_row_per_line_with_the_order_repeated(layout: Layout) -> None:
    orders = [an_order(a_row(SHIRT, 2), a_row(TEA, 3), number="W1"), an_order(a_row(TEA, 1), number="W2")]
    content = the_file([exported(order, layout) for order in orders], layout)
    text = content.decode("cp932")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == HEADERS[layout.name]
    assert text.count("\r\n") == text.count("\n") == 4
    of_order = [at for at, column in enumerate(layout.columns) if column.of_order]
    assert [rows[0][at] for at in of_order] == [rows[1][at] for at in of_order]
    assert [(row[1], row[-5], row[-3]) for row in rows] == [
        ("W1", "AP-1", "2"),
        ("W1", "MD-1", "3"),
        ("W2", "MD-1", "1"),
    ]


@pytest.mark.req("INT-060")
def test_quotes_stand_only_where_they_are_needed() -> None:
    order = an_order_saying(remark='"至急", 要', worker_memo="一\n二")
    row = the_file([exported(order)]).decode("cp932").split("\r\n")[1]
    assert row.endswith(',"一\n二","""至急"", 要",商品 AP-1,AP-1,10000,2,,10')


@pytest.mark.req("INT-061", "INT-054")
def test_every_bucket_has_its_column_and_every_total_is_the_sum_of_its_parts() -> None:
    found = cells(an_order(entries=EVERY_BUCKET))
    assert {field.value: found[field] for field in list(Field)[3:22]} == {
        "shipping": 660,
        "fee": 321, "fee_0": 1, "fee_8": 20, "fee_10": 300,
        "points": 31, "points_0": 1, "points_8": 2, "points_10": 4, "points_prorated": 8, "points_payment": 16,
        "other_cost": 6_850, "other_cost_0": 1_000, "other_cost_8": 2_000, "other_cost_10": 4_000,
        "coupon_0": -10, "coupon_8": -20, "coupon_10": -40, "coupon_prorated": -80,
    }  # fmt: skip


@pytest.mark.req("INT-061")
def test_the_ordinary_layout_has_the_totals_only() -> None:
    found = cells(an_order(entries=EVERY_BUCKET), ORDINARY)
    totals = (Field.SHIPPING, Field.FEE, Field.POINTS, Field.OTHER_COST)
    assert [found[field] for field in totals] == [660, 321, 31, 6_850]


@pytest.mark.req("INT-061")
def test_the_order_says_who_when_and_what() -> None:
    order = replace(
        an_order_saying(
            time_slot="午前中", remark="午前中 至急", worker_memo="倉庫B", wished_on=date(2026, 8, 4), gift="1:有り"
        ),
        ordered_at=datetime(2026, 7, 31, 15, 0, 0, 999_999, tzinfo=UTC),
    )
    found = cells(order)
    assert [found[field] for field in (Field.CUSTOMER_CODE, Field.ORDER_NUMBER, Field.ORDERED_AT)] == [
        "C000122",
        "W1",
        "2026/08/01 00:00:00",
    ]
    said = (Field.TIME_SLOT, Field.WISHED_ON, Field.WORKER_MEMO, Field.REMARK)
    assert [found[field] for field in said] == ["午前中", "2026/08/04", "倉庫B", "至急"]


@pytest.mark.req("INT-061")
@pytest.mark.parametrize(
    ("slot", "remark", "written"),
    [
        ("", "至急", "至急"),
        ("午前中", "午前中", ""),
        ("午前中", "午前中 午前中", "午前中"),
        ("", "午前中 至急", "午前中 至急"),
    ],
)
def test_time_slot_and_remark_are_taken_apart_again(slot: str, remark: str, written: str) -> None:
    found = cells(an_order_saying(time_slot=slot, remark=remark))
    assert (found[Field.TIME_SLOT], found[Field.REMARK]) == (slot, written)


@pytest.mark.req("INT-061")
def test_lines_are_those_of_the_newest_order_confirmation() -> None:
    order = an_order(a_row(SHIRT, 10), a_row(TEA, 3))
    changes = [LineChange(line_no=1, quantity=8, option="ギフト箱"), LineChange(line_no=2, quantity=0)]
    (row,) = exported(adjusted(order, CreateOc(signed(), changes=changes))).rows
    assert row[-6:] == ("商品 AP-1", "AP-1", 10_000, 8, "ギフト箱", 10)


@pytest.mark.req("INT-061")
def test_the_price_is_the_original_one_unless_the_net_one_is_asked_for() -> None:
    order = an_order()
    assert cells(order)[Field.PRICE] == 10_000
    assert cells(order, spelling=NET)[Field.PRICE] == 6_500


# -- what does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.req("INT-062")
def test_orders_of_another_currency_are_refused_once_for_all_their_amounts() -> None:
    dollars = Currency.of("USD")
    row = replace(a_row(SHIRT), original_price=Money.of("100.10", dollars), option="🍎")
    order = place(a_wish(row, currency=dollars), a_market(), ids(5_000))
    assert isinstance(order, Order)
    assert refused(order) == [("NOT_JPY", None, None), ("NOT_ENCODABLE", "商品オプション", 1)]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize("rate", ["0", "8", "10"])
def test_tax_rates_of_the_layout_fit(rate: str) -> None:
    assert cells(with_line(tax_rate=Rate.of(rate)))[Field.TAX_RATE] == int(rate)


@pytest.mark.req("INT-062")
@pytest.mark.parametrize("rate", ["5", "7.8", "7", "9", "11"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_other_tax_rates_of_lines_and_charges_are_refused(rate: str, layout: Layout) -> None:
    assert refused(with_line(tax_rate=Rate.of(rate)), layout) == [("TAX_RATE_NOT_EXPORTABLE", "消費税率(%)", 1)]
    order = an_order(entries=(entry(ChargeKind.FEE, 100, Rate.of(rate)),))
    assert refused(order, layout) == [("TAX_RATE_NOT_EXPORTABLE", None, None)]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize(
    ("name", "header", "limit"),
    [
        ("time_slot", "時間帯指定", 20),
        ("worker_memo", "作業者欄", 10_000),
        ("remark", "備考", 10_000),
    ],
)
def test_texts_of_the_order_fit_up_to_their_limit(name: str, header: str, limit: int) -> None:
    for length in (limit - 1, limit):
        assert exported(an_order_saying(**{name: "あ" * length}))
    assert refused(an_order_saying(**{name: "あ" * (limit + 1)})) == [("TOO_LONG", header, None)]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize(
    ("name", "header", "letter", "limit"),
    [
        ("product_name", "商品名", "髙", 255),
        ("option", "商品オプション", "ｱ", 255),
        ("sku_code", "商品コード", "a", 30),
    ],
)
def test_texts_of_a_line_fit_up_to_their_limit(name: str, header: str, letter: str, limit: int) -> None:
    for length in (limit - 1, limit):
        assert exported(with_line(**{name: letter * length}))
    assert refused(with_line(**{name: letter * (limit + 1)})) == [("TOO_LONG", header, 1)]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize(
    ("name", "header", "letter", "limit"),
    [("number", "店舗伝票番号", "a", 30), ("customer_code", "顧客コード", "卸", 10)],
)
def test_codes_fit_up_to_their_limit(name: str, header: str, letter: str, limit: int) -> None:
    for length in (limit - 1, limit):
        assert exported(replace(an_order(), **{name: letter * length}))  # type: ignore[arg-type]
    long = replace(an_order(), **{name: letter * (limit + 1)})  # type: ignore[arg-type]
    assert refused(long) == [("TOO_LONG", header, None)]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize("code", ["AP 1", "AP/1", "ＡＰ", "商品", "A.1"])
def test_order_numbers_and_sku_codes_of_other_characters_are_refused(code: str) -> None:
    assert refused(replace(an_order(), number=code)) == [("BAD_CHARS", "店舗伝票番号", None)]
    assert refused(with_line(sku_code=code)) == [("BAD_CHARS", "商品コード", 1)]


@pytest.mark.req("INT-062")
def test_control_characters_are_refused() -> None:
    assert refused(with_line(option="一\n二")) == [("BAD_CHARS", "商品オプション", 1)]
    assert refused(an_order_saying(remark="a\x07b")) == [("BAD_CHARS", "備考", None)]


@pytest.mark.req("INT-062")
def test_amounts_fit_up_to_a_thousand_million() -> None:
    most = 1_000_000_000
    for amount in (most - 1, most):
        assert cells(with_line(original_price=yen(amount)))[Field.PRICE] == amount
        fee = an_order(entries=(entry(ChargeKind.FEE, amount),))
        assert cells(fee, ORDINARY)[Field.FEE] == amount
    assert refused(with_line(original_price=yen(most + 1))) == [("OUT_OF_RANGE", "商品価格", 1)]
    assert refused(with_line(quantity=most + 1)) == [("OUT_OF_RANGE", "受注数量", 1)]
    twice = an_order(entries=(entry(ChargeKind.FEE, most), entry(ChargeKind.FEE, 1, EIGHT)))
    assert refused(twice) == [("OUT_OF_RANGE", "手数料", None)]


@pytest.mark.req("INT-062")
def test_amounts_without_a_column_for_their_sign_are_refused() -> None:
    order = an_order(entries=(entry(ChargeKind.FEE, -1), entry(ChargeKind.OTHER_COST, -1)))
    headers = ["手数料", "手数料(10%対象)", "その他費用(10%対象)"]
    assert sorted(refused(order), key=str) == sorted((("OUT_OF_RANGE", one, None) for one in headers), key=str)


@pytest.mark.req("INT-062")
def test_a_fraction_of_a_yen_is_refused_and_not_rounded() -> None:
    assert refused(with_line(original_price=yen("10.5"))) == [("NOT_A_NUMBER", "商品価格", 1)]


@pytest.mark.req("INT-062")
def test_a_line_without_sku_code_is_refused_unless_a_code_stands_for_it() -> None:
    custom = WantedLine(None, "", "特注品", 1, yen(500), TEN)
    order = an_order(a_row(SHIRT), custom)
    assert refused(order) == [("NO_SKU_CODE", "商品コード", 2)]
    mapped = exported(order, spelling=replace(TOKYO, custom_item_code="OTHER"))
    assert [row[27] for row in mapped.rows] == ["AP-1", "OTHER"]
    assert [row[26] for row in mapped.rows] == ["商品 AP-1", "特注品"]


@pytest.mark.req("INT-062")
@pytest.mark.parametrize("letter", ["🍎", "𠮷", "é", "한", "—́", "\uf8f0", "Ａ́"])
def test_characters_that_cp932_lacks_are_refused_and_never_replaced(letter: str) -> None:
    order = with_line(option=f"色{letter}")
    (problem,) = (found for found in _problems(order) if found.code == "NOT_ENCODABLE")
    missing = next(one for one in reversed(letter) if one != "Ａ")
    assert problem.facts["character"] == f"U+{ord(missing):04X}"
    assert int(problem.facts["position"]) == 1 + len(letter)


def _problems(order: Order) -> tuple[Any, ...]:
    outcome = export(order, INVOICE_READY, TOKYO)
    assert isinstance(outcome, tuple)
    return outcome


@pytest.mark.req("INT-062", "INT-063")
def test_every_character_that_an_import_in_cp932_can_bring_is_exported() -> None:
    pairs = [bytes([first, second]) for first in range(0x81, 0xFD) for second in range(0x40, 0xFD)]
    letters = {letter for pair in pairs if len(letter := pair.decode("cp932", "replace")) == 1} - {"\ufffd", "\u3000"}
    stored = sorted(
        unicodedata.normalize("NFC", letter) for letter in letters | {chr(at) for at in range(0xFF61, 0xFFA0)}
    )
    assert len(stored) > 9_000
    memo = "".join(stored)
    again = imported_again(the_file([exported(an_order_saying(worker_memo=memo))]), a_market())
    assert again["W1"].heading.worker_memo == memo


@pytest.mark.req("INT-062")
def test_letters_that_cp932_knows_under_another_code_point_are_exported() -> None:
    content = the_file([exported(an_order_saying(remark="9〜17時 −5℃ Å — 凞"))])
    assert imported_again(content, a_market())["W1"].heading.remark == "9～17時 －5℃ Å ― 凞"


@pytest.mark.req("INT-062", "GEN-010")
def test_all_reasons_of_an_order_are_told_together() -> None:
    order = replace(with_line(product_name="長" * 256, sku_code="", tax_rate=Rate.of(5)), number="注文 1")
    assert refused(order) == [
        ("BAD_CHARS", "店舗伝票番号", None),
        ("TOO_LONG", "商品名", 1),
        ("NO_SKU_CODE", "商品コード", 1),
        ("TAX_RATE_NOT_EXPORTABLE", "消費税率(%)", 1),
    ]


@pytest.mark.req("INT-062")
def test_a_cell_that_is_too_long_and_not_encodable_is_refused_for_both() -> None:
    both = [("TOO_LONG", "商品オプション", 1), ("NOT_ENCODABLE", "商品オプション", 1)]
    assert refused(with_line(option="🍎" * 256)) == both


@pytest.mark.req("INT-063")
@pytest.mark.parametrize("state", OrderState)
def test_orders_are_exported_from_placed_on_and_cancelled_ones_never(state: OrderState) -> None:
    outcome = export(replace(an_order(), state=state), INVOICE_READY, TOKYO)
    kept_out = state in (OrderState.NEEDS_ATTENTION, OrderState.CANCELLED)
    assert isinstance(outcome, tuple) is kept_out


# -- what the receiver should know ------------------------------------------------------------------------------------


def warned(order: Order, layout: Layout = INVOICE_READY, spelling: Spelling = TOKYO) -> list[tuple[str, str]]:
    return [(one.code, *one.facts.values()) for one in exported(order, layout, spelling).warnings]  # type: ignore[misc]


def test_prices_that_the_receivers_rates_would_change_are_warned_of() -> None:
    order = an_order(a_row(TEA), a_row(SHIRT, rate="50"))
    assert warned(order) == [("RATE_NOT_EXPORTED", "2")]
    assert warned(order, spelling=NET) == []
    assert warned(an_order()) == []


def test_buckets_that_the_ordinary_layout_cannot_hold_are_warned_of() -> None:
    ten_only = an_order(
        entries=(entry(ChargeKind.FEE, 330), entry(ChargeKind.POINTS, -5), entry(ChargeKind.COUPON, -9))
    )
    assert warned(ten_only, ORDINARY) == []
    assert warned(an_order(entries=EVERY_BUCKET), ORDINARY) == [("BUCKETS_MERGED", "手数料, ポイント, その他費用")]
    assert warned(an_order(entries=EVERY_BUCKET)) == []
    nothing_left = an_order(entries=(entry(ChargeKind.OTHER_COST, 500), entry(ChargeKind.COUPON, -500)))
    assert warned(nothing_left, ORDINARY) == [("BUCKETS_MERGED", "その他費用")]


# -- and in again -----------------------------------------------------------------------------------------------------


def same(order: Order, again: Order) -> None:
    assert lines_of(again) == lines_of(order)
    assert buckets_of(again) == buckets_of(order)
    assert again.grand_total == order.grand_total


@pytest.mark.req("INT-063", "INT-060", "ORD-066")
@pytest.mark.parametrize(("name", "layout"), [(INVOICE, INVOICE_READY), (ORDINARY_FILE, ORDINARY)])
def test_the_demo_orders_come_back_as_they_went(name: str, layout: Layout) -> None:
    orders = {number: order for number, order in imported(name).items() if order.state is OrderState.PLACED}
    again = imported_again(
        the_file([exported(order, layout) for order in orders.values()], layout), wholesaler.market()
    )
    assert list(again) == list(orders)
    for number, order in orders.items():
        same(order, again[number])
        assert again[number].heading == order.heading
        assert again[number].ordered_at == order.ordered_at
        assert again[number].buyer == order.buyer


@pytest.mark.req("INT-063")
def test_orders_of_either_file_come_back_from_the_other_layout_unless_warned_of() -> None:
    for layout in (INVOICE_READY, ORDINARY):
        orders = [order for order in imported().values() if order.state is OrderState.PLACED]
        outcomes = [exported(order, layout) for order in orders]
        again = imported_again(the_file(outcomes, layout), wholesaler.market())
        kept = [one.order for one in outcomes if not one.warnings]
        assert len(kept) > 60
        for order in kept:
            same(order, again[order.number])


@pytest.mark.req("INT-063")
def test_an_order_adjusted_by_its_confirmation_comes_back_as_adjusted() -> None:
    order = an_order(a_row(SHIRT, 10), a_row(TEA, 30), entries=EVERY_BUCKET)
    adjustment = CreateOc(signed(), changes=[LineChange(line_no=1, quantity=8)], shipping_fee=yen(990))
    changed = adjusted(order, adjustment)
    assert changed.grand_total != order.grand_total
    again = imported_again(the_file([exported(changed)]), a_market())["W1"]
    same(changed, again)


@pytest.mark.req("INT-063")
def test_net_prices_come_back_to_the_same_total_with_the_rate_switched_off() -> None:
    order = an_order(a_row(SHIRT, 3, rate="33.33"), a_row(TEA, 7, rate="50"), entries=EVERY_BUCKET)
    content = the_file([exported(order, spelling=NET)])
    again = imported_again(content, a_market(), ImportOptions(price_is_net=True))["W1"]
    assert again.grand_total == order.grand_total
    assert [line.unit_price for line in again.content.lines] == [line.unit_price for line in order.content.lines]


@pytest.mark.req("INT-063", "INT-014")
@pytest.mark.parametrize("text", ["=1+1", "+81", "-5", "@SUM(A1)", "'=1", "''+", "＝１", "'quoted'", '="a"'])
def test_text_like_a_formula_is_made_harmless_in_the_file_and_comes_back_as_it_was(text: str) -> None:
    order = replace(an_order_saying(remark=text, worker_memo=text), number="-W1")
    content = the_file([exported(order)])
    (row,) = list(csv.reader(io.StringIO(content.decode("cp932"), newline="")))[1:]
    assert all(not cell or cell[0] not in "=+-@＝＋－＠" for cell in row)
    (again,) = imported_again(content, a_market()).values()
    assert (again.number, again.heading.remark, again.heading.worker_memo) == ("-W1", text, text)


def test_negative_amounts_stay_numbers() -> None:
    row = the_file([exported(an_order(entries=(entry(ChargeKind.COUPON, -500),)))]).decode("cp932").split("\r\n")[1]
    assert ",-500," in row
    assert "'" not in row


_LETTERS = st.sampled_from([*"aZ0 ,;\"'=+-@\n\t", "あ", "①", "㈱", "髙", "﨑", "～", "〜", "ｱ", "Å", "\u3000"])
_LINE = st.text(_LETTERS.filter(lambda letter: letter not in "\n\t"), max_size=8).map(clean)
_LINES = st.text(_LETTERS.filter(lambda letter: letter != "\t"), max_size=8).map(clean_lines)
_RATES = st.sampled_from([ZERO, EIGHT, TEN])
_CHARGES = st.one_of(
    st.builds(entry, st.just(ChargeKind.SHIPPING), st.integers(1, 2_000)),
    st.builds(entry, st.sampled_from([ChargeKind.FEE, ChargeKind.OTHER_COST]), st.integers(0, 2_000), _RATES),
    st.builds(entry, st.sampled_from([ChargeKind.POINTS, ChargeKind.COUPON]), st.integers(-900, 0), _RATES),
    st.builds(
        partial(entry, prorated=True), st.sampled_from([ChargeKind.POINTS, ChargeKind.COUPON]), st.integers(-900, 0)
    ),
    st.builds(entry, st.just(ChargeKind.PAYMENT_POINTS), st.integers(-900, 0), st.none()),
)
_FREE = a_sku("FR-1", number=300, price=70, tax=None)
_ROWS = st.builds(
    lambda sku, quantity, price, name, option: replace(
        a_row(sku, quantity, price=price), product_name=name, option=option
    ),
    st.sampled_from([SHIRT, TEA, _FREE]),
    st.integers(0, 40),
    st.integers(0, 9_999),
    _LINE,
    _LINE,
)


@given(
    rows=st.lists(_ROWS, min_size=1, max_size=4),
    entries=st.lists(_CHARGES, max_size=8),
    slot=_LINE,
    remark=_LINES,
    memo=_LINES,
    layout=st.sampled_from([INVOICE_READY, ORDINARY]),
)
@pytest.mark.req("INT-063")
def test_whatever_is_exported_without_a_warning_comes_back_as_it_went(
    rows: list[WantedLine], entries: list[ChargeEntry], slot: str, remark: str, memo: str, layout: Layout
) -> None:
    market = a_market(skus=[SHIRT, TEA, _FREE])
    joined = " ".join(part for part in (slot, remark) if part)
    heading = Heading(time_slot=slot, remark=joined, worker_memo=memo)
    order = place(a_wish(*rows, entries=tuple(entries), heading=heading), market, ids(5_000))
    assume(isinstance(order, Order))
    assert isinstance(order, Order)
    outcome = exported(order, layout)
    assume(not outcome.warnings)
    again = imported_again(the_file([outcome], layout), market)["W1"]
    assert buckets_of(again) == buckets_of(order)
    assert again.grand_total == order.grand_total
    spelled = [
        replace(line, product_name=_read(line.product_name), option=_read(line.option)) for line in lines_of(order)
    ]
    assert lines_of(again) == spelled
    said = replace(order.heading, remark=_read(joined), worker_memo=_read(memo), time_slot=_read(slot))
    assert again.heading == said


def _read(text: str) -> str:
    return text.replace("〜", "～")
