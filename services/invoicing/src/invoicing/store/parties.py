"""What invoicing keeps of makers, customers, terms, delegations and taxes; the newer version always wins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from chassis.tx import Tx
from invoicing import tables
from invoicing.core.parties import BillFrom, Maker, Party, PostalAddress, TaxRule, TaxRules
from invoicing.store.parts import bank_account_json, bank_account_of, location_json, location_of
from invoicing.tables import Row, among, columns
from kernel.calendar import BusinessDayRule, ClosingTerms
from kernel.money import Rate, Rounding


@dataclass(frozen=True, slots=True)
class Terms:
    """A customer's own closing terms; None once they were dropped."""

    customer_id: UUID
    terms: ClosingTerms | None


@dataclass(frozen=True, slots=True)
class Delegation:
    """Whose documents are billed to whom (CUS-075); to nobody else once it was revoked."""

    delegator_id: UUID
    delegatee_id: UUID | None


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax of the maker."""

    tax_id: UUID
    code: str
    rule: TaxRule
    standard: bool
    active: bool


async def save_maker(tx: Tx, maker: Maker, *, version: int) -> None:
    row = {
        "maker_id": tx.maker_id,
        "name": maker.name,
        "time_zone": maker.time_zone,
        "bill_from": maker.bill_from.value,
        "locations": [location_json(location) for location in maker.locations],
        "bank_accounts": [bank_account_json(account) for account in maker.bank_accounts],
        "version": version,
    }
    await tx.upsert(tables.Maker, [row], key=("maker_id",), where_newer="version")


async def load_maker(tx: Tx) -> Maker | None:
    """The maker of this transaction, if its state has arrived."""
    m = columns(tables.Maker)
    row = await tx.one_or_none(select(*m).where(m.maker_id == tx.maker_id))
    if row is None:
        return None
    return Maker(
        maker_id=row.maker_id,
        name=row.name,
        time_zone=row.time_zone,
        bill_from=BillFrom(row.bill_from),
        locations=tuple(location_of(stored) for stored in row.locations),
        bank_accounts=tuple(bank_account_of(stored) for stored in row.bank_accounts),
    )


async def save_customers(tx: Tx, customers: Sequence[tuple[Party, int]]) -> None:
    """Keep customers with the version of their state; their terms and delegations have tables of their own."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": party.customer_id,
            "code": party.code,
            "name": party.name,
            "department": party.department,
            "individual": party.individual,
            "currency": party.currency,
            "postal_code": party.address.postal_code,
            "address1": party.address.address1,
            "address2": party.address.address2,
            "phone": party.address.phone,
            "version": version,
        }
        for party, version in customers
    ]
    await tx.upsert(tables.Customer, rows, key=("maker_id", "customer_id"), where_newer="version")


async def save_terms(tx: Tx, terms: Sequence[tuple[Terms, int]]) -> None:
    """Dropped ones too: without their row an answer of their owner, asked for earlier, would bring them back."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": one.customer_id,
            "closing_day": one.terms and one.terms.closing_day,
            "payment_month_offset": one.terms and one.terms.payment_month_offset,
            "payment_day": one.terms and one.terms.payment_day,
            "business_day_rule": one.terms and one.terms.business_day_rule.value,
            "version": version,
        }
        for one, version in terms
    ]
    await tx.upsert(tables.Terms, rows, key=("maker_id", "customer_id"), where_newer="version")


async def save_delegations(tx: Tx, delegations: Sequence[tuple[Delegation, int]]) -> None:
    """Revoked ones too, as with terms."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "delegator_id": one.delegator_id,
            "delegatee_id": one.delegatee_id,
            "version": version,
        }
        for one, version in delegations
    ]
    await tx.upsert(tables.Delegation, rows, key=("maker_id", "delegator_id"), where_newer="version")


async def save_taxes(tx: Tx, taxes: Sequence[tuple[Tax, int]]) -> None:
    rows = [
        {
            "maker_id": tx.maker_id,
            "tax_id": one.tax_id,
            "code": one.code,
            "rate": one.rule.rate.percent,
            "rounding": one.rule.rounding.value,
            "reduced": one.rule.reduced,
            "standard": one.standard,
            "active": one.active,
            "version": version,
        }
        for one, version in taxes
    ]
    await tx.upsert(tables.Tax, rows, key=("maker_id", "tax_id"), where_newer="version")


