"""What other services may ask before they refuse for a missing fact (ARCHITECTURE §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import Field

from catalog.usecases import telling
from catalog.views.models import StateView
from chassis.http import Edge, Listing, RequestModel, Router, Text, needs_service
from chassis.tx import Tx

router = Router(include_in_schema=False)
Service = Annotated[Edge, needs_service()]


class SkuQuestion(RequestModel):
    """SKUs by code, ignoring case, or by id."""

    codes: Annotated[list[Annotated[str, Text(100)]], Field(max_length=10_000)] = Field(default_factory=list)
    ids: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)


class TaxQuestion(RequestModel):
    """All taxes of the maker."""


@router.post("/internal/skus")
async def tell_skus(body: SkuQuestion, edge: Service) -> Listing[StateView]:
    async def read(tx: Tx) -> tuple[list[StateView], None]:
        return [_view(*told) for told in await telling.skus(tx, codes=body.codes, ids=body.ids)], None

    return await edge.page(read)


@router.post("/internal/taxes")
async def tell_taxes(body: TaxQuestion, edge: Service) -> Listing[StateView]:
    async def read(tx: Tx) -> tuple[list[StateView], None]:
        return [_view(*told) for told in await telling.taxes(tx)], None

    return await edge.page(read)


def _view(version: int, state: Mapping[str, object]) -> StateView:
    return StateView(version=version, state=state)
