"""Customers with their ship-tos, the codes they use, who looks like whom, and the log of holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, or_, select

from chassis.tx import Tx
from customers import tables
from customers.core.address import Address
from customers.core.address_book import AddressBook
from customers.core.customer import Customer, CustomerHeld, CustomerReleased, Hold, Kind, Profile, code_key
from customers.core.duplicates import LikenessKeys, likeness, search_text
from customers.store.addresses import packed, unpacked
from customers.tables import Row, among, columns, sql


async def ids_of_codes(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """Customer ids by `code_key`; unknown codes are absent."""
    if not codes:
        return {}
    c = columns(tables.CustomerRow)
    wanted = select(c.code_key, c.customer_id).where(
        c.maker_id == tx.maker_id, among(c.code_key, {code_key(code) for code in codes})
    )
    return {row.code_key: row.customer_id for row in await tx.rows(wanted)}


async def codes_of(tx: Tx, customer_ids: Collection[UUID], codes: Collection[str]) -> dict[UUID, str]:
    """Codes by id of the customers that are named by either; unknown ones are absent."""
    if not customer_ids and not codes:
        return {}
    c = columns(tables.CustomerRow)
    keys = {code_key(code) for code in codes}
    wanted = select(c.customer_id, c.code).where(
        c.maker_id == tx.maker_id, or_(among(c.customer_id, customer_ids), among(c.code_key, keys))
    )
    return {row.customer_id: row.code for row in await tx.rows(wanted)}


async def load_customers(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Whole customers by id; unknown ids are absent."""
    if not customer_ids:
        return {}
    c, s = columns(tables.CustomerRow), columns(tables.ShipToRow)
    rows = await tx.rows(
        select(sql(tables.CustomerRow)).where(c.maker_id == tx.maker_id, among(c.customer_id, customer_ids))
    )
    books: dict[UUID, dict[int, Address]] = defaultdict(dict)
    for row in await tx.rows(
        select(s.customer_id, s.number, s.address).where(s.maker_id == tx.maker_id, among(s.customer_id, customer_ids))
    ):
        books[row.customer_id][row.number] = unpacked(row.address)
    return {row.customer_id: _customer(row, books[row.customer_id]) for row in rows}


async def save_customers(tx: Tx, before: Mapping[UUID, Customer], after: Iterable[Customer]) -> list[Customer]:
    """Stores new and changed customers and returns them with their new versions, in the order given."""
    changed = [one for one in after if before.get(one.customer_id) != one]
    await tx.insert(
        tables.CustomerRow, [{**_row(tx, one), "version": 1} for one in changed if one.customer_id not in before]
    )
    await tx.update(
        tables.CustomerRow,
        [_row(tx, one) for one in changed if one.customer_id in before],
        key=("maker_id", "customer_id"),
        expect_version="version",
    )
    ship_tos = [row for one in changed for row in _ship_to_rows(tx, before.get(one.customer_id), one)]
    await tx.upsert(tables.ShipToRow, ship_tos, key=("maker_id", "customer_id", "number"))
    return [replace(one, version=one.version + 1) for one in changed]


async def log_holds(tx: Tx, deeds: Sequence[tuple[UUID, CustomerHeld | CustomerReleased]]) -> None:
    """Adds holds and releases to the customers' logs."""
    ids = tx.new_ids(len(deeds))
    rows = [_deed_row(tx, id_, customer_id, event) for id_, (customer_id, event) in zip(ids, deeds, strict=True)]
    await tx.insert(tables.HoldDeedRow, rows)


async def lock_codes(tx: Tx) -> None:
    """Generated codes come from one counter: those who ask for some wait for each other."""
    await tx.lock("customer-codes", [tx.maker_id])


async def last_number(tx: Tx, prefix: str) -> int:
    """The number given last under this prefix."""
    t = columns(tables.CodeCounterRow)
    last = await tx.scalar(select(t.last).where(t.maker_id == tx.maker_id, t.prefix == prefix))
    return int(last or 0)


async def save_last_number(tx: Tx, prefix: str, last: int) -> None:
    """Keeps the number given last."""
    row = {"maker_id": tx.maker_id, "prefix": prefix, "last": last}
    await tx.upsert(tables.CodeCounterRow, [row], key=("maker_id", "prefix"))