async def forget(tx: Tx, table: type[tables.Table], key: str, ids: Collection[UUID]) -> None:
    """A tombstone: the aggregate is gone (the chassis keeps older states from coming back). Not for what owners both
    delete and are asked for: terms and delegations keep their rows."""
    await tx.delete(table, [{"maker_id": tx.maker_id, key: one} for one in ids])


async def load_parties(tx: Tx) -> dict[UUID, Party]:
    """All customers of the maker with their terms and delegatees, in the order of their codes."""
    return await _parties(tx, None)


async def load_groups(tx: Tx, refs: Collection[UUID | str]) -> dict[UUID, Party]:
    """Customers by id or code, and everybody whose documents are billed to them (INV-011): two reads."""
    c, d = columns(tables.Customer), columns(tables.Delegation)
    ids = [ref for ref in refs if isinstance(ref, UUID)]
    codes = [ref for ref in refs if isinstance(ref, str)]
    named = await _parties(tx, or_(among(c.customer_id, ids), among(c.code, codes)))
    return named | await _parties(tx, among(d.delegatee_id, list(named))) if named else {}


async def unknown_customers(tx: Tx, customer_ids: Collection[UUID]) -> set[UUID]:
    """Which of these ids no customer of this maker has."""
    c = columns(tables.Customer)
    wanted = select(c.customer_id).where(c.maker_id == tx.maker_id, among(c.customer_id, customer_ids))
    return set(customer_ids) - {row.customer_id for row in await tx.rows(wanted)}


async def customers_by_code(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of those codes that exist."""
    c = columns(tables.Customer)
    rows = await tx.rows(select(c.code, c.customer_id).where(c.maker_id == tx.maker_id, among(c.code, codes)))
    return {row.code: row.customer_id for row in rows}


async def load_tax_rules(tx: Tx) -> TaxRules:
    """One rule per rate; of several taxes with the same rate an active one counts, then the reduced, the standard, the
    oldest one, as in ordering."""
    t = columns(tables.Tax)
    ranked = select(t.rate, t.rounding, t.reduced).where(t.maker_id == tx.maker_id)
    order = (t.rate.desc(), t.active.desc(), t.reduced.desc(), t.standard.desc(), t.tax_id)
    rows = await tx.rows(ranked.order_by(*order))
    first: dict[Rate, TaxRule] = {}
    for row in rows:
        rate = Rate.of(row.rate)
        first.setdefault(rate, TaxRule(rate, Rounding(row.rounding), row.reduced))
    return TaxRules(tuple(first.values()))


async def _parties(tx: Tx, condition: ColumnElement[bool] | None) -> dict[UUID, Party]:
    c = columns(tables.Customer)
    wanted = _selected().where(c.maker_id == tx.maker_id).order_by(c.code, c.customer_id)
    rows = await tx.rows(wanted if condition is None else wanted.where(condition))
    return {row.customer_id: _party(row) for row in rows}


def _selected() -> Select[tuple[object, ...]]:
    c, t, d = columns(tables.Customer), columns(tables.Terms), columns(tables.Delegation)
    own_terms = (t.maker_id == c.maker_id) & (t.customer_id == c.customer_id)
    own_delegation = (d.maker_id == c.maker_id) & (d.delegator_id == c.customer_id)
    terms = (t.closing_day, t.payment_month_offset, t.payment_day, t.business_day_rule)
    joined = c.maker_id.table.outerjoin(t.maker_id.table, own_terms).outerjoin(d.maker_id.table, own_delegation)
    return select(*c, *terms, d.delegatee_id).select_from(joined)


def _party(row: Row) -> Party:
    return Party(
        customer_id=row.customer_id,
        code=row.code,
        name=row.name,
        currency=row.currency,
        department=row.department,
        individual=row.individual,
        address=PostalAddress(row.postal_code, row.address1, row.address2, row.phone),
        terms=None if row.closing_day is None else _terms(row),
        delegatee_id=row.delegatee_id,
    )


def _terms(row: Row) -> ClosingTerms:
    rule = BusinessDayRule(row.business_day_rule)
    return ClosingTerms(row.closing_day, row.payment_month_offset, row.payment_day, rule)
