"""Which failures mean "try again" (the database or the broker is away) and which mean "this will never work".

The edges of the chassis ask here; services never do.
"""

from __future__ import annotations

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Away(Exception):
    """Something this work needs does not answer now (a peer, a file store); raise it to have the work tried again."""


SERIALIZATION = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the same transaction, run again, can succeed at once."""

_AWAY_TYPES = (
    Away,
    OSError,
    TimeoutError,
    PoolTimeout,
    KafkaError,
    PendingRollbackError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_AWAY_CLASSES = ("08", "53", "57", "58")
"""Connection, resources (disk full, memory, too many connections), operator intervention, system error."""
_AWAY = frozenset({"25P03", "25P04", "55P03"})
"""Idle-in-transaction and transaction time-out, lock not available."""
_LOCAL_FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
_UNSTORABLE = frozenset({"22021", "22P05"})


def _driver_error(error: BaseException) -> BaseException:
    """asyncpg's own error behind SQLAlchemy's two wrappings."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's five letters, through SQLAlchemy's wrapping or straight from asyncpg."""
    driver = _driver_error(error)
    return driver.sqlstate if isinstance(driver, asyncpg.PostgresError) else None


def broken_constraint(error: BaseException) -> str | None:
    """The rule of the schema that a value broke: the CHECK's name, or `table.column` that must not be null."""
    driver = _driver_error(error)
    if not isinstance(driver, asyncpg.IntegrityConstraintViolationError):
        return None
    if isinstance(driver, asyncpg.CheckViolationError):
        return str(driver.constraint_name)
    return f"{driver.table_name}.{driver.column_name}" if isinstance(driver, asyncpg.NotNullViolationError) else None


def is_conflict(error: BaseException) -> bool:
    """Another transaction was in the way; run this one again."""
    return sqlstate(error) in SERIALIZATION


def is_away(error: BaseException) -> bool:
    """PostgreSQL, Kafka or a peer cannot serve now; the work itself may be fine."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver = _driver_error(error)
    if isinstance(driver, asyncpg.PostgresError):
        state = driver.sqlstate or ""
        return state.startswith(_AWAY_CLASSES) or state in _AWAY
    if isinstance(
        driver, (ValueError, *_LOCAL_FILES)
    ):  # asyncpg's client-side DataError: a value that no column of the type takes
        return False
    return isinstance(driver, _AWAY_TYPES)


def is_infrastructure(error: BaseException) -> bool:
    """Wait and try again, without limit."""
    return is_away(error) or is_conflict(error)


def is_unstorable_text(error: BaseException) -> bool:
    """A NUL byte or a lone surrogate was on its way into a text or jsonb column."""
    return sqlstate(error) in _UNSTORABLE or isinstance(_driver_error(error).__cause__, UnicodeEncodeError)
