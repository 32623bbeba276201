"""One database transaction, always bound to ONE maker: what use cases, stores and views are given.

Committing is the edge's business (`chassis.database`, `chassis.messages`); a use case only reads, writes and announces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, Executable, Row, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from chassis import clock, failures, statements, tables
from chassis.outbox import Origin, Outgoing
from chassis.records import records
from chassis.statements import Statement, table_of
from contracts.wire import Message

Rows = Sequence[Mapping[str, object]]

NO_MAKER: Final = UUID(int=0)
"""For the few deeds that are nobody's (an operator's); it owns no row."""

_LOCK_SLOTS: Final = 2048
"""Advisory locks of one namespace; a transaction over 10,000 ids must not fill the server's lock table."""


class Stale(Exception):  # the trade's word, and what the edge says
    """Rows changed or vanished since they were read; the edge runs the deed again or answers CONFLICT (GEN-006)."""


class UnstorableText(ValueError):
    """A text holds a NUL or a lone surrogate, which PostgreSQL cannot store."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An upload or an issued document, kept byte for byte."""

    file_id: UUID
    name: str
    media_type: str
    sha256: bytes
    content: bytes
    created_at: datetime


class Tx:
    """See PLAN §4. `now` is read once per transaction, aware, UTC; `actor` is a user id, `service:…` or `system`."""

    __slots__ = (
        "_arrived",
        "_connection",
        "_ids",
        "_origins",
        "_outgoing",
        "actor",
        "correlation_id",
        "maker_id",
        "now",
    )

    def __init__(
        self,
        connection: AsyncConnection,
        *,
        maker_id: UUID,
        outgoing: Outgoing,
        arrived: set[tuple[UUID, str]],
        now: datetime,
        actor: str,
        origin: Origin,
        origins: Callable[[Message], Origin] | None = None,
    ) -> None:
        self._connection = connection
        self._outgoing = outgoing
        self._arrived = arrived
        self._origins = origins or (lambda _: origin)
        self._ids = clock.ids()
        self.maker_id = maker_id
        self.now = now
        self.actor = actor
        self.correlation_id = origin.correlation_id

    def new_id(self) -> UUID:
        """A UUIDv7."""
        return next(self._ids)

    def new_ids(self, count: int) -> list[UUID]:
        """Different UUIDv7, ascending."""
        return clock.new_ids(count)

    # -- reading ----------------------------------------------------------------------------------------------------

    async def rows(self, statement: Executable, params: Mapping[str, object] | None = None) -> Sequence[Row[Any]]:
        result = await self._connection.execute(statement, params)
        return records(result.keys(), result.all())

    async def one_or_none(self, statement: Executable, params: Mapping[str, object] | None = None) -> Row[Any] | None:
        """Raises sqlalchemy.exc.MultipleResultsFound on more than one row."""
        return (await self._connection.execute(statement, params)).one_or_none()

    async def scalar(self, statement: Executable, params: Mapping[str, object] | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._connection.execute(statement, params)).scalar()

    # -- writing ----------------------------------------------------------------------------------------------------

    async def execute(self, statement: Executable, params: Mapping[str, object] | None = None) -> int:
        """Runs one statement and returns how many rows it touched. For what the bulk verbs below cannot say."""
        result = await self._connection.execute(statement, params)
        return result.rowcount if isinstance(result, CursorResult) else 0

    async def insert(
        self, table: type[SQLModel], rows: Rows, *, on_conflict_do_nothing: Sequence[str] | None = None
    ) -> int:
        """One statement for all rows; returns how many were inserted. `[]` passes over conflicts of any unique key."""
        if not rows:
            return 0
        ignore = None if on_conflict_do_nothing is None else tuple(on_conflict_do_nothing)
        sql = table_of(table)
        return (await self._bulk(sql, statements.insert(sql, _columns(rows), ignore), rows)).rowcount

    async def insert_returning(
        self, table: type[SQLModel], rows: Rows, *, conflict: Sequence[str], returning: Sequence[str]
    ) -> Sequence[Row[Any]]:
        """Only the rows really inserted come back; a row whose `conflict` key exists already is passed over."""
        if not rows:
            return []
        sql = table_of(table)
        statement = statements.insert_returning(sql, _columns(rows), tuple(conflict), tuple(returning))
        return (await self._bulk(sql, statement, rows)).all()

    async def upsert(
        self,
        table: type[SQLModel],
        rows: Rows,
        *,
        key: Sequence[str],
        update: Sequence[str] | None = None,
        where_newer: str | None = None,
    ) -> int:
        """Inserts or replaces by key. Of several rows of one key the last counts, or the greatest `where_newer`.

        `where_newer="version"` replaces a row only by a greater version. Returns how many rows were written.
        """
        if not rows:
            return 0
        sql, columns = table_of(table), _columns(rows)
        changed = tuple(update) if update is not None else tuple(name for name in columns if name not in key)
        statement = statements.upsert(sql, columns, tuple(key), changed, where_newer)
        return (await self._bulk(sql, statement, _one_per_key(rows, key, where_newer))).rowcount

    async def update(
        self, table: type[SQLModel], rows: Rows, *, key: Sequence[str], expect_version: str | None = None
    ) -> int:
        """Changes rows by key, all other columns given. `expect_version="version"`: each row carries the version read
        and is stored one higher; if any row has another version by now, or is gone, Stale is raised."""
        if not rows:
            return 0
        sql, columns = table_of(table), _columns(rows)
        matched = tuple(dict.fromkeys((*key, *({"maker_id"} & set(columns)))))  # another maker's row never matches
        statement = statements.update(sql, columns, matched, expect_version)
        changed = (await self._bulk(sql, statement, rows)).rowcount
        if expect_version is not None and changed != len(rows):
            raise Stale(f"{sql.name}: {len(rows) - changed} of {len(rows)} rows changed since they were read")
        return changed

    async def delete(self, table: type[SQLModel], keys: Rows) -> int:
        """Deletes rows named by key columns, such as `{"maker_id": …, "line_id": …}`."""
        if not keys:
            return 0
        sql = table_of(table)
        return (await self._bulk(sql, statements.delete(sql, _columns(keys)), keys)).rowcount

    async def lock(self, namespace: str, ids: Iterable[object]) -> None:
        """Waits for the exclusive right to each id until the transaction ends; sorted, so that two never deadlock.

        Ids share 2,048 slots per namespace: rarely two strangers wait for each other.
        """
        slots = sorted({_slot(namespace, f"{self.maker_id}/{id_}") for id_ in ids})
        if slots:
            await self._connection.exec_driver_sql(
                "select pg_advisory_xact_lock(slot) from unnest($1::bigint[]) as slot", (slots,)
            )

    async def next_numbers(self, series: str, count: int) -> range:
        """The next `count` numbers of a gap-free series, from 1. Locks the series until commit: call it
        as the last that may wait or refuse; after it only write."""
        if count < 1:
            return range(0)
        result = await self._connection.exec_driver_sql(_NEXT_NUMBERS, (self.maker_id, series, count))
        last = result.scalar_one()
        return range(last - count + 1, last + 1)

    # -- messages ---------------------------------------------------------------------------------------------------

    def announce(self, messages: Iterable[Message]) -> None:
        """Sends messages if and when this transaction commits. Raises MessageTooLarge naming type and size."""
        for message in messages:
            if message.maker_id != self.maker_id:
                raise ValueError(f"{message.body.TYPE}: this transaction belongs to another maker")
            self._outgoing.add((message,), self._origins(message))

    async def arrived(self, keys: Iterable[str]) -> None:
        """Wakes messages that wait for these facts (`Wait(…, for_="customer/…")`), once this transaction commits."""
        self._arrived.update((self.maker_id, key) for key in keys)

    # -- files ------------------------------------------------------------------------------------------------------

    async def store_file(self, content: bytes, *, name: str, media_type: str) -> UUID:
        """Keeps the bytes with their SHA-256 and returns the file's id."""
        file_id = self.new_id()
        row = {
            "file_id": file_id,
            "maker_id": self.maker_id,
            "name": name,
            "media_type": media_type,
            "sha256": hashlib.sha256(content).digest(),
            "size": len(content),
            "content": content,
            "created_at": self.now,
        }
        await self._bulk(tables.stored_files, statements.insert(tables.stored_files, tuple(row), None), [row])
        return file_id

    async def load_file(self, file_id: UUID) -> StoredFile | None:
        """A file of this maker."""
        t = tables.stored_files.c
        row = await self.one_or_none(
            tables.stored_files.select().where(t.file_id == file_id, t.maker_id == self.maker_id)
        )
        if row is None:
            return None
        return StoredFile(row.file_id, row.name, row.media_type, row.sha256, row.content, row.created_at)

    # -- parts ------------------------------------------------------------------------------------------------------

    async def _bulk(self, table: Table, statement: Statement, rows: Rows) -> CursorResult[Any]:
        self._refuse_other_makers(table, rows)
        try:
            return await self._connection.exec_driver_sql(statement.sql, statement.arrays(rows))
        except (DBAPIError, TypeError) as error:
            if (told := _unstorable_text(error, table, rows)) is not None:
                raise told from error
            raise

    def _refuse_other_makers(self, table: Table, rows: Rows) -> None:
        if "maker_id" in table.columns and any(row.get("maker_id") != self.maker_id for row in rows):
            raise ValueError(f"{table.name}: every row needs maker_id, and this transaction belongs to one maker")


