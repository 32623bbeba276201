"""Every named constraint of customers' tables refuses what no core lets through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from chassis.database import Database, Role
from chassis.tx import Tx
from customers import tables
from customers.core.maker import Maker
from customers.store import customers, makers, members
from services.customers.tests.builders import (
    NOW,
    PREFERENCES,
    a_customer,
    a_location,
    a_member,
    a_team,
    an_account,
    an_id,
)


@pytest.fixture
async def filled(database: Database, maker_id: UUID) -> UUID:
    """A maker with one of everything."""
    async with database.transaction(maker_id) as tx:
        await makers.save_maker(tx, None, Maker(maker_id, PREFERENCES, (a_location(),), (an_account(),)))
        await members.save_team(tx, {}, a_team(a_member()))
        await customers.save_customers(tx, {}, [a_customer(1, "C1"), a_customer(2, "C2")])
        await tx.insert(tables.ShipToRow, [a_ship_to_row(tx)])
        await tx.insert(tables.TermsRow, [a_terms_row(tx)])
        await tx.insert(tables.DelegationRow, [a_delegation_row(tx)])
        await tx.insert(tables.HoldDeedRow, [a_hold_row(tx)])
        await tx.insert(tables.CodeCounterRow, [a_counter_row(tx)])
        await tx.insert(tables.FileImportRow, [a_file_row(tx)])
    return maker_id


def a_ship_to_row(tx: Tx) -> dict[str, object]:
    return {"maker_id": tx.maker_id, "customer_id": an_id(1), "number": 1, "address": {}}


def a_terms_row(tx: Tx) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "customer_id": an_id(1),
        "closing_day": 20,
        "payment_month_offset": 1,
        "payment_day": 0,
        "business_day_rule": "none",
        "version": 1,
    }


def a_delegation_row(tx: Tx) -> dict[str, object]:
    return {"maker_id": tx.maker_id, "delegator_id": an_id(1), "delegatee_id": an_id(2), "version": 1}


def a_hold_row(tx: Tx) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "deed_id": an_id(1),
        "customer_id": an_id(1),
        "deed": "hold",
        "reason": "支払遅延",
        "done_by": "user-1",
        "done_at": NOW,
    }


def a_counter_row(tx: Tx) -> dict[str, object]:
    return {"maker_id": tx.maker_id, "prefix": "C", "last": 1}


def a_file_row(tx: Tx) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "import_id": an_id(1),
        "kind": "customers",
        "file_id": an_id(1),
        "sha256": b"\x00",
        "counts": {},
        "done_by": "user-1",
        "done_at": NOW,
    }


NO_KEY: Mapping[str, object] = {}
MAKER = (tables.MakerRow, NO_KEY)
LOCATION = (tables.LocationRow, {"location_id": an_id(1)})
ACCOUNT = (tables.BankAccountRow, {"bank_account_id": an_id(1)})
MEMBER = (tables.MemberRow, {"membership_id": an_id(1)})
CUSTOMER = (tables.CustomerRow, {"customer_id": an_id(1)})
TERMS = (tables.TermsRow, {"customer_id": an_id(1)})
DELEGATION = (tables.DelegationRow, {"delegator_id": an_id(1)})
HOLD = (tables.HoldDeedRow, {"deed_id": an_id(1)})
COUNTER = (tables.CodeCounterRow, {"prefix": "C"})
FILE = (tables.FileImportRow, {"import_id": an_id(1)})


WRONG = [
    (MAKER, {"name": ""}, "ck_makers_name"),
    (MAKER, {"price_rounding": "up"}, "ck_makers_price_rounding"),
    (MAKER, {"price_tax_mode": "both"}, "ck_makers_price_tax_mode"),
    (MAKER, {"unshipped_creation": "never"}, "ck_makers_unshipped_creation"),
    (MAKER, {"bill_from": "paid"}, "ck_makers_bill_from"),
    (MAKER, {"bank_fee_tolerance": Decimal(-1)}, "ck_makers_bank_fee_tolerance"),
    (MAKER, {"default_currency": "EUR"}, "ck_makers_default_currency"),
    (MAKER, {"default_language": "fr"}, "ck_makers_default_language"),
    (LOCATION, {"registration_number": "T1"}, "ck_locations_registration_number"),
    (ACCOUNT, {"kind": "other"}, "ck_bank_accounts_kind"),
    (MEMBER, {"email": "Owner@maker.example"}, "ck_members_email"),
    (MEMBER, {"roles": []}, "ck_members_roles"),
    (CUSTOMER, {"code": "C-1", "code_key": "C-1"}, "ck_customers_code"),
    (CUSTOMER, {"code_key": "X"}, "ck_customers_code_key"),
    (CUSTOMER, {"kind": "shop"}, "ck_customers_kind"),
    (CUSTOMER, {"name": ""}, "ck_customers_name"),
    (CUSTOMER, {"wholesale_rate": Decimal("100.01")}, "ck_customers_wholesale_rate"),
    (CUSTOMER, {"credit_limit": Decimal(-1)}, "ck_customers_credit_limit"),
    (CUSTOMER, {"hold_reason": "支払遅延"}, "ck_customers_hold"),
    (CUSTOMER, {"code": "C2", "code_key": "C2"}, "uq_customers_code_key"),
    (TERMS, {"closing_day": 29}, "ck_terms_closing_day"),
    (TERMS, {"payment_month_offset": 7}, "ck_terms_payment_month_offset"),
    (TERMS, {"payment_day": -1}, "ck_terms_payment_day"),
    (TERMS, {"business_day_rule": "later"}, "ck_terms_business_day_rule"),
    (TERMS, {"closing_day": None}, "ck_terms_whole"),
    (DELEGATION, {"delegatee_id": an_id(1)}, "ck_billing_delegations_self"),
    (DELEGATION, {"delegatee_id": an_id(9)}, "fk_billing_delegations_delegatee"),
    (HOLD, {"deed": "pause"}, "ck_hold_deeds_deed"),
    (HOLD, {"reason": ""}, "ck_hold_deeds_reason"),
    (HOLD, {"customer_id": an_id(9)}, "fk_hold_deeds_customer"),
    (COUNTER, {"last": -1}, "ck_code_counters_last"),
    (FILE, {"kind": "orders"}, "ck_file_imports_kind"),
]


@pytest.mark.parametrize(("place", "changes", "constraint"), WRONG)
async def test_a_wrong_value_is_refused_by_name(
    database: Database,
    filled: UUID,
    place: tuple[type[SQLModel], Mapping[str, object]],
    changes: Mapping[str, object],
    constraint: str,
) -> None:
    table, key = place
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        async with database.transaction(filled) as tx:
            await tx.update(table, [{"maker_id": filled, **key, **changes}], key=("maker_id", *key))


async def the_maker(tx: Tx) -> Maker:
    found = await makers.load_maker(tx)
    assert found is not None
    return found


async def second_location(tx: Tx) -> None:
    maker = await the_maker(tx)
    await makers.save_maker(tx, maker, replace(maker, locations=(a_location(), a_location(2))))


async def second_account(tx: Tx) -> None:
    maker = await the_maker(tx)
    await makers.save_maker(tx, maker, replace(maker, bank_accounts=(an_account(), an_account(2))))


async def second_maker(tx: Tx) -> None:
    await makers.save_maker(tx, None, await the_maker(tx))


SECOND: Mapping[str, Callable[[Tx], Awaitable[object]]] = {
    "uq_locations_code": second_location,
    "uq_bank_accounts_code": second_account,
    "pk_makers": second_maker,
    "pk_locations": lambda tx: tx.insert(tables.LocationRow, [a_location_row(tx)]),
    "pk_bank_accounts": lambda tx: tx.insert(tables.BankAccountRow, [an_account_row(tx)]),
    "pk_ship_tos": lambda tx: tx.insert(tables.ShipToRow, [a_ship_to_row(tx)]),
    "uq_members_email": lambda tx: members.save_team(tx, {}, a_team(a_member(2))),
    "pk_members": lambda tx: members.save_team(tx, {}, a_team(a_member(1, "else@maker.example"))),
    "pk_customers": lambda tx: customers.save_customers(tx, {}, [a_customer(1, "C9")]),
    "pk_terms": lambda tx: tx.insert(tables.TermsRow, [a_terms_row(tx)]),
    "pk_billing_delegations": lambda tx: tx.insert(tables.DelegationRow, [a_delegation_row(tx)]),
    "pk_hold_deeds": lambda tx: tx.insert(tables.HoldDeedRow, [a_hold_row(tx)]),
    "pk_code_counters": lambda tx: tx.insert(tables.CodeCounterRow, [a_counter_row(tx)]),
    "pk_file_imports": lambda tx: tx.insert(tables.FileImportRow, [a_file_row(tx)]),
}


@pytest.mark.parametrize("constraint", SECOND)
async def test_a_second_row_of_the_same_key_is_refused_by_name(
    database: Database, filled: UUID, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        async with database.transaction(filled) as tx:
            await SECOND[constraint](tx)


NEW = [
    (tables.ShipToRow, {"number": 10_000, "customer_id": an_id(1), "address": {}}, "ck_ship_tos_number"),
    (tables.ShipToRow, {"number": 1, "customer_id": an_id(9), "address": {}}, "fk_ship_tos_customer"),
    (tables.DelegationRow, {"delegator_id": an_id(9), "version": 1}, "fk_billing_delegations_delegator"),
    (tables.TermsRow, {"customer_id": an_id(9), "version": 1}, "fk_terms_customer"),
]


@pytest.mark.parametrize(("table", "row", "constraint"), NEW)
async def test_a_wrong_new_row_is_refused_by_name(
    database: Database, filled: UUID, table: type[SQLModel], row: Mapping[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        async with database.transaction(filled) as tx:
            await tx.insert(table, [{"maker_id": filled, **row}])


ORPHANS: Mapping[str, Callable[[Tx], Awaitable[object]]] = {
    "fk_locations_maker": lambda tx: tx.insert(tables.LocationRow, [a_location_row(tx)]),
    "fk_bank_accounts_maker": lambda tx: tx.insert(tables.BankAccountRow, [an_account_row(tx)]),
    "fk_members_maker": lambda tx: members.save_team(tx, {}, a_team(a_member())),
    "fk_customers_maker": lambda tx: customers.save_customers(tx, {}, [a_customer()]),
}


@pytest.mark.parametrize("constraint", ORPHANS)
async def test_nothing_belongs_to_a_maker_that_does_not_exist(
    database: Database, maker_id: UUID, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        async with database.transaction(maker_id) as tx:
            await ORPHANS[constraint](tx)


def a_location_row(tx: Tx) -> dict[str, object]:
    named = {"location_id": an_id(1), "position": 0, "code": "HQ", "name": "本社"}
    return {"maker_id": tx.maker_id, **named, "address": {}, "registration_number": None}


def an_account_row(tx: Tx) -> dict[str, object]:
    return {"maker_id": tx.maker_id, "position": 0, **asdict(an_account())}


async def test_every_named_constraint_has_its_test(database: Database) -> None:
    ours = "', '".join(table.name for table in tables.REGISTRY.metadata.tables.values())
    async with database.connection(Role.OWNER) as connection:
        found = await connection.exec_driver_sql(
            "select conname from pg_constraint join pg_class on pg_class.oid = conrelid "
            f"where relname in ('{ours}') and contype <> 'n'"
        )
        there = set(found.scalars())
    tested = {name for *_, name in WRONG} | {name for *_, name in NEW} | SECOND.keys() | ORPHANS.keys()
    assert there - tested == set()
