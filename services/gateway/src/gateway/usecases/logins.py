"""Logging in: e-mail and password against what is kept, failures counted even when the answer is no."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from chassis.tx import Tx
from gateway import store
from gateway.core import login as rules
from gateway.core.login import Login, email_key
from gateway.core.roles import OPERATOR, permissions_of
from gateway.store import Membership
from gateway.usecases import passwords
from gateway.usecases.keys import Holder
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody says who they are; `maker_id` picks one of several makers."""

    email: str
    password: str
    maker_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A way in for one person."""

    email: str
    name: str
    password: str


async def log_in(tx: Tx, attempt: Attempt, *, operator_file: Path | None) -> Holder | Refusal:
    """Who may come in. Refuses LOGIN_FAILED without saying what was wrong, LOGIN_LOCKED after ten failures,
    NO_MAKER without a membership, MAKER_REQUIRED when several makers could be meant.

    The caller commits in either case: failures must be counted.
    """
    if _is_operator(attempt, operator_file):
        return Holder(OPERATOR, "operator", None, [OPERATOR], [OPERATOR])
    known = await store.login_of(tx, email_key(attempt.email))
    if known is not None and (closed := rules.locked(known, now=tx.now)) is not None:
        return closed
    if not await passwords.matches(attempt.password, known.password_hash if known else None) or known is None:
        if known is not None:
            await store.save_failures(tx, rules.after_failure(known, now=tx.now))
        return Refusal("LOGIN_FAILED")
    if known.failures != rules.NO_FAILURES:
        await store.save_failures(tx, rules.after_success(known))
    return _holder(known, await store.memberships_of(tx, known.email), attempt.maker_id)


async def add(tx: Tx, commands: Sequence[NewLogin]) -> list[Login | Refusal]:
    """New logins, each once; an address that has one keeps it (EMAIL_TAKEN)."""
    outcomes: list[Login | Refusal] = []
    for command in commands:  # an operator adds them one by one; hashing takes a fifth of a second each
        secret = await passwords.hashed(command.password)
        login = Login(tx.new_id(), email_key(command.email), command.name, secret)
        added = await store.add_login(tx, login)
        outcomes.append(login if added else Refusal("EMAIL_TAKEN", {}, "email", value=command.email))
    return outcomes


def _holder(login: Login, memberships: Sequence[Membership], wanted: UUID | None) -> Holder | Refusal:
    active = [one for one in memberships if one.active]
    chosen = [one for one in active if wanted is None or one.maker_id == wanted]
    if not chosen:
        return Refusal("NO_MAKER")
    if len(chosen) > 1:
        return Refusal("MAKER_REQUIRED", {"makers": ", ".join(str(one.maker_id) for one in chosen)}, "maker_id")
    member = chosen[0]
    return Holder(str(login.login_id), login.name, member.maker_id, sorted(permissions_of(member.roles)), member.roles)


def _is_operator(attempt: Attempt, file: Path | None) -> bool:
    if file is None or not file.is_file():
        return False
    known = json.loads(file.read_text(encoding="utf-8"))
    same_email = email_key(attempt.email) == email_key(known["email"])
    return same_email and hmac.compare_digest(attempt.password.encode(), str(known["password"]).encode())
