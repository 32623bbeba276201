"""The store's laws on real PostgreSQL: load(save(x)) == x, stale versions raise, every named constraint holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from chassis import clock, failures
from chassis.database import Database
from chassis.tx import Stale, Tx
from kernel.money import JPY, Currency, Money, Rate
from kernel.refusal import Refusal
from ordering import tables
from ordering.core.confirming import CreateOc, LineChange, create_oc
from ordering.core.content import ChargeEntry, ChargeKind
from ordering.core.deeds import (
    Approve,
    Confirm,
    Decision,
    approve,
    hold,
    reject,
    reopen,
)
from ordering.core.events import History
from ordering.core.order import Heading, Order, Progress
from ordering.core.order_warning import OrderWarning
from ordering.core.placing import assign_customer, place
from ordering.core.standing import Carried, bill, close, ship, waive
from ordering.core.states import CONVERTED
from ordering.store.carried import LineMoved, LineUnknown, count_pieces, load_carried, save_carried
from ordering.store.exposures import lock_exposures, move_ordered, moves
from ordering.store.orders import insert_orders, load_orders, save_orders
from services.ordering.tests.builders import (
    CUSTOMER,
    NOW,
    SHIRT,
    TEA,
    TEN,
    TODAY,
    a_market,
    a_row,
    a_sku,
    a_wish,
    an_exposure,
    signed,
    yen,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
KINDS = st.sampled_from([ChargeKind.FEE, ChargeKind.COUPON, ChargeKind.POINTS, ChargeKind.OTHER_COST])


def fresh() -> Iterator[UUID]:
    return iter(clock.new_id, None)


@st.composite
def entries(draw: st.DrawFn) -> tuple[ChargeEntry, ...]:
    made = []
    for kind in draw(st.lists(KINDS, max_size=4, unique=True)):
        amount = draw(st.integers(1, 500))
        sign = -1 if kind in (ChargeKind.COUPON, ChargeKind.POINTS) else 1
        made.append(ChargeEntry(kind, yen(sign * amount), draw(st.sampled_from([TEN, Rate.of(8), Rate.of(0)]))))
    if draw(st.booleans()):
        made.append(ChargeEntry(ChargeKind.POINTS, yen(-7), prorated=True))
    if draw(st.booleans()):
        made.append(ChargeEntry(ChargeKind.PAYMENT_POINTS, yen(-3)))
    return tuple(made)


@st.composite
def placed_orders(draw: st.DrawFn) -> Order:
    """Any order as it can come in: held or not, with any texts, charges and lines."""
    lines = st.tuples(st.sampled_from([SHIRT, TEA]), st.integers(1, 10**6), st.integers(10**3, 10**6))
    rows = [a_row(sku, quantity, price=price) for sku, quantity, price in draw(st.lists(lines, min_size=1, max_size=5))]
    heading = Heading(
        purchase_order_number=draw(TEXT),
        wished_on=draw(st.none() | st.just(TODAY)),
        time_slot=draw(TEXT),
        remark=draw(TEXT),
        worker_memo=draw(TEXT),
        price_is_net=draw(st.booleans()),
    )
    wish = a_wish(
        *rows,
        customer=draw(st.sampled_from([CUSTOMER, None])),
        entries=draw(entries()),
        heading=heading,
        order_id=clock.new_id(),
        number=f"W{clock.new_id().hex[-24:]}",
    )
    order = place(wish, a_market(), fresh())
    assume(isinstance(order, Order))  # totals above the largest amount are refused, and rightly
    assert isinstance(order, Order)
    warned = draw(st.lists(st.builds(OrderWarning, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)), max_size=2))
    return replace(order, over_limit=draw(st.booleans()), warnings=(*order.warnings, *warned))


DEEDS = ("assign", "adjust", "send", "approve", "reject", "reopen", "hold")


def lived(order: Order, data: st.DataObject) -> History:
    """A history of some deeds in a row, as far as the order's state takes them."""
    history = History.untouched(order)
    for deed in data.draw(st.lists(st.sampled_from(DEEDS), max_size=8)):
        decision = decided(deed, history.after, data)
        if isinstance(decision, list):
            history = history.then(decision)
    return history


