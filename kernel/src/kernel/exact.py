"""Decimal arithmetic that never loses a digit and never depends on the thread's decimal context (GEN-001)."""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Final

EXACT: Final = Context(prec=100, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Raises decimal.Inexact rather than round; a hundred digits are more than any sum or product of the suite needs."""

QUANTIZING: Final = Context(prec=100, traps=[InvalidOperation, DivisionByZero, Overflow])
"""For the one place that rounds on purpose: `Money.rounded`."""

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


def unsigned_zero(number: Decimal) -> Decimal:
    """The number, with a zero of minus sign made plain: "-0" has no place on an invoice."""
    return number if number else number.copy_abs()
