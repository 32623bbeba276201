"""What is saved is what is loaded, on real PostgreSQL; a stale version changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.tx import Stale, Tx
from customers.core.address_book import AddressBook
from customers.core.customer import Customer
from customers.core.maker import BankAccount, BillFrom, Location, Maker, Preferences, PriceTaxMode, UnshippedCreation
from customers.core.member import ROLES, Member
from customers.core.terms import CustomerTerms
from customers.store import customers, delegations, makers, members, terms
from kernel.calendar import BusinessDayRule, ClosingTerms
from kernel.money import SUPPORTED, Rounding
from services.customers.tests import builders
from services.customers.tests.builders import PREFERENCES, a_customer, a_maker, an_id

law = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

pytestmark = pytest.mark.req("GEN-001", "GEN-006")


class _Enough(Exception):  # no error: ends the transaction without a commit
    pass


@asynccontextmanager
async def a_transaction(database: Database, maker: Maker | None = None) -> AsyncIterator[Tx]:
    """A transaction of a maker nobody else has, and who exists; nothing of it stays."""
    maker_id = uuid4()
    try:
        async with database.transaction(maker_id) as tx:
            if maker is not None:
                await makers.save_maker(tx, None, replace(maker, maker_id=maker_id))
            yield tx
            raise _Enough
    except _Enough:
        pass


languages = st.permutations(["ja", "en", "zh"]).map(tuple)
currencies = st.lists(st.sampled_from(sorted(SUPPORTED)), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def preferences(draw: st.DrawFn) -> Preferences:
    listed, spoken = draw(currencies), draw(languages)
    return Preferences(
        name=draw(builders.texts(50, shortest=1)),
        time_zone="Europe/Berlin",
        languages=spoken,
        default_language=spoken[0],
        currencies=listed,
        default_currency=listed[-1],
        price_rounding=draw(st.sampled_from(Rounding)),
        price_tax_mode=draw(st.sampled_from(PriceTaxMode)),
        unshipped_creation=draw(st.sampled_from(UnshippedCreation)),
        bill_from=draw(st.sampled_from(BillFrom)),
        strict_import=draw(st.booleans()),
        auto_confirm_matches=draw(st.booleans()),
        bank_fee_tolerance=draw(builders.amounts()),
        customer_prefix=draw(st.sampled_from(["", "C", "AB12"])),
    )


numbers = st.none() | st.from_regex(r"\AT[0-9]{13}\Z")
locations = st.builds(
    Location, st.uuids(), builders.codes(), builders.texts(20), builders.addresses(named=False), numbers
)
accounts = st.builds(
    BankAccount,
    bank_account_id=st.uuids(),
    code=builders.codes(),
    bank_code=builders.texts(4),
    bank_name=builders.texts(20),
    branch_code=builders.texts(3),
    branch_name=builders.texts(20),
    kind=st.sampled_from(["ordinary", "current", "savings"]),
    number=builders.texts(7),
    holder_kana=builders.texts(20),
    currency=st.just("JPY"),
    bic=builders.texts(11),
    iban=builders.texts(30),
    active=st.booleans(),
)
members_ = st.builds(
    Member,
    membership_id=st.uuids(),
    email=builders.codes().map(lambda name: f"{name.lower()}@maker.example"),
    name=builders.texts(20, shortest=1),
    roles=st.lists(st.sampled_from(ROLES), min_size=1, unique=True).map(tuple),
    active=st.booleans(),
)
customers_ = st.builds(
    Customer,
    customer_id=st.uuids(),
    code=builders.codes(),
    profile=builders.profiles(),
    ship_tos=builders.ship_tos().map(AddressBook.of),
    hold=st.none() | builders.holds(),
)
agreed = st.builds(
    ClosingTerms, st.integers(0, 28), st.integers(0, 6), st.integers(0, 28), st.sampled_from(BusinessDayRule)
)


def distinct_codes(ones: list[Customer]) -> list[Customer]:
    return list({one.code.upper(): one for one in {one.customer_id: one for one in ones}.values()}.values())


@law
@given(
    preferences(),
    preferences(),
    st.lists(locations, max_size=3, unique_by=(lambda one: one.location_id, lambda one: one.code)),
    st.lists(accounts, max_size=3, unique_by=(lambda one: one.bank_account_id, lambda one: one.code)),
)
async def test_makers_with_locations_and_accounts(
    database: Database, first: Preferences, then: Preferences, places: list[Location], banks: list[BankAccount]
) -> None:
    async with a_transaction(database) as tx:
        new = Maker(tx.maker_id, first, tuple(places[:1]), tuple(banks[:2]))
        saved = await makers.save_maker(tx, None, new)
        assert await makers.load_maker(tx) == saved == replace(new, version=1)

        more = replace(saved, preferences=then, locations=tuple(places), bank_accounts=tuple(banks))
        assert await makers.save_maker(tx, saved, more) == replace(more, version=2)
        assert await makers.load_maker(tx) == replace(more, version=2)
        assert await makers.load_preferences(tx) == then


@law
@given(st.lists(members_, max_size=4, unique_by=(lambda one: one.membership_id, lambda one: one.email)), st.data())
async def test_members(database: Database, team: list[Member], data: st.DataObject) -> None:
    async with a_transaction(database, a_maker()) as tx:
        new = {one.membership_id: one for one in team}
        saved = await members.save_team(tx, {}, new)
        before = await members.load_team(tx)
        assert before == {one.membership_id: one for one in saved}
        changed = {
            key: replace(one, name="別名", active=not one.active) if data.draw(st.booleans()) else one
            for key, one in before.items()
        }
        again = await members.save_team(tx, before, changed)
        assert {one.membership_id for one in again} == {key for key in before if before[key] != changed[key]}
        assert await members.load_team(tx) == {**before, **{one.membership_id: one for one in again}}


@law
@given(st.lists(customers_, max_size=4).map(distinct_codes), st.data())
async def test_customers_with_ship_tos_and_holds(database: Database, new: list[Customer], data: st.DataObject) -> None:
    ids = [one.customer_id for one in new]
    async with a_transaction(database, a_maker()) as tx:
        saved = await customers.save_customers(tx, {}, new)
        before = await customers.load_customers(tx, ids)
        assert list(before.values()) == sorted(saved, key=lambda one: list(before).index(one.customer_id))
        assert await customers.codes_of(tx, ids[:1], [one.code.lower() for one in new[1:]]) == {
            one.customer_id: one.code for one in new
        }
        changed = {
            key: replace(
                one,
                profile=data.draw(builders.profiles()),
                ship_tos=one.ship_tos.put(5, data.draw(builders.addresses())),
                hold=data.draw(st.none() | builders.holds()),
            )
            for key, one in before.items()
            if data.draw(st.booleans())
        }
        again = await customers.save_customers(tx, before, {**before, **changed}.values())
        assert await customers.load_customers(tx, ids) == {**before, **{one.customer_id: one for one in again}}


@law
@given(st.none() | agreed, st.none() | agreed)
async def test_terms_and_their_versions_over_a_removal(
    database: Database, first: ClosingTerms | None, then: ClosingTerms | None
) -> None:
    async with a_transaction(database, a_maker()) as tx:
        await customers.save_customers(tx, {}, [a_customer()])
        none_yet = await terms.load_terms(tx, [an_id(1)])
        assert none_yet == {an_id(1): CustomerTerms(an_id(1))}

        await terms.save_terms(tx, none_yet, [CustomerTerms(an_id(1), first)])
        before = await terms.load_terms(tx, [an_id(1)])
        assert before[an_id(1)].agreed == first
        await terms.save_terms(tx, before, [replace(before[an_id(1)], agreed=then)])
        after = (await terms.load_terms(tx, [an_id(1)]))[an_id(1)]
        assert after == CustomerTerms(an_id(1), then, before[an_id(1)].version + (then != first))


people = st.integers(1, 5).map(an_id)
relations = st.dictionaries(people, st.integers(6, 8).map(an_id))


@law
@given(relations, relations)
async def test_delegations_and_their_versions_over_a_revocation(
    database: Database, first: dict[UUID, UUID], then: dict[UUID, UUID]
) -> None:
    everybody = [an_id(number) for number in range(1, 9)]
    async with a_transaction(database, a_maker()) as tx:
        await customers.save_customers(tx, {}, [a_customer(number, f"C{number}") for number in range(1, 9)])
        await delegations.save_delegations(tx, await delegations.load_delegations(tx, everybody), first)
        before = await delegations.load_delegations(tx, everybody)
        assert before.relation == first
        saved = await delegations.save_delegations(tx, before, then)
        after = await delegations.load_delegations(tx, everybody)
        assert after.relation == then
        assert {one.delegator_id for one in saved} == {one for one in everybody if first.get(one) != then.get(one)}
        assert after.versions == {**before.versions, **{one.delegator_id: one.version for one in saved}}


async def test_a_stale_version_changes_nothing(database: Database, maker: UUID) -> None:
    async with database.transaction(maker) as tx:
        [saved] = await customers.save_customers(tx, {}, [a_customer()])
    before = {saved.customer_id: saved}
    richer = replace(saved, profile=replace(saved.profile, credit_limit=Decimal(7)))
    async with database.transaction(maker) as tx:
        await customers.save_customers(tx, before, [richer])

    with pytest.raises(Stale):
        async with database.transaction(maker) as tx:
            await customers.save_customers(tx, before, [replace(richer, code="K101X")])

    async with database.transaction(maker) as tx:
        assert (await customers.load_customers(tx, before))[saved.customer_id] == replace(richer, version=2)
        assert await makers.load_preferences(tx) == PREFERENCES