def decided(deed: str, order: Order, data: st.DataObject) -> Decision:
    """What the core says to one deed."""
    market, ids, first = a_market(), fresh(), order.content.lines[0]
    match deed:
        case "assign":
            return assign_customer(order, CUSTOMER, exposure=an_exposure(), market=market, signed=signed(), ids=ids)
        case "adjust":
            change = LineChange(line_no=first.line_no, quantity=data.draw(st.integers(1, 9)))
            return create_oc(order, CreateOc(signed("n"), changes=[change]), exposure=None, market=market, ids=ids)
        case "send":
            command = CreateOc(signed(), approval_required=True)
            return create_oc(order, command, exposure=None, market=market, ids=ids)
        case "approve":
            return approve(order, Approve(signed("ok"), Confirm(TODAY, data.draw(st.booleans()), signed())))
        case "reject":
            return reject(order, signed("no"))
        case "reopen":
            return reopen(order, signed())
        case _:
            return hold(order, signed("wait"))


@st.composite
def standings(draw: st.DrawFn, carried: Carried) -> Carried:
    """Where deliveries and invoices may have brought an order."""
    shipped = draw(st.integers(0, carried.standing.ordered))
    closed = draw(st.integers(0, carried.standing.ordered - shipped))
    expected = draw(st.integers(0, int(max(carried.standing.expected.amount, Decimal(0)))))
    if carried.state in CONVERTED:
        carried = close(ship(carried, shipped), closed, expected=yen(expected))
    billed = bill(carried, quantity=draw(st.integers(0, shipped)), amount=yen(draw(st.integers(0, 9))))
    return waive(billed, quantity=draw(st.integers(0, shipped)), worth=yen(draw(st.integers(0, 9))))


async def stored(tx: Tx, order: Order) -> Order:
    return (await load_orders(tx, [order.order_id], lock=False))[order.order_id]


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.req("GEN-012", "ORD-015", "ORD-067")
async def test_what_is_saved_is_what_is_loaded(database: Database, data: st.DataObject) -> None:
    orders = data.draw(st.lists(placed_orders(), min_size=1, max_size=3))
    async with database.transaction(clock.new_id()) as tx:
        await insert_orders(tx, orders)
        loaded = await load_orders(tx, [order.order_id for order in orders], lock=True)
        assert loaded == {order.order_id: order for order in orders}
        for _ in range(2):
            histories = [lived(order, data) for order in orders]
            await save_orders(tx, histories)
            orders = [replace(h.after, version=h.after.version + bool(h.steps)) for h in histories]
            assert [await stored(tx, order) for order in orders] == orders


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.req("CUS-065")
async def test_the_ordered_bucket_is_always_the_sum_of_its_orders(database: Database, data: st.DataObject) -> None:
    orders = data.draw(st.lists(placed_orders(), min_size=1, max_size=3))
    async with database.transaction(clock.new_id()) as tx:
        await insert_orders(tx, orders)
        await move_ordered(tx, moves([History(None, order) for order in orders]))
        histories = [lived(order, data) for order in orders]
        await save_orders(tx, histories)
        await move_ordered(tx, moves(histories))
        account = (CUSTOMER.customer_id, JPY)
        bucket = (await lock_exposures(tx, [account], {}))[account].ordered
        assert bucket == sum((history.after.exposed.amount for history in histories), Decimal(0))


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.req("CUS-065", "FUL-015")
async def test_what_deliveries_and_invoices_change_is_what_the_order_shows(
    database: Database, data: st.DataObject
) -> None:
    placed = data.draw(placed_orders())
    async with database.transaction(clock.new_id()) as tx:
        await insert_orders(tx, [placed])
        history = lived(placed, data)
        await save_orders(tx, [history])
        before = await load_carried(tx, [placed.order_id])
        after = data.draw(standings(before[placed.order_id]))
        await save_carried(tx, before, [after])
        changed = after != before[placed.order_id]
        assert await load_carried(tx, [placed.order_id]) == {
            placed.order_id: replace(after, version=after.version + changed)
        }
        order = await stored(tx, placed)
        assert (order.standing, order.state, order.exposed) == (after.standing, after.state, after.exposed)


