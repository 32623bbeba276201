"""Order confirmations: versions, adjustments, and the credit check of what they add."""

from __future__ import annotations

import pytest

from kernel.money import Money, Rate
from ordering.core.confirming import CreateOc, LineChange, create_oc
from ordering.core.content import ChargeEntry, ChargeKind, RateSource
from ordering.core.credit import Exposure
from ordering.core.deeds import Confirm, Decision, reject, reopen
from ordering.core.order import Order
from ordering.core.placing import WantedLine
from ordering.core.states import OrderState
from services.ordering.tests.builders import (
    EIGHT,
    SHIRT,
    TEA,
    TEN,
    TODAY,
    a_market,
    a_row,
    after,
    an_exposure,
    an_order,
    codes,
    ids,
    signed,
    yen,
)

SHIPPING = ChargeEntry(ChargeKind.SHIPPING, yen(660), TEN)


def oc(
    order: Order,
    *changes: LineChange,
    added: tuple[WantedLine, ...] = (),
    shipping: int | None = None,
    charges: tuple[ChargeEntry, ...] = (),
    exposure: Exposure | None = None,
    approval: bool = False,
    confirming: bool = False,
    automatic: bool = True,
) -> Decision:
    command = CreateOc(
        signed(),
        approval_required=approval,
        changes=changes,
        added=added,
        shipping_fee=None if shipping is None else yen(shipping),
        charges=charges,
        then_confirm=Confirm(TODAY, automatic, signed()) if confirming else None,
    )
    return create_oc(order, command, exposure=exposure or an_exposure(), market=a_market(), ids=ids(80_000))


@pytest.mark.req("ORD-070")
def test_an_oc_as_is_shows_the_placed_content() -> None:
    order = after(an_order(), oc(an_order()))
    assert order.state is OrderState.OC_CREATED
    assert order.oc is not None
    assert (order.oc.version, order.oc.content_version, len(order.contents)) == (1, 0, 1)


@pytest.mark.req("ORD-071")
def test_fewer_pieces_at_a_lower_rate() -> None:
    placed = an_order(a_row(SHIRT, 10))
    order = after(placed, oc(placed, LineChange(line_no=1, quantity=8, rate=Rate.of(60))))
    (line,) = order.content.lines
    assert (placed.content.totals.items, order.content.totals.items) == (yen(65_000), yen(48_000))
    assert (line.line_id, line.rate_source) == (placed.content.lines[0].line_id, RateSource.MANUAL)


@pytest.mark.req("ORD-015", "ORD-071")
def test_the_placed_content_stays_as_it_was() -> None:
    placed = an_order(a_row(SHIRT, 10))
    order = after(placed, oc(placed, LineChange(sku_code="ap-1", quantity=8)))
    assert order.contents[0] == placed.content
    assert order.content.version == 1


@pytest.mark.req("ORD-071")
def test_quantity_0_drops_a_line_and_one_must_remain() -> None:
    placed = an_order(a_row(SHIRT, 10), a_row(TEA, 5))
    order = after(placed, oc(placed, LineChange(line_no=1, quantity=0)))
    assert [(line.line_no, line.sku_code) for line in order.content.lines] == [(2, "MD-1")]
    assert codes(oc(placed, LineChange(line_no=1, quantity=0), LineChange(line_no=2, quantity=0))) == ["EMPTY_ORDER"]


@pytest.mark.req("ORD-071", "INT-049")
def test_lines_imported_with_quantity_0_are_not_confirmed() -> None:
    placed = an_order(a_row(SHIRT, 10), a_row(TEA, 0))
    order = after(placed, oc(placed))
    assert [line.sku_code for line in order.content.lines] == ["AP-1"]


@pytest.mark.req("ORD-071")
def test_a_price_typed_in_goes_before_the_rate() -> None:
    placed = an_order(a_row(SHIRT, 10))
    order = after(placed, oc(placed, LineChange(line_no=1, unit_price=yen(5_555))))
    assert order.content.totals.items == yen(55_550)
    order = after(placed, oc(placed, LineChange(line_no=1, original_price=yen(20_000))))
    assert order.content.totals.items == yen(130_000)


@pytest.mark.req("ORD-071", "CAT-052")
def test_an_added_line_takes_the_customers_rate_and_the_next_number() -> None:
    placed = an_order(a_row(SHIRT, 1))
    order = after(placed, oc(placed, added=(a_row(TEA, 2),)))
    added = order.content.lines[1]
    assert (added.line_no, str(added.rate), added.amount) == (2, "65", yen(1_300))


@pytest.mark.req("ORD-071", "ORD-036")
def test_a_custom_item_has_no_sku_and_its_own_price() -> None:
    placed = an_order(a_row(SHIRT, 1))
    custom = WantedLine(None, "", "名入れ加工", 1, yen(3_000), TEN)
    order = after(placed, oc(placed, added=(custom,)))
    line = order.content.lines[1]
    assert (line.sku_id, line.product_name, line.amount) == (None, "名入れ加工", yen(3_000))


