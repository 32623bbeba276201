"""What invoicing makes of each message it hears: once, in order, also when it comes twice or too early."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from chassis.database import Database
from chassis.testing.messages import Deliver, Outbox
from contracts.invoicing import CreditNoteIssued
from contracts.parts import Address
from contracts.wire import Message
from invoicing import tables
from invoicing.core.billable import BillableState, SourceKind
from invoicing.core.parties import BillFrom, PostalAddress
from invoicing.store import billables, parties
from invoicing.tables import columns
from invoicing.usecases.knowing import Told, learn
from kernel.calendar import ClosingTerms
from kernel.money import Rate, Rounding
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of, sums


async def count(database: Database, maker_id: UUID, table: type[tables.Table]) -> int:
    async with database.transaction(maker_id) as tx:
        found = await tx.scalar(select(func.count()).where(columns(table).maker_id == maker_id))
        assert isinstance(found, int)
        return found


# ---- Copies ----


async def test_makers_customers_terms_delegations_and_taxes_are_copied(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "P", A="P"))

    async with database.transaction(maker_id) as tx:
        maker = await parties.load_maker(tx)
        known = await parties.load_parties(tx)
        rules = await parties.load_tax_rules(tx)
    assert maker is not None
    assert (maker.name, maker.bill_from) == ("株式会社おろし商事", BillFrom.ISSUED)
    assert maker.locations[0].registration_number == "T8700110005901"
    assert (known[id_of("A")].delegatee_id, known[id_of("P")].terms) == (id_of("P"), ClosingTerms(0, 1, 0))
    assert known[id_of("P")].address == PostalAddress(
        "980-4994", "宮城県仙台市青葉区見本町4-26-6", "デモビル6階", "022-0000-7390"
    )
    assert rules.of(Rate.of(8)).reduced


async def test_a_newer_state_wins_and_an_older_one_is_ignored(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    new = deliver.record(Message(maker_id, messages.customer("K1", name="新社名"), version=5))
    old = deliver.record(Message(maker_id, messages.customer("K1", name="旧社名"), version=4))

    await deliver.records(new, old, new)

    async with database.transaction(maker_id) as tx:
        assert (await parties.load_parties(tx))[id_of("K1")].name == "新社名"


@pytest.mark.req("CUS-077")
async def test_a_deleted_delegation_customer_term_or_tax_is_forgotten(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    await deliver(*messages.world(maker_id, "P", A="P"), messages.tax("X", "3", rounding="ceil"))

    await deliver(
        Message(maker_id, messages.delegation("A", "P"), version=9, tombstone=True),
        Message(maker_id, messages.terms("P"), version=9, tombstone=True),
        Message(maker_id, messages.tax("X", "3"), version=9, tombstone=True),
    )

    async with database.transaction(maker_id) as tx:
        known = await parties.load_parties(tx)
        rules = await parties.load_tax_rules(tx)
    assert (known[id_of("A")].delegatee_id, known[id_of("P")].terms) == (None, None)
    assert rules.of(Rate.of(3)).rounding is Rounding.FLOOR
    await deliver(Message(maker_id, messages.customer("A"), version=9, tombstone=True))
    assert await count(database, maker_id, tables.Customer) == 1


@pytest.mark.req("CUS-077")
async def test_an_answer_asked_for_before_the_deletion_brings_nothing_back(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    await deliver(messages.customer("P"), messages.customer("A"))
    await deliver(
        Message(maker_id, messages.delegation("A", "P"), version=9, tombstone=True),
        Message(maker_id, messages.terms("P"), version=9, tombstone=True),
    )
    delegation = parties.Delegation(id_of("A"), id_of("P"))
    terms = parties.Terms(id_of("P"), ClosingTerms(0, 1, 0))

    async with database.transaction(maker_id) as tx:
        await learn(tx, Told(terms=((terms, 8),), delegations=((delegation, 8),)))
        known = await parties.load_parties(tx)
    assert (known[id_of("A")].delegatee_id, known[id_of("P")].terms) == (None, None)

    async with database.transaction(maker_id) as tx:
        await learn(tx, Told(terms=((terms, 10),), delegations=((delegation, 10),)))
        known = await parties.load_parties(tx)
    assert (known[id_of("A")].delegatee_id, known[id_of("P")].terms) == (id_of("P"), terms.terms)


@pytest.mark.req("CAT-014", "GEN-003")
async def test_taxes_of_other_countries_round_no_invoice(deliver: Deliver, database: Database, maker_id: UUID) -> None:
    """Each country has a standard tax of its own; one of the same rate must not stand in for ours."""
    korean = messages.tax("K10", "10", rounding="ceil").model_copy(update={"country": "KR"})

    await deliver(messages.tax(), korean)

    async with database.transaction(maker_id) as tx:
        rules = await parties.load_tax_rules(tx)
    assert rules.of(Rate.of(10)).rounding is Rounding.FLOOR


@pytest.mark.req("CUS-037")
async def test_invoices_go_to_the_mailing_address_in_the_name_of_the_bill_to(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    mailing = Address(postal_code="100-9999", address1="私書箱1号", name="経理センター")

    await deliver(messages.customer("K1", name="株式会社あて名", mailing=mailing))

    async with database.transaction(maker_id) as tx:
        known = (await parties.load_parties(tx))[id_of("K1")]
    assert (known.name, known.address) == ("株式会社あて名", PostalAddress("100-9999", "私書箱1号"))


# ---- Notes ----


@pytest.mark.req("FUL-034", "INV-155")
async def test_an_issued_note_becomes_billable_with_its_sums(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    lines = [messages.delivered(9_324, 8), messages.delivered(107_830)]
    charges = [messages.charge(-550, "points"), messages.charge(-300, "payment_points", None)]

    await deliver(messages.note("DN1", lines=lines, charges=charges))

    async with database.transaction(maker_id) as tx:
        (note,) = await billables.load(tx, [id_of("DN1")])
    assert (note.kind, note.state, note.dated_on) == (
        SourceKind.DELIVERY_NOTE,
        BillableState.UNBILLED,
        date(2026, 6, 15),
    )
    assert [one.sums for one in note.sums] == [sums(10, 107_830, -550), sums(8, 9_324)]
    assert note.payment_points.amount == Decimal(300)


@pytest.mark.req("FUL-022")
async def test_a_note_issued_as_not_billable_is_exempt(deliver: Deliver, database: Database, maker_id: UUID) -> None:
    await deliver(messages.note("DN1", billable=False))

    async with database.transaction(maker_id) as tx:
        (note,) = await billables.load(tx, [id_of("DN1")])
    assert (note.state, note.exemption) == (BillableState.NON_BILLABLE, "issued as not billable")


async def test_the_same_note_twice_is_one_billable(deliver: Deliver, database: Database, maker_id: UUID) -> None:
    record = deliver.record(messages.note("DN1"))

    await deliver.records(record, record)
    await deliver.records(record)

    assert await count(database, maker_id, tables.Billable) == 1
    assert await count(database, maker_id, tables.BillableLine) == 1


async def test_shipping_is_noted_even_when_its_event_comes_first(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    issued = deliver.record(messages.note("DN1"), sequence=1)
    shipped = deliver.record(messages.shipped("DN1"), sequence=2)

    await deliver.records(shipped)
    await deliver.records(issued)
    await deliver.intake().release()

    async with database.transaction(maker_id) as tx:
        (note,) = await billables.load(tx, [id_of("DN1")])
    assert note.shipped_on == date(2026, 6, 16)


async def test_a_note_in_a_currency_nobody_knows_is_parked_and_blocks_no_other(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    await deliver(messages.note("DN1", currency="XXX"), messages.note("DN2"), may_park=True)

    assert await count(database, maker_id, tables.Billable) == 1


@pytest.mark.req("INV-083", "FUL-071")
async def test_a_return_keeps_what_it_takes_back_and_belongs_to_that_notes_office(
    deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    office = id_of("osaka")
    await deliver(messages.note("DN1", location_id=office))

    await deliver(messages.returned("RT1", of="DN1"))

    async with database.transaction(maker_id) as tx:
        (back,) = await billables.load(tx, [id_of("RT1")])
    assert back.returned_from is not None
    assert (back.kind, back.location_id, back.returned_from.note_number) == (SourceKind.RETURN_NOTE, office, "DN1")


@pytest.mark.req("FUL-022", "FUL-071")
async def test_what_was_never_to_be_billed_is_not_deducted_when_it_comes_back(
    deliver: Deliver, client: httpx.AsyncClient, database: Database, maker_id: UUID
) -> None:
    """A sample that was sent for nothing is worth nothing when it is sent back."""
    await deliver(*messages.world(maker_id, "K1"), messages.note("SAMPLE", billable=False), messages.note("DN1"))

    await deliver(messages.returned("RT1", of="SAMPLE"))

    async with database.transaction(maker_id) as tx:
        (back,) = await billables.load(tx, [id_of("RT1")])
    assert (back.state, back.exemption) == (BillableState.NON_BILLABLE, "issued as not billable")
    run = await client.post("/v1/closing-runs", json={"closing_date": "2026-06-30"})
    assert run.status_code == 201, run.text
    (invoice,) = (await client.get("/v1/invoices")).json()["items"]
    assert invoice["total"] == "1100"


@pytest.mark.req("INV-083", "GEN-008")
async def test_a_return_waits_for_the_note_it_takes_back(deliver: Deliver, database: Database, maker_id: UUID) -> None:
    """Without the note nobody knows whose registration number the return invoice must carry."""
    office = id_of("osaka")
    await deliver(messages.returned("RT1", of="DN1"))
    assert await count(database, maker_id, tables.Billable) == 0

    await deliver(messages.note("DN1", location_id=office))
    await deliver.intake().release()

    async with database.transaction(maker_id) as tx:
        (back,) = await billables.load(tx, [id_of("RT1")])
    assert back.location_id == office


async def test_another_makers_notes_are_not_seen(deliver: Deliver, database: Database, maker_id: UUID) -> None:
    await deliver(Message(id_of("another maker"), messages.note("DN1")))

    async with database.transaction(maker_id) as tx:
        assert await billables.load(tx, [id_of("DN1")]) == []


# ---- Money ----


async def issued_invoice(deliver: Deliver, client: httpx.AsyncClient, maker_id: UUID) -> UUID:
    await deliver(*messages.world(maker_id, "K1"), messages.note("DN1"))
    answer = await client.post("/v1/invoices", json={"bill_to": "K1", "delivery_notes": ["DN1"]})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["invoice_id"])


async def state_of(client: httpx.AsyncClient, invoice_id: UUID) -> tuple[str, str]:
    found = (await client.get(f"/v1/invoices/{invoice_id}")).json()
    return found["state"], found["open_amount"]


async def test_payments_move_the_invoice_and_reversals_move_it_back(
    deliver: Deliver, client: httpx.AsyncClient, maker_id: UUID
) -> None:
    invoice_id = await issued_invoice(deliver, client, maker_id)

    await deliver(messages.allocated(invoice_id, 100))
    assert await state_of(client, invoice_id) == ("PARTLY_PAID", "100")
    await deliver(messages.allocated(invoice_id, 0))
    assert await state_of(client, invoice_id) == ("PAID", "0")
    await deliver(messages.reversed_(invoice_id, 1_100))
    assert await state_of(client, invoice_id) == ("ISSUED", "1100")


async def test_two_allocations_in_one_batch_count_in_order(
    deliver: Deliver, client: httpx.AsyncClient, maker_id: UUID
) -> None:
    invoice_id = await issued_invoice(deliver, client, maker_id)

    await deliver(messages.allocated(invoice_id, 600), messages.allocated(invoice_id, 0))

    assert await state_of(client, invoice_id) == ("PAID", "0")


async def test_a_payment_of_an_invoice_that_was_never_issued_is_parked(
    deliver: Deliver, client: httpx.AsyncClient, maker_id: UUID
) -> None:
    invoice_id = await issued_invoice(deliver, client, maker_id)

    await deliver(messages.allocated(id_of("nobody's"), 0), messages.allocated(invoice_id, 0), may_park=True)

    assert await state_of(client, invoice_id) == ("PAID", "0")


@pytest.mark.req("INV-070", "INV-071")
async def test_an_overpayment_gets_one_credit_note_however_often_it_is_told(
    deliver: Deliver, outbox: Outbox, database: Database, maker_id: UUID
) -> None:
    record = deliver.record(messages.overpaid())

    await deliver.records(record, record)
    await deliver.records(record)

    (announced,) = await outbox()
    assert isinstance(announced, CreditNoteIssued)
    assert announced == CreditNoteIssued(
        bill_to_id=id_of("K1"),
        credit_note_id=announced.credit_note_id,
        number="CN202609-00001",
        kind="overpayment",
        currency="JPY",
        issued_on=date(2026, 9, 1),
        amount=Decimal(2_000),
        overpayment_id=id_of("over"),
    )
    assert await count(database, maker_id, tables.CreditNote) == 1


@pytest.mark.req("INV-092")
async def test_credit_notes_of_several_months_are_numbered_without_gaps(deliver: Deliver, outbox: Outbox) -> None:
    await deliver(
        messages.overpaid("a"),
        messages.overpaid("b", on=date(2026, 10, 1)),
        messages.overpaid("c"),
        messages.overpaid("d"),
    )

    numbers = sorted(one.number for one in await outbox() if isinstance(one, CreditNoteIssued))
    assert numbers == ["CN202609-00001", "CN202609-00002", "CN202609-00003", "CN202610-00001"]


@pytest.mark.req("INV-072")
async def test_a_reversed_overpayment_voids_its_open_credit_note(deliver: Deliver, client: httpx.AsyncClient) -> None:
    await deliver(messages.overpaid())

    await deliver(messages.overpayment_reversed())

    (found,) = (await client.get("/v1/credit-notes")).json()["items"]
    assert (found["state"], found["voided_on"]) == ("VOID", "2026-09-05")
