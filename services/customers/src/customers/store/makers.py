"""The maker of the transaction: preferences, locations, bank accounts, and what its customers use of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import exists, select

from chassis.tx import Tx
from customers import tables
from customers.core.maker import (
    BankAccount,
    BillFrom,
    Location,
    Maker,
    MakerFacts,
    Preferences,
    PriceTaxMode,
    UnshippedCreation,
)
from customers.store.addresses import packed, unpacked
from customers.tables import Row, columns, sql
from kernel.money import Rounding

T = TypeVar("T")


async def load_maker(tx: Tx) -> Maker | None:
    """The maker this transaction belongs to; None while its creation has not arrived."""
    m = columns(tables.MakerRow)
    row = await tx.one_or_none(select(sql(tables.MakerRow)).where(m.maker_id == tx.maker_id))
    if row is None:
        return None
    return Maker(row.maker_id, _preferences(row), await _locations(tx), await _accounts(tx), row.version)


async def load_preferences(tx: Tx) -> Preferences | None:
    """Only the preferences: what decisions about customers need."""
    m = columns(tables.MakerRow)
    row = await tx.one_or_none(select(sql(tables.MakerRow)).where(m.maker_id == tx.maker_id))
    return None if row is None else _preferences(row)


async def load_facts(tx: Tx, time_zones: frozenset[str]) -> MakerFacts:
    """What the maker's customers use of its preferences."""
    c = columns(tables.CustomerRow)
    used = await tx.rows(select(c.currency, c.language).where(c.maker_id == tx.maker_id).distinct())
    limited = exists().where(c.maker_id == tx.maker_id, c.credit_limit.is_not(None))
    return MakerFacts(
        time_zones,
        frozenset(row.currency for row in used),
        frozenset(row.language for row in used),
        bool(await tx.scalar(select(limited))),
    )


async def save_maker(tx: Tx, before: Maker | None, after: Maker) -> Maker:
    """Stores what changed and returns the maker with its new version."""
    row = _row(tx, after)
    if before is None:
        await tx.insert(tables.MakerRow, [{**row, "version": 1}])
        saved = replace(after, version=1)
    else:
        await tx.update(tables.MakerRow, [row], key=("maker_id",), expect_version="version")
        saved = replace(after, version=before.version + 1)
    old = before or Maker(after.maker_id, after.preferences)
    locations = [_location_row(tx, at, one) for at, one in _changed(old.locations, after.locations)]
    await tx.upsert(tables.LocationRow, locations, key=("maker_id", "location_id"))
    accounts = [_account_row(tx, at, one) for at, one in _changed(old.bank_accounts, after.bank_accounts)]
    await tx.upsert(tables.BankAccountRow, accounts, key=("maker_id", "bank_account_id"))
    return saved


def _changed(before: tuple[T, ...], after: tuple[T, ...]) -> Iterable[tuple[int, T]]:
    return ((at, one) for at, one in enumerate(after) if at >= len(before) or before[at] != one)


async def _locations(tx: Tx) -> tuple[Location, ...]:
    t = columns(tables.LocationRow)
    rows = await tx.rows(select(sql(tables.LocationRow)).where(t.maker_id == tx.maker_id).order_by(t.position))
    return tuple(
        Location(row.location_id, row.code, row.name, unpacked(row.address), row.registration_number) for row in rows
    )


async def _accounts(tx: Tx) -> tuple[BankAccount, ...]:
    t = columns(tables.BankAccountRow)
    rows = await tx.rows(select(sql(tables.BankAccountRow)).where(t.maker_id == tx.maker_id).order_by(t.position))
    return tuple(_account(row) for row in rows)


def _account(row: Row) -> BankAccount:
    return BankAccount(
        bank_account_id=row.bank_account_id,
        code=row.code,
        bank_code=row.bank_code,
        bank_name=row.bank_name,
        branch_code=row.branch_code,
        branch_name=row.branch_name,
        kind=row.kind,
        number=row.number,
        holder_kana=row.holder_kana,
        currency=row.currency,
        bic=row.bic,
        iban=row.iban,
        active=row.active,
    )


def _preferences(row: Row) -> Preferences:
    return Preferences(
        name=row.name,
        time_zone=row.time_zone,
        languages=tuple(row.languages),
        default_language=row.default_language,
        currencies=tuple(row.currencies),
        default_currency=row.default_currency,
        price_rounding=Rounding(row.price_rounding),
        price_tax_mode=PriceTaxMode(row.price_tax_mode),
        unshipped_creation=UnshippedCreation(row.unshipped_creation),
        bill_from=BillFrom(row.bill_from),
        strict_import=row.strict_import,
        auto_confirm_matches=row.auto_confirm_matches,
        bank_fee_tolerance=row.bank_fee_tolerance,
        customer_prefix=row.customer_prefix,
    )


def _row(tx: Tx, maker: Maker) -> dict[str, object]:
    chosen = maker.preferences
    return {
        "maker_id": tx.maker_id,
        "name": chosen.name,
        "time_zone": chosen.time_zone,
        "languages": list(chosen.languages),
        "default_language": chosen.default_language,
        "currencies": list(chosen.currencies),
        "default_currency": chosen.default_currency,
        "price_rounding": chosen.price_rounding,
        "price_tax_mode": chosen.price_tax_mode,
        "unshipped_creation": chosen.unshipped_creation,
        "bill_from": chosen.bill_from,
        "strict_import": chosen.strict_import,
        "auto_confirm_matches": chosen.auto_confirm_matches,
        "bank_fee_tolerance": chosen.bank_fee_tolerance,
        "customer_prefix": chosen.customer_prefix,
        "version": maker.version,
    }


def _location_row(tx: Tx, position: int, location: Location) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "location_id": location.location_id,
        "position": position,
        "code": location.code,
        "name": location.name,
        "address": packed(location.address),
        "registration_number": location.registration_number,
    }


def _account_row(tx: Tx, position: int, account: BankAccount) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "bank_account_id": account.bank_account_id,
        "position": position,
        "code": account.code,
        "bank_code": account.bank_code,
        "bank_name": account.bank_name,
        "branch_code": account.branch_code,
        "branch_name": account.branch_name,
        "kind": account.kind,
        "number": account.number,
        "holder_kana": account.holder_kana,
        "currency": account.currency,
        "bic": account.bic,
        "iban": account.iban,
        "active": account.active,
    }
