"""What payments makes of its neighbours' messages: once, in order, whatever else arrives."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from chassis.database import Database, Role
from chassis.testing.messages import Deliver, Outbox
from contracts.customers import CustomerState, DelegationState
from contracts.invoicing import CreditNoteIssued
from contracts.payments import BalanceChanged, OverpaymentRecorded, PaymentReversed
from contracts.wire import Message
from payments import tables
from payments.tables import columns
from services.payments.tests.builders import (
    A,
    B,
    C,
    account_part,
    customer_state,
    invoice_id,
    invoice_issued,
    invoice_voided,
    maker_state,
)
from services.payments.tests.desk import Desk


@pytest.mark.req("PAY-001", "PAY-002")
async def test_an_issued_invoice_raises_the_balance_and_tells_it(desk: Desk, outbox: Outbox) -> None:
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, 500), invoice_issued(3, -200, bill_to=B))
    told = await outbox()
    assert told == [
        BalanceChanged(
            bill_to_id=A,
            currency="JPY",
            balance=Decimal(33_500),
            open_invoices=Decimal(33_500),
            open_slips=Decimal(0),
            sequence=1,
        ),
        BalanceChanged(
            bill_to_id=B,
            currency="JPY",
            balance=Decimal(-200),
            open_invoices=Decimal(-200),
            open_slips=Decimal(0),
            sequence=1,
        ),
    ]
    await desk.verified()


@pytest.mark.req("GEN-008")
async def test_an_invoice_told_twice_counts_once(desk: Desk, outbox: Outbox) -> None:
    record = desk.deliver.record(invoice_issued(1, 33_000))
    await desk.deliver.records(record, record)
    await desk.deliver.records(record)
    assert [one.balance for one in await outbox() if isinstance(one, BalanceChanged)] == [Decimal(33_000)]
    assert len(await desk.items("/v1/receivables")) == 1


@pytest.mark.req("GEN-008")
async def test_a_void_that_overtakes_its_invoice_waits_for_it(desk: Desk) -> None:
    issued = desk.deliver.record(invoice_issued(1, 33_000), sequence=1)
    voided = desk.deliver.record(invoice_voided(1, 33_000), sequence=2)
    await desk.deliver.records(voided, may_park=True)
    assert await desk.items("/v1/receivables") == []
    await desk.deliver.records(issued)
    assert [one["state"] for one in await desk.items("/v1/receivables")] == ["VOIDED"]
    await desk.verified()


async def test_a_void_takes_the_total_off_the_balance_from_its_day_on(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, 500), invoice_voided(1, 33_000))
    assert (await desk.balance())["balance"] == "500"
    assert (await desk.balance(as_of="2026-10-19"))["balance"] == "33500"
    [voided] = await desk.items("/v1/receivables", state="VOIDED")
    assert (voided["open_amount"], voided["voided_on"]) == ("0", "2026-10-20")
    assert await desk.items("/v1/overdue-invoices", as_of="2026-10-31", customer_code="C2") == []
    kinds = [one["kind"] for one in await desk.items("/v1/ledger-entries", invoice_id=str(invoice_id(1)))]
    assert kinds == ["invoice", "invoice_void"]
    await desk.verified()


async def test_money_on_an_invoice_that_is_voided_is_free_again(desk: Desk, outbox: Outbox) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 33_000), invoice_issued(2, 500))
    line = await desk.received(33_500)
    await desk.confirm(line["bank_line_id"])
    await outbox.clear()
    await desk.deliver(invoice_voided(1, 33_000))
    after = await desk.line(line["bank_line_id"])
    assert (after["state"], after["unallocated"]) == ("NEW", "33500")
    reversed_ = [one.invoice_id for one in await outbox() if isinstance(one, PaymentReversed)]
    assert reversed_ == [invoice_id(1), invoice_id(2)]
    assert (await desk.balance())["balance"] == "500"
    await desk.verified()


@pytest.mark.req("PAY-051")
async def test_the_credit_note_of_an_overpayment_is_shown_and_not_counted_again(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_300)
    kept = await desk.confirm(line["bank_line_id"], allocations=[{"invoice_number": "INV-1"}], remainder="overpayment")
    overpayment_id = UUID(kept["overpayment"]["overpayment_id"])
    await desk.deliver(_credit_note(1, 300, kind="overpayment", overpayment_id=overpayment_id))
    await desk.deliver(_credit_note(2, 50, kind="return"))
    assert (await desk.balance())["open_credit_notes"] == "350"
    assert (await desk.line(line["bank_line_id"]))["overpayment"]["credit_note_number"] == "CN-1"
    customer = await desk.get(f"/v1/balances/{A}")
    assert [(one["number"], one["amount"]) for one in customer["credit_notes"]] == [("CN-1", "300"), ("CN-2", "50")]
    await desk.verified()


async def test_who_keeps_an_overpayment_may_wait_for_its_credit_note(desk: Desk, outbox: Outbox) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_300)
    confirm = desk.client.post(
        f"/v1/bank-lines/{line['bank_line_id']}/confirmation",
        json={"allocations": [{"invoice_number": "INV-1"}], "remainder": "overpayment"},
        headers={"Prefer": "wait=8"},
    )

    async def invoicing() -> None:
        kept: list[OverpaymentRecorded] = []
        while not kept:
            kept = [one for one in await outbox() if isinstance(one, OverpaymentRecorded)]
        await desk.deliver(_credit_note(1, 300, kind="overpayment", overpayment_id=kept[0].overpayment_id))

    answer, _ = await asyncio.gather(confirm, invoicing())

    assert (answer.json()["overpayment"]["credit_note_number"], answer.headers["preference-applied"]) == (
        "CN-1",
        "wait=8",
    )


@pytest.mark.req("PAY-042", "PAY-051")
async def test_the_credit_note_of_an_overpayment_that_was_reversed_is_shown_no_more(desk: Desk) -> None:
    """Invoicing voids it on hearing of the reversal; heard of before or after, it is nobody's money any more."""
    await desk.masters()
    await desk.deliver(invoice_issued(1, 1_000))
    line = await desk.received(1_300)
    kept = await desk.confirm(line["bank_line_id"], allocations=[{"invoice_number": "INV-1"}], remainder="overpayment")
    overpayment_id = UUID(kept["overpayment"]["overpayment_id"])
    await desk.post(f"/v1/bank-lines/{line['bank_line_id']}/reversal", {})
    await desk.deliver(_credit_note(1, 300, kind="overpayment", overpayment_id=overpayment_id))
    assert (await desk.balance())["open_credit_notes"] == "0"
    assert (await desk.get(f"/v1/balances/{A}"))["credit_notes"] == []
    await desk.verified()