async def codes_after(tx: Tx, prefix: str, last_code: str) -> set[str]:
    """Typed codes that stand in the way of generated ones: `code_key`s of that prefix and length after the last."""
    c = columns(tables.CustomerRow)
    end = prefix.upper() + "9" * (len(last_code) - len(prefix))
    wanted = select(c.code_key).where(
        c.maker_id == tx.maker_id,
        c.code_key > last_code.upper(),
        c.code_key <= end,
        func.length(c.code_key) == len(end),
    )
    return {row.code_key for row in await tx.rows(wanted)}


@dataclass(frozen=True, slots=True)
class Known:
    """A stored customer's code and what it may have in common with others."""

    customer_id: UUID
    code: str
    keys: LikenessKeys


async def like(tx: Tx, wanted: Collection[LikenessKeys]) -> list[Known]:
    """All customers that share a likeness key with one of these."""
    names = {keys.name_and_phone for keys in wanted if keys.name_and_phone}
    emails = {keys.email for keys in wanted if keys.email}
    if not names and not emails:
        return []
    c = columns(tables.CustomerRow)
    rows = await tx.rows(
        select(c.customer_id, c.code, c.name_phone_key, c.email_key)
        .where(c.maker_id == tx.maker_id, or_(among(c.name_phone_key, names), among(c.email_key, emails)))
        .order_by(c.code)
    )
    return [Known(row.customer_id, row.code, LikenessKeys(row.name_phone_key, row.email_key)) for row in rows]


def _customer(row: Row, ship_tos: Mapping[int, Address]) -> Customer:
    hold = None if row.hold_reason is None else Hold(row.hold_reason, row.hold_actor, row.hold_since)
    return Customer(row.customer_id, row.code, _profile(row), AddressBook.of(ship_tos), hold, row.version)


def _profile(row: Row) -> Profile:
    return Profile(
        kind=Kind(row.kind),
        address=Address(row.postal_code, row.address1, row.address2, row.name, row.department, row.kana, row.phone),
        email=row.email,
        mailing_address=None if row.mailing_address is None else unpacked(row.mailing_address),
        payment_category=row.payment_category,
        shipping_category=row.shipping_category,
        language=row.language,
        currency=row.currency,
        wholesale_rate=row.wholesale_rate,
        credit_limit=row.credit_limit,
        active=row.active,
    )


def _row(tx: Tx, customer: Customer) -> dict[str, object]:
    profile, address, hold = customer.profile, customer.profile.address, customer.hold
    mailing, keys = profile.mailing_address, likeness(profile)
    return {
        "maker_id": tx.maker_id,
        "customer_id": customer.customer_id,
        "code": customer.code,
        "code_key": code_key(customer.code),
        "kind": profile.kind,
        **packed(address),
        "email": profile.email,
        "mailing_address": None if mailing is None else packed(mailing),
        "payment_category": profile.payment_category,
        "shipping_category": profile.shipping_category,
        "language": profile.language,
        "currency": profile.currency,
        "wholesale_rate": profile.wholesale_rate,
        "credit_limit": profile.credit_limit,
        "active": profile.active,
        "hold_reason": hold.reason if hold else None,
        "hold_actor": hold.actor if hold else None,
        "hold_since": hold.since if hold else None,
        "search_text": search_text(customer.code, profile),
        "name_phone_key": keys.name_and_phone,
        "email_key": keys.email,
        "changed_at": tx.now,
        "version": customer.version,
    }


def _ship_to_rows(tx: Tx, before: Customer | None, after: Customer) -> list[dict[str, object]]:
    """Only the addresses that are new or other than before: there may be thousands."""
    old = before.ship_tos.entries if before else {}
    return [
        {
            "maker_id": tx.maker_id,
            "customer_id": after.customer_id,
            "number": number,
            "address": packed(address),
        }
        for number, address in after.ship_tos.entries.items()
        if old.get(number) != address
    ]


def _deed_row(tx: Tx, deed_id: UUID, customer_id: UUID, event: CustomerHeld | CustomerReleased) -> dict[str, object]:
    held = isinstance(event, CustomerHeld)
    reason, actor, at = (
        (event.hold.reason, event.hold.actor, event.hold.since)
        if isinstance(event, CustomerHeld)
        else (event.reason, event.actor, event.at)
    )
    return {
        "maker_id": tx.maker_id,
        "deed_id": deed_id,
        "customer_id": customer_id,
        "deed": "hold" if held else "release",
        "reason": reason,
        "done_by": actor,
        "done_at": at,
    }
