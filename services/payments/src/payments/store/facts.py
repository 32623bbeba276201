"""Copies of what other services own: makers with their bank accounts, customers, delegations, payer names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from chassis.tx import Tx
from kernel.money import Currency, Money
from payments import tables
from payments.core.maker import UNHEARD_OF, BankAccount, Maker
from payments.core.matching import Directory, KnownName
from payments.core.payer import PayerName, payer_name
from payments.core.statement import AccountNumber
from payments.tables import Row, among, columns

_LAST_CHARACTER = chr(0x10FFFF)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as payments knows it; `kana` and `name` are what its payments may carry."""

    customer_id: UUID
    code: str
    name: str
    kana: str
    active: bool
    version: int


async def load_maker(tx: Tx) -> Maker:
    """The maker's preferences; the defaults while its state has not arrived."""
    t = columns(tables.MakerRow)
    row = await tx.one_or_none(select(tables.sql(tables.MakerRow)).where(t.maker_id == tx.maker_id))
    if row is None:
        return UNHEARD_OF
    currency = Currency.of(row.default_currency)
    return Maker(row.time_zone, currency, row.auto_confirm, Money(row.fee_tolerance, currency))


async def save_maker(tx: Tx, maker: Maker, accounts: Sequence[BankAccount], version: int) -> None:
    """Replaces the copy by a newer one. Accounts no longer listed stay, inactive: their lines refer to them."""
    row = {
        "maker_id": tx.maker_id,
        "time_zone": maker.time_zone,
        "default_currency": maker.default_currency.code,
        "auto_confirm": maker.auto_confirm,
        "fee_tolerance": maker.fee_tolerance.amount,
        "version": version,
    }
    if not await tx.upsert(tables.MakerRow, [row], key=("maker_id",), where_newer="version"):
        return
    await tx.execute(
        text("update bank_accounts set active = false, version = :version where maker_id = :maker_id"),
        {"maker_id": tx.maker_id, "version": version},
    )
    rows = [_account_row(tx, account, version) for account in accounts]
    await tx.upsert(tables.BankAccountRow, rows, key=("maker_id", "bank_account_id"))


def _account_row(tx: Tx, account: BankAccount, version: int) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "bank_account_id": account.bank_account_id,
        "code": account.code,
        "bank_code": account.number.bank_code,
        "branch_code": account.number.branch_code,
        "account_kind": account.number.kind,
        "number": account.number.number,
        "currency": account.currency.code,
        "active": account.active,
        "version": version,
    }


async def load_accounts(tx: Tx) -> list[BankAccount]:
    """All bank accounts of the maker, by code."""
    t = columns(tables.BankAccountRow)
    mine = select(tables.sql(tables.BankAccountRow)).where(t.maker_id == tx.maker_id).order_by(t.code)
    return [_account(row) for row in await tx.rows(mine)]


def _account(row: Row) -> BankAccount:
    number = AccountNumber(row.bank_code, row.branch_code, row.account_kind, row.number)
    return BankAccount(row.bank_account_id, row.code, number, Currency.of(row.currency), row.active)


async def save_customers(tx: Tx, customers: Sequence[Customer]) -> None:
    """Newer copies, and the names they pay under; learned aliases stay."""
    newest = {one.customer_id: one for one in sorted(customers, key=lambda one: one.version)}
    if not newest:
        return
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": one.customer_id,
            "code": one.code,
            "name": one.name,
            "active": one.active,
            "version": one.version,
        }
        for one in newest.values()
    ]
    await tx.upsert(tables.CustomerRow, rows, key=("maker_id", "customer_id"), where_newer="version")
    current = await _current(tx, newest)
    await tx.execute(
        text("delete from payer_names where maker_id = :maker_id and customer_id = any(:ids) and source <> 'learned'"),
        {"maker_id": tx.maker_id, "ids": [one.customer_id for one in current]},
    )
    names = [row for one in current for row in _name_rows(tx, one)]
    await tx.upsert(tables.PayerNameRow, names, key=("maker_id", "customer_id", "source", "key"))


async def _current(tx: Tx, told: Mapping[UUID, Customer]) -> list[Customer]:
    """Those that no newer copy stands against. The upsert before has locked their rows, replaced or not."""
    t = columns(tables.CustomerRow)
    mine = select(t.customer_id, t.version).where(t.maker_id == tx.maker_id, among(t.customer_id, told.keys()))
    return [told[row.customer_id] for row in await tx.rows(mine) if row.version == told[row.customer_id].version]


def _name_rows(tx: Tx, customer: Customer) -> Iterable[dict[str, object]]:
    for source, name in (("kana", customer.kana), ("name", customer.name)):
        keys = payer_name(name)
        if keys.key:
            yield _name_row(tx, customer.customer_id, source, keys)


def _name_row(
    tx: Tx, customer_id: UUID, source: str, keys: PayerName, line_id: UUID | None = None
) -> dict[str, object]:
    learned = source == "learned"
    return {
        "maker_id": tx.maker_id,
        "customer_id": customer_id,
        "source": source,
        "key": keys.key,
        "bare_key": keys.bare_key,
        "name": keys.written,
        "line_id": line_id,
        "learned_by": tx.actor if learned else None,
        "learned_at": tx.now if learned else None,
    }


