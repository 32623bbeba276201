"""Field rules of the masters of this service (CUS-030, CUS-038): every problem of a value at once.

Paths are JSON pointers of the request field; facts are those the texts of the codes ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kernel.exact import EXACT
from kernel.money import LIMIT, Currency, Money
from kernel.refusal import Refusal

_CUSTOMER_CODE: Final = re.compile(r"[A-Za-z0-9]{1,10}")
_MASTER_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,20}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

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
    "reason": 500,
}
"""Most characters of a field (CUS-038); name and department together fit 100 (`NAME_AND_DEPARTMENT`)."""

NAME_AND_DEPARTMENT: Final = 100
CODE_LENGTH: Final = 10
"""顧客コード of an order has ten characters (CUS-030)."""
_FINEST_RATE: Final = Decimal("0.01")


def too_long(value: str, limit: int, *, path: str) -> Iterator[Refusal]:
    """TOO_LONG where a text has more characters than its field takes."""
    if len(value) > limit:
        yield Refusal("TOO_LONG", {"limit": str(limit)}, path, value=value)


def missing(value: str, *, path: str) -> Iterator[Refusal]:
    """REQUIRED where a text is blank."""
    if not value:
        yield Refusal("REQUIRED", {}, path)


def bad_customer_code(code: str, *, path: str) -> Iterator[Refusal]:
    """TOO_LONG or BAD_FORMAT where a code would not fit 顧客コード (CUS-030)."""
    if len(code) > CODE_LENGTH:
        yield Refusal("TOO_LONG", {"limit": str(CODE_LENGTH)}, path, value=code)
    elif not _CUSTOMER_CODE.fullmatch(code):
        yield Refusal("BAD_FORMAT", {"expected": "A-Z a-z 0-9"}, path, value=code)


def bad_master_code(code: str, *, path: str) -> Iterator[Refusal]:
    """BAD_FORMAT where the code of a location or bank account is not 1 to 20 plain characters."""
    if not _MASTER_CODE.fullmatch(code):
        yield Refusal("BAD_FORMAT", {"expected": "1-20 × A-Z a-z 0-9 _ -"}, path, value=code)


def bad_rate(percent: Decimal | None, *, path: str) -> Iterator[Refusal]:
    """OUT_OF_RANGE or TOO_MANY_DECIMALS where a rate is not 0 to 100 percent with two decimals (GEN-018)."""
    if percent is None:
        return
    if not 0 <= percent <= 100:
        yield Refusal("OUT_OF_RANGE", {"range": "0 – 100"}, path, value=f"{percent:f}")
    elif EXACT.remainder(percent, _FINEST_RATE):
        yield Refusal("TOO_MANY_DECIMALS", {"limit": "2"}, path, value=f"{percent:f}")


def bad_amount(amount: Decimal | None, currency: Currency, *, path: str) -> Iterator[Refusal]:
    """OUT_OF_RANGE or TOO_MANY_DECIMALS where an amount of that currency cannot be stored (GEN-001), or is negative."""
    if amount is None:
        return
    if not 0 <= amount <= LIMIT:
        yield Refusal("OUT_OF_RANGE", {"range": f"0 – {LIMIT}"}, path, value=f"{amount:f}")
    elif not Money(amount, currency).is_whole:
        yield Refusal("TOO_MANY_DECIMALS", {"limit": str(currency.minor_units)}, path, value=f"{amount:f}")


def bad_email(email: str, *, path: str) -> Iterator[Refusal]:
    """TOO_LONG or BAD_EMAIL where a given address cannot be one; blank is allowed."""
    yield from too_long(email, LIMITS["email"], path=path)
    if email and not _EMAIL.fullmatch(email):
        yield Refusal("BAD_EMAIL", {}, path, value=email)