async def test_pieces_are_counted_on_the_official_lines_only(database: Database, maker_id: UUID) -> None:
    order = _placed()
    (line,) = order.content.lines
    change = CreateOc(
        signed(),
        changes=[LineChange(line_no=1, quantity=8)],
        then_confirm=Confirm(TODAY, True, signed()),
    )
    decision = create_oc(order, change, exposure=None, market=a_market(), ids=fresh())
    async with database.transaction(maker_id) as tx:
        await insert_orders(tx, [order])
        await save_orders(tx, [History.untouched(order).then(_decided(decision))])
        moved = [LineMoved(order.order_id, line.line_id, shipped=3), LineMoved(order.order_id, line.line_id, closed=1)]
        await count_pieces(tx, moved)
        loaded = await stored(tx, order)
    assert loaded.progress == {line.line_id: Progress(3, 1)}
    assert loaded.content.version == 1
    with pytest.raises(DBAPIError, match="ck_order_lines_delivered"):
        async with database.transaction(maker_id) as tx:
            await count_pieces(tx, [LineMoved(order.order_id, line.line_id, shipped=5)])
    with pytest.raises(LineUnknown):
        async with database.transaction(maker_id) as tx:
            await count_pieces(tx, [LineMoved(order.order_id, clock.new_id(), shipped=1)])


async def test_a_stale_order_is_not_overwritten(database: Database, maker_id: UUID) -> None:
    order = _placed()
    async with database.transaction(maker_id) as tx:
        await insert_orders(tx, [order])
    history = History.untouched(order).then(_decided(hold(order, signed("wait"))))
    async with database.transaction(maker_id) as tx:
        await save_orders(tx, [history])
    with pytest.raises(Stale):
        async with database.transaction(maker_id) as tx:
            await save_orders(tx, [history])


async def test_an_order_in_another_currency_comes_back_as_it_was(database: Database, maker_id: UUID) -> None:
    usd = Currency.of("USD")
    sku = a_sku(price="100.10", currency="USD")
    wish = a_wish(a_row(sku, 3, currency=usd), currency=usd, order_id=clock.new_id())
    order = place(wish, a_market(skus=[sku]), fresh())
    assert not isinstance(order, Refusal)
    async with database.transaction(maker_id) as tx:
        await insert_orders(tx, [order])
        assert await stored(tx, order) == order
        assert (await stored(tx, order)).grand_total == Money.of("214.69", usd)


async def test_makers_do_not_see_each_others_orders(database: Database, maker_id: UUID) -> None:
    order = _placed()
    async with database.transaction(maker_id) as tx:
        await insert_orders(tx, [order])
    async with database.transaction(clock.new_id()) as tx:
        assert await load_orders(tx, [order.order_id, order.number], lock=True) == {}


