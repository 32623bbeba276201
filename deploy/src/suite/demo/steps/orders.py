"""Step 2: NextEngine files in, every order, total, warning and error compared."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from suite.demo.client import Json
from suite.demo.compare import Step, rates_asked
from suite.demo.story import Story

FILES = ("nextengine_invoice.csv", "nextengine_ordinary.csv", "nextengine_errors.csv")
_WARNINGS = {"COUPON_ENTERED_POSITIVE": "coupon_entered_positive", "OTHER_COST_SUM_DIFFERS": "other_cost_sum_differs"}
_WARNINGS |= {"ZERO_QUANTITY_LINE": "zero_quantity_line"}
"""Labels of the data set for warnings that the specification leaves unnamed."""


def orders(story: Story) -> list[Step]:
    step = Step("2_import", expected=story.expected("2_import"), actual={})
    for name in FILES:
        story.tell(f"import {name}")
        report = _send(story, name)
        placed = [order for order in report["orders"] if order["outcome"] in ("imported", "held")]
        story.orders.update({order["number"]: order["order_id"] for order in placed})
        step.actual[name] = _compare_orders(story, step, placed)
        if name == FILES[2]:
            _compare_errors(story, step, report)
    step.check("files", {name: step.expected[name] for name in FILES}, {name: step.actual[name] for name in FILES})
    _compare_again(story, step)
    story.quiet()
    return [step]


def _send(story: Story, name: str) -> Json:
    return story.maker.upload("/v1/order-imports", name, story.data.bytes(name), price_is_net=False, strict=False)


def _compare_orders(story: Story, step: Step, placed: list[Json]) -> Json:
    details = story.maker.get_many([f"/v1/orders/{order['order_id']}" for order in placed])
    for order in details:
        expected = story.data.expected["orders"].get(order["number"])
        if expected is None:
            step.check(f"orders.{order['number']}", "not expected", "imported")
        else:
            step.check(f"orders.{order['number']}", _asked(story, expected), seen(order))
    return _totals(details)


def _asked(story: Story, expected: Json) -> Json:
    """The oracle's entry in the words of `seen`, with the master fields of its customer."""
    same = ("state_after_import", "lines", "items_net", "net", "tax", "grand_total", "shipping", "fee", "other_cost")
    asked = {name: expected[name] for name in same}
    asked |= {name: expected[name] for name in ("wished_date", "remark") if name in expected}
    asked["warnings"] = sorted(expected.get("warnings", []))
    asked["per_rate"] = rates_asked(expected["per_rate"])
    asked["ordered_at"] = expected["order_date"]
    asked["names"] = expected.get("names_from_master", {})
    asked |= _deductions(expected)
    known = story.data.expected["master_fields"].get(expected["customer"])
    if known is not None:
        asked["master_fields"] = {name: value for name, value in known.items() if name != "bill_to"}
    return asked


def _deductions(expected: Json) -> Json:
    """Points and coupons per rate, prorated shares included, as the signed charges of the order have them."""
    points, coupon, shares = expected["points"], expected["coupon"], expected.get("prorated", {})
    of_points, of_coupon = (shares if points["prorated"] else {}), (shares if coupon["prorated"] else {})
    return {
        "points": {rate: -points[rate] - of_points.get(rate, 0) for rate in ("0", "8", "10")},
        "coupon": {rate: coupon[rate] - of_coupon.get(rate, 0) for rate in ("0", "8", "10")},
        "payment_points": -points["payment"],
    }


def seen(order: Json) -> Json:
    """An order as answered, in the words of the oracle."""
    content = order["placed_content"] or order["content"]
    facts: Json = {
        "state_after_import": order["state"],
        "ordered_at": _local(order["ordered_at"]),
        "wished_date": order["wished_on"],
        "remark": order["remark"],
        "warnings": sorted(_WARNINGS.get(_code(one), _code(one)) for one in order["warnings"]),
        "master_fields": order["master_fields"],
        "names": {str(line["line_no"]): line["product_name"] for line in content["lines"]},
    }
    return {**facts, **content_seen(content), **_buckets(content)}


def content_seen(content: Json) -> Json:
    """Lines and totals of an order or an order confirmation."""
    return {
        "lines": [_line(line) for line in content["lines"]],
        "items_net": content["items"],
        "per_rate": {_plain(sums["tax_rate"]): sums for sums in content["per_rate"]},
        "net": content["net"],
        "tax": content["tax"],
        "grand_total": content["grand_total"],
    }


