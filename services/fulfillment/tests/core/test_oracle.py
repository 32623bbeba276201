"""Step 4 of the sample wholesaler, replayed through the pure core and compared to the yen.

Orders as confirmed come from expected.json (`oc` for adjusted ones), so nothing of ordering's work is judged here.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from fulfillment.core import delivery_note, returns, unshipped
from fulfillment.core.asks import LineAsk
from fulfillment.core.charges import StockedCharge
from fulfillment.core.delivery_note import (
    DeliveryNote,
    NoteIssued,
    NoteShipped,
    PiecesReturned,
    payment_points,
    quantities_by_order,
    rate_sums,
)
from fulfillment.core.drafting import Book, DraftNote, NoteDrafted, draft
from fulfillment.core.holds import hold_problems
from fulfillment.core.parts import ChargeId, Customer, CustomerId, OrderId, OrderLineId
from fulfillment.core.returns import ReturnDrafted, ReturnNote, ReturnTerms
from fulfillment.core.unshipped import QuantitiesClosed, QuantitiesShipped, UnshippedLine, UnshippedOrder
from kernel.money import JPY, Money, Rate
from services.fulfillment.tests.builders import SHOP, a_book, booked, ids, the_charges

DATA = Path(__file__).parents[4] / "demo" / "wholesaler"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text("utf-8"))
NEVER_CONFIRMED = {"PLACED", "CANCELLED", "NEEDS_ATTENTION"}

pytestmark = pytest.mark.req("FUL-002", "FUL-003", "FUL-030", "FUL-063", "FUL-070", "FUL-071", "FUL-015")


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True, slots=True)
class Replay:
    """The end of step 4."""

    book: Book
    shipped: dict[str, DeliveryNote]
    drafts: dict[str, DeliveryNote]
    refused: dict[str, list[str]]
    returned: dict[str, ReturnNote]


def the_orders(new_id: Iterator[int]) -> list[UnshippedOrder]:
    customers = {code: CustomerId(unique(new_id)) for code in sorted(customer_codes())}
    orders = []
    for number, facts in EXPECTED["orders"].items():
        if facts["final_state"] not in NEVER_CONFIRMED:
            confirmed = facts.get("oc", facts)
            lines = [line_of(position, line, new_id) for position, line in enumerate(confirmed["lines"], start=1)]
            orders.append(order_of(number, facts["customer"], customers, lines, new_id))
    return orders


def customer_codes() -> set[str]:
    return {row["customer_code"] for row in rows("customers.csv")}


def unique(new_id: Iterator[int]) -> Any:
    return ids(next(new_id))()


def line_of(position: int, line: list[Any], new_id: Iterator[int]) -> UnshippedLine:
    sku, price, rate, unit_price, quantity, _, tax_rate = line
    return UnshippedLine(
        line_id=OrderLineId(unique(new_id)),
        line_no=position,
        sku_id=None,
        sku_code=sku,
        product_name=sku,
        option="",
        ordered=quantity,
        original_price=Money.of(price, JPY),
        wholesale_rate=Rate.of(rate),
        unit_price=Money.of(unit_price, JPY),
        tax_rate=Rate.of(tax_rate),
        tax_included=False,
        reduced=tax_rate == 8,
    )


def order_of(
    number: str, code: str, customers: dict[str, CustomerId], lines: list[UnshippedLine], new_id: Iterator[int]
) -> UnshippedOrder:
    return UnshippedOrder(
        order_id=OrderId(unique(new_id)),
        number=number,
        customer_id=customers[code],
        customer_code=code,
        currency=JPY,
        oc_version=1,
        converted=True,
        on_hold=False,
        ship_to=replace(SHOP, name=code),
        lines={line.line_id: line for line in lines},
    )


def charges_by_order(new_id: Iterator[int]) -> dict[str, list[StockedCharge]]:
    found: dict[str, list[StockedCharge]] = defaultdict(list)
    for row in rows("note_charges.csv"):
        rate = Rate.of(row["tax_rate"]) if row["tax_rate"] else None
        amount = Money.of(row["amount"], JPY)
        charge = StockedCharge(ChargeId(unique(new_id)), row["kind"], row["kind"], rate, amount, tax_included=True)
        found[row["order_no"]].append(charge)
    return found


def the_book() -> Book:
    new_id = iter(range(1, 1_000_000))
    orders, stocked = the_orders(new_id), charges_by_order(new_id)
    held = {row["customer_code"] for row in rows("customers.csv") if row["on_hold"] == "yes"}
    codes = {order.customer_id: order.customer_code for order in orders}
    customers = [Customer(customer_id, code, code, code in held) for customer_id, code in codes.items()]
    return a_book(orders, [the_charges(order, *stocked[order.number]) for order in orders], customers)


def replayed() -> Replay:
    replay = Replay(the_book(), {}, {}, {}, {})
    new_id = ids(2_000_000)
    deliveries = sorted(rows("deliveries.csv"), key=lambda row: row["entered_on"])
    for key, lines in groupby(deliveries, key=lambda row: row["note_key"]):
        replay = with_note(replay, key, list(lines), new_id)
    for row in rows("returns.csv"):
        take_back(replay, row, new_id)
    for row in rows("short_closes.csv"):
        replay = closed_short(replay, row)
    return replay


def with_note(replay: Replay, key: str, lines: list[dict[str, str]], new_id: Any) -> Replay:
    asks = tuple(LineAsk(row["order_no"], int(row["quantity"]), sku_code=row["sku_code"]) for row in lines)
    wish = DraftNote(asks, date.fromisoformat(lines[0]["delivery_date"]))
    drafted = draft(replay.book, replace(wish, customer=lines[0]["customer_code"]), new_id)
    assert isinstance(drafted, NoteDrafted), drafted
    book, note = booked(replay.book, drafted), drafted.note
    holds = hold_problems(book.customers[note.customer_id], [])
    issued = delivery_note.issue(note, number=key, issued_on=note.particulars.delivery_date, holds=holds)
    if not isinstance(issued, NoteIssued):
        replay.drafts[key], replay.refused[key] = note, [problem.code for problem in issued]
        return replace(replay, book=book)
    note = delivery_note.evolve(note, issued)
    left = delivery_note.ship(note, shipped_on=note.particulars.delivery_date, holds=holds)
    assert isinstance(left, NoteShipped)
    replay.shipped[key] = delivery_note.evolve(note, left)
    return replace(replay, book=without_shipped(book, note))


def without_shipped(book: Book, note: DeliveryNote) -> Book:
    orders = dict(book.orders)
    for order_id, pieces in quantities_by_order(note).items():
        orders[order_id] = unshipped.evolve(orders[order_id], QuantitiesShipped(order_id, pieces))
    return replace(book, orders=orders)


def take_back(replay: Replay, row: dict[str, str], new_id: Any) -> None:
    note = replay.shipped[row["note_key"]]
    line = next(
        line
        for line in note.lines
        if (line.goods.order_number, line.goods.sku_code) == (row["order_no"], row["sku_code"])
    )
    pieces = delivery_note.take_back(note, {line.line_id: int(row["quantity"])})
    assert isinstance(pieces, PiecesReturned)
    terms = ReturnTerms(date.fromisoformat(row["date"]), row["reason"])
    drafted = returns.draft(note, pieces, terms, new_id)
    assert isinstance(drafted, ReturnDrafted)
    replay.shipped[row["note_key"]] = delivery_note.evolve(note, pieces)
    replay.returned[row["return_key"]] = drafted.return_note


def closed_short(replay: Replay, row: dict[str, str]) -> Replay:
    order = replay.book.order(row["order_no"])
    assert order is not None
    line_id = next(line.line_id for line in order.lines.values() if line.sku_code == row["sku_code"])
    closed_on = date.fromisoformat(row["date"])
    event = unshipped.close_short(order, {line_id: int(row["quantity"])}, reason=row["reason"], closed_on=closed_on)
    assert isinstance(event, QuantitiesClosed)
    return replace(
        replay,
        book=replace(replay.book, orders={**replay.book.orders, order.order_id: unshipped.evolve(order, event)}),
    )


@pytest.fixture(scope="module")
def replay() -> Replay:
    return replayed()


def test_the_notes_of_held_customers_stay_drafts_and_all_others_ship(replay: Replay) -> None:
    expected = EXPECTED["steps"]["4_deliveries"]
    assert (len(replay.shipped) + len(replay.drafts), len(replay.shipped)) == (expected["notes"], expected["shipped"])
    assert replay.refused == {key: ["CUSTOMER_ON_HOLD"] for key in expected["refused_notes"]}


def test_every_note_has_the_expected_quantity_and_sums_per_rate(replay: Replay) -> None:
    figures = {key: figures_of(note) for key, note in (replay.shipped | replay.drafts).items()}
    assert figures == {
        key: (note["quantity"], note["exclusive_sums"], note["inclusive_sums"], note["payment_points"])
        for key, note in EXPECTED["notes"].items()
    }


def figures_of(note: DeliveryNote) -> tuple[int, dict[str, int], dict[str, int], int]:
    sums = rate_sums(note)
    exclusive = {str(one.rate): int(one.exclusive.amount) for one in sums if one.exclusive}
    inclusive = {str(one.rate): int(one.inclusive.amount) for one in sums if one.inclusive}
    return sum(line.quantity for line in note.lines), exclusive, inclusive, int(payment_points(note).amount)


def test_the_default_gives_each_note_exactly_the_charges_of_the_file(replay: Replay) -> None:
    def key(order: str, charge: StockedCharge) -> tuple[str, str, str, str]:
        rate = "" if charge.tax_rate is None else str(charge.tax_rate)
        return order, charge.kind, rate, str(charge.amount.amount)

    numbers = {order_id: order.number for order_id, order in replay.book.orders.items()}
    carried = {
        note_key: sorted(key(numbers[taken.order_id], taken.charge) for taken in note.charges)
        for note_key, note in (replay.shipped | replay.drafts).items()
        if note.charges
    }
    named: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for row in rows("note_charges.csv"):
        named[row["note_key"]].append((row["order_no"], row["kind"], row["tax_rate"], row["amount"]))
    assert carried == {note_key: sorted(charges) for note_key, charges in named.items()}


def test_quantities_shipped_closed_and_still_open_are_as_expected(replay: Replay) -> None:
    lines = [line for order in replay.book.orders.values() for line in order.lines.values()]
    stocked = EXPECTED["steps"]["3_order_confirmations"]
    expected = EXPECTED["steps"]["4_deliveries"]
    assert (len(lines), sum(line.ordered for line in lines)) == (
        stocked["unshipped_skus"],
        stocked["unshipped_quantity"],
    )
    assert sum(line.shipped for line in lines) == expected["shipped_quantity"]
    assert sum(line.closed for line in lines) == expected["short_closed_quantity"]
    assert sum(line.open for line in lines) == expected["still_open_quantity"]


def test_the_sums_of_all_shipped_notes_are_as_expected(replay: Replay) -> None:
    figures = [figures_of(note) for note in replay.shipped.values()]
    expected = EXPECTED["steps"]["4_deliveries"]
    assert sum(sum(exclusive.values()) for _, exclusive, _, _ in figures) == expected["exclusive_sum"]
    assert sum(sum(inclusive.values()) for _, _, inclusive, _ in figures) == expected["inclusive_sum"]
    assert sum(points for *_, points in figures) == expected["payment_points"]


def test_returns_carry_the_price_of_the_shipped_line(replay: Replay) -> None:
    found = {
        key: (note.lines[0].quantity, note.lines[0].goods.unit_price.amount, note.amount.amount)
        for key, note in replay.returned.items()
    }
    assert found == {
        key: (facts["quantity"], facts["unit_price"], facts["amount"]) for key, facts in EXPECTED["returns"].items()
    }
    total = sum(note.amount.amount for note in replay.returned.values())
    assert total == EXPECTED["steps"]["4_deliveries"]["return_amount_net"]


def test_orders_end_delivered_when_nothing_of_them_is_open(replay: Replay) -> None:
    states = Counter(
        "DELIVERED" if not any(line.open for line in order.lines.values()) else "UNSHIPPED"
        for order in replay.book.orders.values()
    )
    expected = EXPECTED["steps"]["4_deliveries"]["order_states"]
    assert states == {state: count for state, count in expected.items() if state not in NEVER_CONFIRMED}
    part = [
        order
        for order in replay.book.orders.values()
        if any(line.open for line in order.lines.values())
        and any(line.shipped or line.closed for line in order.lines.values())
    ]
    assert not part
