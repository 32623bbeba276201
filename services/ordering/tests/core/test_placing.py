"""Placing an order: prices, rates, charges, totals, credit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Currency, Money, Rate, Rounding
from kernel.refusal import Refusal
from kernel.tax import TaxSums
from ordering.core.content import ChargeEntry, ChargeKind, RateSource
from ordering.core.market import Tax, TaxTable
from ordering.core.order import Heading
from ordering.core.placing import assign_customer, credit_checked, place
from ordering.core.states import OrderState
from services.ordering.tests.builders import (
    CONSUMPTION_TAX,
    CUSTOMER,
    EIGHT,
    REDUCED_TAX,
    SHIRT,
    TAXES,
    TEA,
    TEN,
    a_customer,
    a_market,
    a_row,
    a_sku,
    a_wish,
    after,
    an_exposure,
    an_id,
    an_order,
    codes,
    ids,
    preferences,
    signed,
    yen,
)


def entry(kind: ChargeKind, amount: int, rate: Rate | None = TEN, *, prorated: bool = False) -> ChargeEntry:
    return ChargeEntry(kind, yen(amount), None if prorated else rate, prorated)


@pytest.mark.req("CAT-051")
def test_the_unit_price_is_rounded_before_it_is_multiplied() -> None:
    sku = a_sku(price=999)
    line = an_order(a_row(sku, 10), market=a_market(skus=[sku])).content.lines[0]
    assert (line.unit_price, line.amount) == (yen(649), yen(6_490))


@pytest.mark.req("CAT-051", "GEN-002")
@pytest.mark.parametrize(("rounding", "expected"), [("floor", 3_282), ("half_up", 3_285), ("ceil", 3_285)])
def test_half_yen_prices_follow_the_makers_rounding(rounding: str, expected: int) -> None:
    sku, chosen = a_sku(price=1_990, rate="55"), preferences(price_rounding=Rounding(rounding))
    order = an_order(a_row(sku, 3), market=a_market(skus=[sku], chosen=chosen))
    assert order.content.totals.items == yen(expected)


@pytest.mark.req("CAT-052", "ORD-063")
def test_the_product_rate_for_the_customer_goes_before_product_and_customer() -> None:
    shirt = a_sku(rate="60")
    own = {(shirt.product_id, CUSTOMER.customer_id): Rate.of("55")}
    with_own = an_order(a_row(shirt), market=a_market(skus=[shirt], rates=own)).content.lines[0]
    with_product = an_order(a_row(shirt), market=a_market(skus=[shirt])).content.lines[0]
    with_customer = an_order(a_row(SHIRT)).content.lines[0]
    nobody = an_order(a_row(SHIRT), customer=a_customer(rate=None)).content.lines[0]
    assert [(str(line.rate), line.rate_source) for line in (with_own, with_product, with_customer, nobody)] == [
        ("55", RateSource.PRODUCT_CUSTOMER),
        ("60", RateSource.PRODUCT),
        ("65", RateSource.CUSTOMER),
        ("100", RateSource.NONE),
    ]


@pytest.mark.req("INT-048")
def test_a_net_price_ignores_every_rate() -> None:
    wish = a_wish(a_row(SHIRT, 3, price=2_000), heading=Heading(price_is_net=True))
    order = place(wish, a_market(), ids())
    assert not isinstance(order, Refusal)
    assert order.content.totals.items == yen(6_000)
    assert order.content.lines[0].rate_source is RateSource.NET


@pytest.mark.req("INT-048")
def test_the_files_price_times_the_customers_rate_times_the_quantity() -> None:
    order = an_order(a_row(SHIRT, 3, price=2_000), customer=a_customer(rate="60"))
    assert order.content.totals.items == yen(3_600)


@pytest.mark.req("GEN-003")
def test_tax_is_rounded_once_per_rate_and_order() -> None:
    sku = a_sku("MD-105", price=105, tax=REDUCED_TAX)
    order = an_order(*[a_row(sku)] * 3, customer=a_customer(rate=None), market=a_market(skus=[sku]))
    assert order.content.totals.breakdown.tax == yen(25)


@pytest.mark.req("INT-055")
def test_inclusive_charges_and_exclusive_goods_of_one_rate_are_taxed_together() -> None:
    order = an_order(
        a_row(SHIRT, 1, price=6_000),
        customer=a_customer(rate=None),
        entries=(entry(ChargeKind.SHIPPING, 660),),
    )
    (ten,) = order.content.totals.breakdown.per_rate
    assert (ten.exclusive, ten.inclusive, ten.tax, ten.gross) == (yen(6_000), yen(660), yen(660), yen(7_260))


@pytest.mark.req("CAT-017")
def test_prices_that_contain_tax_are_summed_on_the_inclusive_side() -> None:
    chosen = preferences(prices_include_tax=True)
    order = an_order(a_row(SHIRT, 1), customer=a_customer(rate=None), market=a_market(chosen=chosen))
    (ten,) = order.content.totals.breakdown.per_rate
    assert (ten.exclusive, ten.inclusive, ten.tax) == (yen(0), yen(10_000), yen(909))


@pytest.mark.req("CAT-014")
def test_each_rate_is_rounded_by_its_own_tax() -> None:
    up = replace(REDUCED_TAX, rounding=Rounding.CEIL)
    taxes = TaxTable.of([CONSUMPTION_TAX, up])
    order = an_order(
        a_row(SHIRT, 1, price=105),
        a_row(TEA, 1, price=105),
        customer=a_customer(rate=None),
        market=a_market(taxes=taxes),
    )
    assert [taxed.tax for taxed in order.content.totals.breakdown.per_rate] == [yen(10), yen(9)]


@pytest.mark.req("INT-052")
def test_points_are_prorated_over_tax_inclusive_totals_with_the_rest_to_the_largest() -> None:
    order = an_order(
        a_row(SHIRT, 1, price=10_000),
        a_row(TEA, 1, price=5_000),
        customer=a_customer(rate=None),
        entries=(entry(ChargeKind.POINTS, -1_000, prorated=True),),
    )
    assert [(charge.tax_rate, charge.amount) for charge in order.content.charges] == [
        (TEN, yen(-671)),
        (EIGHT, yen(-329)),
    ]


@pytest.mark.req("INT-052")
@pytest.mark.parametrize(("points", "fits"), [(-16_399, True), (-16_400, True), (-16_401, False)])
def test_no_more_can_be_prorated_than_there_is(points: int, fits: bool) -> None:
    wish = a_wish(
        a_row(SHIRT, 1, price=10_000),
        a_row(TEA, 1, price=5_000),
        customer=a_customer(rate=None),
        entries=(entry(ChargeKind.POINTS, points, prorated=True),),
    )
    order = place(wish, a_market(), ids())
    assert isinstance(order, Refusal) is not fits
    if isinstance(order, Refusal):
        assert order.code == "PRORATE_EXCEEDS"
    else:
        assert sum(charge.amount.amount for charge in order.content.charges) == points


@pytest.mark.req("INT-052")
def test_prorated_coupons_and_points_together_may_not_exceed_the_total() -> None:
    both = (entry(ChargeKind.POINTS, -6_000, prorated=True), entry(ChargeKind.COUPON, -6_000, prorated=True))
    wish = a_wish(a_row(SHIRT, 1, price=10_000), customer=a_customer(rate=None), entries=both)
    order = place(wish, a_market(), ids())
    assert isinstance(order, Refusal)
    assert order.code == "PRORATE_EXCEEDS"


@pytest.mark.req("INT-053")
def test_payment_points_reduce_only_what_is_due() -> None:
    order = an_order(
        a_row(SHIRT, 1), customer=a_customer(rate=None), entries=(entry(ChargeKind.PAYMENT_POINTS, -300, None),)
    )
    totals = order.content.totals
    assert (totals.breakdown.tax, totals.breakdown.gross, totals.grand_total) == (yen(1_000), yen(11_000), yen(10_700))


@pytest.mark.req("INT-053", "ORD-017")
@pytest.mark.parametrize(
    ("kind", "rate"),
    [(ChargeKind.COUPON, TEN), (ChargeKind.COUPON, EIGHT), (ChargeKind.POINTS, TEN), (ChargeKind.PAYMENT_POINTS, None)],
)
@pytest.mark.parametrize(("off", "fits"), [(-10_999, True), (-11_000, True), (-11_001, False)])
def test_deductions_may_take_all_of_an_order_and_no_more(
    kind: ChargeKind, rate: Rate | None, off: int, fits: bool
) -> None:
    wish = a_wish(a_row(SHIRT, 1), customer=a_customer(rate=None), entries=(entry(kind, off, rate),))
    order = place(wish, a_market(), ids())
    if fits:
        assert not isinstance(order, Refusal)
        assert order.grand_total == yen(11_000 + off)
    else:
        assert order == Refusal("NEGATIVE_TOTAL", {"total": "-1"})


@pytest.mark.req("ORD-067")
def test_direct_and_prorated_amounts_of_a_kind_and_rate_are_one_charge() -> None:
    points = (entry(ChargeKind.POINTS, -110), entry(ChargeKind.POINTS, -200, prorated=True))
    order = an_order(a_row(SHIRT, 1), entries=points)
    assert [(charge.kind, charge.amount) for charge in order.content.charges] == [(ChargeKind.POINTS, yen(-310))]
    assert order.entries == points


@pytest.mark.req("INT-055")
def test_shipping_takes_the_standard_rate_or_the_highest_there_is() -> None:
    twelve = Tax(an_id(12), Rate.of(12), False, Rounding.FLOOR, "JP", standard=False, active=True)
    assert TAXES.standard == TEN
    assert TaxTable.of([twelve, REDUCED_TAX]).standard == Rate.of(12)
    assert TaxTable.of([]).standard == Rate.of(0)


@pytest.mark.req("INT-047", "CAT-011")
def test_only_active_taxes_are_known_and_0_percent_needs_none() -> None:
    table = TaxTable.of([CONSUMPTION_TAX, replace(REDUCED_TAX, active=False)])
    assert table.knows(TEN)
    assert table.knows(Rate.of(0))
    assert not table.knows(EIGHT)
    assert TAXES.is_reduced(EIGHT)
    assert not TAXES.is_reduced(TEN)


@pytest.mark.req("CAT-016", "CAT-014")
def test_a_deactivated_tax_still_rounds_and_marks_what_uses_it() -> None:
    """Invoicing does so too; else the yen of an order and of its invoice differ."""
    inactive = replace(REDUCED_TAX, active=False, rounding=Rounding.CEIL)
    table = TaxTable.of([CONSUMPTION_TAX, inactive])
    taxed = table.taxed(TaxSums(EIGHT, yen(101), yen(0)))
    assert (taxed.tax, taxed.reduced, table.is_reduced(EIGHT)) == (yen(9), True, True)
    active = replace(REDUCED_TAX, tax_id=an_id(99), reduced=False)
    both = TaxTable.of([active, inactive])
    assert (both.taxed(TaxSums(EIGHT, yen(101), yen(0))).tax, both.is_reduced(EIGHT)) == (yen(8), False)


@pytest.mark.req("INT-047", "CAT-014")
def test_of_taxes_with_one_rate_the_reduced_the_standard_then_the_oldest_counts() -> None:
    """Invoicing chooses by the same rule (ADR 0043): an order and its invoice round alike."""
    newer = replace(CONSUMPTION_TAX, tax_id=an_id(99), rounding=Rounding.CEIL)
    other = replace(newer, tax_id=an_id(1), standard=False)
    old_eight = replace(REDUCED_TAX, tax_id=an_id(2), reduced=False, standard=True, rounding=Rounding.CEIL)
    for order in permutations([newer, other, CONSUMPTION_TAX, old_eight, REDUCED_TAX]):
        table = TaxTable.of(order)
        assert (table.by_rate[TEN], table.by_rate[EIGHT]) == (CONSUMPTION_TAX, REDUCED_TAX)


@pytest.mark.req("INT-049")
def test_lines_of_quantity_0_are_warned_of_and_an_order_of_nothing_else_is_refused() -> None:
    order = an_order(a_row(SHIRT, 1), a_row(TEA, 0))
    assert [(warning.code, dict(warning.facts)) for warning in order.warnings] == [
        ("ZERO_QUANTITY_LINE", {"lines": "2"})
    ]
    assert place(a_wish(a_row(SHIRT, 0)), a_market(), ids()) == Refusal("EMPTY_ORDER", {"number": "W1"})


@pytest.mark.req("INT-046")
@pytest.mark.parametrize(("lines", "warned"), [(98, False), (99, False), (100, True)])
def test_more_than_99_lines_are_warned_of(lines: int, warned: bool) -> None:
    order = an_order(*[a_row(SHIRT)] * lines)
    assert ("MANY_LINES" in {warning.code for warning in order.warnings}) is warned


@pytest.mark.req("GEN-001")
def test_an_order_over_the_limit_of_amounts_is_refused() -> None:
    wish = a_wish(a_row(SHIRT, 1_000_000_000, price=1_000), customer=a_customer(rate=None))
    order = place(wish, a_market(), ids())
    assert isinstance(order, Refusal)
    assert order.code == "AMOUNT_TOO_LARGE"


@pytest.mark.req("CUS-060", "ORD-016")
@pytest.mark.parametrize(("total", "warned"), [(99_999, False), (100_000, False), (100_001, True)])
def test_the_limit_itself_may_be_reached_but_not_passed(total: int, warned: bool) -> None:
    untaxed = a_sku("FREE", tax=None, price=total)
    market = a_market(skus=[untaxed])
    order = an_order(a_row(untaxed, 1), customer=a_customer(rate=None), market=market)
    exposure = an_exposure(limit=1_000_000, posted=600_000, ordered=300_000)
    checked = credit_checked(order, exposure, market)
    assert checked.over_limit is warned
    assert [warning.code for warning in checked.warnings] == (["CREDIT_LIMIT_EXCEEDED"] if warned else [])


@pytest.mark.req("CUS-060")
def test_no_limit_never_warns_and_a_limit_of_0_always_does() -> None:
    order, market = an_order(a_row(SHIRT, 1)), a_market()
    assert not credit_checked(order, an_exposure(limit=None, posted=10**9), market).over_limit
    assert credit_checked(order, an_exposure(limit=0), market).over_limit


@pytest.mark.req("CUS-065")
def test_a_foreign_order_cannot_be_compared_with_the_limit_and_counts_as_exceeding() -> None:
    usd = Currency.of("USD")
    sku = a_sku(price="100.10", currency="USD", tax=None)
    market = a_market(skus=[sku])
    order = place(a_wish(a_row(sku, 3, currency=usd), currency=usd), market, ids())
    assert not isinstance(order, Refusal)
    checked = credit_checked(order, an_exposure(limit=10**9, currency=usd), market)
    assert checked.over_limit
    assert [warning.code for warning in checked.warnings] == ["RATE_MISSING"]
    assert not credit_checked(order, an_exposure(currency=usd), market).over_limit


@pytest.mark.req("ORD-013", "GEN-001")
def test_an_order_in_dollars_keeps_cents() -> None:
    usd = Currency.of("USD")
    sku = a_sku(price="100.10", currency="USD")
    wish = a_wish(a_row(sku, 3, currency=usd), currency=usd, customer=a_customer(rate=None))
    order = place(wish, a_market(skus=[sku]), ids())
    assert not isinstance(order, Refusal)
    assert order.content.totals.breakdown.tax == Money.of("30.03", usd)


@pytest.mark.req("ORD-064")
def test_assigning_a_customer_fills_the_master_fields_and_applies_its_rates() -> None:
    held = an_order(
        a_row(SHIRT, 10),
        a_row(TEA, 1, rate="50"),
        customer=None,
        entries=(entry(ChargeKind.POINTS, -1_000, prorated=True), entry(ChargeKind.SHIPPING, 660)),
    )
    decision = assign_customer(
        held, CUSTOMER, exposure=an_exposure(), market=a_market(), signed=signed(), ids=ids(9_000)
    )
    order = after(held, decision)
    assert (held.state, order.state) == (OrderState.NEEDS_ATTENTION, OrderState.PLACED)
    assert order.buyer is not None
    assert order.buyer.fields.purchaser_name == "株式会社玉野井仕入部"
    assert order.buyer.fields.purchaser_postal_code == "9804994"
    assert [str(line.rate) for line in order.content.lines] == ["65", "50"]
    assert [line.line_id for line in order.content.lines] == [line.line_id for line in held.content.lines]
    known = {charge.charge_id for charge in held.content.charges}
    assert {charge.charge_id for charge in order.content.charges} == known
    assert order.content.totals.items == yen(65_000 + 500)


@pytest.mark.req("ORD-064", "CUS-060")
def test_assigning_checks_the_credit_and_drops_the_unknown_customer_warning() -> None:
    held = an_order(a_row(SHIRT, 10), customer=None)
    exposure = an_exposure(limit=0)
    order = after(
        held, assign_customer(held, CUSTOMER, exposure=exposure, market=a_market(), signed=signed(), ids=ids())
    )
    assert order.over_limit
    assert [warning.code for warning in order.warnings] == ["CREDIT_LIMIT_EXCEEDED"]


@pytest.mark.req("ORD-064", "ORD-100")
def test_an_order_with_a_customer_cannot_be_assigned_another() -> None:
    order = an_order()
    refused = assign_customer(order, CUSTOMER, exposure=an_exposure(), market=a_market(), signed=signed(), ids=ids())
    assert codes(refused) == ["INVALID_STATE"]


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(1, 50), st.sampled_from([SHIRT, TEA])), min_size=1, max_size=8
    ),
    points=st.integers(0, 10_000),
    shipping=st.integers(0, 5_000),
)
@pytest.mark.req("INT-052", "ORD-017")
def test_charges_always_add_up_to_what_was_entered(
    rows: list[tuple[int, int, object]], points: int, shipping: int
) -> None:
    wanted = [a_row(sku, quantity, price=price) for price, quantity, sku in rows if sku in (SHIRT, TEA)]
    entries = (entry(ChargeKind.SHIPPING, shipping), entry(ChargeKind.POINTS, -points, prorated=True))
    order = place(a_wish(*wanted, entries=entries), a_market(), ids())
    if isinstance(order, Refusal):
        assert order.code in ("PRORATE_EXCEEDS", "NEGATIVE_TOTAL")
        return
    by_kind = {kind: Decimal(0) for kind in ChargeKind}
    for charge in order.content.charges:
        by_kind[charge.kind] += charge.amount.amount
    assert by_kind[ChargeKind.POINTS] == -points
    assert by_kind[ChargeKind.SHIPPING] == shipping
    slots = [(charge.kind, charge.tax_rate) for charge in order.content.charges]
    assert len(slots) == len(set(slots))
    totals = order.content.totals
    assert totals.breakdown.net + totals.breakdown.tax == totals.breakdown.gross
    assert totals.grand_total.is_whole