BROKEN: list[tuple[str, type[Any], dict[str, Any]]] = [
    ("pk_orders", tables.Order, {"number": "W2"}),
    ("uq_orders_number", tables.Order, {"order_id": clock.new_id()}),
    ("ck_orders_state", tables.Order, {"order_id": clock.new_id(), "number": "W3", "state": "NEW"}),
    ("ck_orders_invoiced", tables.Order, {"order_id": clock.new_id(), "number": "W3", "invoiced": "maybe"}),
    ("ck_orders_customer", tables.Order, {"order_id": clock.new_id(), "number": "W3", "buyer": None}),
    ("ck_orders_exposed", tables.Order, {"order_id": clock.new_id(), "number": "W3", "exposed_amount": Decimal(-1)}),
    ("ck_orders_oc_version", tables.Order, {"order_id": clock.new_id(), "number": "W3", "oc_version": -1}),
    ("ck_orders_pieces", tables.Order, {"order_id": clock.new_id(), "number": "W3", "shipped_quantity": 1}),
    ("pk_order_lines", tables.OrderLine, {"line_no": 2}),
    ("uq_order_lines_line_no", tables.OrderLine, {"line_id": clock.new_id()}),
    ("fk_order_lines_order", tables.OrderLine, {"order_id": clock.new_id()}),
    ("ck_order_lines_quantities", tables.OrderLine, {"content_version": 1, "quantity": -1, "shipped": -1}),
    ("ck_order_lines_delivered", tables.OrderLine, {"content_version": 1, "shipped": 6, "closed": 5}),
    ("ck_order_lines_rates", tables.OrderLine, {"content_version": 1, "wholesale_rate": Decimal(101)}),
    ("pk_order_charges", tables.OrderCharge, {"kind": "fee"}),
    ("uq_order_charges_slot", tables.OrderCharge, {"charge_id": clock.new_id()}),
    ("fk_order_charges_order", tables.OrderCharge, {"order_id": clock.new_id()}),
    ("ck_order_charges_kind", tables.OrderCharge, {"content_version": 1, "kind": "gift"}),
    ("ck_order_charges_rate", tables.OrderCharge, {"content_version": 1, "tax_rate": None}),
    ("ck_order_charges_sign", tables.OrderCharge, {"content_version": 1, "kind": "coupon"}),
    ("pk_order_confirmations", tables.OrderConfirmation, {}),
    ("fk_order_confirmations_order", tables.OrderConfirmation, {"order_id": clock.new_id()}),
    ("ck_order_confirmations_content", tables.OrderConfirmation, {"version": 2, "content_version": 2}),
    ("ck_order_confirmations_confirmed", tables.OrderConfirmation, {"version": 2, "confirmed_on": TODAY}),
    ("pk_order_deeds", tables.OrderDeed, {}),
    ("fk_order_deeds_order", tables.OrderDeed, {"deed_id": clock.new_id(), "order_id": clock.new_id()}),
    ("pk_order_sources", tables.OrderSource, {}),
    ("fk_order_sources_order", tables.OrderSource, {"order_id": clock.new_id()}),
    ("pk_customer_exposures", tables.CustomerExposure, {}),
    ("ck_customer_exposures_ordered", tables.CustomerExposure, {"currency": "USD", "ordered_amount": Decimal(-1)}),
    ("pk_note_shares", tables.NoteShare, {}),
    ("fk_note_shares_order", tables.NoteShare, {"order_id": clock.new_id()}),
    ("ck_note_shares_quantity", tables.NoteShare, {"note_id": clock.new_id(), "quantity": 0}),
    ("pk_invoiced_notes", tables.InvoicedNote, {}),
    ("pk_note_exemptions", tables.NoteExemption, {}),
    ("fk_note_exemptions_order", tables.NoteExemption, {"order_id": clock.new_id()}),
    ("pk_makers", tables.Maker, {}),
    ("pk_customers", tables.Customer, {}),
    ("pk_skus", tables.Sku, {}),
    ("pk_taxes", tables.Tax, {}),
    ("pk_customer_rates", tables.CustomerRate, {}),
]


@pytest.mark.parametrize(("constraint", "table", "wrong"), BROKEN, ids=[name for name, _, _ in BROKEN])
async def test_a_row_that_cannot_be_is_refused_by_the_database(
    database: Database, maker_id: UUID, constraint: str, table: type[Any], wrong: dict[str, Any]
) -> None:
    async with database.transaction(maker_id) as tx:
        for kind, row in _rows(maker_id).items():
            await tx.insert(kind, [row])
    with pytest.raises(DBAPIError) as caught:
        async with database.transaction(maker_id) as tx:
            await tx.insert(table, [{**_rows(maker_id)[table], **wrong}])
    assert (failures.sqlstate(caught.value) or "").startswith("23")
    assert constraint in str(caught.value)


def test_every_constraint_is_hit() -> None:
    named = {constraint for constraint, _, _ in BROKEN}
    versions = Path(tables.__file__ or "").parents[2] / "migrations" / "versions"
    words = " ".join(file.read_text(encoding="utf-8") for file in sorted(versions.glob("*.py"))).split()
    defined = {word for at, word in enumerate(words) if words[at - 1] == "constraint"}
    assert defined == named


_ORDER_ID, _LINE_ID, _CHARGE_ID, _DEED_ID, _FILE_ID, _NOTE_ID, _TAX_ID = (clock.new_id() for _ in range(7))


