"""The team of the transaction's maker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from customers import tables
from customers.core.member import Member, Role, Team
from customers.tables import columns, sql


async def lock_team(tx: Tx) -> None:
    """Whether an owner remains depends on all members: two changes of one team wait for each other."""
    await tx.lock("team", [tx.maker_id])


async def load_team(tx: Tx) -> dict[UUID, Member]:
    """All members by membership id, oldest first."""
    t = columns(tables.MemberRow)
    rows = await tx.rows(select(sql(tables.MemberRow)).where(t.maker_id == tx.maker_id).order_by(t.membership_id))
    return {
        row.membership_id: Member(
            row.membership_id, row.email, row.name, tuple(map(Role, row.roles)), row.active, row.version
        )
        for row in rows
    }


async def save_team(tx: Tx, before: Team, after: Mapping[UUID, Member]) -> list[Member]:
    """Stores new and changed members and returns them with their new versions."""
    new = [member for member in after.values() if member.membership_id not in before]
    changed = [one for one in after.values() if one.membership_id in before and one != before[one.membership_id]]
    await tx.insert(tables.MemberRow, [{**_row(tx, member), "version": 1} for member in new])
    await tx.update(
        tables.MemberRow,
        [_row(tx, member) for member in changed],
        key=("maker_id", "membership_id"),
        expect_version="version",
    )
    return [replace(member, version=member.version + 1) for member in (*new, *changed)]


def _row(tx: Tx, member: Member) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "membership_id": member.membership_id,
        "email": member.email,
        "name": member.name,
        "roles": list(member.roles),
        "active": member.active,
        "version": member.version,
    }
