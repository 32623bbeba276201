"""Who is calling: access tokens (JWT, EdDSA over Ed25519) checked against the published keys (RELIABILITY §4).

Every service checks tokens itself. Nothing but the token says who the caller is and whose maker's data it may see;
the one exception is a service token, whose maker stands in the header `Oroshi-Maker`, because one service asks on
behalf of many makers. What was wrong with a token is logged by kind and never told to the caller.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

ISSUER: Final = "oroshi"
AUDIENCE: Final = "oroshi"
SKEW_SECONDS: Final = 60
MAX_TOKEN_BYTES: Final = 8 * 1024
OPERATOR: Final = "operator"
SERVICE: Final = "service"
MAKER_HEADER: Final = "Oroshi-Maker"

_ALGORITHM: Final = "EdDSA"
_MAX_KID: Final = 128


class Unauthenticated(Exception):
    """No acceptable token. `kind` is for the log (`expired`, `unknown-key`, …), never for the caller."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class KeysAway(Exception):
    """The published keys cannot be had and none are known yet: nobody can be recognised for the moment."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token speaks for. `maker_id` is None for the operator and for a service that named no maker."""

    actor: str
    maker_id: UUID | None
    permissions: frozenset[str]
    name: str = ""

    def may(self, permission: str) -> bool:
        """Whether the token grants it; nothing is implied by anything else (GEN-014)."""
        return permission in self.permissions

    @property
    def crosses_makers(self) -> bool:
        """Operators and services may be bound to any maker; everybody else only to the token's."""
        return self.may(OPERATOR) or self.may(SERVICE)


class KeySource(Protocol):
    """Where the published keys come from."""

    async def read(self) -> bytes:
        """The JWKS document. Raises OSError or httpx.HTTPError when it cannot be had."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A JWKS in a file (mounted secret, the launcher's home folder)."""

    path: Path

    async def read(self) -> bytes:
        return await asyncio.to_thread(self.path.read_bytes)


@dataclass(frozen=True, slots=True)
class KeyUrl:
    """A JWKS behind a URL (the gateway's `/.well-known/jwks.json`)."""

    url: str
    timeout_seconds: float = 2.0

    async def read(self) -> bytes:
        async with httpx.AsyncClient(timeout=self.timeout_seconds, follow_redirects=False) as client:
            answer = await client.get(self.url)
            answer.raise_for_status()
            return answer.content


class Keys:
    """The published keys by `kid`, read again for an unknown one, but at most every `throttle_seconds`.

    The throttle is what a storm of made-up key ids meets: the source is asked once, the rest are refused from memory.
    """

    def __init__(
        self, source: KeySource, *, throttle_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._throttle = throttle_seconds
        self._clock = clock
        self._keys: Mapping[str, OKPKey] = {}
        self._tried_at: float | None = None
        self._reading = asyncio.Lock()

    async def key(self, kid: str) -> OKPKey:
        """The key of this id. Raises Unauthenticated for an unknown id, KeysAway when no key is known at all."""
        found = self._keys.get(kid)
        if found is None:
            await self._refresh(kid)
            found = self._keys.get(kid)
        if found is None:
            raise Unauthenticated("unknown-key") if self._keys else KeysAway("no published keys could be read")
        return found

    async def _refresh(self, kid: str) -> None:
        async with self._reading:
            if kid in self._keys or not self._may_try():
                return
            self._tried_at = self._clock()
            try:
                self._keys = ed25519_keys(await self._source.read())
            except (OSError, httpx.HTTPError, ValueError):
                return

    def _may_try(self) -> bool:
        wait = self._throttle if self._keys else min(self._throttle, 1.0)
        return self._tried_at is None or self._clock() - self._tried_at >= wait


def ed25519_keys(document: bytes) -> dict[str, OKPKey]:
    """The Ed25519 public keys of a JWKS by `kid`; keys of other kinds are left out. Raises ValueError on no JWKS."""
    parsed = json.loads(document)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("keys"), list):
        raise ValueError("not a JWKS: no list named keys")
    keys: dict[str, OKPKey] = {}
    for entry in parsed["keys"]:
        if isinstance(entry, dict) and entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519":
            public = {name: value for name, value in entry.items() if name in {"kty", "crv", "x", "kid", "use", "alg"}}
            key = _imported(public)
            if key is not None and isinstance(entry.get("kid"), str):
                keys[entry["kid"]] = key
    return keys