def _credit_note(number: int, amount: int, *, kind: str, overpayment_id: UUID | None = None) -> CreditNoteIssued:
    return CreditNoteIssued(
        bill_to_id=A,
        credit_note_id=UUID(int=800 + number),
        number=f"CN-{number}",
        kind=kind,
        currency="JPY",
        issued_on=date(2026, 10, 1),
        amount=Decimal(amount),
        overpayment_id=overpayment_id,
    )


async def test_the_newer_maker_wins_and_accounts_that_are_gone_take_no_files(
    desk: Desk, database: Database, maker_id: UUID
) -> None:
    await desk.deliver(maker_state(maker_id, tolerance="880"))
    newer = maker_state(maker_id, tolerance="0", accounts=[account_part(2, code="B2", digits="7")])
    await desk.deliver(Message(maker_id, newer, version=5))
    await desk.deliver(Message(maker_id, maker_state(maker_id, tolerance="999"), version=3))
    async with database.transaction(maker_id) as tx:
        m, t = columns(tables.MakerRow), columns(tables.BankAccountRow)
        tolerance = await tx.scalar(select(m.fee_tolerance).where(m.maker_id == maker_id))
        accounts = await tx.rows(select(t.code, t.active).where(t.maker_id == maker_id).order_by(t.code))
    assert (tolerance, [tuple(row) for row in accounts]) == (0, [("B1", False), ("B2", True)])


@pytest.mark.req("PAY-032")
async def test_a_renamed_customer_is_found_under_the_new_name_only(desk: Desk) -> None:
    await desk.masters()
    await desk.deliver(customer_state(A, code="C1", name="株式会社川", kana="カワ"))
    assert (await desk.received(10, "ｶﾜ"))["customer"]["code"] == "C1"
    assert (await desk.received(11, "ﾔﾏﾀﾞ", reference="000002"))["customer"] is None


async def test_an_older_customer_state_changes_nothing(desk: Desk, maker_id: UUID) -> None:
    await desk.masters()
    await desk.deliver(Message(maker_id, customer_state(A, code="C1", name="新", kana="シン"), version=9))
    await desk.deliver(Message(maker_id, customer_state(A, code="C1", name="旧", kana="キュウ"), version=4))
    assert (await desk.received(10, "ｼﾝ"))["customer"]["name"] == "新"


async def test_a_deleted_customer_keeps_its_row_and_pays_under_no_name(desk: Desk, maker_id: UUID) -> None:
    await desk.masters()
    await desk.deliver(invoice_issued(1, 700))
    gone: CustomerState = customer_state(A, code="C1")
    await desk.deliver(Message(maker_id, gone, version=9, tombstone=True))
    assert (await desk.received(10))["customer"] is None
    assert (await desk.balance())["balance"] == "700"


@pytest.mark.req("PAY-002")
async def test_a_delegation_ends_with_its_tombstone(desk: Desk, maker_id: UUID) -> None:
    await desk.masters()
    delegation = DelegationState(delegator_id=C, delegatee_id=B)
    await desk.deliver(delegation)
    assert (await desk.received(10, "ﾀﾅｶ"))["bill_to"]["code"] == "C2"
    await desk.deliver(Message(maker_id, delegation, version=9, tombstone=True))
    assert (await desk.received(11, "ﾀﾅｶ", reference="000002"))["bill_to"]["code"] == "C3"


async def test_messages_of_another_maker_touch_nothing_here(desk: Desk, deliver: Deliver) -> None:
    await desk.masters()
    await deliver(Message(uuid4(), invoice_issued(1, 33_000)))
    assert await desk.items("/v1/receivables") == []
    assert await desk.items("/v1/balances") == []


async def _statements(desk: Desk, database: Database, first: int, invoices: int) -> int:
    """How many statements a batch of so many invoices of 50 customers takes."""
    seen: list[str] = []

    def count(*call: object) -> None:
        seen.append(str(call[2]))

    engine = database.engine(Role.WORKER).sync_engine
    event.listen(engine, "before_cursor_execute", count)
    numbers = range(first, first + invoices)
    await desk.deliver(*(invoice_issued(at, 100 + at, bill_to=UUID(int=at % 50 + 1)) for at in numbers))
    event.remove(engine, "before_cursor_execute", count)
    return len(seen)


async def test_a_batch_of_invoices_takes_the_same_statements_however_many(desk: Desk, database: Database) -> None:
    few, many = await _statements(desk, database, 0, 50), await _statements(desk, database, 50, 400)
    assert many == few
    assert len(await desk.items("/v1/balances", limit=200)) == 50
    await desk.verified()
