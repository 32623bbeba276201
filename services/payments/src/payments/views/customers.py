"""Customers as answers name them: by id, code and name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field
from sqlalchemy import and_, or_, select

from chassis.http import Page, View
from chassis.tx import Tx
from payments import tables
from payments.tables import Row, among, columns

NOBODY: Final = UUID(int=0)
"""What a filter by an unknown code looks for: an id nobody has."""


class CustomerView(View):
    """`code` and `name` are empty while the customer's state has not arrived here."""

    customer_id: UUID
    code: str
    name: str


class PayerAliasView(View):
    """A payer's name learned from confirming a line (PAY-033); reversing that line forgets it."""

    customer: CustomerView
    name: str
    key: str
    bank_line_id: UUID
    learned_at: datetime
    learned_by: str


class AliasSearch(Page):
    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)


class Customers:
    """The customers of one answer."""

    def __init__(self, found: Iterable[CustomerView]) -> None:
        self._found = {one.customer_id: one for one in found}

    def view(self, customer_id: UUID | None) -> CustomerView | None:
        return None if customer_id is None else self.of(customer_id)

    def of(self, customer_id: UUID) -> CustomerView:
        return self._found.get(customer_id) or CustomerView(customer_id=customer_id, code="", name="")


async def customers(tx: Tx, customer_ids: Iterable[UUID | None]) -> Customers:
    """These customers, in one read."""
    wanted = {one for one in customer_ids if one is not None}
    if not wanted:
        return Customers(())
    t = columns(tables.CustomerRow)
    rows = await tx.rows(
        select(t.customer_id, t.code, t.name).where(t.maker_id == tx.maker_id, among(t.customer_id, wanted))
    )
    return Customers(CustomerView(customer_id=row.customer_id, code=row.code, name=row.name) for row in rows)


async def customer_asked(tx: Tx, customer_id: UUID | None, code: str | None) -> UUID | None:
    """The customer a filter names; `NOBODY` for a code that no customer has, None without a filter."""
    if customer_id is not None or code is None:
        return customer_id
    t = columns(tables.CustomerRow)
    found = await tx.scalar(select(t.customer_id).where(t.maker_id == tx.maker_id, t.code == code))
    return found if isinstance(found, UUID) else NOBODY


async def codes_of_accounts(tx: Tx, account_ids: Collection[UUID | None]) -> dict[UUID, str]:
    """The codes of these bank accounts."""
    wanted = {one for one in account_ids if one is not None}
    if not wanted:
        return {}
    t = columns(tables.BankAccountRow)
    rows = await tx.rows(
        select(t.bank_account_id, t.code).where(t.maker_id == tx.maker_id, among(t.bank_account_id, wanted))
    )
    return {row.bank_account_id: row.code for row in rows}


async def list_aliases(tx: Tx, search: AliasSearch) -> tuple[Sequence[PayerAliasView], str | None]:
    """By customer id and key."""
    t = columns(tables.PayerNameRow)
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    found = select(tables.sql(tables.PayerNameRow)).where(t.maker_id == tx.maker_id, t.source == "learned")
    if customer_id:
        found = found.where(t.customer_id == customer_id)
    after = search.after(tx.maker_id, UUID, str)
    if after is not None:
        found = found.where(or_(t.customer_id > after[0], and_(t.customer_id == after[0], t.key > after[1])))
    rows = await tx.rows(found.order_by(t.customer_id, t.key).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, lambda row: (row.customer_id, row.key))
    named = await customers(tx, (row.customer_id for row in shown))
    return [_alias(row, named) for row in shown], cursor


def _alias(row: Row, named: Customers) -> PayerAliasView:
    return PayerAliasView(
        customer=named.of(row.customer_id),
        name=row.name,
        key=row.key,
        bank_line_id=row.line_id,
        learned_at=row.learned_at,
        learned_by=row.learned_by,
    )
