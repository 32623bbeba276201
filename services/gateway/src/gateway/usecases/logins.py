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
    email = email_key(attempt.email)
    secret = _operator_secret(email, operator_file)
    known = await store.login_of(tx, email) or (await _operator_login(tx) if secret is not None else None)
    if known is not None and (closed := rules.locked(known, now=tx.now)) is not None:
        return closed
    operator = secret is not None and hmac.compare_digest(attempt.password.encode(), secret.encode())
    right = operator or await passwords.matches(attempt.password, known.password_hash or None if known else None)
    if known is None or not right:
        if known is not None:
            await store.save_failures(tx, rules.after_failure(known, now=tx.now))
        return Refusal("LOGIN_FAILED")
    if known.failures != rules.NO_FAILURES:
        await store.save_failures(tx, rules.after_success(known))
    if operator:
        return Holder(OPERATOR, "operator", None, [OPERATOR], [OPERATOR])
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


def _operator_secret(email: str, file: Path | None) -> str | None:
    """The operator's password, if this address is theirs."""
    if file is None or not file.is_file():
        return None
    known = json.loads(file.read_text(encoding="utf-8"))
    return str(known["password"]) if email == email_key(known["email"]) else None


async def _operator_login(tx: Tx) -> Login:
    """Where the operator's failures are counted: a row without a password, made when it is first asked for."""
    await store.add_login(tx, Login(tx.new_id(), rules.OPERATOR_KEY, OPERATOR, password_hash=""))
    kept = await store.login_of(tx, rules.OPERATOR_KEY)
    if kept is None:
        raise LookupError("the operator's failures were there and are gone")
    return kept
