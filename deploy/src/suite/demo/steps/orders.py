"""Step 2: NextEngine files in, every order, total, warning and error compared."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from suite.demo.client import Json
from suite.demo.compare import Step, figure, rate_name, rates_asked, total
from suite.demo.story import Story

FILES = ("nextengine_invoice.csv", "nextengine_ordinary.csv", "nextengine_errors.csv")
_WARNINGS = {"COUPON_ENTERED_POSITIVE": "coupon_entered_positive", "OTHER_COST_SUM_DIFFERS": "other_cost_sum_differs"}
_WARNINGS |= {"ZERO_QUANTITY_LINE": "zero_quantity_line"}
"""Labels of the data set for warnings that the specification leaves unnamed."""


def orders(story: Story) -> list[Step]:
    step = story.begin("2_import")
    step.actual = {}
    for name in FILES:
        story.tell(f"import {name}")
        report = _send(story, name)
        placed = [order for order in report["orders"] if order["outcome"] in ("imported", "held")]
        story.orders.update({order["number"]: order["order_id"] for order in placed})
        step.actual[name] = _compare_orders(story, step, placed)
        missing = [one for one, order in story.data.expected["orders"].items() if order["file"] == name]
        step.check(f"{name}.missing", [], sorted(set(missing) - {order["number"] for order in placed}))
        if name == FILES[2]:
            _compare_errors(story, step, report)
    for name in FILES:
        step.check(f"files.{name}", step.expected[name], step.actual[name])
        step.check_counts(f"files.{name}.warnings", step.expected[name]["warnings"], step.actual[name]["warnings"])
    _compare_again(story, step)
    story.quiet()
    return [step]


def _send(story: Story, name: str) -> Json:
    """The report of the import; a file without rows has nothing to report."""
    if not story.data.has_rows(name):
        return {"orders": [], "errors": [], "counts": {}}
    return story.maker.upload("/v1/order-imports", name, story.data.bytes(name), price_is_net=False, strict=False)


def _compare_orders(story: Story, step: Step, placed: list[Json]) -> Json:
    details = story.maker.get_many([f"/v1/orders/{order['order_id']}" for order in placed])
    zone = ZoneInfo(story.data.maker.get("time_zone", "Asia/Tokyo"))
    for order in details:
        expected = story.data.expected["orders"].get(order["number"])
        if expected is None:
            step.check(f"orders.{order['number']}", "not expected", "imported")
        else:
            step.check(f"orders.{order['number']}", _asked(story, expected), seen(order, zone, _rates_named(expected)))
    return _totals(details)


def _asked(story: Story, expected: Json) -> Json:
    """The oracle's entry in the words of `seen`, with the master fields of its customer."""
    same = ("state_after_import", "lines", "items_net", "net", "tax", "grand_total", "shipping", "fee", "other_cost")
    asked = {name: expected[name] for name in same}
    asked |= {name: expected[name] for name in ("wished_date", "remark", *_TOTALS) if name in expected}
    asked["warnings"] = sorted(expected.get("warnings", []))
    asked["per_rate"] = rates_asked(expected["per_rate"])
    asked["ordered_at"] = expected["order_date"]
    asked["names"] = expected.get("names_from_master", {})
    asked |= _deductions(expected)
    known = story.data.expected["master_fields"].get(expected["customer"])
    if known is not None:
        asked["customer"] = expected["customer"]
        asked["master_fields"] = {name: value for name, value in known.items() if name != "bill_to"}
    return asked


def _deductions(expected: Json) -> Json:
    """Points and coupons per rate, prorated shares included, as the signed charges of the order have them."""
    points, coupon, shares = expected["points"], expected["coupon"], expected.get("prorated", {})
    of_points, of_coupon = (shares if points["prorated"] else {}), (shares if coupon["prorated"] else {})
    return {
        "points": {rate: -points.get(rate, 0) - of_points.get(rate, 0) for rate in _rates(points, of_points)},
        "coupon": {rate: coupon.get(rate, 0) - of_coupon.get(rate, 0) for rate in _rates(coupon, of_coupon)},
        "payment_points": -points["payment"],
    }


def _rates_named(expected: Json) -> set[str]:
    return _rates(expected["fee"], expected["other_cost"], expected["points"], expected["coupon"])


def _rates(*sums: Json) -> set[str]:
    return {name for one in sums for name in one if name not in ("prorated", "payment")}


def seen(order: Json, zone: ZoneInfo, rates: set[str]) -> Json:
    """An order as answered, in the words of the oracle; moments as the maker's files write them."""
    content = order["placed_content"] or order["content"]
    facts: Json = {
        "customer": order["customer_code"],
        "state_after_import": order["state"],
        "ordered_at": datetime.fromisoformat(order["ordered_at"]).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        "wished_date": order["wished_on"],
        "remark": order["remark"],
        "warnings": sorted(_WARNINGS.get(_code(one), _code(one)) for one in order["warnings"]),
        "master_fields": order["master_fields"],
        "names": {str(line["line_no"]): line["product_name"] for line in content["lines"]},
    }
    totals = {name: _charged([content], _KINDS[kind]) for name, kind in _TOTALS.items()}
    return {**facts, **content_seen(content), **_buckets(content, rates), **totals}


