"""What is saved is what is loaded, on real PostgreSQL; a stale version changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.tx import Stale, Tx
from fulfillment.core import charges, unshipped
from fulfillment.core.charges import ChargesTaken, OrderCharges
from fulfillment.core.delivery_note import DeliveryNote
from fulfillment.core.parts import Customer, Maker, NoteId
from fulfillment.core.unshipped import QuantitiesAllocated, QuantitiesShipped, UnshippedOrder
from fulfillment.store import facts, notes, orders, returns
from fulfillment.store.facts import Versioned, VersionedMaker
from fulfillment.store.orders import Stock
from services.fulfillment.tests.builders import TODAY, an_id
from services.fulfillment.tests.store import strategies

law = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

pytestmark = pytest.mark.req("GEN-001")


@asynccontextmanager
async def a_maker(database: Database) -> AsyncIterator[Tx]:
    """A transaction of a maker nobody else has; nothing of it stays."""
    try:
        async with database.transaction(uuid4()) as tx:
            yield tx
            raise _Enough
    except _Enough:
        pass


class _Enough(Exception):  # no error: ends the transaction without a commit
    pass


@law
@given(maker=strategies.makers, customers=st.lists(strategies.customers(), unique_by=lambda one: one.customer_id))
async def test_copies_of_makers_and_customers(database: Database, maker: Maker, customers: list[Customer]) -> None:
    async with a_maker(database) as tx:
        assert await facts.find_maker(tx) is None
        await facts.save_maker(tx, VersionedMaker(maker, 1))
        await facts.save_customers(tx, [Versioned(customer, 1) for customer in customers])
        assert await facts.load_maker(tx) == maker
        known = await facts.load_customers(tx, [customer.customer_id for customer in customers])
        assert known == {customer.customer_id: customer for customer in customers}


@law
@given(stocked=st.lists(strategies.stocks(), max_size=3))
async def test_orders_with_lines_and_charges(
    database: Database, stocked: list[tuple[UnshippedOrder, OrderCharges]]
) -> None:
    async with a_maker(database) as tx:
        await orders.insert_stock(tx, stocked)
        by_id = await orders.lock_stock(tx, [order.order_id for order, _ in stocked])
        by_number = await orders.lock_stock(tx, [order.number for order, _ in stocked])
        assert by_id == by_number
        assert by_id.orders == {order.order_id: order for order, _ in stocked}
        assert by_id.charges == {order.order_id: of_order for order, of_order in stocked}


@law
@given(stocked=strategies.stocks())
async def test_what_moved_at_an_order(database: Database, stocked: tuple[UnshippedOrder, OrderCharges]) -> None:
    order, of_order = replace(stocked[0], converted=True), stocked[1]
    async with a_maker(database) as tx:
        await orders.insert_stock(tx, [(order, of_order)])
        before = await orders.lock_stock(tx, [order.order_id])
        free = unshipped.free_quantities(order)
        for event in (
            QuantitiesAllocated(order.order_id, free),
            QuantitiesShipped(order.order_id, free),
        ):
            order = unshipped.evolve(order, event)
        taken = ChargesTaken(order.order_id, NoteId(an_id(1)), tuple(of_order.charges))
        after = Stock({order.order_id: replace(order, on_hold=True)}, {order.order_id: charges.evolve(of_order, taken)})
        await orders.save_stock(tx, before, after)
        assert await orders.lock_stock(tx, [order.order_id]) == after
        assert await orders.held_orders(tx, [order.order_id]) == {order.order_id: order.number}


@law
@given(written=strategies.notes_with_charges())
async def test_delivery_notes_with_lines_and_charges(
    database: Database, written: tuple[DeliveryNote, UnshippedOrder, OrderCharges]
) -> None:
    note, order, of_order = written
    async with a_maker(database) as tx:
        await orders.insert_stock(tx, [(order, of_order)])
        await notes.insert_notes(tx, [note])
        assert await notes.load_notes(tx, [note.note_id]) == {note.note_id: note}
        if note.number is not None:
            assert await notes.load_notes(tx, [note.number], lock=False) == {note.note_id: note}


@law
@given(note=strategies.notes(), changed=strategies.particulars)
async def test_what_changed_on_a_note_is_one_version_higher(
    database: Database, note: DeliveryNote, changed: object
) -> None:
    async with a_maker(database) as tx:
        await notes.insert_notes(tx, [note])
        lines = tuple(replace(line, returned=line.quantity) for line in note.lines)
        after = replace(note, particulars=changed, lines=lines, version=note.version + 1)  # type: ignore[arg-type]
        await notes.save_notes(tx, {note.note_id: note}, [after])
        assert await notes.load_notes(tx, [note.note_id]) == {note.note_id: after}
        with pytest.raises(Stale):
            await notes.save_notes(tx, {note.note_id: note}, [replace(after, shipped_on=TODAY)])


@law
@given(data=st.data())
async def test_return_notes_with_lines(database: Database, data: st.DataObject) -> None:
    note = data.draw(strategies.notes())
    returned = data.draw(strategies.returns_of(note))
    async with a_maker(database) as tx:
        await notes.insert_notes(tx, [note])
        await returns.insert_returns(tx, [returned])
        assert await returns.load_returns(tx, [returned.return_id]) == {returned.return_id: returned}
        numbered = replace(returned, number="RN202606-00001", issued_on=TODAY, version=returned.version + 1)
        await returns.save_returns(tx, {returned.return_id: returned}, [numbered])
        assert await returns.load_returns(tx, ["RN202606-00001"], lock=False) == {returned.return_id: numbered}
        with pytest.raises(Stale):
            await returns.save_returns(tx, {returned.return_id: returned}, [replace(numbered, issued_on=None)])
        await returns.delete_returns(tx, [returned.return_id])
        assert await returns.load_returns(tx, [returned.return_id]) == {}