def _line(line: Json) -> list[Any]:
    columns = ("sku_code", "original_price", "wholesale_rate", "unit_price", "quantity", "amount", "tax_rate")
    return [line[name] for name in columns]


def _buckets(content: Json) -> Json:
    """Charges by kind and rate, as the file's columns have them (INT-050 to INT-054)."""
    charges = {(charge["kind"], _plain(charge["tax_rate"])): charge["amount"] for charge in content["charges"]}
    found: Json = {kind: _by_rate(charges, kind) for kind in ("fee", "other_cost", "points", "coupon")}
    found["shipping"] = next((amount for (kind, _), amount in charges.items() if kind == "shipping"), "0")
    return found | {"payment_points": charges.get(("payment_points", None), "0")}


def _by_rate(charges: dict[tuple[str, str | None], str], kind: str) -> Json:
    return {rate: charges.get((kind, rate), "0") for rate in ("0", "8", "10")}


def _plain(rate: str | None) -> str | None:
    return None if rate is None else format(Decimal(rate).normalize(), "f")


def _code(warning: Any) -> str:
    return str(warning["code"] if isinstance(warning, dict) else warning)


def _local(instant: str) -> str:
    """A moment as the file writes it, in the maker's zone."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%d %H:%M:%S")


def _totals(details: list[Json]) -> Json:
    contents = [order["placed_content"] or order["content"] for order in details]
    warnings = Counter(_WARNINGS.get(_code(one), _code(one)) for order in details for one in order["warnings"])
    return {
        "orders": len(details),
        "lines": sum(len(content["lines"]) for content in contents),
        "placed": sum(order["state"] == "PLACED" for order in details),
        "held": sum(order["state"] == "NEEDS_ATTENTION" for order in details),
        "items_net": _sum(content["items"] for content in contents),
        "net": _sum(content["net"] for content in contents),
        "tax": _sum(content["tax"] for content in contents),
        "grand_total": _sum(content["grand_total"] for content in contents),
        "warnings": dict(warnings),
        **{name: _charged(contents, kinds) for name, kinds in _KINDS.items()},
    }


_KINDS = {
    "fee": {"fee"},
    "shipping": {"shipping"},
    "points": {"points", "payment_points"},
    "other_cost": {"other_cost", "coupon"},
}


def _charged(contents: list[Json], kinds: set[str]) -> int:
    """What the file's column says in all: points are written positive there."""
    amounts = [Decimal(c["amount"]) for content in contents for c in content["charges"] if c["kind"] in kinds]
    total = sum(amounts, Decimal())
    return int(-total if "points" in kinds else total)


def _sum(amounts: Any) -> int:
    return int(sum((Decimal(amount) for amount in amounts), Decimal()))


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
    step.check("errors.counts", step.expected["errors"], step.actual["errors"])
    told = sorted(report["errors"], key=lambda error: (error["row"] or 0, error["column"] or 0))
    wanted = sorted(expected["errors"], key=lambda error: (error["row"] or 0, error["column"] or 0))
    step.check(
        "errors.list", [_error(error, "order_no") for error in wanted], [_error(e, "order_number") for e in told]
    )


def _error(error: Json, number: str) -> Json:
    same = ("row", "column", "header", "code", "outcome")
    return {**{name: error[name] for name in same}, "value": error["value"] or "", "order": error[number]}


def _compare_again(story: Story, step: Step) -> None:
    """The same file once more adds nothing."""
    story.tell(f"import {FILES[0]} again")
    report = _send(story, FILES[0])
    orders = step.expected[FILES[0]]["orders"]
    skipped = [error for error in report["errors"] if error["code"] == "DUPLICATE_ORDER_NO"]
    step.check("again.skipped", orders, report["counts"].get("skipped"))
    step.check("again.imported", 0, report["counts"].get("imported", 0))
    step.check("again.duplicates", orders, len(skipped))
    over = sorted({order["customer_code"] for order in story.maker.all("/v1/orders", over_limit=True)})
    step.check("customers_over_limit", sorted(story.expected("1_masters")["customers_over_limit"]), over)
    held = sorted(story.expected("2_import")["held_orders"])
    found = sorted(order["number"] for order in story.maker.all("/v1/orders", state="NEEDS_ATTENTION"))
    step.check("held_orders", held, found)
