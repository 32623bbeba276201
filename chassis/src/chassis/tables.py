"""The runtime tables every service's database has beside its own; only the chassis reads and writes them.

`migrations.create_runtime_tables` makes them; a test compares the two. A service's own tables live in its `tables.py`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names of STYLE 2.7, for the metadata of every service."""

RUNTIME: Final = MetaData(naming_convention=NAMING)


def _at(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


outbox = Table(
    "outbox",
    RUNTIME,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("maker_id", Uuid, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=True),
    Column("headers", JSONB, nullable=False),
    _at("created_at"),
)
inbox = Table(
    "inbox",
    RUNTIME,
    Column("event_id", Uuid, primary_key=True),
    _at("received_at"),
)
parked_messages = Table(
    "parked_messages",
    RUNTIME,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("event_id", Uuid),
    Column("maker_id", Uuid),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", LargeBinary),
    Column("type", Text),
    Column("subject", Text),
    Column("sequence", BigInteger),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary),
    Column("waits_for", Text),
    Column("ready", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    _at("retry_at", nullable=True),
    Column("error", Text),
    Column("stack", Text),
    _at("parked_at"),
)
subject_sequences = Table(
    "subject_sequences",
    RUNTIME,
    Column("maker_id", Uuid, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
subject_positions = Table(
    "subject_positions",
    RUNTIME,
    Column("maker_id", Uuid, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
consumed_offsets = Table(
    "consumed_offsets",
    RUNTIME,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    _at("updated_at"),
)
published_offsets = Table(
    "published_offsets",
    RUNTIME,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    _at("updated_at"),
)
idempotency_keys = Table(
    "idempotency_keys",
    RUNTIME,
    Column("maker_id", Uuid, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _at("created_at"),
)
number_series = Table(
    "number_series",
    RUNTIME,
    Column("maker_id", Uuid, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
stored_files = Table(
    "stored_files",
    RUNTIME,
    Column("file_id", Uuid, primary_key=True),
    Column("maker_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    _at("created_at"),
)