@pytest.mark.req("ORD-071")
def test_all_problems_of_the_changes_are_told_at_once() -> None:
    placed = an_order(a_row(SHIRT, 1), a_row(SHIRT, 2))
    refused = oc(
        placed,
        LineChange(line_no=9),
        LineChange(sku_code="AP-1"),
        LineChange(line_no=1, tax_rate=Rate.of(5)),
        LineChange(line_no=1),
    )
    assert codes(refused) == ["UNKNOWN_LINE", "AMBIGUOUS_LINE", "LINE_CHANGED_TWICE", "BAD_TAX_RATE"]


@pytest.mark.req("ORD-071", "ORD-074")
def test_the_shipping_fee_stands_for_the_imported_one_and_is_not_added() -> None:
    placed = an_order(a_row(SHIRT, 1), entries=(SHIPPING,))
    (imported,) = placed.content.charges
    same = after(placed, oc(placed, shipping=660))
    more = after(placed, oc(placed, shipping=1_100))
    none = after(placed, oc(placed, shipping=0))
    assert same.content.version == 0
    assert [(charge.charge_id, charge.amount) for charge in more.content.charges] == [(imported.charge_id, yen(1_100))]
    assert none.content.charges == ()


@pytest.mark.req("ORD-071")
def test_a_new_shipping_fee_is_tax_inclusive_at_the_standard_rate() -> None:
    placed = an_order(a_row(TEA, 1))
    order = after(placed, oc(placed, shipping=550, charges=(ChargeEntry(ChargeKind.FEE, yen(108), EIGHT),)))
    charges = [(charge.kind, charge.tax_rate, charge.amount, charge.tax_included) for charge in order.content.charges]
    assert charges == [(ChargeKind.SHIPPING, TEN, yen(550), True), (ChargeKind.FEE, EIGHT, yen(108), True)]


@pytest.mark.req("ORD-079", "CUS-066")
@pytest.mark.parametrize(("limit", "warned"), [(78_650, False), (78_649, True)])
def test_only_an_increase_is_checked_against_the_limit(limit: int, warned: bool) -> None:
    placed = an_order(a_row(SHIRT, 10))
    exposure = an_exposure(limit=limit, ordered=71_500)
    order = after(placed, oc(placed, LineChange(line_no=1, quantity=11), exposure=exposure))
    assert order.over_limit is warned
    fewer = after(placed, oc(placed, LineChange(line_no=1, quantity=9), exposure=an_exposure(limit=0, ordered=71_500)))
    assert not fewer.over_limit


@pytest.mark.req("ORD-070", "ORD-074", "ORD-080")
def test_create_and_confirm_in_one_go_converts_in_automatic_mode() -> None:
    placed = an_order()
    automatic = after(placed, oc(placed, confirming=True))
    manual = after(placed, oc(placed, confirming=True, automatic=False))
    assert (automatic.state, manual.state) == (OrderState.UNSHIPPED, OrderState.OC_CONFIRMED)
    assert automatic.oc is not None
    assert automatic.oc.confirmed_on == TODAY


@pytest.mark.req("ORD-070", "ORD-016")
def test_what_cannot_be_confirmed_creates_no_oc_either() -> None:
    placed = an_order()
    assert codes(oc(placed, confirming=True, approval=True)) == ["APPROVAL_REQUIRED"]
    raised = oc(placed, LineChange(line_no=1, quantity=11), exposure=an_exposure(limit=0), confirming=True)
    assert codes(raised) == ["CREDIT_LIMIT_EXCEEDED"]


@pytest.mark.req("ORD-073", "ORD-076")
def test_a_revision_starts_from_the_newest_content_and_keeps_the_earlier_versions() -> None:
    placed = an_order(a_row(SHIRT, 10))
    first = after(placed, oc(placed, LineChange(line_no=1, quantity=8), approval=True))
    rejected = after(first, reject(first, signed("too few")))
    second = after(rejected, oc(rejected, LineChange(line_no=1, rate=Rate.of(60))))
    reopened = after(second, reopen(second, signed()))
    third = after(reopened, oc(reopened))
    assert [(one.version, one.content_version) for one in third.confirmations] == [(1, 1), (2, 2), (3, 2)]
    assert third.content.totals.items == yen(48_000)
    assert [content.lines[0].quantity for content in third.contents] == [10, 8, 8]


@pytest.mark.req("ORD-100")
def test_a_held_order_gets_no_oc() -> None:
    assert codes(oc(an_order(customer=None))) == ["INVALID_STATE"]


@pytest.mark.req("GEN-001")
def test_a_change_over_the_limit_of_amounts_is_refused() -> None:
    placed = an_order(a_row(SHIRT, 1))
    huge = LineChange(line_no=1, quantity=10**9, unit_price=Money.of(10**9, placed.currency))
    assert codes(oc(placed, huge)) == ["AMOUNT_TOO_LARGE"]


@pytest.mark.req("ORD-071", "INT-053")
def test_a_change_that_leaves_less_than_the_deductions_is_refused() -> None:
    placed = an_order(a_row(SHIRT, 2), entries=(ChargeEntry(ChargeKind.COUPON, yen(-7_150), TEN),))
    assert placed.grand_total == yen(7_150)
    assert after(placed, oc(placed, LineChange(line_no=1, quantity=1))).grand_total == yen(0)
    more = (ChargeEntry(ChargeKind.COUPON, yen(-7_151), TEN),)
    assert codes(oc(placed, LineChange(line_no=1, quantity=1), charges=more)) == ["NEGATIVE_TOTAL"]