async def forget_customers(tx: Tx, customer_ids: Collection[UUID]) -> None:
    """The rows stay, inactive; the names go, learned ones too."""
    if not customer_ids:
        return
    asked = {"maker_id": tx.maker_id, "ids": list(customer_ids)}
    await tx.execute(
        text("update customers set active = false where maker_id = :maker_id and customer_id = any(:ids)"), asked
    )
    await tx.execute(text("delete from payer_names where maker_id = :maker_id and customer_id = any(:ids)"), asked)


async def learn_names(tx: Tx, confirmed: Iterable[tuple[UUID, str, UUID]]) -> None:
    """Remembers (customer, payer as written, line) of confirmations (PAY-033); a name already known is left alone."""
    asked = {
        (customer_id, keys.key): (keys, line_id)
        for customer_id, payer, line_id in confirmed
        if (keys := payer_name(payer)).key
    }
    if not asked:
        return
    t = columns(tables.PayerNameRow)
    known = await tx.rows(
        select(t.customer_id, t.key).where(
            t.maker_id == tx.maker_id,
            among(t.customer_id, {customer_id for customer_id, _ in asked}),
            among(t.key, {key for _, key in asked}),
        )
    )
    fresh = asked.keys() - {(row.customer_id, row.key) for row in known}
    rows = [_name_row(tx, one[0], "learned", asked[one][0], asked[one][1]) for one in sorted(fresh, key=str)]
    await tx.insert(tables.PayerNameRow, rows, on_conflict_do_nothing=("maker_id", "customer_id", "source", "key"))


async def unlearn_names(tx: Tx, line_ids: Collection[UUID]) -> None:
    """Forgets what confirming these lines taught: whoever takes the confirmation back doubts the name as well."""
    if not line_ids:
        return
    await tx.execute(
        text("delete from payer_names where maker_id = :maker_id and line_id = any(:ids) and source = 'learned'"),
        {"maker_id": tx.maker_id, "ids": list(line_ids)},
    )


async def save_delegations(tx: Tx, delegations: Sequence[tuple[UUID, UUID | None, int]]) -> None:
    """(delegator, delegatee or None, version): newer ones replace older ones."""
    rows = [
        {"maker_id": tx.maker_id, "delegator_id": delegator, "delegatee_id": delegatee, "version": version}
        for delegator, delegatee, version in delegations
    ]
    await tx.upsert(tables.DelegationRow, rows, key=("maker_id", "delegator_id"), where_newer="version")


async def load_delegatees(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who is billed for these customers, where it is somebody else (PAY-002)."""
    if not customer_ids:
        return {}
    t = columns(tables.DelegationRow)
    rows = await tx.rows(
        select(t.delegator_id, t.delegatee_id).where(
            t.maker_id == tx.maker_id, among(t.delegator_id, customer_ids), t.delegatee_id.is_not(None)
        )
    )
    return {row.delegator_id: row.delegatee_id for row in rows}


async def load_directory(tx: Tx, payers: Collection[str]) -> Directory:
    """Everybody who may have written one of these names, and who is billed for them."""
    wanted = [payer_name(payer) for payer in set(payers)]
    names = await _exact_names(tx, wanted)
    found = Directory(names)
    cut = {key for one in wanted if found.fits(one)[0] is None for key in one.cut_keys}
    names += await _names_beginning_with(tx, cut)
    delegatees = await load_delegatees(tx, {one.customer_id for one in names})
    return Directory(names, delegatees)


async def _exact_names(tx: Tx, wanted: Collection[PayerName]) -> list[KnownName]:
    keys = [one.key for one in wanted if one.key]
    if not keys:
        return []
    t = columns(tables.PayerNameRow)
    mine = select(t.customer_id, t.source, t.name).where(t.maker_id == tx.maker_id)
    by_key, by_bare = mine.where(among(t.key, keys)), mine.where(among(t.bare_key, {one.bare_key for one in wanted}))
    return [_known(row) for row in await tx.rows(by_key.union(by_bare))]


async def _names_beginning_with(tx: Tx, prefixes: Collection[str]) -> list[KnownName]:
    if not prefixes:
        return []
    rows = await tx.rows(
        text(
            "select distinct p.customer_id, p.source, p.name from unnest(cast(:lows as text[]), cast(:highs as text[]))"
            " as w(low, high) join payer_names p"
            " on p.maker_id = :maker_id and p.key operator(pg_catalog.~>=~) w.low"
            " and p.key operator(pg_catalog.~<~) w.high"
        ),
        {
            "maker_id": tx.maker_id,
            "lows": list(prefixes),
            "highs": [prefix + _LAST_CHARACTER for prefix in prefixes],
        },
    )
    return [_known(row) for row in rows]


def _known(row: Row) -> KnownName:
    return KnownName(row.customer_id, row.name, row.source == "learned")


async def customers_coded(tx: Tx, codes: Collection[str]) -> Mapping[str, UUID]:
    """Customers by code; codes nobody has are missing."""
    if not codes:
        return {}
    t = columns(tables.CustomerRow)
    rows = await tx.rows(select(t.code, t.customer_id).where(t.maker_id == tx.maker_id, among(t.code, codes)))
    return {row.code: row.customer_id for row in rows}


async def known_customers(tx: Tx, customer_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of the ids that are customers of this maker."""
    if not customer_ids:
        return frozenset()
    t = columns(tables.CustomerRow)
    rows = await tx.rows(select(t.customer_id).where(t.maker_id == tx.maker_id, among(t.customer_id, customer_ids)))
    return frozenset(row.customer_id for row in rows)


async def sign_of_life(tx: Tx) -> None:
    """Says nothing, but keeps the database from ending a transaction that thinks for long."""
    await tx.scalar(select(1))
