"""Generated customer codes: the maker's prefix and a number (顧客接頭辞, CUS-030)."""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from customers.core.customer import code_key
from kernel.refusal import Refusal

LENGTH: Final = 7
"""Characters of a generated code."""


def next_codes(prefix: str, count: int, *, last: int, taken: Set[str]) -> tuple[list[str], int]:
    """Up to `count` codes after the number given last, used ones skipped, and the number given last now.

    `taken` holds `code_key`s. Fewer codes than asked: the sequence is exhausted. Ex: `C`, 122 → `C000123`.
    """
    digits = LENGTH - len(prefix)
    codes: list[str] = []
    number = last
    while len(codes) < count and number + 1 < 10**digits:
        number += 1
        code = f"{prefix}{number:0{digits}d}"
        if code_key(code) not in taken:
            codes.append(code)
    return codes, number


def sequence_full(prefix: str) -> Refusal:
    """No number is left under this prefix; another one has to be chosen."""
    return Refusal("SEQUENCE_FULL", {"prefix": prefix}, "/code")
