"""What is saved is what is loaded, for every aggregate, on real PostgreSQL (`load(save(x)) == x`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.tx import Stale, Tx
from invoicing.core.billable import (
    Billable,
    BillableState,
    OrderPoints,
    OrderSums,
    ReceivedNote,
    ReturnedFrom,
    SourceKind,
)
from invoicing.core.credit_note import Overpayment
from invoicing.core.credit_note import issue as issue_credit
from invoicing.core.document import InvoiceDocument, Issue, Replaced, Wording, document_of
from invoicing.core.invoice import InvoiceIssued, InvoiceState, Voiding, evolve
from invoicing.core.parties import BankAccount, BillFrom, Location, Maker, Party, PostalAddress, TaxRule
from invoicing.core.proposal import BilledSource, Dates, Fee, FeeKind, Terms, propose
from invoicing.store import billables, credit_notes, invoices, parties
from kernel.calendar import BusinessDayRule, ClosingTerms, Period
from kernel.money import JPY, SUPPORTED, Currency, Money, Rate, Rounding
from kernel.tax import TaxSums
from services.invoicing.tests.builders import TAXES, id_of, note, party

law = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

uuids = st.uuids(version=4)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)
currencies = st.sampled_from([SUPPORTED["JPY"], SUPPORTED["USD"]])
rates = st.sampled_from([Rate.of(0), Rate.of(8), Rate.of(10), Rate.of("7.625")])
addresses = st.builds(PostalAddress, texts, texts, texts, texts)


def money(currency: Currency, low: int = -(10**9), high: int = 10**9) -> st.SearchStrategy[Money]:
    return st.integers(low, high).map(lambda units: Money(units * currency.unit, currency))


@st.composite
def tax_sums(draw: st.DrawFn, currency: Currency) -> TaxSums:
    amounts = money(currency)
    return TaxSums(draw(rates), draw(amounts), draw(amounts), draw(st.booleans()))


@st.composite
def notes(draw: st.DrawFn) -> Billable:
    currency = draw(currencies)
    state = draw(st.sampled_from(BillableState))
    is_return = draw(st.booleans())
    return Billable(
        billable_id=draw(uuids),
        kind=SourceKind.RETURN_NOTE if is_return else SourceKind.DELIVERY_NOTE,
        number=str(draw(uuids)),
        customer_id=draw(uuids),
        dated_on=draw(days),
        sums=tuple(draw(st.lists(st.builds(OrderSums, uuids, tax_sums(currency)), max_size=4))),
        payment_points=draw(money(currency, 0)),
        order_points=tuple(draw(st.lists(st.builds(OrderPoints, uuids, money(currency, 0)), max_size=2))),
        shipped_on=draw(st.none() | days),
        location_id=draw(st.none() | uuids),
        returned_from=draw(st.builds(ReturnedFrom, uuids, texts, days)) if is_return else None,
        state=state,
        exemption=draw(texts),
        deferred_past=draw(st.none() | days),
        invoice_id=draw(uuids) if state is BillableState.INVOICED else None,
    )


parties_ = st.builds(
    Party,
    customer_id=uuids,
    code=st.uuids().map(str),
    name=texts,
    currency=st.just("JPY"),
    department=texts,
    individual=st.booleans(),
    address=addresses,
    terms=st.none()
    | st.builds(
        ClosingTerms, st.integers(0, 28), st.integers(0, 6), st.integers(0, 28), st.sampled_from(BusinessDayRule)
    ),
    delegatee_id=st.none() | uuids,
)
accounts = st.builds(BankAccount, uuids, texts, texts, texts, texts, texts, texts, texts, texts, st.booleans())
locations = st.builds(Location, uuids, texts, addresses, st.none() | texts)
makers = st.builds(
    Maker,
    maker_id=uuids,
    name=texts,
    time_zone=texts,
    bill_from=st.sampled_from(BillFrom),
    locations=st.lists(locations, max_size=3).map(tuple),
    bank_accounts=st.lists(accounts, max_size=3).map(tuple),
)


@st.composite
def documents(draw: st.DrawFn) -> InvoiceDocument:
    """An invoice over one to five notes and returns of one or two customers, with everything it can carry."""
    customers = draw(st.lists(parties_, min_size=1, max_size=2, unique_by=lambda one: one.code))
    sources = draw(st.lists(sources_of(customers), min_size=1, max_size=5, unique_by=lambda one: one.billable.number))
    fees = draw(st.lists(st.builds(Fee, st.sampled_from(FeeKind), texts, money(JPY), rates), max_size=2))
    period = draw(st.none() | st.tuples(days, days).map(lambda both: Period(min(both), max(both))))
    proposal = propose(
        customers[0],
        sources,
        fees,
        dates=Dates(draw(days), draw(days), draw(st.none() | days), period),
        terms=Terms(draw(makers), TAXES, draw(st.none() | accounts)),
        currency=JPY,
    )
    command = Issue(
        invoice_id=draw(uuids),
        number=str(draw(uuids)),
        maker=draw(makers),
        content=proposal,
        wording=draw(st.builds(Wording, texts, texts, texts)),
        run_id=draw(st.none() | uuids),
        replaces=draw(st.none() | st.builds(Replaced, uuids, texts)),
    )
    return document_of(command)


@st.composite
def sources_of(draw: st.DrawFn, customers: list[Party]) -> BilledSource:
    customer = draw(st.sampled_from(customers))
    amounts: dict[int | str, int] = draw(
        st.dictionaries(st.sampled_from([0, 8, 10]), st.integers(10**6, 10**7), min_size=1)
    )
    number, kind = str(draw(uuids)), draw(st.sampled_from(SourceKind))
    if kind is SourceKind.RETURN_NOTE:
        amounts = {rate: amount // 100 for rate, amount in amounts.items()}
    billable = replace(note(number, dated_on=draw(days), amounts=amounts, kind=kind), customer_id=customer.customer_id)
    return BilledSource(billable, customer, draw(st.booleans()))


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
@given(found=st.lists(notes(), max_size=6, unique_by=lambda one: one.billable_id))
async def test_notes_come_back_as_they_were_kept(database: Database, found: list[Billable]) -> None:
    async with a_maker(database) as tx:
        await billables.add(tx, [ReceivedNote(one, one.dated_on, ()) for one in found])

        loaded = await billables.load(tx, [one.billable_id for one in found])

    assert {one.billable_id: one for one in loaded} == {one.billable_id: one for one in found}


@law
@given(before=notes(), state=st.sampled_from([BillableState.UNBILLED, BillableState.NON_BILLABLE]), past=days)
async def test_what_is_decided_about_a_note_comes_back(
    database: Database, before: Billable, state: BillableState, past: date
) -> None:
    changed = replace(before, state=state, exemption="sample", deferred_past=past, invoice_id=None)
    async with a_maker(database) as tx:
        await billables.add(tx, [ReceivedNote(before, before.dated_on, ())])
        await billables.save(tx, [changed])

        assert await billables.load(tx, [before.billable_id]) == [replace(changed, version=2)]


async def test_a_note_changed_in_between_is_not_overwritten(database: Database) -> None:
    one = note("DN1")
    async with a_maker(database) as tx:
        await billables.add(tx, [ReceivedNote(one, one.dated_on, ())])
        await billables.save(tx, [one])

        with pytest.raises(Stale):
            await billables.save(tx, [one])


@law
@given(document=documents())
async def test_the_paper_of_an_invoice_comes_back_whole(database: Database, document: InvoiceDocument) -> None:
    assume(not document.amounts.total.is_negative)
    async with a_maker(database) as tx:
        await keep_sources(tx, document)
        invoice = evolve(None, InvoiceIssued(document))
        await invoices.add(tx, [(document, invoice)])

        assert await invoices.load_documents(tx, [document.invoice_id]) == {document.invoice_id: document}
        assert await invoices.load(tx, [document.invoice_id]) == {document.invoice_id: invoice}


@law
@given(document=documents(), open_part=st.integers(0, 100), day=days, reason=texts)
async def test_where_an_invoice_stands_comes_back(
    database: Database, document: InvoiceDocument, open_part: int, day: date, reason: str
) -> None:
    assume(not document.amounts.total.is_negative)
    async with a_maker(database) as tx:
        await keep_sources(tx, document)
        issued = evolve(None, InvoiceIssued(document))
        await invoices.add(tx, [(document, issued)])
        part = Money(issued.total.amount * open_part // 100, JPY)
        changed = replace(issued, state=InvoiceState.VOID, open_amount=part, voiding=Voiding(day, reason))
        await invoices.save(tx, [changed])

        assert await invoices.load(tx, [document.invoice_id]) == {document.invoice_id: replace(changed, version=2)}
        with pytest.raises(Stale):
            await invoices.save(tx, [changed])


async def keep_sources(tx: Tx, document: InvoiceDocument) -> None:
    """The notes the paper names, so that it may name them."""
    await billables.add(
        tx,
        [
            ReceivedNote(replace(note(source.number), billable_id=source.source_id), source.dated_on, ())
            for source in document.sources
        ],
    )


@law
@given(kept=makers)
async def test_a_maker_comes_back(database: Database, kept: Maker) -> None:
    async with a_maker(database) as tx:
        await parties.save_maker(tx, kept, version=1)

        assert await parties.load_maker(tx) == replace(kept, maker_id=tx.maker_id)


@law
@given(customers=st.lists(parties_, max_size=4, unique_by=(lambda one: one.customer_id, lambda one: one.code)))
async def test_customers_come_back_with_terms_and_delegatee(database: Database, customers: list[Party]) -> None:
    async with a_maker(database) as tx:
        await keep_parties(tx, customers)

        assert await parties.load_parties(tx) == {one.customer_id: one for one in customers}


async def keep_parties(tx: Tx, customers: list[Party]) -> None:
    await parties.save_customers(tx, [(one, 1) for one in customers])
    await parties.save_terms(tx, [(parties.Terms(one.customer_id, one.terms), 1) for one in customers if one.terms])
    delegations = [(parties.Delegation(one.customer_id, one.delegatee_id), 1) for one in customers if one.delegatee_id]
    await parties.save_delegations(tx, delegations)


async def test_a_group_is_the_delegatee_and_its_delegators(database: Database) -> None:
    customers = [party("P"), party("A", billed_to="P"), party("B", billed_to="P"), party("C")]
    async with a_maker(database) as tx:
        await keep_parties(tx, customers)

        assert set(await parties.load_groups(tx, ["P"])) == {id_of("P"), id_of("A"), id_of("B")}
        assert set(await parties.load_groups(tx, [id_of("C"), "nobody"])) == {id_of("C")}


async def test_an_active_and_standard_tax_decides_how_its_rate_rounds(database: Database) -> None:
    def tax(code: str, rounding: Rounding, *, standard: bool, active: bool) -> parties.Tax:
        return parties.Tax(id_of(code), code, TaxRule(Rate.of(10), rounding), standard, active)

    async with a_maker(database) as tx:
        await parties.save_taxes(
            tx,
            [
                (tax("A", Rounding.CEIL, standard=False, active=True), 1),
                (tax("B", Rounding.HALF_UP, standard=True, active=True), 1),
                (tax("C", Rounding.FLOOR, standard=True, active=False), 1),
            ],
        )

        assert (await parties.load_tax_rules(tx)).of(Rate.of(10)).rounding is Rounding.HALF_UP


@pytest.mark.req("INT-047", "CAT-014")
async def test_the_reduced_tax_of_a_rate_goes_before_another_of_that_rate(database: Database) -> None:
    """Ordering chooses by the same rule: an order and its invoice round alike."""
    old = parties.Tax(UUID(int=1), "A", TaxRule(Rate.of(8), Rounding.CEIL), standard=True, active=True)
    reduced = parties.Tax(
        UUID(int=3), "C", TaxRule(Rate.of(8), Rounding.FLOOR, reduced=True), standard=False, active=True
    )
    again = parties.Tax(UUID(int=4), "B", TaxRule(Rate.of(8), Rounding.CEIL, reduced=True), standard=False, active=True)
    async with a_maker(database) as tx:
        await parties.save_taxes(tx, [(old, 1), (reduced, 1), (again, 1)])

        assert (await parties.load_tax_rules(tx)).of(Rate.of(8)) == reduced.rule


async def test_credit_notes_come_back(database: Database) -> None:
    overpayment = Overpayment(id_of("over"), id_of("K1"), date(2026, 9, 1), Money(Decimal("12.50"), SUPPORTED["USD"]))
    issued = issue_credit(overpayment, credit_note_id=id_of("CN1"), number="CN202609-00001").credit_note
    async with a_maker(database) as tx:
        await credit_notes.add(tx, [issued])

        assert await credit_notes.load_for(tx, [id_of("over")]) == {id_of("over"): issued}
