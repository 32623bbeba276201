"""Members as they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.http import Page, View
from chassis.tx import Tx
from customers import tables
from customers.core.member import Member
from customers.tables import columns, sql


class MemberView(View):
    membership_id: UUID
    email: str
    name: str
    roles: Sequence[str]
    active: bool
    version: int


class MemberSearch(Page):
    """The list of members, by e-mail."""

    active: bool | None = None


def member(of: Member) -> MemberView:
    """A member as it is answered."""
    return MemberView(
        membership_id=of.membership_id,
        email=of.email,
        name=of.name,
        roles=of.roles,
        active=of.active,
        version=of.version,
    )


async def list_members(tx: Tx, search: MemberSearch) -> tuple[list[MemberView], str | None]:
    """One page of the team."""
    m = columns(tables.MemberRow)
    query = select(sql(tables.MemberRow)).where(m.maker_id == tx.maker_id)
    if search.active is not None:
        query = query.where(m.active == search.active)
    after = search.after(tx.maker_id, str)
    if after is not None:
        query = query.where(m.email > after[0])
    rows = await tx.rows(query.order_by(m.email).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.email,))
    return [_view(row) for row in shown], cursor


def _view(row: Any) -> MemberView:
    return MemberView(
        membership_id=row.membership_id,
        email=row.email,
        name=row.name,
        roles=row.roles,
        active=row.active,
        version=row.version,
    )
