"""Lists of customers, ship-tos, holds and delegations, page by page (GEN-016)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from sqlalchemy import Select, select, tuple_

from chassis.http import AmountText, Page, Text, View
from chassis.tx import Tx
from customers import tables
from customers.core.address import Address
from customers.core.customer import code_key
from customers.core.duplicates import searchable
from customers.tables import Row, columns, sql
from customers.views.customers import ShipToView
from customers.views.parts import address

Order = Literal["code", "-code", "name", "-name", "kana", "-kana", "changed_at", "-changed_at"]
_BY_CODE_POINT: Final = frozenset({"name", "kana"})


class CustomerLine(View):
    """A customer in a list."""

    customer_id: UUID
    code: str
    kind: str
    name: str
    department: str
    kana: str
    phone: str
    email: str
    currency: str
    wholesale_rate: AmountText | None
    credit_limit: AmountText | None
    on_hold: bool
    standing: Literal["ok", "problem"]
    active: bool
    changed_at: datetime
    version: int


class CustomerSearch(Page):
    """`code` is the whole code; `q` looks into code, name, department, kana and e-mail, every word of it."""

    code: Annotated[str, Text(10)] | None = None
    q: Annotated[str, Text(100)] | None = None
    on_hold: bool | None = None
    active: bool | None = None
    sort: Order = "code"


class ShipToSearch(Page):
    """Ship-tos by number."""


class HoldSearch(Page):
    """Holds and releases, the newest first."""


class HoldLine(View):
    deed: Literal["hold", "release"]
    reason: str
    done_by: str
    done_at: datetime


class DelegationSearch(Page):
    """Delegations by code of the delegator."""

    delegator_id: UUID | None = None
    delegatee_id: UUID | None = None
    delegator_code: Annotated[str, Text(10)] | None = None
    delegatee_code: Annotated[str, Text(10)] | None = None


class DelegationView(View):
    delegator_id: UUID
    delegator_code: str
    delegatee_id: UUID | None
    delegatee_code: str | None
    version: int


async def list_customers(tx: Tx, search: CustomerSearch) -> tuple[Sequence[CustomerLine], str | None]:
    """One page of customers."""
    c = columns(tables.CustomerRow)
    name, descending = search.sort.lstrip("-"), search.sort.startswith("-")
    key = c[name].collate("C") if name in _BY_CODE_POINT else c[name]
    query = _filtered(select(sql(tables.CustomerRow)).where(c.maker_id == tx.maker_id), search)
    after = search.after(tx.maker_id, datetime if name == "changed_at" else str, UUID)
    if after is not None:
        here, there = tuple_(key, c.customer_id), tuple_(*after)
        query = query.where(here < there if descending else here > there)
    ordered = (key.desc(), c.customer_id.desc()) if descending else (key, c.customer_id)
    rows = await tx.rows(query.order_by(*ordered).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (getattr(row, name), row.customer_id))
    return [_line(row) for row in shown], cursor


def _filtered(query: Select[Any], search: CustomerSearch) -> Select[Any]:
    c = columns(tables.CustomerRow)
    if search.code is not None:
        query = query.where(c.code_key == code_key(search.code))
    for word in searchable(search.q or "").split():
        query = query.where(c.search_text.contains(word, autoescape=True))
    if search.on_hold is not None:
        query = query.where(c.hold_reason.is_not(None) if search.on_hold else c.hold_reason.is_(None))
    if search.active is not None:
        query = query.where(c.active == search.active)
    return query


def _line(row: Row) -> CustomerLine:
    held = row.hold_reason is not None
    return CustomerLine(
        customer_id=row.customer_id,
        code=row.code,
        kind=row.kind,
        name=row.name,
        department=row.department,
        kana=row.kana,
        phone=row.phone,
        email=row.email,
        currency=row.currency,
        wholesale_rate=row.wholesale_rate,
        credit_limit=row.credit_limit,
        on_hold=held,
        standing="problem" if held else "ok",
        active=row.active,
        changed_at=row.changed_at,
        version=row.version,
    )


async def list_ship_tos(tx: Tx, customer_id: UUID, search: ShipToSearch) -> tuple[Sequence[ShipToView], str | None]:
    """One page of a customer's ship-tos, its own destination left out."""
    s = columns(tables.ShipToRow)
    after = search.after(tx.maker_id, int)
    number = after[0] if after else 0
    query = select(s.number, s.address).where(
        s.maker_id == tx.maker_id, s.customer_id == customer_id, s.number > number
    )
    rows = await tx.rows(query.order_by(s.number).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.number,))
    return [ShipToView(number=row.number, address=address(Address(**row.address))) for row in shown], cursor


async def list_holds(tx: Tx, customer_id: UUID, search: HoldSearch) -> tuple[Sequence[HoldLine], str | None]:
    """One page of who held and released a customer, when and why (CUS-064)."""
    h = columns(tables.HoldDeedRow)
    query = select(sql(tables.HoldDeedRow)).where(h.maker_id == tx.maker_id, h.customer_id == customer_id)
    after = search.after(tx.maker_id, UUID)
    if after is not None:
        query = query.where(h.deed_id < after[0])
    rows = await tx.rows(query.order_by(h.deed_id.desc()).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.deed_id,))
    lines = [HoldLine(deed=row.deed, reason=row.reason, done_by=row.done_by, done_at=row.done_at) for row in shown]
    return lines, cursor


async def list_delegations(tx: Tx, search: DelegationSearch) -> tuple[Sequence[DelegationView], str | None]:
    """One page of the delegations in force."""
    d = columns(tables.DelegationRow)
    delegator, delegatee = sql(tables.CustomerRow).alias("delegator"), sql(tables.CustomerRow).alias("delegatee")
    query = (
        select(
            d.delegator_id,
            delegator.c.code.label("delegator_code"),
            d.delegatee_id,
            delegatee.c.code.label("delegatee_code"),
            d.version,
        )
        .join(delegator, (delegator.c.maker_id == d.maker_id) & (delegator.c.customer_id == d.delegator_id))
        .join(delegatee, (delegatee.c.maker_id == d.maker_id) & (delegatee.c.customer_id == d.delegatee_id))
        .where(d.maker_id == tx.maker_id)
    )
    for column, wanted in ((d.delegator_id, search.delegator_id), (d.delegatee_id, search.delegatee_id)):
        query = query if wanted is None else query.where(column == wanted)
    for table, code in ((delegator, search.delegator_code), (delegatee, search.delegatee_code)):
        query = query if code is None else query.where(table.c.code_key == code_key(code))
    after = search.after(tx.maker_id, str)
    if after is not None:
        query = query.where(delegator.c.code > after[0])
    rows = await tx.rows(query.order_by(delegator.c.code).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.delegator_code,))
    return [DelegationView.model_validate(row._asdict()) for row in shown], cursor
