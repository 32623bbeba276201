"""Signing: the private key, the public keys, and the tokens made with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from joserfc.jwk import OKPKey

from chassis.auth import AUDIENCE, ISSUER, ed25519_keys, signed
from chassis.http import Refused
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token is for: a member of one maker, or the operator (no maker)."""

    subject: str
    name: str
    maker_id: UUID | None
    permissions: Sequence[str]
    roles: Sequence[str]


def token_for(holder: Holder, *, key_file: Path | None, now: datetime, lifetime: timedelta) -> str:
    """A signed access token. Raises Refused (503) when this gateway was given no signing key."""
    key = _key(key_file)
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": holder.subject,
        "name": holder.name,
        "roles": list(holder.roles),
        "permissions": sorted(holder.permissions),
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    if holder.maker_id is not None:
        claims["maker"] = str(holder.maker_id)
    return signed(claims, key, str(key.kid))


def public_keys(key_file: Path | None, known_file: Path | None) -> Mapping[str, object]:
    """The JWKS by which everybody checks our tokens: the key that signs, then those of the known set that signed before
    it, for their tokens live on after a rotation."""
    current = _key(key_file)
    earlier = [key for kid, key in _known(known_file).items() if kid != current.kid]
    return {"keys": [key.as_dict(private=False) for key in (current, *earlier)]}


def _known(known_file: Path | None) -> Mapping[str, OKPKey]:
    if known_file is None or not known_file.is_file():
        return {}
    return ed25519_keys(known_file.read_bytes())


def _key(key_file: Path | None) -> OKPKey:
    if key_file is None or not key_file.is_file():
        raise Refused(Refusal("SIGNING_KEY_MISSING"), headers={"Retry-After": "30"})
    return _loaded(key_file, key_file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _loaded(key_file: Path, _changed: int) -> OKPKey:
    """A changed file is read again, so that a key is rotated without a restart."""
    return OKPKey.import_key(json.loads(key_file.read_text(encoding="utf-8")))
