"""Rows in bulk with nothing between: one statement per table and batch, arrays through `unnest`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import asyncpg

MAKER = "01a20000-0000-7000-8000-000000000001"
"""The one maker; schema.sql has it as default."""

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Any]"
Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""Values of each column, row by row."""

_TYPES = """
    select n.nspname || '.' || c.relname as name, a.attname as column,
        format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_type t on t.oid = a.atttypid
    where c.relkind = 'r' and a.attnum > 0 and n.nspname = any($1)
"""


@dataclass
class Writer:
    """Knows the columns' types; counts the rows it wrote per table."""

    types: Mapping[str, Mapping[str, str]]
    written: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def of(cls, connection: asyncpg.Connection[Any], schemas: Sequence[str]) -> Writer:
        types: dict[str, dict[str, str]] = {}
        for row in await connection.fetch(_TYPES, list(schemas)):
            types.setdefault(row["name"], {})[row["column"]] = row["type"]
        return cls(types)

    async def insert(self, connection: Connection, table: str, columns: Columns, tail: str = "") -> None:
        """`tail` is an `on conflict` clause."""
        names = ", ".join(columns)
        await self._run(
            connection,
            table,
            columns,
            f"insert into {table} ({names}) select * from {self._rows(table, columns)} {tail}",
        )

    async def upsert(self, connection: Connection, table: str, columns: Columns, key: Sequence[str]) -> None:
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
        tail = f"on conflict ({', '.join(self._maker(table, key))}) do update set {changed}"
        await self.insert(connection, table, columns, tail)

    async def update(
        self, connection: Connection, table: str, columns: Columns, key: Sequence[str], also: str = ""
    ) -> None:
        """Sets every column that is not of the key; `also` sets what is the same for all or counts up."""
        changed = [f"{name} = v.{name}" for name in columns if name not in key] + ([also] if also else [])
        rows = f"{self._rows(table, columns)} as v ({', '.join(columns)})"
        where = " and ".join([f"t.maker_id = '{MAKER}'", *(f"t.{name} = v.{name}" for name in key)])
        await self._run(
            connection, table, columns, f"update {table} t set {', '.join(changed)} from {rows} where {where}"
        )

    def _maker(self, table: str, key: Sequence[str]) -> list[str]:
        return ["maker_id", *key] if "maker_id" in self.types[table] else list(key)

    def _rows(self, table: str, columns: Columns) -> str:
        types = self.types[table]
        return f"unnest({', '.join(f'${at}::{types[name]}[]' for at, name in enumerate(columns, start=1))})"

    async def _run(self, connection: Connection, table: str, columns: Columns, statement: str) -> None:
        values = list(columns.values())
        if values and values[0]:
            await connection.execute(statement, *values)
            self.written[f"{table} {statement[:6]}"] += len(values[0])
