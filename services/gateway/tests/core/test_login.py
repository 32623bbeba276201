"""Who may come in, and when the door stays shut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gateway.core.login import (
    FAILURE_WINDOW,
    LOCK,
    MOST_FAILURES,
    NO_FAILURES,
    Login,
    after_failure,
    after_success,
    email_key,
    locked,
    problems,
)
from gateway.core.roles import PERMISSIONS, permissions_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LOGIN = Login(UUID(int=1), "a@b.example", "A", "hash")


def failed(times: int, *, apart: timedelta = timedelta(seconds=1)) -> Login:
    login = LOGIN
    for turn in range(times):
        login = after_failure(login, now=NOW + turn * apart)
    return login


@pytest.mark.req("CON-002")
def test_the_tenth_wrong_password_within_fifteen_minutes_locks() -> None:
    assert locked(failed(MOST_FAILURES - 1), now=NOW + timedelta(seconds=9)) is None
    refusal = locked(failed(MOST_FAILURES), now=NOW + timedelta(seconds=9))
    assert refusal is not None
    assert refusal.code == "LOGIN_LOCKED"


@pytest.mark.req("CON-002")
def test_the_lock_opens_after_fifteen_minutes() -> None:
    shut = failed(MOST_FAILURES)
    last = NOW + timedelta(seconds=MOST_FAILURES - 1)
    assert locked(shut, now=last + LOCK - timedelta(seconds=1)) is not None
    assert locked(shut, now=last + LOCK) is None


def test_slow_failures_never_lock() -> None:
    assert locked(failed(50, apart=FAILURE_WINDOW + timedelta(seconds=1)), now=NOW + timedelta(days=1)) is None


def test_a_right_password_forgets_the_wrong_ones() -> None:
    assert after_success(failed(9)).failures == NO_FAILURES


@pytest.mark.req("CUS-001")
def test_addresses_are_one_ignoring_case() -> None:
    assert email_key(" Owner@Shop.Example ") == "owner@shop.example"


@pytest.mark.req("CON-002")
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("123456789", "PASSWORD_LENGTH"),
        ("x" * 129, "PASSWORD_LENGTH"),
        ("Password123", "PASSWORD_TOO_COMMON"),
        ("a@b.example", "PASSWORD_TOO_COMMON"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    assert [refusal.code for refusal in problems("a@b.example", password)] == [code]


def test_address_and_password_are_refused_together() -> None:
    found = problems("no address", "short")
    assert [(refusal.code, refusal.field) for refusal in found] == [
        ("BAD_EMAIL", "email"),
        ("PASSWORD_LENGTH", "password"),
    ]


@pytest.mark.req("GEN-014", "CON-030")
def test_a_role_that_nobody_wrote_down_may_do_nothing() -> None:
    assert permissions_of(["press"]) == frozenset()


@pytest.mark.req("CUS-004", "CON-030")
def test_read_only_can_write_nothing_and_the_owner_everything_others_can() -> None:
    assert all(name.endswith(".read") for name in PERMISSIONS["read-only"])
    assert all(PERMISSIONS[role] <= PERMISSIONS["owner"] for role in PERMISSIONS)


@pytest.mark.req("CON-031")
def test_dangerous_deeds_need_a_permission_of_their_own() -> None:
    dangerous = {"invoice.void", "payment.writeoff", "credit.hold", "credit.override"}
    assert dangerous <= PERMISSIONS["accounting"]
    assert not dangerous & (PERMISSIONS["sales"] | PERMISSIONS["warehouse"] | PERMISSIONS["read-only"])
