"""Document numbers: type code + month of the issue date + running number, gap-free per maker (INV-091, INV-092)."""

from __future__ import annotations

from datetime import date
from typing import Final

INVOICE: Final = "INV"
CREDIT_NOTE: Final = "CN"
DIGITS: Final = 5


def series(code: str, issued_on: date) -> str:
    """The counter of that type and month, e.g. `INV202605`."""
    return f"{code}{issued_on.year:04d}{issued_on.month:02d}"


def document_number(code: str, issued_on: date, running: int) -> str:
    """`INV202605-00001`; more than 99,999 in a month widen the number (INV-092)."""
    return f"{series(code, issued_on)}-{running:0{DIGITS}d}"
