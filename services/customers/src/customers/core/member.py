"""Members of a maker: which login may do what here (CUS-001, CUS-003, CUS-004)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from customers.core.changes import KEEP, Keep, kept
from customers.core.fields import bad_email, missing, too_long
from kernel.refusal import Refusal


class Role(StrEnum):
    """What a member is to the maker; the rights of each are the gateway's data (CON-030)."""

    OWNER = "owner"
    ADMIN = "admin"
    SALES = "sales"
    WAREHOUSE = "warehouse"
    ACCOUNTING = "accounting"
    READ_ONLY = "read-only"


ROLES: Final = tuple(Role)


@dataclass(frozen=True, slots=True)
class Member:
    """The aggregate: a login's place in the maker. E-mail in lower case; roles in the order of `Role`."""

    membership_id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool = True
    version: int = 0

    @property
    def owns(self) -> bool:
        """May act as an owner now."""
        return self.active and Role.OWNER in self.roles


Team: TypeAlias = Mapping[UUID, Member]
"""All members of one maker by membership id: an owner must remain among them."""


@dataclass(frozen=True, slots=True)
class AddMember:
    membership_id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class ChangeMember:
    """New values for a member; the e-mail is the login and changes only with the account (CON-005)."""

    membership_id: UUID
    name: str | Keep = KEEP
    roles: tuple[Role, ...] | Keep = KEEP
    active: bool | Keep = KEEP


Command: TypeAlias = AddMember | ChangeMember


@dataclass(frozen=True, slots=True)
class MemberAdded:
    member: Member


@dataclass(frozen=True, slots=True)
class MemberChanged:
    member: Member


Event: TypeAlias = MemberAdded | MemberChanged
Decision: TypeAlias = list[Event] | tuple[Refusal, ...]
"""What happened, or every reason why not."""


def decide(team: Team, command: Command, *, by_owner: bool) -> Decision:
    """What a command does to the team; refuses MEMBER_EXISTS, LAST_OWNER, NOT_FOUND, and FORBIDDEN where somebody who
    is no owner would make, change or dismiss one (CON-030: admins may do all but that)."""
    match command:
        case AddMember():
            return _add(team, command, by_owner=by_owner)
        case ChangeMember():
            return _change(team, command, by_owner=by_owner)
        case _:
            assert_never(command)


def evolve(team: Team, event: Event) -> dict[UUID, Member]:
    """The team after an event."""
    return {**team, event.member.membership_id: event.member}


def _add(team: Team, command: AddMember, *, by_owner: bool) -> Decision:
    email = command.email.lower()
    member = Member(command.membership_id, email, command.name, _ordered(command.roles))
    problems = [*missing(email, path="/email"), *bad_email(email, path="/email"), *_problems(member)]
    if email in {one.email for one in team.values()}:
        problems.append(Refusal("MEMBER_EXISTS", {"email": email}, "/email", value=command.email))
    if Role.OWNER in member.roles and not by_owner:
        problems.append(Refusal("FORBIDDEN", {}, "/roles"))
    return tuple(problems) or [MemberAdded(member)]


def _change(team: Team, command: ChangeMember, *, by_owner: bool) -> Decision:
    before = team.get(command.membership_id)
    if before is None:
        return (Refusal("NOT_FOUND"),)
    roles = _ordered(kept(command.roles, before.roles))
    after = replace(
        before, name=kept(command.name, before.name), roles=roles, active=kept(command.active, before.active)
    )
    if after == before:
        return []
    problems = [*_problems(after)]
    if Role.OWNER in {*before.roles, *after.roles} and not by_owner:
        problems.append(Refusal("FORBIDDEN", {}, "/roles"))
    if before.owns and not after.owns and not any(one.owns for one in team.values() if one != before):
        problems.append(Refusal("LAST_OWNER", {}, "/roles" if after.active else "/active"))
    return tuple(problems) or [MemberChanged(after)]


def _problems(member: Member) -> Iterator[Refusal]:
    yield from missing(member.name, path="/name")
    yield from too_long(member.name, 100, path="/name")
    if not member.roles:
        yield Refusal("REQUIRED", {}, "/roles")


def _ordered(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    return tuple(role for role in ROLES if role in roles)
