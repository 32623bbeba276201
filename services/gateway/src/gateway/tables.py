"""Storage of the gateway: logins and what makers they belong to.

These tables have no row-level security: a login is one person's, whatever makers they work for (CUS-001), and the
question asked of them is always "who is this", never "what is in this maker".
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, MetaData, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import NAMING


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """The base of this service's tables."""


class LoginRow(Row, table=True):
    __tablename__ = "logins"

    login_id: UUID = Field(primary_key=True)
    email: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    failures: int
    failing_since: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    locked_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class MembershipRow(Row, table=True):
    """A copy of `customers.memberships`, and until that arrives the owner the operator named (version 0)."""

    __tablename__ = "memberships"

    membership_key: str = Field(sa_type=Text, primary_key=True)
    member_of: UUID
    email: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    active: bool
    version: int = Field(sa_type=BigInteger)


class MakerRequestRow(Row, table=True):
    """Makers asked for, by the operator's own reference: asking twice gives the same maker."""

    __tablename__ = "maker_requests"

    reference: str = Field(sa_type=Text, primary_key=True)
    new_maker_id: UUID
    name: str = Field(sa_type=Text)
    owner_email: str = Field(sa_type=Text)
    requested_at: datetime = Field(sa_type=DateTime(timezone=True))


class MakerRow(Row, table=True):
    """A copy of `customers.makers`: which makers exist and what they are called."""

    __tablename__ = "makers"

    known_maker_id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
