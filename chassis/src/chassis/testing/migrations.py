"""Comparing what the migrations made with what `tables.py` says."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from chassis.database import Database, Role
from chassis.tables import RUNTIME


async def differences(database: Database, *metadata: MetaData) -> list[Any]:
    """What alembic would change to make the database look like these tables and the chassis's own; [] = nothing."""
    async with database.connection(Role.OWNER) as connection:
        return await connection.run_sync(_differences, [RUNTIME, *metadata])


def _differences(connection: Connection, metadata: list[MetaData]) -> list[Any]:
    """Indexes and unique constraints live in migrations alone, where they are commented on."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": _is_compared, "target_metadata": metadata}
    )
    found: list[Any] = compare_metadata(context, metadata)  # type: ignore[arg-type]
    return found


def _is_compared(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
    return kind in ("table", "column") and name != "alembic_version"