def content_seen(content: Json) -> Json:
    """Lines and totals of an order or an order confirmation."""
    return {
        "lines": [_line(line) for line in content["lines"]],
        "items_net": content["items"],
        "per_rate": {rate_name(sums["tax_rate"]): sums for sums in content["per_rate"]},
        "net": content["net"],
        "tax": content["tax"],
        "grand_total": content["grand_total"],
    }


def _line(line: Json) -> list[Any]:
    columns = ("sku_code", "original_price", "wholesale_rate", "unit_price", "quantity", "amount", "tax_rate")
    return [line[name] for name in columns]


def _buckets(content: Json, rates: set[str]) -> Json:
    """Charges by kind and rate, as the file's columns have them (INT-050 to INT-054)."""
    found: Json = {kind: _by_rate(content["charges"], kind, rates) for kind in ("fee", "other_cost", "points", "coupon")}
    for kind in ("shipping", "payment_points"):
        found[kind] = total(charge["amount"] for charge in content["charges"] if charge["kind"] == kind)
    return found


def _by_rate(charges: list[Json], kind: str, rates: set[str]) -> Json:
    """Sums of one kind by rate, of the rates asked for at least."""
    sums = dict.fromkeys(rates, Decimal())
    for charge in charges:
        if charge["kind"] == kind:
            rate = rate_name(charge["tax_rate"] or "0")
            sums[rate] = sums.get(rate, Decimal()) + Decimal(charge["amount"])
    return {rate: figure(amount) for rate, amount in sums.items()}


def _code(warning: Any) -> str:
    return str(warning["code"] if isinstance(warning, dict) else warning)


def _totals(details: list[Json]) -> Json:
    contents = [order["placed_content"] or order["content"] for order in details]
    warnings = Counter(_WARNINGS.get(_code(one), _code(one)) for order in details for one in order["warnings"])
    return {
        "orders": len(details),
        "lines": sum(len(content["lines"]) for content in contents),
        "placed": sum(order["state"] == "PLACED" for order in details),
        "held": sum(order["state"] == "NEEDS_ATTENTION" for order in details),
        "items_net": total(content["items"] for content in contents),
        "net": total(content["net"] for content in contents),
        "tax": total(content["tax"] for content in contents),
        "grand_total": total(content["grand_total"] for content in contents),
        "warnings": dict(warnings),
        **{name: _charged(contents, kinds) for name, kinds in _KINDS.items()},
    }


_KINDS = {
    "fee": {"fee"},
    "shipping": {"shipping"},
    "points": {"points", "payment_points"},
    "other_cost": {"other_cost", "coupon"},
}


_TOTALS = {"fee_total": "fee", "points_total": "points", "other_cost_total": "other_cost"}
"""Members of an order → the file's column that they sum up."""


def _charged(contents: list[Json], kinds: set[str]) -> int | str:
    """What the file's column says in all: points are written positive there."""
    amounts = [Decimal(c["amount"]) for content in contents for c in content["charges"] if c["kind"] in kinds]
    return total(-amount for amount in amounts) if "points" in kinds else total(amounts)


def _compare_errors(story: Story, step: Step, report: Json) -> None:
    """Every wrong row: where, which value, which rule (errors_expected.json)."""
    expected = story.data.expected_errors
    by_outcome = {
        outcome: sorted(order["number"] for order in report["orders"] if order["outcome"] == outcome)
        for outcome in ("imported", "rejected", "skipped")
    }
    step.check("errors.orders", {name: sorted(expected[name]) for name in by_outcome}, by_outcome)
    step.actual["errors"] = {**{name: len(numbers) for name, numbers in by_outcome.items()}, "held": 0}
    step.actual["errors"]["held"] = sum(order["outcome"] == "held" for order in report["orders"])
    for place, counts in (("counts", step.expected["errors"]), ("counts (rows)", expected.get("counts", {}))):
        step.check(f"errors.{place}", counts, step.actual["errors"])
    told = {_place(error): _error(error, "order_number") for error in report["errors"]}
    wanted = {_place(error): _error(error, "order_no") for error in expected["errors"]}
    for place, error in wanted.items():
        step.check(f"errors.{place}", error, told.get(place))
    for place in told.keys() - wanted.keys():
        step.check(f"errors.{place}", None, told[place])


def _place(error: Json) -> str:
    return f"row {error['row']}, column {error['column']}, {error['code']}"


def _error(error: Json, number: str) -> Json:
    same = ("row", "column", "header", "code", "outcome")
    return {**{name: error[name] for name in same}, "value": error["value"] or "", "order": error[number]}


def _compare_again(story: Story, step: Step) -> None:
    """The same file once more adds nothing."""
    story.tell(f"import {FILES[0]} again")
    report = _send(story, FILES[0])
    orders = step.expected[FILES[0]]["orders"]
    step.check("again.skipped", orders, report["counts"].get("skipped", 0))
    step.check("again.imported", 0, report["counts"].get("imported", 0))
    step.check("again.reasons", [], sorted({error["code"] for error in report["errors"]} - {"DUPLICATE_ORDER_NO"}))
    over = sorted({order["customer_code"] for order in story.maker.all("/v1/orders", over_limit=True)})
    step.check("customers_over_limit", sorted(story.expected("1_masters").get("customers_over_limit", [])), over)
    held = sorted(step.expected["held_orders"])
    found = sorted(order["number"] for order in story.maker.all("/v1/orders", state="NEEDS_ATTENTION"))
    step.check("held_orders", held, found)
