"""Billing delegations: who bills for whom, with a version per delegator that outlives a revocation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from chassis.tx import Tx
from customers import tables
from customers.core.delegation import Standing
from customers.tables import among, columns


@dataclass(frozen=True, slots=True)
class Stored:
    """The relation around some customers, and the version each delegator's row has (also a revoked one's)."""

    relation: dict[UUID, UUID] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)


async def lock_delegations(tx: Tx) -> None:
    """Whether a chain would arise depends on other rows: two changes of one maker's relation wait for each other."""
    await tx.lock("delegations", [tx.maker_id])


async def load_delegations(tx: Tx, customer_ids: Collection[UUID]) -> Stored:
    """All relations in which one of these is delegator or delegatee: a decision about them needs no others."""
    if not customer_ids:
        return Stored()
    d = columns(tables.DelegationRow)
    rows = await tx.rows(
        select(d.delegator_id, d.delegatee_id, d.version).where(
            d.maker_id == tx.maker_id, or_(among(d.delegator_id, customer_ids), among(d.delegatee_id, customer_ids))
        )
    )
    relation = {row.delegator_id: row.delegatee_id for row in rows if row.delegatee_id is not None}
    return Stored(relation, {row.delegator_id: row.version for row in rows})


async def save_delegations(tx: Tx, before: Stored, after: Mapping[UUID, UUID]) -> list[Standing]:
    """Stores the relations that changed and returns them with their new versions."""
    changed = [
        Standing(one, after.get(one), before.relation.get(one), before.versions.get(one, 0) + 1)
        for one in sorted({*before.relation, *after})
        if before.relation.get(one) != after.get(one)
    ]
    new = [_row(tx, one, one.version) for one in changed if one.version == 1]
    await tx.insert(tables.DelegationRow, new)
    await tx.update(
        tables.DelegationRow,
        [_row(tx, one, one.version - 1) for one in changed if one.version > 1],
        key=("maker_id", "delegator_id"),
        expect_version="version",
    )
    return changed


def _row(tx: Tx, saved: Standing, version: int) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "delegator_id": saved.delegator_id,
        "delegatee_id": saved.delegatee_id,
        "version": version,
    }
