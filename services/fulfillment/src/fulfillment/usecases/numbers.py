"""Drawing document numbers: gap-free per maker, type and month, the last thing a transaction locks (INV-091)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chassis.tx import Tx
from fulfillment.core.numbering import DocumentType, document_number, series


async def draw(tx: Tx, document: DocumentType, issue_dates: Sequence[date]) -> list[str]:
    """One number per issue date, ascending in the order given; one statement per month that occurs."""
    months = [series(document, day) for day in issue_dates]
    drawn = {month: iter(await tx.next_numbers(month, months.count(month))) for month in sorted(set(months))}
    return [document_number(month, next(drawn[month])) for month in months]