def _imported(public: Mapping[str, str]) -> OKPKey | None:
    try:
        return OKPKey.import_key(dict(public))
    except (JoseError, ValueError, TypeError):
        return None


class _OnlyEdDSA(JWSRegistry):
    """The fixed list of algorithms: one. The token's header does not choose; `jku`, `x5u`, `jwk` are not followed.

    joserfc warns that the name EdDSA gave way to Ed25519 (RFC 9864); the keys are pinned to Ed25519 above, so the
    name is unambiguous here.
    """

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != _ALGORITHM:
            raise UnsupportedAlgorithmError("only EdDSA is accepted")
        return self.algorithms[_ALGORITHM]


_REGISTRY: Final = _OnlyEdDSA(algorithms=[_ALGORITHM])
_CLAIMS: Final = jwt.JWTClaimsRegistry(
    leeway=SKEW_SECONDS,
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    sub={"essential": True},
    exp={"essential": True},
)


def signed(claims: Mapping[str, object], key: OKPKey, kid: str) -> str:
    """A token over these claims; the gateway and the tests sign through this so that both ends agree."""
    header = {"alg": _ALGORITHM, "kid": kid}
    return jwt.encode(header, dict(claims), key, registry=_REGISTRY)


class Verifier:
    """Checks tokens: signature, issuer, audience, expiry and not-before with at most 60 s of skew."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def caller(self, token: str, maker_header: str | None = None) -> Caller:
        """Whom the token speaks for. Raises Unauthenticated, or KeysAway when no key could be read yet."""
        claims = await self._claims(token)
        permissions = _permissions(claims.get("permissions"))
        maker = maker_header if SERVICE in permissions else claims.get("maker")
        return Caller(
            actor=_text(claims.get("sub"), "bad-subject"),
            maker_id=_maker(maker),
            permissions=permissions,
            name=_text(claims.get("name", ""), "bad-name"),
        )

    async def _claims(self, token: str) -> Mapping[str, object]:
        if len(token) > MAX_TOKEN_BYTES:
            raise Unauthenticated("too-long")
        key = await self._keys.key(_kid(token))
        try:
            claims: Mapping[str, object] = jwt.decode(token, key, registry=_REGISTRY).claims
            _CLAIMS.validate(dict(claims))
        except JoseError as error:
            raise Unauthenticated(error.error or "bad-token") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated("bad-token") from error
        return claims


def _kid(token: str) -> str:
    """The key id of the token's header, unverified: it only picks one of our own keys."""
    try:
        header = json.loads(_base64(token.partition(".")[0]))
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("bad-header") from error
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        raise Unauthenticated("no-key-id")
    return kid


def _base64(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _permissions(claim: object) -> frozenset[str]:
    if not isinstance(claim, list) or not all(isinstance(permission, str) for permission in claim):
        raise Unauthenticated("bad-permissions")
    return frozenset(claim)


def _maker(claim: object) -> UUID | None:
    if claim is None:
        return None
    try:
        return UUID(_text(claim, "bad-maker"))
    except ValueError as error:
        raise Unauthenticated("bad-maker") from error


def _text(claim: object, kind: str) -> str:
    if not isinstance(claim, str) or len(claim) > 200:
        raise Unauthenticated(kind)
    return claim


def key_source(*, file: Path | None, url: str | None) -> KeySource:
    """The source the settings name; a file wins over a URL. Raises ValueError when neither is set."""
    if file is not None:
        return KeyFile(file)
    if url is not None:
        return KeyUrl(url)
    raise ValueError("set OROSHI_JWKS_FILE or OROSHI_JWKS_URL: without keys nobody can log in")
