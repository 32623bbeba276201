"""Step 3: cancel, adjust, override, confirm; unshipped SKUs and stocked charges follow."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from suite.demo.client import Json
from suite.demo.compare import Step, same, total
from suite.demo.dataset import Row
from suite.demo.steps.orders import content_seen
from suite.demo.story import Story

_ERROR_FILE = "nextengine_errors.csv"


def confirmations(story: Story) -> list[Step]:
    step = story.begin("3_order_confirmations")
    rows = story.data.rows("ocs.csv")
    cancelled = [row for row in rows if row["action"] == "cancel"]
    adjusted = [row for row in rows if row["action"] == "adjust"]
    story.tell(f"cancel {len(cancelled)} orders")
    deeds = [{"number": row["order_no"], "reason": row["reason"]} for row in cancelled]
    story.must_accept(step, "cancellations", story.maker.many("/v1/order-cancellations", deeds))
    confirmed = _confirm(story, step, {row["order_no"] for row in cancelled}, adjusted)
    story.quiet()
    _compare(story, step, confirmed, adjusted)
    return [step]


def _confirm(story: Story, step: Step, cancelled: set[str], adjusted: list[Row]) -> list[str]:
    """Every order of a known customer but those of the error file; over the limit with a reason."""
    numbers = [
        number
        for number, order in story.data.expected["orders"].items()
        if order["file"] != _ERROR_FILE and order["customer"] in story.customers and number not in cancelled
    ]
    known = set(numbers)
    over = [order["number"] for order in story.maker.all("/v1/orders", over_limit=True) if order["number"] in known]
    story.tell(f"override the credit limit of {len(over)} orders, confirm {len(numbers)}")
    overrides = [{"number": number, "reason": "営業部長承認済み"} for number in over]
    story.must_accept(step, "credit_overrides", story.maker.many("/v1/credit-overrides", overrides))
    changes: dict[str, list[Json]] = defaultdict(list)
    for row in adjusted:
        changes[row["order_no"]] += _changes(row)
    commands = [
        {"number": number, "changes": changes.get(number, []), "require_approval": False, "confirm": True}
        for number in numbers
    ]
    done = story.must_accept(step, "confirmations", story.maker.many("/v1/order-confirmations", commands))
    return [order["number"] for order in done]


def _changes(row: Row) -> list[Json]:
    """The row as a change of its line; none when it names nothing new."""
    change: Json = {}
    if row["new_quantity"] and not same(row["new_quantity"], row["old_quantity"]):
        change["quantity"] = int(row["new_quantity"])
    if row["new_rate"] and not same(row["new_rate"], row["old_rate"]):
        change["wholesale_rate"] = row["new_rate"]
    return [{"line_no": int(row["line_no"]), **change}] if change else []


def _compare(story: Story, step: Step, confirmed: list[str], adjusted: list[Row]) -> None:
    details = story.maker.get_many([f"/v1/orders/{story.orders[number]}" for number in confirmed])
    by_number = {order["number"]: order for order in details}
    for row in adjusted:
        wanted = story.data.expected["orders"].get(row["order_no"], {}).get("oc", {})
        got = by_number.get(row["order_no"])
        step.check(f"orders.{row['order_no']}.oc", wanted, content_seen(got["content"]) if got else None)
    fees = [
        Decimal(charge["amount"])
        for order in details
        for charge in order["content"]["charges"]
        if charge["kind"] == "shipping" and Decimal(charge["amount"])
    ]
    unshipped = list(story.maker.all("/v1/unshipped-skus", only_open=False))
    cancelled_now = {order["number"] for order in story.maker.all("/v1/orders", state="CANCELLED")}
    step.actual = {
        "cancelled": sorted(cancelled_now),
        "adjusted": sorted({row["order_no"] for row in adjusted} & by_number.keys()),
        "confirmed": len(details),
        "oc_grand_total": total(order["content"]["grand_total"] for order in details),
        "order_shipping_fees": len(fees),
        "order_shipping_fee_total": total(fees),
        "unshipped_skus": len([sku for sku in unshipped if sku["ordered"]]),
        "unshipped_quantity": sum(sku["ordered"] for sku in unshipped),
    }
    wanted = {name: sorted(set(told)) if isinstance(told, list) else told for name, told in step.expected.items()}
    step.check("confirmations", wanted, step.actual)
