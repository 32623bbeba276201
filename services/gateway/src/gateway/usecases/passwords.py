"""Passwords at rest: Argon2id, hashed and checked in a thread because that is meant to take long (CON-002)."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 * 1024, parallelism=2),))


async def hashed(password: str) -> str:
    """The hash to keep."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Whether it is the password; takes as long for a login that does not exist (`None`)."""
    known = password_hash if password_hash is not None else await asyncio.to_thread(_nobody)
    right = await asyncio.to_thread(_HASHER.verify, password, known)
    return right and password_hash is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash("a password that nobody has")