def _rows(maker_id: UUID) -> dict[type[Any], dict[str, Any]]:
    """One good row per table."""
    of_order = {"maker_id": maker_id, "order_id": _ORDER_ID}
    customer = {"maker_id": maker_id, "customer_id": CUSTOMER.customer_id}
    amounts = ("net_amount", "tax_amount", "grand_total", "expected_amount", "exposed_amount", "billed_amount")
    pieces = ("ordered_quantity", "shipped_quantity", "closed_quantity", "billed_quantity", "exempt_quantity")
    nothing = {**dict.fromkeys((*amounts, "waived_amount"), Decimal(0)), **dict.fromkeys(pieces, 0)}
    return {
        tables.Order: {
            **of_order, **nothing, "number": "W1", "state": "PLACED", "channel": "api", "currency": "JPY",
            "ordered_at": NOW, "ordered_on": TODAY, "customer_id": CUSTOMER.customer_id, "customer_code": "C000122",
            "customer_name": "x", "purchase_order_number": "", "wished_on": None, "on_hold": False,
            "over_limit": False, "invoiced": "no", "warning_codes": [], "content_version": 0, "oc_version": 0,
            "confirmed_on": None, "buyer": {"code": "C000122"}, "heading": {}, "entries": [], "warnings": [],
            "placed_totals": {}, "placed_by": "x", "placed_at": NOW + timedelta(days=1), "placed_note": "",
            "changed_at": NOW, "stocked_at": None, "version": 1,
        },
        tables.OrderLine: {
            **of_order, "content_version": 0, "line_id": _LINE_ID, "line_no": 1, "sku_id": None, "product_id": None,
            "sku_code": "AP-1", "product_name": "x", "option": "", "quantity": 10, "original_price": Decimal(1),
            "wholesale_rate": Decimal(65), "rate_source": "customer", "unit_price": Decimal(1),
            "tax_rate": Decimal(10), "tax_included": False, "reduced": False, "planned_from": None,
            "planned_to": None, "ship_to_number": 0, "shipped": 0, "closed": 0,
        },
        tables.OrderCharge: {
            **of_order, "content_version": 0, "charge_id": _CHARGE_ID, "position": 0, "kind": "shipping",
            "name": "x", "tax_rate": Decimal(10), "amount": Decimal(660), "tax_included": True,
        },
        tables.OrderConfirmation: {
            **of_order, "version": 1, "content_version": 0, "approval_required": False, "totals": None,
            "created": {}, "approved": None, "rejected": None, "confirmed": None, "confirmed_on": None,
        },
        tables.OrderDeed: {
            **of_order, "deed_id": _DEED_ID, "deed": "hold", "done_by": "x", "done_at": NOW, "note": "",
        },
        tables.OrderSource: {
            **of_order, "file_id": _FILE_ID, "layout": "invoice", "headers": [], "row_numbers": [], "cells": [],
        },
        tables.CustomerExposure: {
            **customer, "currency": "JPY", "ordered_amount": Decimal(0), "posted_amount": Decimal(0),
            "posted_sequence": 0,
        },
        tables.NoteShare: {**of_order, "note_id": _NOTE_ID, "quantity": 1},
        tables.NoteExemption: {**of_order, "note_id": _NOTE_ID, "exempt": True, "amount": Decimal(1)},
        tables.InvoicedNote: {"maker_id": maker_id, "note_id": _NOTE_ID, "invoice_id": _FILE_ID},
        tables.Maker: {
            "maker_id": maker_id, "currency": "JPY", "time_zone": "Asia/Tokyo", "language": "ja",
            "price_rounding": "floor", "price_tax_mode": "exclusive", "unshipped_creation": "automatic",
            "strict_import": False, "version": 1,
        },
        tables.Customer: {
            **customer, "code": "C000122", "name": "x", "email": "", "payment_category": "", "shipping_category": "",
            "wholesale_rate": None, "credit_limit": None, "active": True, "address": {}, "ship_tos": {}, "version": 1,
        },
        tables.Sku: {
            "maker_id": maker_id, "sku_id": _LINE_ID, "code": "AP-1", "code_key": "AP-1", "product_id": _LINE_ID,
            "name": "x", "state": "on_sale", "prices": {}, "tax_id": None, "wholesale_rate": None,
            "planned_from": None, "planned_to": None, "version": 1,
        },
        tables.Tax: {
            "maker_id": maker_id, "tax_id": _TAX_ID, "rate": Decimal(10), "reduced": False, "rounding": "floor",
            "country": "JP", "standard": True, "active": True, "version": 1,
        },
        tables.CustomerRate: {**customer, "product_id": _LINE_ID, "wholesale_rate": Decimal(55), "version": 1},
    }  # fmt: skip


def _placed() -> Order:
    order = place(a_wish(order_id=clock.new_id()), a_market(), fresh())
    assert isinstance(order, Order)
    return order


def _decided(decision: Any) -> Any:
    assert isinstance(decision, list)
    return decision
