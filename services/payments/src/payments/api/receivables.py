"""Open items and overdue invoices, now or as of a date."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.http import Edge, Listing, Router, needs
from payments.views import receivables as views
from payments.views.receivables import OverdueSearch, OverdueView, ReceivableDetail, ReceivableSearch, ReceivableView

router = Router()

Reading = Annotated[Edge, needs("payment.read", "payment.write")]


@router.get("/v1/receivables")
async def list_receivables(search: Annotated[ReceivableSearch, Query()], edge: Reading) -> Listing[ReceivableView]:
    return await edge.page(lambda tx: views.list_receivables(tx, search))


@router.get("/v1/receivables/{invoice_id}")
async def get_receivable(invoice_id: UUID, edge: Reading) -> ReceivableDetail:
    return await edge.read(lambda tx: views.find_receivable(tx, invoice_id))


@router.get("/v1/overdue-invoices")
async def list_overdue_invoices(search: Annotated[OverdueSearch, Query()], edge: Reading) -> Listing[OverdueView]:
    """Invoices due before the date with something open on it: customer, days late, aging bucket (PAY-060)."""
    return await edge.page(lambda tx: views.list_overdue(tx, search))
