"""PDFs of invoices: asked for when the invoice is issued or voided, printed soon after, kept for good (ADR 0040)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from chassis.depths import Depth
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.printed import Variant
from invoicing.tables import Row, columns

PDF: Final = "application/pdf"
FIRST_RETRY: Final = timedelta(seconds=5)
LONGEST_RETRY: Final = timedelta(hours=1)


DEPTHS: Final = (
    Depth(
        "oroshi_papers_pending",
        "PDFs asked for and not yet printed.",
        "select count(*) from (select from invoice_papers where state = 'pending' limit 100000) as p",
    ),
    Depth(
        "oroshi_papers_failing",
        "Of these, those that failed before.",
        "select count(*) from (select from invoice_papers where state = 'pending' and attempts > 0 limit 100000) as p",
    ),
    Depth(
        "oroshi_papers_overdue_seconds",
        "How long the PDF whose turn came first has been due.",
        "select greatest(0, extract(epoch from now() - min(retry_at))) from invoice_papers where state = 'pending'",
    ),
)
"""For `/metrics`, over all makers."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A PDF of an invoice; `file_id` is None while it is not printed."""

    maker_id: UUID
    invoice_id: UUID
    variant: Variant
    file_id: UUID | None
    attempts: int


async def ask_for(tx: Tx, invoice_ids: Collection[UUID], variant: Variant) -> None:
    """Have these papers printed."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "invoice_id": invoice_id,
            "variant": variant.value,
            "state": "pending",
            "file_id": None,
            "sha256": None,
            "attempts": 0,
            "retry_at": tx.now,
            "error": None,
        }
        for invoice_id in invoice_ids
    ]
    await tx.insert(tables.InvoicePaper, rows)


async def find(tx: Tx, invoice_id: UUID, variant: Variant) -> Paper | None:
    """The paper of an invoice, printed or not."""
    p = columns(tables.InvoicePaper)
    row = await tx.one_or_none(_select().where(p.maker_id == tx.maker_id, _is(invoice_id, variant)))
    return None if row is None else _paper(row)


async def due(tx: Tx, most: int) -> Sequence[Paper]:
    """Papers of ALL makers whose turn has come, oldest first; for the worker, whose role sees every maker's rows."""
    p = columns(tables.InvoicePaper)
    wanted = _select().where(p.state == "pending", p.retry_at <= tx.now).order_by(p.retry_at, p.invoice_id)
    return [_paper(row) for row in await tx.rows(wanted.limit(most))]


async def keep(tx: Tx, paper: Paper, pdf: bytes, *, name: str) -> None:
    """Store the bytes, unless another process was faster: then its paper stays and these are dropped."""
    p = columns(tables.InvoicePaper)
    own = _select().where(p.maker_id == tx.maker_id, _is(paper.invoice_id, paper.variant))
    row = await tx.one_or_none(own.with_for_update())
    if row is None or row.file_id is not None:
        return
    file_id = await tx.store_file(pdf, name=name, media_type=PDF)
    printed = {**_key(tx, paper), "state": "ready", "file_id": file_id, "sha256": hashlib.sha256(pdf).digest()}
    await tx.update(tables.InvoicePaper, [{**printed, "error": None}], key=("maker_id", "invoice_id", "variant"))


async def put_off(tx: Tx, paper: Paper, error: str) -> None:
    """It could not be printed: try again, later each time."""
    pause = min(FIRST_RETRY * 2 ** min(paper.attempts, 20), LONGEST_RETRY)
    row = {**_key(tx, paper), "attempts": paper.attempts + 1, "retry_at": tx.now + pause, "error": error[:1000]}
    await tx.update(tables.InvoicePaper, [row], key=("maker_id", "invoice_id", "variant"))


def _select() -> Select[Any]:
    p = columns(tables.InvoicePaper)
    return select(p.maker_id, p.invoice_id, p.variant, p.file_id, p.attempts)


def _is(invoice_id: UUID, variant: Variant) -> ColumnElement[bool]:
    p = columns(tables.InvoicePaper)
    condition: ColumnElement[bool] = (p.invoice_id == invoice_id) & (p.variant == variant.value)
    return condition


def _key(tx: Tx, paper: Paper) -> dict[str, object]:
    return {"maker_id": tx.maker_id, "invoice_id": paper.invoice_id, "variant": paper.variant.value}


def _paper(row: Row) -> Paper:
    return Paper(row.maker_id, row.invoice_id, Variant(row.variant), row.file_id, row.attempts)
