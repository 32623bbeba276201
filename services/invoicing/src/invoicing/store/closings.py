"""Closing runs and the accounts they closed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from chassis.tx import Tx
from invoicing import tables
from invoicing.core.closing import Account, ClosingPreview
from invoicing.tables import among, columns


@dataclass(frozen=True, slots=True)
class CompletedRun:
    """A run as it was written."""

    run_id: UUID
    preview: ClosingPreview


async def last_closings(tx: Tx, bill_to_ids: Collection[UUID]) -> dict[Account, date]:
    """The latest closing date of each account of these bill-tos; the key of `closings` answers it."""
    c = columns(tables.Closing)
    latest = func.max(c.closing_date).label("latest")
    wanted = select(c.bill_to_id, c.currency, latest).where(c.maker_id == tx.maker_id, among(c.bill_to_id, bill_to_ids))
    rows = await tx.rows(wanted.group_by(c.bill_to_id, c.currency))
    return {(row.bill_to_id, row.currency): row.latest for row in rows}


async def add(tx: Tx, run: CompletedRun) -> None:
    """Write the run and close its accounts. Raises a unique violation when one was closed in the meantime."""
    preview, command = run.preview, run.preview.command
    row = {
        "maker_id": tx.maker_id,
        "run_id": run.run_id,
        "closing_date": command.closing_date,
        "issued_on": command.issued_on,
        "selection": None if command.selection is None else sorted(str(one) for one in command.selection),
        "seal": preview.seal,
        "invoices": len(preview.proposals),
        "notes": sum(len(proposal.sources) for proposal in preview.proposals),
        "accounts": len(preview.closes),
        "totals": preview.totals,
        "run_at": tx.now,
        "run_by": tx.actor,
    }
    await tx.insert(tables.ClosingRun, [row])
    closed = [
        {
            "maker_id": tx.maker_id,
            "bill_to_id": bill_to_id,
            "currency": currency,
            "closing_date": command.closing_date,
            "run_id": run.run_id,
        }
        for bill_to_id, currency in preview.closes
    ]
    await tx.insert(tables.Closing, closed)
