"""Credit exposure of customers (CUS-060, CUS-065)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from chassis.http import Edge, Listing, Router, needs
from ordering.views.exposures import ExposureSearch, list_exposures
from ordering.views.models import ExposureView

router = Router()


@router.get("/v1/exposures")
async def get_exposures(
    search: Annotated[ExposureSearch, Query()], edge: Annotated[Edge, needs("order.read", "customer.read")]
) -> Listing[ExposureView]:
    """What customers owe: orders not yet invoiced and the posted balance, against their limit."""
    return await edge.page(lambda tx: list_exposures(tx, search))
