"""Rows ⇄ values of the gateway, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from chassis.tx import Tx
from gateway.core.login import Failures, Login
from gateway.tables import LoginRow, MakerRequestRow, MakerRow, MembershipRow


@dataclass(frozen=True, slots=True)
class Membership:
    """A login's place in a maker."""

    maker_id: UUID
    email: str
    name: str
    roles: Sequence[str]
    active: bool
    version: int


@dataclass(frozen=True, slots=True)
class KnownMaker:
    """A maker that `customers` told of."""

    maker_id: UUID
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class MakerRequest:
    """An operator's wish for a maker."""

    reference: str
    maker_id: UUID
    name: str
    owner_email: str


async def login_of(tx: Tx, email: str) -> Login | None:
    """The login of an address in lower case, locked against a second attempt at the same time."""
    row = await tx.one_or_none(select(*_LOGIN).where(col(LoginRow.email) == email).with_for_update())
    if row is None:
        return None
    failures = Failures(row.failures, row.failing_since, row.locked_until)
    return Login(row.login_id, row.email, row.name, row.password_hash, failures)


async def add_login(tx: Tx, login: Login) -> bool:
    """False when the address has a login already; that one stays as it is."""
    row = {
        "login_id": login.login_id,
        "email": login.email,
        "name": login.name,
        "password_hash": login.password_hash,
        "failures": 0,
        "failing_since": None,
        "locked_until": None,
        "created_at": tx.now,
    }
    return await tx.insert(LoginRow, [row], on_conflict_do_nothing=["email"]) == 1


async def save_failures(tx: Tx, login: Login) -> None:
    """Keeps how often the password was wrong."""
    seen = login.failures
    row = {
        "login_id": login.login_id,
        "failures": seen.count,
        "failing_since": seen.since,
        "locked_until": seen.locked_until,
    }
    await tx.update(LoginRow, [row], key=["login_id"])


async def memberships_of(tx: Tx, email: str) -> list[Membership]:
    """The makers an address works for, oldest first."""
    found = await tx.rows(
        select(*_MEMBERSHIP).where(col(MembershipRow.email) == email).order_by(col(MembershipRow.member_of))
    )
    return [Membership(row.member_of, row.email, row.name, row.roles, row.active, row.version) for row in found]


async def copy_memberships(tx: Tx, memberships: Sequence[Membership]) -> None:
    """Keeps the newer version of each."""
    await tx.upsert(
        MembershipRow,
        [
            {
                "membership_key": f"{one.maker_id}/{one.email}",
                "member_of": one.maker_id,
                "email": one.email,
                "name": one.name,
                "roles": list(one.roles),
                "active": one.active,
                "version": one.version,
            }
            for one in memberships
        ],
        key=["membership_key"],
        where_newer="version",
    )


async def copy_makers(tx: Tx, makers: Sequence[KnownMaker]) -> None:
    """Keeps the newer version of each."""
    rows = [{"known_maker_id": maker.maker_id, "name": maker.name, "version": maker.version} for maker in makers]
    await tx.upsert(MakerRow, rows, key=["known_maker_id"], where_newer="version")


async def known_makers(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of the makers `customers` has told of."""
    found = await tx.rows(
        select(col(MakerRow.known_maker_id), col(MakerRow.name)).where(col(MakerRow.known_maker_id).in_(ids))
    )
    return {row.known_maker_id: row.name for row in found}


async def requested_maker(tx: Tx, reference: str) -> UUID | None:
    """The maker asked for under this reference."""
    found = await tx.scalar(
        select(col(MakerRequestRow.new_maker_id)).where(col(MakerRequestRow.reference) == reference)
    )
    return None if found is None else UUID(str(found))


async def request_of(tx: Tx, request: MakerRequest) -> MakerRequest:
    """Keeps a request, or returns the one of the same reference that was kept before."""
    row = {
        "reference": request.reference,
        "new_maker_id": request.maker_id,
        "name": request.name,
        "owner_email": request.owner_email,
        "requested_at": tx.now,
    }
    if await tx.insert(MakerRequestRow, [row], on_conflict_do_nothing=["reference"]):
        return request
    kept = await tx.one_or_none(select(*_REQUEST).where(col(MakerRequestRow.reference) == request.reference))
    if kept is None:
        raise LookupError(f"maker request {request.reference} was there and is gone")
    return MakerRequest(kept.reference, kept.new_maker_id, kept.name, kept.owner_email)


_LOGIN = (
    col(LoginRow.login_id),
    col(LoginRow.email),
    col(LoginRow.name),
    col(LoginRow.password_hash),
    col(LoginRow.failures),
    col(LoginRow.failing_since),
    col(LoginRow.locked_until),
)
_MEMBERSHIP = (
    col(MembershipRow.member_of),
    col(MembershipRow.email),
    col(MembershipRow.name),
    col(MembershipRow.roles),
    col(MembershipRow.active),
    col(MembershipRow.version),
)
_REQUEST = (
    col(MakerRequestRow.reference),
    col(MakerRequestRow.new_maker_id),
    col(MakerRequestRow.name),
    col(MakerRequestRow.owner_email),
)
