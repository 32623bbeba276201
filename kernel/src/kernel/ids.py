"""UUID version 7 (RFC 9562): ids that sort by the time they were made. Clock and randomness are arguments."""

from __future__ import annotations

from typing import Final
from uuid import UUID

_RANDOM_BITS: Final = 74
_LATEST_MS: Final = (1 << 48) - 1


def uuid7(unix_ms: int, entropy: bytes) -> UUID:
    """The id for this millisecond since 1970 (UTC); the last 74 bits of at least 10 random bytes fill the rest.

    Greater entropy makes a greater id within one millisecond. Raises ValueError on too few bytes or a time outside
    48 bits.
    """
    if len(entropy) < 10 or not 0 <= unix_ms <= _LATEST_MS:
        raise ValueError("a UUIDv7 takes a 48-bit millisecond and at least 10 bytes of entropy")
    random = int.from_bytes(entropy, "big") & ((1 << _RANDOM_BITS) - 1)
    high, low = random >> 62, random & ((1 << 62) - 1)
    return UUID(int=unix_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)