_NEXT_NUMBERS = """
insert into number_series as s (maker_id, series, last) values ($1, $2, $3)
on conflict (maker_id, series) do update set last = s.last + excluded.last
returning last
"""


def _columns(rows: Rows) -> tuple[str, ...]:
    columns = tuple(rows[0])
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("rows of one statement need the same columns")
    return columns


def _one_per_key(rows: Rows, key: Sequence[str], newer: str | None) -> Rows:
    """One row per key, sorted by key: PostgreSQL refuses to write a row twice, and lock order must not vary."""
    chosen: dict[tuple[object, ...], Mapping[str, object]] = {}
    for row in rows:
        name = tuple(row[column] for column in key)
        present = chosen.get(name)
        if present is None or newer is None or row[newer] >= present[newer]:  # type: ignore[operator]
            chosen[name] = row
    return [chosen[name] for name in sorted(chosen, key=lambda name: tuple(map(str, name)))]


def _slot(namespace: str, name: str) -> int:
    space = int.from_bytes(hashlib.blake2b(namespace.encode(), digest_size=4).digest(), "big", signed=True)
    slot = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") % _LOCK_SLOTS
    return (space << 32) | slot


def _unstorable_text(error: Exception, table: Table, rows: Rows) -> UnstorableText | None:
    """Names the row and column of a text that PostgreSQL, or JSON on the way there, cannot take."""
    if isinstance(error, DBAPIError) and not failures.is_unstorable_text(error):
        return None
    for at, row in enumerate(rows):
        for name, value in row.items():
            if _unstorable(value):
                return UnstorableText(f"{table.name}.{name}, row {at + 1}: text holds a NUL or a lone surrogate")
    return None


def _unstorable(value: object) -> bool:
    text = str(value) if isinstance(value, (str, dict, list, tuple)) else ""
    return "\x00" in text or "\\x00" in text or "\\ud" in text or any("\ud800" <= one <= "\udfff" for one in text)
