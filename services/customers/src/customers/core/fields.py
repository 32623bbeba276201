"""Field rules of the wholesale-customer master (卸先マスタ, CUS-038): every problem of a value at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kernel.refusal import Refusal

CUSTOMER_CODE: Final = re.compile(r"[A-Za-z0-9]{1,10}")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

LIMITS: Final = {
    "postal_code": 20,
    "address1": 255,
    "address2": 255,
    "name": 100,
    "department": 100,
    "kana": 100,
    "phone": 20,
    "email": 100,
    "payment_category": 20,
    "shipping_category": 20,
}
"""Most characters of a field (CUS-038); name and department together fit 100 (`NAME_AND_DEPARTMENT`)."""

NAME_AND_DEPARTMENT: Final = 100
_FINEST_RATE: Final = Decimal("0.01")


def too_long(field: str, value: str, *, path: str) -> Iterator[Refusal]:
    """TOO_LONG where a text has more characters than its field takes."""
    limit = LIMITS[field]
    if len(value) > limit:
        yield Refusal("TOO_LONG", {"limit": str(limit), "length": str(len(value))}, path, value=value)


def bad_customer_code(code: str, *, path: str) -> Iterator[Refusal]:
    """BAD_CHARS or TOO_LONG where a code would not fit 顧客コード (CUS-030)."""
    if len(code) > 10:
        yield Refusal("TOO_LONG", {"limit": "10", "length": str(len(code))}, path, value=code)
    elif not CUSTOMER_CODE.fullmatch(code):
        yield Refusal("BAD_CHARS", {"allowed": "A-Z a-z 0-9"}, path, value=code)


def bad_rate(percent: Decimal | None, *, path: str) -> Iterator[Refusal]:
    """OUT_OF_RANGE where a rate is not 0 to 100 percent with at most two decimals (GEN-018)."""
    if percent is not None and (not 0 <= percent <= 100 or percent % _FINEST_RATE):
        yield Refusal("OUT_OF_RANGE", {"lowest": "0", "highest": "100", "decimals": "2"}, path, value=str(percent))


def bad_email(email: str, *, path: str) -> Iterator[Refusal]:
    """BAD_EMAIL where a given address cannot be one; blank is allowed."""
    if email and not EMAIL.fullmatch(email):
        yield Refusal("BAD_EMAIL", {}, path, value=email)
