"""Document numbers by the standard rule: type code, year and month of the issue date, five digits or more (INV-091)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class DocumentType(StrEnum):
    """The type code that starts a number."""

    DELIVERY_NOTE = "DN"
    RETURN_NOTE = "RN"


def series(document: DocumentType, issued_on: date) -> str:
    """The gap-free counter this document draws from: one per type and month, `DN202605`."""
    return f"{document}{issued_on.year:04d}{issued_on.month:02d}"


def document_number(of_series: str, position: int) -> str:
    """`DN202605-00001`; a sixth digit appears when a month needs it, none is ever reused."""
    return f"{of_series}-{position:05d}"
