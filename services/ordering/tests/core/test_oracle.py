"""The demo data set through the pure core, against the independent oracle: orders, errors, OCs, charges, to the yen."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from kernel.money import JPY, Money, Rate
from kernel.refusal import Refusal
from ordering.core.confirming import CreateOc, LineChange, create_oc
from ordering.core.content import ChargeKind, Content
from ordering.core.credit import Exposure
from ordering.core.deeds import Confirm, cancel
from ordering.core.events import History
from ordering.core.nextengine.importing import (
    Imported,
    ImportFacts,
    ImportOptions,
    Rejected,
    Skipped,
    Verdict,
    decide,
)
from ordering.core.nextengine.reading import read_file
from ordering.core.order import Order
from services.ordering.tests import wholesaler
from services.ordering.tests.builders import TODAY, ids, signed

INVOICE, ORDINARY, ERRORS = "nextengine_invoice.csv", "nextengine_ordinary.csv", "nextengine_errors.csv"
Story = dict[str, list[Verdict]]


@cache
def the_story() -> Story:
    """The three files, imported one after the other."""
    market = wholesaler.market()
    exposures = {
        customer.customer_id: Exposure(JPY, Decimal(0), Decimal(0), customer.credit_limit)
        for customer in market.customers.values()
    }
    fresh, taken, verdicts = ids(), set[str](), Story()
    for name in (INVOICE, ORDINARY, ERRORS):
        file = wholesaler.order_file(name)
        read = read_file(file.recognised, file.rows, lenient_dates=False)
        facts = ImportFacts(market, frozenset(taken), exposures, signed(), lambda: next(fresh))
        verdicts[name] = decide(read, ImportOptions(), facts)
        taken |= {verdict.order.number for verdict in verdicts[name] if isinstance(verdict, Imported)}
    return verdicts


def imported(*names: str) -> dict[str, Order]:
    story = the_story()
    return {
        verdict.order.number: verdict.order
        for name in names or story
        for verdict in story[name]
        if isinstance(verdict, Imported)
    }


def problems_of(verdict: Verdict) -> tuple[Refusal, ...]:
    if isinstance(verdict, Imported):
        return ()
    return (verdict.problem,) if isinstance(verdict, Skipped) else verdict.problems


def lines_of(content: Content) -> list[list[object]]:
    return [
        [
            line.sku_code,
            int(line.original_price.amount),
            str(line.rate),
            int(line.unit_price.amount),
            line.quantity,
            int(line.amount.amount),
            int(line.tax_rate.percent),
        ]
        for line in content.lines
    ]


def per_rate_of(content: Content) -> dict[str, dict[str, int]]:
    return {
        str(taxed.rate): {
            "exclusive_sum": int(taxed.exclusive.amount),
            "inclusive_sum": int(taxed.inclusive.amount),
            "net": int(taxed.net.amount),
            "tax": int(taxed.tax.amount),
            "gross": int(taxed.gross.amount),
        }
        for taxed in content.totals.breakdown.per_rate
    }


def expected_per_rate(figures: dict[str, Any]) -> dict[str, dict[str, int]]:
    per_rate: dict[str, dict[str, int]] = figures["per_rate"]
    return {
        rate: {name: value for name, value in sums.items() if name != "gross_alt"} for rate, sums in per_rate.items()
    }


def entered(order: Order, kind: ChargeKind, rate: int | None = None, *, prorated: bool = False) -> int:
    wanted = None if rate is None else Rate.of(rate)
    return sum(
        int(entry.amount.amount)
        for entry in order.entries
        if entry.kind is kind and entry.rate == wanted and entry.prorated is prorated
    )


def buckets_of(order: Order) -> dict[str, Any]:
    rates = (0, 8, 10)
    fee = {str(rate): entered(order, ChargeKind.FEE, rate) for rate in rates}
    cost = {str(rate): entered(order, ChargeKind.OTHER_COST, rate) for rate in rates}
    points = {str(rate): -entered(order, ChargeKind.POINTS, rate) for rate in rates}
    points["prorated"] = -entered(order, ChargeKind.POINTS, prorated=True)
    points["payment"] = -entered(order, ChargeKind.PAYMENT_POINTS)
    coupon = {str(rate): entered(order, ChargeKind.COUPON, rate) for rate in rates}
    coupon["prorated"] = entered(order, ChargeKind.COUPON, prorated=True)
    return {
        "shipping": entered(order, ChargeKind.SHIPPING, 10),
        "fee": fee,
        "fee_total": sum(fee.values()),
        "points": points,
        "points_total": sum(points.values()),
        "other_cost": cost,
        "coupon": coupon,
        "other_cost_total": sum(cost.values()) + sum(coupon.values()),
    }


@pytest.mark.req("ORD-060", "ORD-063", "ORD-064", "ORD-067", "INT-045", "INT-048", "INT-052", "INT-055", "CAT-052")
def test_every_imported_order_equals_the_oracle() -> None:
    orders = imported()
    figures = wholesaler.expected()["orders"]
    assert orders.keys() == figures.keys()
    for number, order in orders.items():
        figure, totals = figures[number], order.content.totals
        assert lines_of(order.content) == figure["lines"], number
        assert per_rate_of(order.content) == expected_per_rate(figure), number
        buckets = buckets_of(order)
        assert buckets == {name: figure[name] for name in buckets}, number
        assert int(totals.items.amount) == figure["items_net"], number
        assert int(totals.breakdown.net.amount) == figure["net"], number
        assert int(totals.breakdown.tax.amount) == figure["tax"], number
        assert int(totals.grand_total.amount) == figure["grand_total"], number
        assert order.state == figure["state_after_import"], number


@pytest.mark.req("INT-043", "INT-059", "INT-054", "INT-051", "ORD-016")
def test_warnings_remarks_dates_and_names_equal_the_oracle() -> None:
    labels = {"COUPON_ENTERED_POSITIVE", "OTHER_COST_SUM_DIFFERS", "ZERO_QUANTITY_LINE"}
    figures = wholesaler.expected()["orders"]
    zone = wholesaler.market().preferences.time_zone
    for number, order in imported().items():
        figure = figures[number]
        warned = [warning.code for warning in order.warnings]
        said = sorted(code.lower() if code in labels else code for code in warned)
        assert said == sorted(figure.get("warnings", [])), number
        assert order.over_limit == ("CREDIT_LIMIT_EXCEEDED" in warned), number
        assert order.heading.remark == figure.get("remark", ""), number
        wished = order.heading.wished_on
        assert (wished.isoformat() if wished else None) == figure.get("wished_date"), number
        assert f"{order.ordered_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" == figure["order_date"], number
        names = {int(line_no): name for line_no, name in figure.get("names_from_master", {}).items()}
        assert {line.line_no: line.product_name for line in order.content.lines if line.line_no in names} == names


@pytest.mark.req("INT-052")
def test_prorated_amounts_are_shared_as_the_oracle_shares_them() -> None:
    figures = wholesaler.expected()["orders"]
    for number, order in imported().items():
        direct = Counter[str]()
        for entry in order.entries:
            if entry.kind in (ChargeKind.COUPON, ChargeKind.POINTS) and entry.rate is not None:
                direct[str(entry.rate)] += int(entry.amount.amount)
        charged = Counter[str]()
        for charge in order.content.charges:
            if charge.kind in (ChargeKind.COUPON, ChargeKind.POINTS):
                charged[str(charge.tax_rate)] += int(charge.amount.amount)
        shares = {rate: direct[rate] - amount for rate, amount in charged.items() if amount != direct[rate]}
        expected = {rate: share for rate, share in figures[number].get("prorated", {}).items() if share}
        assert shares == expected, number


@pytest.mark.req("INT-046", "INT-038", "INT-039")
@pytest.mark.parametrize("name", [INVOICE, ORDINARY, ERRORS])
def test_the_control_totals_of_each_file_equal_the_oracle(name: str) -> None:
    orders = list(imported(name).values())
    control = wholesaler.expected()["steps"]["2_import"][name]
    buckets = [buckets_of(order) for order in orders]
    assert {
        "orders": len(orders),
        "lines": sum(len(order.content.lines) for order in orders),
        "placed": sum(order.state == "PLACED" for order in orders),
        "held": sum(order.state == "NEEDS_ATTENTION" for order in orders),
        "items_net": sum(int(order.content.totals.items.amount) for order in orders),
        "net": sum(int(order.content.totals.breakdown.net.amount) for order in orders),
        "tax": sum(int(order.content.totals.breakdown.tax.amount) for order in orders),
        "fee": sum(bucket["fee_total"] for bucket in buckets),
        "shipping": sum(bucket["shipping"] for bucket in buckets),
        "points": sum(bucket["points_total"] for bucket in buckets),
        "other_cost": sum(bucket["other_cost_total"] for bucket in buckets),
        "grand_total": sum(int(order.grand_total.amount) for order in orders),
    } == {key: value for key, value in control.items() if key != "warnings"}


@pytest.mark.req("INT-044", "INT-046", "INT-043", "INT-047", "INT-049", "INT-051", "INT-052", "ORD-065")
def test_the_errors_of_the_wrong_file_equal_the_oracle_exactly() -> None:
    verdicts = the_story()[ERRORS]
    wanted = wholesaler.expected_errors()
    found = [
        {
            "row": problem.row,
            "column": problem.column,
            "header": problem.field,
            "code": problem.code,
            "value": problem.value,
            "order_no": verdict.read.number,
            "outcome": "skipped" if isinstance(verdict, Skipped) else "rejected",
        }
        for verdict in verdicts
        for problem in problems_of(verdict)
    ]
    assert sorted(found, key=lambda error: error["row"] or 0) == wanted["errors"]
    assert [v.order.number for v in verdicts if isinstance(v, Imported)] == wanted["imported"]
    assert [v.read.number for v in verdicts if isinstance(v, Rejected)] == wanted["rejected"]
    assert [v.read.number for v in verdicts if isinstance(v, Skipped)] == wanted["skipped"]


@pytest.mark.req("ORD-065")
def test_the_same_file_again_adds_nothing() -> None:
    file = wholesaler.order_file(INVOICE)
    read = read_file(file.recognised, file.rows, lenient_dates=False)
    facts = ImportFacts(wholesaler.market(), frozenset(imported()), {}, signed(), lambda: next(ids()))
    verdicts = decide(read, ImportOptions(), facts)
    assert len(verdicts) == 400
    assert {problem.code for verdict in verdicts for problem in problems_of(verdict)} == {"DUPLICATE_ORDER_NO"}


@pytest.mark.req("INT-057", "ORD-061", "CUS-038")
def test_the_fifteen_master_fields_equal_the_oracle() -> None:
    wanted = wholesaler.expected()["master_fields"]
    buyers = {order.buyer.code: order.buyer for order in imported().values() if order.buyer}
    assert len(buyers) > 50
    for code, buyer in buyers.items():
        fields = asdict(buyer.fields)
        assert len(fields) == 15
        assert fields == {name: wanted[code][name] for name in fields}, code


def confirmed_orders() -> dict[str, History]:
    """Step 3 of the demo: adjust, override where warned, create and confirm; shipping fee as the file says."""
    market = wholesaler.market()
    wishes = {row["order_no"]: row for row in wholesaler.adjusted_and_cancelled()}
    histories: dict[str, History] = {}
    fresh = ids(9_000_000)
    for number, order in imported(INVOICE, ORDINARY).items():
        wish = wishes.get(number)
        if order.buyer is None or (wish and wish["action"] == "cancel"):
            continue
        shipping = entered(order, ChargeKind.SHIPPING, 10)
        command = CreateOc(
            signed(),
            changes=[change_of(wish)] if wish else [],
            shipping_fee=Money.of(shipping, JPY) if shipping else None,
            then_confirm=Confirm(TODAY, market.preferences.converts_at_confirmation, signed()),
        )
        free = replace(order, over_limit=False)
        decision = create_oc(free, command, exposure=None, market=market, ids=fresh)
        assert isinstance(decision, list), decision
        histories[number] = History.untouched(free).then(decision)
    return histories


def change_of(wish: dict[str, str]) -> LineChange:
    return LineChange(
        line_no=int(wish["line_no"]),
        sku_code=wish["sku_code"],
        quantity=int(wish["new_quantity"]),
        rate=Rate.of(wish["new_rate"]),
    )


@pytest.mark.req("ORD-070", "ORD-071", "ORD-074", "ORD-080", "ORD-100")
def test_confirmed_orders_equal_the_oracle() -> None:
    confirmed = {number: history.after for number, history in confirmed_orders().items()}
    control, figures = wholesaler.expected()["steps"]["3_order_confirmations"], wholesaler.expected()["orders"]
    assert len(confirmed) == control["confirmed"]
    assert sum(int(order.grand_total.amount) for order in confirmed.values()) == control["oc_grand_total"]
    lines = [line for order in confirmed.values() for line in order.content.lines]
    assert len(lines) == control["unshipped_skus"]
    assert sum(line.quantity for line in lines) == control["unshipped_quantity"]
    fees = [charge for order in confirmed.values() for charge in order.content.charges if charge.kind == "shipping"]
    assert len(fees) == control["order_shipping_fees"]
    assert sum(int(fee.amount.amount) for fee in fees) == control["order_shipping_fee_total"]
    assert {order.state for order in confirmed.values()} == {"UNSHIPPED"}
    for number in control["adjusted"]:
        oc, content = figures[number]["oc"], confirmed[number].content
        assert lines_of(content) == oc["lines"], number
        assert per_rate_of(content) == expected_per_rate(oc), number
        assert int(content.totals.items.amount) == oc["items_net"], number
        assert int(content.totals.grand_total.amount) == oc["grand_total"], number


@pytest.mark.req("ORD-074", "INV-155", "ORD-067")
def test_charges_of_confirmed_orders_equal_what_the_notes_will_carry() -> None:
    wanted = Counter[tuple[str, str, str]]()
    for row in wholesaler.note_charges():
        kind = row["kind"].removeprefix("prorated_")
        wanted[row["order_no"], kind, row["tax_rate"]] += int(row["amount"])
    found = Counter[tuple[str, str, str]]()
    for number, history in confirmed_orders().items():
        for charge in history.after.content.charges:
            rate = "" if charge.tax_rate is None else str(charge.tax_rate)
            found[number, charge.kind.value, rate] += int(charge.amount.amount)
    orders = {number for number, _, _ in wanted}
    assert {slot: amount for slot, amount in found.items() if slot[0] in orders} == dict(wanted)


@pytest.mark.req("ORD-082", "ORD-083")
def test_the_four_cancelled_orders_can_be_cancelled() -> None:
    orders = imported(INVOICE, ORDINARY)
    for wish in wholesaler.adjusted_and_cancelled():
        if wish["action"] == "cancel":
            decision = cancel(orders[wish["order_no"]], signed(wish["reason"]))
            assert isinstance(decision, list)
