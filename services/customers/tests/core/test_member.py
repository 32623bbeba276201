"""Members and their roles: an owner always remains."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from customers.core.member import (
    ROLES,
    AddMember,
    ChangeMember,
    Command,
    Member,
    MemberAdded,
    MemberChanged,
    Role,
    decide,
    evolve,
)
from services.customers.tests.builders import a_member, a_team, an_id, happened, problems

OWNER = a_member(1, "owner@maker.example", Role.OWNER)
SALES = a_member(2, "sales@maker.example", Role.SALES)


@pytest.mark.req("CUS-001", "CUS-003")
def test_a_member_joins_with_a_lower_case_address_and_ordered_roles() -> None:
    command = AddMember(an_id(3), "New@Maker.Example", "佐藤", (Role.WAREHOUSE, Role.SALES, Role.SALES))

    [event] = happened(decide(a_team(OWNER), command, by_owner=False))

    assert event == MemberAdded(Member(an_id(3), "new@maker.example", "佐藤", (Role.SALES, Role.WAREHOUSE)))


@pytest.mark.req("CUS-001")
def test_an_address_is_a_member_once_ignoring_case() -> None:
    again = AddMember(an_id(3), "SALES@maker.example", "佐藤", (Role.SALES,))

    assert problems(decide(a_team(OWNER, SALES), again, by_owner=True)) == [("MEMBER_EXISTS", "/email")]


@pytest.mark.req("CUS-004", "GEN-010")
def test_a_member_needs_address_name_and_role() -> None:
    assert problems(decide({}, AddMember(an_id(3), "x", "", ()), by_owner=True)) == [
        ("BAD_EMAIL", "/email"),
        ("REQUIRED", "/name"),
        ("REQUIRED", "/roles"),
    ]


@pytest.mark.req("CUS-004")
@pytest.mark.parametrize(("change", "field"), [({"active": False}, "/active"), ({"roles": (Role.ADMIN,)}, "/roles")])
def test_the_last_owner_can_neither_leave_nor_step_down(change: dict[str, object], field: str) -> None:
    sleeping = a_member(3, "old@maker.example", Role.OWNER, active=False)

    command = ChangeMember(an_id(1), **change)  # type: ignore[arg-type]

    assert problems(decide(a_team(OWNER, SALES, sleeping), command, by_owner=True)) == [("LAST_OWNER", field)]


@pytest.mark.req("CUS-004")
def test_one_of_two_owners_may_go() -> None:
    second = a_member(3, "second@maker.example", Role.OWNER)

    [event] = happened(decide(a_team(OWNER, second), ChangeMember(an_id(1), active=False), by_owner=True))

    assert event == MemberChanged(a_member(1, "owner@maker.example", Role.OWNER, active=False))


@pytest.mark.req("CON-030")
@pytest.mark.parametrize(
    "command",
    [
        AddMember(an_id(3), "boss@maker.example", "社長", (Role.OWNER,)),
        ChangeMember(an_id(2), roles=(Role.OWNER,)),
        ChangeMember(an_id(1), name="別名"),
    ],
)
def test_only_owners_make_or_change_owners(command: Command) -> None:
    assert ("FORBIDDEN", "/roles") in problems(decide(a_team(OWNER, SALES), command, by_owner=False))
    happened(decide(a_team(OWNER, SALES), command, by_owner=True))


def test_unknown_members_are_not_found_and_the_same_again_changes_nothing() -> None:
    assert problems(decide(a_team(OWNER), ChangeMember(an_id(7)), by_owner=True)) == [("NOT_FOUND", None)]
    assert decide(a_team(OWNER), ChangeMember(an_id(1), name="山田", roles=(Role.OWNER,)), by_owner=True) == []


roles = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3).map(tuple)
numbers = st.integers(1, 4)


class TeamLife(RuleBasedStateMachine):
    """Owners come and go in any order; one is always there."""

    @initialize()
    def begin(self) -> None:
        self.team = a_team(OWNER)

    def _do(self, command: Command) -> None:
        decision = decide(self.team, command, by_owner=True)
        for event in decision if isinstance(decision, list) else []:
            self.team = evolve(self.team, event)

    @rule(number=numbers, chosen=roles)
    def add(self, number: int, chosen: tuple[Role, ...]) -> None:
        if an_id(number) not in self.team:
            self._do(AddMember(an_id(number), f"m{number}@maker.example", "名", chosen))

    @rule(number=numbers, chosen=roles)
    def give_roles(self, number: int, chosen: tuple[Role, ...]) -> None:
        self._do(ChangeMember(an_id(number), roles=chosen))

    @rule(number=numbers, active=st.booleans())
    def switch(self, number: int, active: bool) -> None:
        self._do(ChangeMember(an_id(number), active=active))

    @invariant()
    def an_owner_remains(self) -> None:
        if hasattr(self, "team"):
            assert any(member.owns for member in self.team.values())
            assert len({member.email for member in self.team.values()}) == len(self.team)


TestTeamLife = TeamLife.TestCase
