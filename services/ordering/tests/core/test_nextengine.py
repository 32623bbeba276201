"""The NextEngine layouts: headers, cells, grouping, buckets, and who comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Rate
from kernel.refusal import Refusal
from ordering.core.content import ChargeKind
from ordering.core.market import Market
from ordering.core.nextengine.buckets import Buckets, Mismatch, read_buckets
from ordering.core.nextengine.cells import Value, Wrong, read_cell
from ordering.core.nextengine.headers import Recognised, recognise
from ordering.core.nextengine.importing import (
    Imported,
    ImportFacts,
    ImportOptions,
    Rejected,
    Skipped,
    Verdict,
    decide,
)
from ordering.core.nextengine.layouts import (
    ADDED_FOR_INVOICES,
    INVOICE_READY,
    ORDINARY,
    Field,
)
from ordering.core.nextengine.reading import FileRow, ReadFile, read_file
from ordering.core.order import Order
from ordering.core.states import OrderState
from services.ordering.tests.builders import (
    CUSTOMER,
    SHIRT,
    TEA,
    a_customer,
    a_market,
    a_sku,
    an_exposure,
    ids,
    signed,
    yen,
)

HEADERS = [column.header for column in INVOICE_READY.columns]
ORDINARY_HEADERS = [column.header for column in ORDINARY.columns]
FULL: Mapping[str, str] = {
    "顧客コード": "C000122",
    "店舗伝票番号": "E1",
    "受注日": "2026/07/31 10:35:50",
    "商品コード": "AP-1",
    "商品価格": "10000",
    "受注数量": "2",
}


def a_file_row(number: int = 2, headers: Sequence[str] = HEADERS, **cells: str) -> FileRow:
    return FileRow(number, [{**FULL, **cells}.get(header, "") for header in headers])


def read(*rows: FileRow, headers: Sequence[str] = HEADERS, lenient: bool = False) -> ReadFile:
    recognised = recognise(headers)
    assert isinstance(recognised, Recognised), recognised
    return read_file(recognised, rows, lenient_dates=lenient)


def imported(
    *rows: FileRow,
    options: ImportOptions | None = None,
    market: Market | None = None,
    taken: frozenset[str] = frozenset(),
    limit: int | None = None,
) -> list[Verdict]:
    fresh = ids()
    exposures = {CUSTOMER.customer_id: an_exposure(limit=limit)}
    facts = ImportFacts(market or a_market(), taken, exposures, signed(), lambda: next(fresh))
    return decide(read(*rows), options or ImportOptions(), facts)


def the_order(*rows: FileRow, options: ImportOptions | None = None, market: Market | None = None) -> Order:
    (verdict,) = imported(*rows, options=options, market=market)
    assert isinstance(verdict, Imported), verdict
    return verdict.order


def problems(*rows: FileRow, market: Market | None = None, options: ImportOptions | None = None) -> list[Refusal]:
    verdicts = imported(*rows, market=market, options=options)
    return [problem for verdict in verdicts if isinstance(verdict, Rejected) for problem in verdict.problems]


def told(found: Sequence[Refusal]) -> list[tuple[str, int | None, int | None, str | None]]:
    return [(problem.code, problem.row, problem.column, problem.value) for problem in found]


# -- layouts and headers ----------------------------------------------------------------------------------------------


@pytest.mark.req("INT-038", "INT-039")
def test_the_layouts_have_32_and_17_columns_of_which_6_are_required() -> None:
    for layout, columns in ((INVOICE_READY, 32), (ORDINARY, 17)):
        assert [column.number for column in layout.columns] == list(range(1, columns + 1))
        assert sum(column.required for column in layout.columns) == 6
    assert len(ADDED_FOR_INVOICES) == 15


@pytest.mark.req("INT-041", "INT-040")
def test_both_templates_are_recognised_by_their_headers_in_any_order_and_width() -> None:
    wide = recognise([header.replace("(", "（").replace(")", "）") for header in reversed(HEADERS)])
    plain = recognise(ORDINARY_HEADERS)
    assert isinstance(wide, Recognised)
    assert isinstance(plain, Recognised)
    assert (wide.layout.name, plain.layout.name) == ("invoice", "ordinary")


@pytest.mark.req("INT-041")
def test_one_column_of_the_invoice_system_makes_a_file_invoice_ready() -> None:
    recognised = recognise([*FULL, "手数料（10%対象）"])
    assert isinstance(recognised, Recognised)
    assert recognised.layout is INVOICE_READY
    only_required = recognise(list(FULL))
    assert isinstance(only_required, Recognised)
    assert only_required.layout is ORDINARY


@pytest.mark.req("INT-041")
def test_missing_unknown_and_double_headers_are_told_together() -> None:
    found = recognise(["顧客コード", "受注日", "受注日", "備考", "色", "商品コード", "商品価格", "受注数量", "", ""])
    assert isinstance(found, tuple)
    assert [(problem.code, problem.field, problem.row, problem.column) for problem in found] == [
        ("MISSING_HEADER", "店舗伝票番号", 1, None),
        ("DUPLICATE_HEADER", "受注日", 1, 3),
        ("UNKNOWN_HEADER", "色", 1, 5),
    ]


# -- cells ------------------------------------------------------------------------------------------------------------

COLUMN = {column.field: column for column in INVOICE_READY.columns}


def cell(field: Field, text: str, *, lenient: bool = False) -> Value | str:
    value = read_cell(COLUMN[field], text, lenient_dates=lenient)
    return value.code if isinstance(value, Wrong) else value


@pytest.mark.req("INT-044")
@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("0", 0),
        ("1000000000", 1_000_000_000),
        ("1000000001", "OUT_OF_RANGE"),
        ("-1", "OUT_OF_RANGE"),
        ("9" * 5_000, "OUT_OF_RANGE"),
        ("1,000", "NOT_A_NUMBER"),
        ("１０", "NOT_A_NUMBER"),
        ("١٢", "NOT_A_NUMBER"),
        ("1.5", "NOT_A_NUMBER"),
        ("1_000", "NOT_A_NUMBER"),
        ("1e3", "NOT_A_NUMBER"),
        ("+1", "NOT_A_NUMBER"),
        ("NaN", "NOT_A_NUMBER"),
    ],
)
def test_numbers_are_half_width_integers_in_their_range(text: str, read_as: object) -> None:
    assert cell(Field.SHIPPING, text) == read_as


@pytest.mark.req("INT-044", "INT-054")
def test_only_other_cost_and_coupons_may_be_negative() -> None:
    may = {column.field for column in INVOICE_READY.columns if column.least < 0}
    assert may == {Field.OTHER_COST, Field.COUPON_0, Field.COUPON_8, Field.COUPON_10, Field.COUPON_PRORATED}
    assert cell(Field.COUPON_8, "-1000000000") == -1_000_000_000
    assert cell(Field.COUPON_8, "-1000000001") == "OUT_OF_RANGE"


@pytest.mark.req("INT-044")
@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("2026/05/01 09:30:00", True, True),
        ("2026/5/1 9:30", False, True),
        ("2026/02/30 10:00:00", False, False),
        ("2026/05/01 24:00:00", False, False),
        ("2026/05/01", False, True),
        ("0001/01/01 00:00:00", False, False),
        ("２０２６/05/01 09:30:00", False, False),
        ("20260501093000", False, False),
    ],
)
def test_order_dates_are_exact_unless_leniency_is_asked_for(text: str, strict: bool, lenient: bool) -> None:
    assert (cell(Field.ORDERED_AT, text) != "BAD_DATETIME") is strict
    assert (cell(Field.ORDERED_AT, text, lenient=True) != "BAD_DATETIME") is lenient


@pytest.mark.req("INT-044")
def test_wished_dates_must_exist() -> None:
    assert cell(Field.WISHED_ON, "2028/02/29") == date(2028, 2, 29)
    assert cell(Field.WISHED_ON, "2026/02/29") == "BAD_DATE"
    assert cell(Field.WISHED_ON, "2026/2/9") == "BAD_DATE"
    assert cell(Field.WISHED_ON, "2026/2/9", lenient=True) == date(2026, 2, 9)
    assert cell(Field.WISHED_ON, "R8.11.22") == "BAD_DATE"


@pytest.mark.req("INT-044", "GEN-015")
def test_texts_are_measured_in_characters_and_hold_no_control_characters() -> None:
    assert cell(Field.OPTION, "𠮷" * 255) == "𠮷" * 255
    assert cell(Field.OPTION, "𠮷" * 256) == "TOO_LONG"
    assert cell(Field.OPTION, "a\x00b") == "BAD_CHARS"
    assert cell(Field.OPTION, "a\nb") == "BAD_CHARS"
    assert cell(Field.REMARK, "納品書2部\r\n請求書は本社宛") == "納品書2部\n請求書は本社宛"
    assert cell(Field.ORDER_NUMBER, "Ａ１") == "BAD_CHARS"
    assert cell(Field.ORDER_NUMBER, "A" * 31) == "TOO_LONG"


@given(st.text(max_size=60), st.sampled_from(list(INVOICE_READY.columns)), st.booleans())
@pytest.mark.req("INT-044")
def test_no_cell_whatever_it_holds_breaks_the_reading(text: str, column: object, lenient: bool) -> None:
    assert column in INVOICE_READY.columns
    read_cell(column, text, lenient_dates=lenient)


# -- buckets ----------------------------------------------------------------------------------------------------------


def bucket_entries(**numbers: int) -> list[tuple[ChargeKind, str, int]]:
    read_in = read_buckets({Field(name): value for name, value in numbers.items()})
    assert isinstance(read_in, Buckets), read_in
    return [
        (entry.kind, "prorated" if entry.prorated else str(entry.rate), int(entry.amount.amount))
        for entry in read_in.entries
    ]


def bucket_warnings(**numbers: int) -> list[str]:
    read_in = read_buckets({Field(name): value for name, value in numbers.items()})
    assert isinstance(read_in, Buckets), read_in
    return [warning.code for warning in read_in.warnings]


@pytest.mark.req("INT-050")
def test_totals_without_breakdown_go_to_the_10_percent_bucket() -> None:
    assert bucket_entries(fee=330) == [(ChargeKind.FEE, "10", 330)]
    assert bucket_entries(points=500) == [(ChargeKind.POINTS, "10", -500)]
    assert bucket_entries(other_cost=700) == [(ChargeKind.OTHER_COST, "10", 700)]
    assert bucket_entries(other_cost=-500) == [(ChargeKind.COUPON, "10", -500)]
    assert bucket_entries() == []


@pytest.mark.req("INT-050")
def test_a_blank_total_is_the_sum_of_its_breakdown() -> None:
    fees = bucket_entries(fee_0=0, fee_8=108, fee_10=220)
    assert fees == [(ChargeKind.FEE, "8", 108), (ChargeKind.FEE, "10", 220)]
    assert sum(amount for _, _, amount in fees) == 328


@pytest.mark.req("INT-051")
@pytest.mark.parametrize(
    ("numbers", "sums"),
    [
        ({"fee": 500, "fee_8": 100, "fee_10": 300}, [(Field.FEE, 500, 400)]),
        ({"fee": 330, "fee_0": 0}, [(Field.FEE, 330, 0)]),
        ({"points": 1, "points_payment": 2}, [(Field.POINTS, 1, 2)]),
        ({"fee": 1, "fee_8": 2, "points": 3, "points_0": 4}, [(Field.FEE, 1, 2), (Field.POINTS, 3, 4)]),
    ],
)
def test_a_total_that_is_not_its_breakdown_is_an_error(
    numbers: dict[str, int], sums: list[tuple[Field, int, int]]
) -> None:
    found = read_buckets({Field(name): value for name, value in numbers.items()})
    assert found == tuple(Mismatch(*each) for each in sums)


@pytest.mark.req("INT-051", "INT-050")
def test_where_other_cost_differs_from_its_breakdown_the_breakdown_wins_with_a_warning() -> None:
    assert bucket_entries(other_cost=999, other_cost_10=700) == [(ChargeKind.OTHER_COST, "10", 700)]
    assert bucket_warnings(other_cost=999, other_cost_10=700) == ["OTHER_COST_SUM_DIFFERS"]
    assert bucket_warnings(other_cost=200, other_cost_10=700, coupon_8=-500) == []


@pytest.mark.req("INT-054")
def test_a_coupon_is_a_deduction_whatever_its_sign() -> None:
    assert bucket_entries(coupon_8=500) == bucket_entries(coupon_8=-500) == [(ChargeKind.COUPON, "8", -500)]
    assert bucket_entries(coupon_prorated=500) == [(ChargeKind.COUPON, "prorated", -500)]
    assert bucket_warnings(coupon_8=500, coupon_prorated=1) == ["COUPON_ENTERED_POSITIVE"]
    assert bucket_warnings(coupon_8=-500) == []


# -- rows and orders --------------------------------------------------------------------------------------------------


@pytest.mark.req("INT-043")
def test_order_level_amounts_of_several_rows_count_once() -> None:
    order = the_order(a_file_row(2, 手数料="300"), a_file_row(3, 手数料="300", 商品コード="MD-1"))
    assert [(charge.kind, charge.amount) for charge in order.content.charges] == [(ChargeKind.FEE, yen(300))]
    assert [line.sku_code for line in order.content.lines] == ["AP-1", "MD-1"]


@pytest.mark.req("INT-043")
def test_blank_in_later_rows_agrees_another_value_does_not() -> None:
    assert the_order(a_file_row(2, 発送料="880"), a_file_row(3, 発送料="")).content.charges
    differing = problems(a_file_row(2, 発送料="880"), a_file_row(3, 発送料="1100"))
    assert told(differing) == [("ORDER_HEADER_MISMATCH", 3, 4, "1100")]
    late = problems(a_file_row(2, 備考=""), a_file_row(3, 備考="至急"))
    assert told(late) == [("ORDER_HEADER_MISMATCH", 3, 26, "至急")]


@pytest.mark.req("INT-043", "ORD-060")
def test_rows_of_an_order_need_not_stand_together() -> None:
    one, two = the_two = imported(a_file_row(2), a_file_row(3, 店舗伝票番号="E2"), a_file_row(4, 商品コード="MD-1"))
    assert len(the_two) == 2
    assert isinstance(one, Imported)
    assert isinstance(two, Imported)
    assert [len(verdict.order.content.lines) for verdict in (one, two)] == [2, 1]


@pytest.mark.req("INT-042")
def test_empty_rows_are_skipped_and_rows_of_another_width_are_errors() -> None:
    empty = FileRow(3, [""] * 32)
    wide = FileRow(4, [*a_file_row(店舗伝票番号="E2").cells, "x"])
    short = FileRow(5, ["C000122", "E3"])
    found = problems(a_file_row(2), empty, FileRow(6, []), wide, short)
    assert told(found) == [("COLUMN_COUNT", 4, None, "33"), ("COLUMN_COUNT", 5, None, "2")]


@pytest.mark.req("INT-044", "INT-046", "GEN-010")
def test_every_error_of_every_row_is_told_at_once() -> None:
    found = problems(
        a_file_row(2, 受注数量="", 発送料="1,000", 日付指定="2026/13/01"),
        a_file_row(3, 商品コード="XX", 発送料="1,000"),
        a_file_row(4, 店舗伝票番号="", 商品価格="x"),
    )
    assert told(found) == [
        ("NOT_A_NUMBER", 2, 4, "1,000"),
        ("BAD_DATE", 2, 24, "2026/13/01"),
        ("REQUIRED", 2, 30, ""),
        ("NOT_A_NUMBER", 3, 4, "1,000"),
        ("UNKNOWN_SKU", 3, 28, "XX"),
        ("REQUIRED", 4, 2, ""),
        ("NOT_A_NUMBER", 4, 29, "x"),
    ]


@pytest.mark.req("INT-051")
def test_a_wrong_amount_is_not_reported_a_second_time_as_a_wrong_sum() -> None:
    found = problems(a_file_row(2, **{"手数料": "500", "手数料(8%対象)": "2,00"}))
    assert told(found) == [("NOT_A_NUMBER", 2, 7, "2,00")]


@pytest.mark.req("INT-059")
@pytest.mark.parametrize(
    ("slot", "remark", "joined"), [("午前中", "至急", "午前中 至急"), ("", "至急", "至急"), ("午前中", "", "午前中")]
)
def test_the_remark_is_time_slot_and_remark(slot: str, remark: str, joined: str) -> None:
    heading = the_order(a_file_row(時間帯指定=slot, 備考=remark)).heading
    assert (heading.remark, heading.time_slot) == (joined, slot)


@pytest.mark.req("INT-058", "ORD-062")
def test_imported_orders_are_of_class_wholesale_and_no_gift_unless_the_check_says_so() -> None:
    heading = the_order(a_file_row()).heading
    assert (heading.customer_class, heading.gift) == ("9:卸顧客", "0:無し")
    assert the_order(a_file_row(), options=ImportOptions(gifts=["E1"])).heading.gift == "1:有り"


@pytest.mark.req("INT-047")
def test_a_blank_tax_rate_is_the_products_and_an_unknown_one_is_refused() -> None:
    order = the_order(a_file_row(2, 商品コード="MD-1"), a_file_row(3, **{"消費税率(%)": "0"}))
    assert [str(line.tax_rate) for line in order.content.lines] == ["8", "0"]
    assert told(problems(a_file_row(2, **{"消費税率(%)": "5"}))) == [("BAD_TAX_RATE", 2, 32, "5")]
    assert told(problems(a_file_row(2, **{"消費税率(%)": "八"}))) == [("BAD_TAX_RATE", 2, 32, "八")]


@pytest.mark.req("INT-047")
def test_a_bucket_whose_rate_the_maker_does_not_have_is_refused() -> None:
    market = a_market(taxes=type(a_market().taxes).of([]))
    found = problems(a_file_row(2, **{"手数料(8%対象)": "100", "ポイント": "5"}), market=market)
    assert [(problem.code, problem.column) for problem in found] == [("BAD_TAX_RATE", 7), ("BAD_TAX_RATE", 9)]


@pytest.mark.req("INT-053", "INT-046")
def test_deductions_over_the_orders_total_are_an_error_of_its_row() -> None:
    whole = the_order(a_file_row()).grand_total.amount
    assert the_order(a_file_row(2, **{"クーポン割引額(10%対象)": f"{whole}"})).grand_total == yen(0)
    over = {"クーポン割引額(10%対象)": f"{whole + 1}"}
    [problem] = problems(a_file_row(2, **over))
    assert (problem.code, problem.row, problem.facts) == ("NEGATIVE_TOTAL", 2, {"total": "-1"})


@pytest.mark.req("INT-044", "CAT-023", "CAT-026", "CAT-038")
def test_skus_are_found_ignoring_case_and_must_be_on_sale() -> None:
    gone = a_sku("OLD-1", number=300, state="discontinued")
    market = a_market(skus=[SHIRT, TEA, gone])
    assert the_order(a_file_row(商品コード="ap-1"), market=market).content.lines[0].sku_code == "AP-1"
    assert told(problems(a_file_row(商品コード="OLD-1"), market=market)) == [("PRODUCT_NOT_ORDERABLE", 2, 28, "OLD-1")]


@pytest.mark.req("ORD-064", "INT-045")
@pytest.mark.parametrize("code", ["", "NOPE01"])
def test_an_unknown_customer_holds_the_order_or_rejects_it_in_strict_mode(code: str) -> None:
    order = the_order(a_file_row(顧客コード=code))
    assert (order.state, order.customer_code, order.buyer) == (OrderState.NEEDS_ATTENTION, code, None)
    assert [warning.code for warning in order.warnings] == ["UNKNOWN_CUSTOMER"]
    strict = problems(a_file_row(顧客コード=code), options=ImportOptions(strict=True))
    assert told(strict) == [("UNKNOWN_CUSTOMER", 2, 1, code)]


@pytest.mark.req("ORD-065", "INT-046")
def test_a_number_that_exists_is_skipped_even_when_its_rows_are_wrong() -> None:
    (skipped,) = imported(a_file_row(2, 受注数量="x"), taken=frozenset({"E1"}))
    assert isinstance(skipped, Skipped)
    assert told([skipped.problem]) == [("DUPLICATE_ORDER_NO", 2, 2, "E1")]


@pytest.mark.req("INT-046")
def test_all_or_nothing_leaves_only_the_problems() -> None:
    rows = (a_file_row(2), a_file_row(3, 店舗伝票番号="E2", 受注数量=""))
    assert len(imported(*rows)) == 2
    (rejected,) = imported(*rows, options=ImportOptions(all_or_nothing=True))
    assert isinstance(rejected, Rejected)
    assert rejected.read.number == "E2"


@pytest.mark.req("CUS-060", "ORD-016")
def test_orders_of_one_file_count_together_against_the_limit() -> None:
    rows = [a_file_row(number, 店舗伝票番号=f"E{number}") for number in (2, 3, 4)]
    verdicts = imported(*rows, limit=28_600)
    assert [v.order.over_limit for v in verdicts if isinstance(v, Imported)] == [False, False, True]


@pytest.mark.req("INT-061", "GEN-004")
def test_order_dates_are_in_the_makers_zone() -> None:
    order = the_order(a_file_row(受注日="2026/08/01 08:59:59"))
    assert order.ordered_at == datetime(2026, 7, 31, 23, 59, 59, tzinfo=UTC)
    assert order.ordered_on == date(2026, 8, 1)


@pytest.mark.req("INT-048")
def test_net_prices_switch_the_rate_off() -> None:
    order = the_order(a_file_row(), options=ImportOptions(price_is_net=True))
    assert order.content.lines[0].rate == Rate.of(100)
    with_rate = the_order(a_file_row(), market=a_market(customers=[a_customer(rate="60")]))
    assert with_rate.content.totals.items == yen(12_000)


@pytest.mark.req("INT-039", "INT-051")
def test_the_ordinary_layout_puts_totals_into_the_10_percent_bucket() -> None:
    row = a_file_row(2, ORDINARY_HEADERS, 手数料="440", ポイント="330", その他費用="-550")
    recognised = recognise(ORDINARY_HEADERS)
    assert isinstance(recognised, Recognised)
    (order,) = read_file(recognised, [row], lenient_dates=False).orders
    assert [(entry.kind, str(entry.rate), int(entry.amount.amount)) for entry in order.buckets.entries] == [
        (ChargeKind.FEE, "10", 440),
        (ChargeKind.POINTS, "10", -330),
        (ChargeKind.COUPON, "10", -550),
    ]


@given(st.lists(st.lists(st.text(max_size=12), max_size=34), max_size=6))
@pytest.mark.req("INT-042", "INT-046")
def test_no_file_whatever_it_holds_breaks_the_import(records: list[list[str]]) -> None:
    rows = [FileRow(number, record) for number, record in enumerate(records, start=2)]
    verdicts = imported(*rows)
    assert all(isinstance(verdict, (Imported, Rejected)) for verdict in verdicts)
