"""The PDF of an invoice: as it is kept, or printed now when the press has not come to it yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Request

from chassis.http.shell import shell_of
from chassis.tx import StoredFile, Tx
from invoicing.core.printed import Variant
from invoicing.store import papers
from invoicing.usecases.printing import Printer

_PRINTER = "invoicing_printer"


async def printed(
    request: Request, maker_id: UUID, invoice_id: UUID, variant: Variant
) -> Callable[[Tx], Awaitable[StoredFile | None]]:
    """The reader of the kept file, after making sure that there is one if the invoice exists."""
    await _printer(request).print_now(maker_id, invoice_id, variant)

    async def kept(tx: Tx) -> StoredFile | None:
        paper = await papers.find(tx, invoice_id, variant)
        return await tx.load_file(paper.file_id) if paper and paper.file_id else None

    return kept


def _printer(request: Request) -> Printer:
    """One press per app, started at the first paper that was still pending."""
    state = request.app.state
    if not hasattr(state, _PRINTER):
        setattr(state, _PRINTER, Printer(shell_of(request.app).database))
    printer: Printer = getattr(state, _PRINTER)
    return printer
