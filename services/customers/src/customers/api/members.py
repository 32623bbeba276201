"""Routes of members: who may do what in the maker (CUS-003, CUS-004)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.http import Edge, Listing, RequestModel, Router, Text, needs, problem_responses
from chassis.tx import Tx
from customers.core.changes import KEEP
from customers.core.member import AddMember, ChangeMember, Role
from customers.usecases import members
from customers.views import members as views
from customers.views.members import MemberSearch, MemberView

router = Router()

Manages = Annotated[Edge, needs("member.manage")]
Roles = Annotated[list[Role], Field(min_length=1, max_length=10)]
_PROBLEMS = ("BAD_EMAIL", "CONFLICT", "LAST_OWNER", "MAKER_NOT_READY", "MEMBER_EXISTS")


class NewMemberBody(RequestModel):
    email: Annotated[str, Text(100)]
    name: Annotated[str, Text(100)]
    roles: Roles


class MemberPatch(RequestModel):
    """New values for some fields of a member; what is left out stays."""

    name: Annotated[str, Text(100)] | None = None
    roles: Roles | None = None
    active: bool | None = None

    def command(self, membership_id: UUID) -> ChangeMember:
        return ChangeMember(
            membership_id,
            name=self.name or KEEP,
            roles=tuple(self.roles) if self.roles else KEEP,
            active=KEEP if self.active is None else self.active,
        )


@router.post("/v1/members", status_code=201, responses=problem_responses(*_PROBLEMS))
async def add_member(body: NewMemberBody, edge: Manages) -> MemberView:
    """Adds a login to the maker. Only owners make owners."""

    async def deed(tx: Tx) -> list[members.MemberOrNot]:
        command = AddMember(tx.new_id(), body.email, body.name, tuple(body.roles))
        return await members.change_team(tx, [command], by_owner=_is_owner(edge))

    return await edge.one(deed, views.member)


@router.get("/v1/members")
async def list_members(
    search: Annotated[MemberSearch, Query()], edge: Annotated[Edge, needs("member.read", "member.manage")]
) -> Listing[MemberView]:
    return await edge.page(lambda tx: views.list_members(tx, search))


@router.patch("/v1/members/{membership_id}", responses=problem_responses(*_PROBLEMS))
async def change_member(membership_id: UUID, body: MemberPatch, edge: Manages) -> MemberView:
    """Changes name, roles or whether the login may come in; an owner always remains. Takes If-Match."""
    return await edge.one(
        lambda tx: members.change_team(
            tx, [body.command(membership_id)], by_owner=_is_owner(edge), expected=edge.expected_version
        ),
        views.member,
    )


def _is_owner(edge: Edge) -> bool:
    return edge.caller.may("maker.own")
