"""Billing delegation: two levels, never a chain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from customers.core.delegation import Command, Delegate, Delegated, Revoke, Revoked, decide, decide_all, evolve
from services.customers.tests.builders import an_id, happened, problems

A, B, P, Q = (an_id(number) for number in range(1, 5))


@pytest.mark.req("CUS-075", "CUS-076")
def test_two_delegators_may_share_a_delegatee() -> None:
    assert happened(decide({A: P}, Delegate(B, P))) == [Delegated(B, P)]


@pytest.mark.req("CUS-076")
def test_a_delegatee_cannot_become_a_delegator() -> None:
    assert problems(decide({A: P, B: P}, Delegate(P, Q))) == [("DELEGATION_CHAIN", "/delegator")]


@pytest.mark.req("CUS-076")
def test_a_delegator_cannot_become_a_delegatee() -> None:
    assert problems(decide({A: P}, Delegate(B, A))) == [("DELEGATION_CHAIN", "/delegatee")]


@pytest.mark.req("CUS-076")
def test_both_ends_of_a_chain_are_told_at_once() -> None:
    assert problems(decide({A: P, B: Q}, Delegate(P, B))) == [
        ("DELEGATION_CHAIN", "/delegatee"),
        ("DELEGATION_CHAIN", "/delegator"),
    ]


@pytest.mark.req("CUS-076")
def test_nobody_delegates_to_itself() -> None:
    assert problems(decide({}, Delegate(A, A))) == [("DELEGATION_SELF", "/delegatee")]


@pytest.mark.req("CUS-076")
def test_a_delegator_has_one_delegatee_and_may_change_it() -> None:
    [event] = happened(decide({A: P}, Delegate(A, Q)))

    assert evolve({A: P}, event) == {A: Q}


@pytest.mark.req("CUS-077")
def test_a_revoked_relation_is_gone_and_the_delegatee_is_free_again() -> None:
    [event] = happened(decide({A: P}, Revoke(A)))

    assert event == Revoked(A, P)
    assert happened(decide(evolve({A: P}, event), Delegate(P, Q))) == [Delegated(P, Q)]


def test_repeating_what_is_so_does_nothing() -> None:
    assert decide({A: P}, Delegate(A, P)) == []
    assert decide({}, Revoke(A)) == []


people = st.sampled_from([an_id(number) for number in range(6)])
commands = st.builds(Delegate, people, people) | st.builds(Revoke, people)


@given(st.lists(commands, max_size=30))
def test_many_at_once_decide_as_one_after_the_other(asked: list[Command]) -> None:
    state: dict[object, object] = {}
    one_by_one = []
    for command in asked:
        decision = decide(state, command)  # type: ignore[arg-type]
        one_by_one.append(decision)
        for event in decision if isinstance(decision, list) else []:
            state = evolve(state, event)  # type: ignore[arg-type,assignment]

    assert decide_all({}, asked) == (one_by_one, state)


class Relations(RuleBasedStateMachine):
    """In whatever order relations are made and revoked, nobody is delegator and delegatee at once."""

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[object, object] = {}

    @rule(command=commands)
    def ask(self, command: Command) -> None:
        decision = decide(self.state, command)  # type: ignore[arg-type]
        if isinstance(decision, tuple):
            assert decision
            return
        for event in decision:
            self.state = evolve(self.state, event)  # type: ignore[arg-type,assignment]
        if isinstance(command, Delegate):
            assert self.state[command.delegator] == command.delegatee

    @invariant()
    def there_is_no_chain(self) -> None:
        assert not set(self.state) & set(self.state.values())


TestRelations = Relations.TestCase
