"""Each named constraint refuses what no verb of the core can make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Update, insert, update
from sqlalchemy.exc import IntegrityError

from chassis.database import Database
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.delivery_note import PiecesReturned
from fulfillment.core.parts import ReturnId
from fulfillment.core.returns import ReturnDrafted, ReturnNote, ReturnTerms, draft
from fulfillment.store import notes, orders, returns
from services.fulfillment.tests import builders
from services.fulfillment.tests.builders import TODAY, a_charge, a_line, an_id, an_order, ids, shipped, the_charges

ORDER = an_order()
NOTE = shipped(builders.a_note(ORDER))


async def a_world(tx: Tx) -> None:
    """An order, a shipped note over it and a draft return of it."""
    await orders.insert_stock(tx, [(ORDER, the_charges(ORDER, a_charge(11)))])
    await notes.insert_notes(tx, [NOTE])
    await tx.insert(tables.UnshippedClosure, [closure(tx)])
    await returns.insert_returns(tx, [a_return()])


def a_return() -> ReturnNote:
    line = NOTE.lines[0].line_id
    drafted = draft(NOTE, PiecesReturned(NOTE.note_id, {line: 1}), ReturnTerms(TODAY, "誤納品"), ids())
    assert isinstance(drafted, ReturnDrafted)
    return drafted.return_note


def closure(tx: Tx, **changed: object) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "closure_id": uuid4(),
        "order_id": ORDER.order_id,
        "line_id": a_line(1).line_id,
        "quantity": 1,
        "closed_on": TODAY,
        "reason": "欠品",
        "closed_by": "tester",
        "closed_at": tx.now,
        **changed,
    }


DRAFT = {"state": "DRAFT", "number": None, "issued_on": None, "shipped_on": None}
CHANGES: list[tuple[str, type[tables.Table], Mapping[str, object]]] = [
    ("ck_unshipped_skus_counters", tables.UnshippedSku, {"allocated": -1}),
    ("ck_unshipped_skus_open", tables.UnshippedSku, {"allocated": 11}),
    ("ck_unshipped_skus_open", tables.UnshippedSku, {"shipped": 6, "closed": 5}),
    ("ck_unshipped_closures_quantity", tables.UnshippedClosure, {"quantity": 0}),
    ("ck_unshipped_closures_reason", tables.UnshippedClosure, {"reason": ""}),
    ("fk_unshipped_closures_line", tables.UnshippedClosure, {"line_id": an_id(9)}),
    ("fk_unshipped_skus_order", tables.UnshippedSku, {"order_id": an_id(9)}),
    ("fk_order_charges_order", tables.OrderCharge, {"order_id": an_id(9)}),
    ("ck_delivery_notes_state", tables.DeliveryNote, {"state": "LOST", "shipped_on": None}),
    ("ck_delivery_notes_number", tables.DeliveryNote, {"number": None}),
    ("ck_delivery_notes_issued", tables.DeliveryNote, {"issued_on": None}),
    ("ck_delivery_notes_shipped", tables.DeliveryNote, {"shipped_on": None}),
    ("ck_delivery_notes_delivered", tables.DeliveryNote, {"delivered_on": TODAY}),
    ("ck_delivery_notes_reason", tables.DeliveryNote, {"non_billable_reason": ""}),
    ("ck_delivery_notes_billing", tables.DeliveryNote, {**DRAFT, "invoice_id": an_id(1)}),
    ("ck_delivery_note_lines_quantity", tables.DeliveryNoteLine, {"quantity": 0}),
    ("ck_delivery_note_lines_returned", tables.DeliveryNoteLine, {"returned": 11}),
    ("fk_delivery_note_lines_note", tables.DeliveryNoteLine, {"note_id": an_id(9)}),
    ("ck_return_notes_issued", tables.ReturnNote, {"issued_on": TODAY}),
    ("ck_return_notes_invoice", tables.ReturnNote, {"invoice_id": an_id(1)}),
    ("ck_return_notes_reason", tables.ReturnNote, {"reason": ""}),
    ("fk_return_notes_note", tables.ReturnNote, {"note_id": an_id(9)}),
    ("ck_return_note_lines_quantity", tables.ReturnNoteLine, {"quantity": 0}),
    ("fk_return_note_lines_return", tables.ReturnNoteLine, {"return_id": an_id(9)}),
    ("fk_return_note_lines_source", tables.ReturnNoteLine, {"note_line_id": an_id(9)}),
]


@pytest.mark.parametrize(("constraint", "model", "change"), CHANGES)
async def test_a_state_no_verb_can_make_is_not_stored(
    database: Database, maker_id: UUID, constraint: str, model: type[tables.Table], change: Mapping[str, object]
) -> None:
    async with database.transaction(maker_id) as tx:
        await a_world(tx)
    every = update(table_of(model)).where(table_of(model).c.maker_id == maker_id)
    with pytest.raises(IntegrityError, match=constraint):
        await changed(database, maker_id, every.values(**change))


async def changed(database: Database, maker_id: UUID, statement: Update) -> None:
    async with database.transaction(maker_id) as tx:
        await tx.execute(statement)


UNIQUE: list[tuple[str, type[tables.Table], str]] = [
    ("uq_unshipped_orders_number", tables.UnshippedOrder, "order_id"),
    ("uq_unshipped_skus_line_no", tables.UnshippedSku, "line_id"),
    ("uq_order_charges_position", tables.OrderCharge, "charge_id"),
    ("uq_delivery_notes_number", tables.DeliveryNote, "note_id"),
    ("uq_delivery_note_lines_line_no", tables.DeliveryNoteLine, "line_id"),
    ("uq_return_note_lines_line_no", tables.ReturnNoteLine, "line_id"),
]


@pytest.mark.parametrize(("constraint", "model", "key"), UNIQUE)
async def test_the_same_under_another_id_is_not_stored(
    database: Database, maker_id: UUID, constraint: str, model: type[tables.Table], key: str
) -> None:
    async with database.transaction(maker_id) as tx:
        await a_world(tx)
    table = table_of(model)
    columns = [column for column in table.c if column.computed is None]
    async with database.transaction(maker_id) as tx:
        row = (await tx.rows(table.select().where(table.c.maker_id == maker_id).limit(1)))[0]
        values = {column.name: getattr(row, column.name) for column in columns}
        with pytest.raises(IntegrityError, match=constraint):
            await tx.execute(insert(table).values({**values, key: uuid4()}))


async def test_two_returns_never_share_a_number(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        await notes.insert_notes(tx, [NOTE])
        numbered = replace(a_return(), number="RN202606-00001", issued_on=TODAY)
        await returns.insert_returns(tx, [numbered])
    again = replace(numbered, return_id=ReturnId(an_id(8)), lines=())
    async with database.transaction(maker_id) as tx:
        with pytest.raises(IntegrityError, match="uq_return_notes_number"):
            await returns.insert_returns(tx, [again])
