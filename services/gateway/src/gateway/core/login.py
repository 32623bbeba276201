"""A login: e-mail and password, locked for a while after many failures (CUS-001, CON-001, CON-002)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kernel.refusal import Refusal

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 128
MOST_FAILURES: Final = 10
FAILURE_WINDOW: Final = timedelta(minutes=15)
LOCK: Final = timedelta(minutes=15)
OPERATOR_KEY: Final = " operator"
"""Stands for the operator among the logins. No address begins with a blank (`email_key`): nobody can ask for it."""

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_COMMON: Final = frozenset(
    "1234567890 0123456789 password123 passwordpassword qwertyuiop qwerty12345 1q2w3e4r5t letmein123 welcome123 "
    "administrator iloveyou123 abc1234567 aaaaaaaaaa 1111111111 0000000000 changeme123 football123 oroshi12345".split()
)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row since `since`; locked until `locked_until`."""

    count: int = 0
    since: datetime | None = None
    locked_until: datetime | None = None


NO_FAILURES: Final = Failures()


@dataclass(frozen=True, slots=True)
class Login:
    """One person's way in. `email` in lower case; the hash says itself how it was made."""

    login_id: UUID
    email: str
    name: str
    password_hash: str
    failures: Failures = NO_FAILURES


def email_key(email: str) -> str:
    """E-mail addresses are one ignoring case (CUS-001)."""
    return email.strip().lower()


def problems(email: str, password: str, *, path: str = "") -> tuple[Refusal, ...]:
    """BAD_EMAIL, PASSWORD_TOO_SHORT, PASSWORD_TOO_COMMON of a new login (CON-002)."""
    return tuple(_problems(email, password, path))


def _problems(email: str, password: str, path: str) -> Iterator[Refusal]:
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        yield Refusal("BAD_EMAIL", {}, f"{path}email", value=email[:254])
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        facts = {"shortest": str(SHORTEST_PASSWORD), "longest": str(LONGEST_PASSWORD)}
        yield Refusal("PASSWORD_LENGTH", facts, f"{path}password")
    elif password.lower() in _COMMON or password.lower() == email_key(email):
        yield Refusal("PASSWORD_TOO_COMMON", {}, f"{path}password")


def locked(login: Login, *, now: datetime) -> Refusal | None:
    """LOGIN_LOCKED while too many failures keep the door shut."""
    until = login.failures.locked_until
    if until is None or until <= now:
        return None
    return Refusal("LOGIN_LOCKED", {"seconds": str(int((until - now).total_seconds()) + 1)})


def after_failure(login: Login, *, now: datetime) -> Login:
    """One more wrong password: the tenth within 15 minutes locks for 15 minutes."""
    seen = login.failures
    fresh = seen.since is None or now - seen.since > FAILURE_WINDOW
    counted = Failures(1, now) if fresh else Failures(seen.count + 1, seen.since)
    if counted.count >= MOST_FAILURES:
        counted = Failures(0, None, now + LOCK)
    return replace(login, failures=counted)


def after_success(login: Login) -> Login:
    """A right password forgets the wrong ones."""
    return replace(login, failures=NO_FAILURES)
