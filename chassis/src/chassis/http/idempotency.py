"""`Idempotency-Key`: a repeated call gets the first one's answer, byte for byte, and has no second effect (GEN-007).

The answer is stored in the transaction of the effect, so there is no moment in which one exists without the other.
Only successes are kept: what was refused may be corrected and sent again under the same key. Rows older than
`KEPT_FOR` may be deleted by the service's housekeeping; until then a key stays taken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request

from chassis import tables
from chassis.http.refused import Refused
from chassis.tx import Tx
from kernel.refusal import Refusal

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_FOR: Final = timedelta(days=7)
_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_CHUNK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call answers: status, body and the headers that belong to it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key: which route, which key, and the fingerprint of all that was asked."""

    route: str
    key: str
    fingerprint: bytes

    @property
    def lock(self) -> str:
        """The name of the advisory lock that two simultaneous uses meet at."""
        return f"{self.route}\n{self.key}"


def key_of(headers: Headers) -> str | None:
    """The key, None without the header. Raises Refused (400) for one that is not 1-255 printable characters."""
    keys = headers.getlist(HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Refused(Refusal("IDEMPOTENCY_KEY_INVALID", field=HEADER))
    return keys[0]


async def claim_of(request: Request, route: str) -> Claim | None:
    """The claim of a request, None without a key. Raises Refused as `key_of` does."""
    key = key_of(request.headers)
    return None if key is None else Claim(route, key, await _fingerprint(request))


async def replayed(tx: Tx, claim: Claim) -> Answer | None:
    """The stored answer of this key, or None after taking the key for this transaction.

    Raises Refused: 409 while another call with the key is under way, 422 when it was used for another request.
    """
    taken = await tx.scalar(select(func.pg_try_advisory_xact_lock(_slot(tx, claim))))
    if not taken:
        raise Refused(Refusal("IDEMPOTENCY_IN_FLIGHT"), headers={"Retry-After": "1"})
    t = tables.idempotency_keys.c
    row = await tx.one_or_none(
        select(t.body_hash, t.status, t.headers, t.body).where(
            t.maker_id == tx.maker_id, t.route == claim.route, t.key == claim.key
        )
    )
    if row is None:
        return None
    if bytes(row.body_hash) != claim.fingerprint:
        raise Refused(Refusal("IDEMPOTENCY_KEY_REUSED"))
    return Answer(row.status, bytes(row.body), {**row.headers, REPLAYED: "true"})


async def keep(tx: Tx, claim: Claim, answer: Answer) -> None:
    """Stores the answer with the effect."""
    await tx.execute(
        tables.idempotency_keys.insert().values(
            maker_id=tx.maker_id,
            route=claim.route,
            key=claim.key,
            body_hash=claim.fingerprint,
            status=answer.status,
            headers=dict(answer.headers),
            body=answer.body,
            created_at=tx.now,
        )
    )


def _slot(tx: Tx, claim: Claim) -> int:
    digest = hashlib.blake2b(f"idempotency\n{tx.maker_id}\n{claim.lock}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def _fingerprint(request: Request) -> bytes:
    """Path, query and content. A form is taken apart first: its boundary differs from one attempt to the next."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").startswith("multipart/"):
        for name, part in (await request.form()).multi_items():
            await _add_part(digest, name, part)
    else:
        digest.update(await request.body())
    return digest.digest()


async def _add_part(digest: hashlib._Hash, name: str, part: UploadFile | str) -> None:
    if isinstance(part, str):
        digest.update(f"\n{len(name)}:{name}={len(part)}:{part}".encode())
        return
    digest.update(f"\n{len(name)}:{name}@{part.filename}:{part.size}:".encode())
    await part.seek(0)
    while chunk := await part.read(_CHUNK):
        digest.update(chunk)
    await part.seek(0)
