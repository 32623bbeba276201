# ruff: noqa: S608  # names come from table definitions, values are always bound
"""Bulk SQL, made once per table, columns and options: every write is one statement over arrays (`unnest`).

Measured against SQLAlchemy's own insert many and the ORM in docs/adr/0001. Explicit casts are to the unbounded type
(`text[]`, `numeric[]`), because a cast to varchar(n) would cut silently where the column itself refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import orjson
from sqlalchemy import ARRAY, JSON, Column, Integer, LargeBinary, Numeric, String, Table, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import BigInteger, Boolean, Date, DateTime, SmallInteger, TypeEngine
from sqlmodel import SQLModel

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

Pack = Callable[[object], object]


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a SQLModel class."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$n` placeholders; `columns` says which array goes into which, `packs` how its values are written."""

    sql: str
    columns: tuple[str, ...]
    packs: tuple[Pack | None, ...]

    def arrays(self, rows: Sequence[Mapping[str, object]]) -> tuple[list[object], ...]:
        """One array per column. Raises KeyError naming a column that a row lacks."""
        return tuple(
            [row[name] for row in rows] if pack is None else [pack(row[name]) for row in rows]
            for name, pack in zip(self.columns, self.packs, strict=True)
        )


def json_text(value: object) -> str:
    """How every JSON value goes into the database; Decimals and what else JSON has no word for become strings."""
    return orjson.dumps(value, default=str).decode()


def _json(value: object) -> object:
    return None if value is None else json_text(value)


def _element(kind: TypeEngine[object]) -> str:
    """The PostgreSQL type of one array element on the way in."""
    match kind:
        case Uuid():
            return "uuid"
        case String():
            return "text"
        case SmallInteger():
            return "smallint"
        case BigInteger():
            return "bigint"
        case Integer():
            return "integer"
        case Numeric():
            return "numeric"
        case Boolean():
            return "boolean"
        case DateTime():
            return "timestamptz" if kind.timezone else "timestamp"
        case Date():
            return "date"
        case LargeBinary():
            return "bytea"
        case _:
            return kind.compile(dialect=_DIALECT)


def _bound(column: Column[object]) -> tuple[str, str, Pack | None]:
    """(array type, how the select reads the element called `{}`, how a value is packed) of one column."""
    kind = column.type
    if isinstance(kind, ARRAY):
        element = _element(kind.item_type)
        read = (
            "case when {0} is null then null else array(select e::" + element + " from jsonb_array_elements_text"
            "({0}::jsonb) with ordinality as a(e, at) order by at) end"
        )
        return "text[]", read, _json
    if isinstance(kind, JSON):
        return "text[]", "{0}::" + kind.compile(dialect=_DIALECT).lower(), _json
    return f"{_element(kind)}[]", "{0}", None


def _quoted(name: str) -> str:
    return f'"{name}"'


def _list(names: Sequence[str]) -> str:
    return ", ".join(_quoted(name) for name in names)


@dataclass(frozen=True, slots=True)
class _Source:
    """`unnest($1::uuid[], …) as u(…)` over some columns of a table."""

    columns: tuple[str, ...]
    reads: Mapping[str, str]
    packs: tuple[Pack | None, ...]
    sql: str

    def statement(self, sql: str) -> Statement:
        return Statement(sql, self.columns, self.packs)


def _source(table: Table, columns: tuple[str, ...]) -> _Source:
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise KeyError(f"{table.name} has no column {', '.join(unknown)}")
    bound = [_bound(table.columns[name]) for name in columns]
    arrays = ", ".join(f"${at}::{array}" for at, (array, _, _) in enumerate(bound, start=1))
    reads = {name: read.format(f'u."{name}"') for name, (_, read, _) in zip(columns, bound, strict=True)}
    return _Source(columns, reads, tuple(pack for _, _, pack in bound), f"unnest({arrays}) as u({_list(columns)})")


def _insert(table: Table, source: _Source) -> str:
    reads = ", ".join(source.reads[name] for name in source.columns)
    return f"insert into {_quoted(table.name)} ({_list(source.columns)}) select {reads} from {source.sql}"


@lru_cache(maxsize=4096)
def insert(table: Table, columns: tuple[str, ...], ignore: tuple[str, ...] | None) -> Statement:
    """`ignore` names the key whose conflicts are passed over; () = any unique key."""
    source = _source(table, columns)
    conflict = ""
    if ignore is not None:
        conflict = f" on conflict ({_list(ignore)}) do nothing" if ignore else " on conflict do nothing"
    return source.statement(_insert(table, source) + conflict)


@lru_cache(maxsize=4096)
def insert_returning(
    table: Table, columns: tuple[str, ...], conflict: tuple[str, ...], returning: tuple[str, ...]
) -> Statement:
    """Only the rows really inserted come back."""
    plain = insert(table, columns, conflict)
    return Statement(f"{plain.sql} returning {_list(returning)}", plain.columns, plain.packs)


@lru_cache(maxsize=4096)
def upsert(
    table: Table, columns: tuple[str, ...], key: tuple[str, ...], changed: tuple[str, ...], newer: str | None
) -> Statement:
    """`newer` names a column: a row is replaced only by a greater value there."""
    source = _source(table, columns)
    if not changed:
        return source.statement(f"{_insert(table, source)} on conflict ({_list(key)}) do nothing")
    sets = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in changed)
    where = f" where excluded.{_quoted(newer)} > {_quoted(table.name)}.{_quoted(newer)}" if newer else ""
    return source.statement(f"{_insert(table, source)} on conflict ({_list(key)}) do update set {sets}{where}")


@lru_cache(maxsize=4096)
def update(table: Table, columns: tuple[str, ...], key: tuple[str, ...], version: str | None) -> Statement:
    """`version` names the column that must still hold the version read; it is stored one higher."""
    source = _source(table, columns)
    sets = [f"{_quoted(name)} = {source.reads[name]}" for name in columns if name not in key and name != version]
    if version:
        sets.append(f"{_quoted(version)} = t.{_quoted(version)} + 1")
    matched = " and ".join(f"t.{_quoted(name)} = u.{_quoted(name)}" for name in (*key, *([version] if version else [])))
    return source.statement(
        f"update {_quoted(table.name)} as t set {', '.join(sets)} from {source.sql} where {matched}"
    )


@lru_cache(maxsize=4096)
def delete(table: Table, key: tuple[str, ...]) -> Statement:
    """Rows named by their key columns."""
    source = _source(table, key)
    matched = " and ".join(f"t.{_quoted(name)} = u.{_quoted(name)}" for name in key)
    return source.statement(f"delete from {_quoted(table.name)} as t using {source.sql} where {matched}")
