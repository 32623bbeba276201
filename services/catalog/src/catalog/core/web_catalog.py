"""Web catalogs (WEBカタログ): which products which customers may see and order, and in which state (CAT-070…077)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from catalog.core.articles import ARTICLE_CODE, bad_code, bad_names
from kernel.refusal import Refusal


class CatalogState(StrEnum):
    """Buyers order from OPEN, may look at CLOSED (CAT-075)."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    ARCHIVED = "ARCHIVED"


TRANSITIONS: Final[Mapping[tuple[CatalogState, str], CatalogState]] = {
    (CatalogState.DRAFT, "open"): CatalogState.OPEN,
    (CatalogState.OPEN, "close"): CatalogState.CLOSED,
    (CatalogState.CLOSED, "open"): CatalogState.OPEN,
    (CatalogState.DRAFT, "archive"): CatalogState.ARCHIVED,
    (CatalogState.CLOSED, "archive"): CatalogState.ARCHIVED,
}
"""What may be done in which state; everything else is INVALID_STATE."""


@dataclass(frozen=True, slots=True)
class WebCatalog:
    """The aggregate: products by id, customers who are invited to look (CAT-071)."""

    catalog_id: UUID
    brand_id: UUID
    code: str
    names: Mapping[str, str]
    state: CatalogState = CatalogState.DRAFT
    opens_on: date | None = None
    closes_on: date | None = None
    products: frozenset[UUID] = frozenset()
    customers: frozenset[UUID] = frozenset()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """open, close or archive."""

    deed: str


@dataclass(frozen=True, slots=True)
class AddProducts:
    products: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class RemoveProducts:
    products: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Invite:
    customers: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Disinvite:
    customers: frozenset[UUID]


Command: TypeAlias = Move | AddProducts | RemoveProducts | Invite | Disinvite


def catalog_problems(catalog: WebCatalog, *, default_language: str, taken_codes: frozenset[str]) -> tuple[Refusal, ...]:
    """Everything wrong with a new or changed catalog; `taken_codes` are those of the maker's other catalogs."""
    problems = [*bad_code(ARTICLE_CODE, catalog.code, path="/code", allowed="A-Z a-z 0-9 _ -")]
    problems += bad_names(catalog.names, default_language=default_language)
    if catalog.code in taken_codes:
        problems.append(Refusal("CODE_TAKEN", {"code": catalog.code}, "/code", value=catalog.code))
    if catalog.opens_on and catalog.closes_on and catalog.closes_on < catalog.opens_on:
        facts = {"start": catalog.opens_on.isoformat(), "end": catalog.closes_on.isoformat()}
        problems.append(Refusal("BAD_PERIOD", facts, "/closes_on"))
    return tuple(problems)


def decide(state: WebCatalog, command: Command, *, orderable: frozenset[UUID] = frozenset()) -> WebCatalog | Refusal:
    """The catalog after a command. `orderable` are the ids of the brand's ACTIVE products (CAT-038)."""
    match command:
        case Move(deed):
            return _move(state, deed)
        case AddProducts(products):
            unknown = products - orderable
            if unknown:
                listed = ", ".join(sorted(map(str, unknown)))
                return Refusal("PRODUCT_NOT_ORDERABLE", {"products": listed}, "/products")
            return replace(state, products=state.products | products)
        case RemoveProducts(products):
            return replace(state, products=state.products - products)
        case Invite(customers):
            return replace(state, customers=state.customers | customers)
        case Disinvite(customers):
            return replace(state, customers=state.customers - customers)


def _move(state: WebCatalog, deed: str) -> WebCatalog | Refusal:
    after = TRANSITIONS.get((state.state, deed))
    if after is None:
        allowed = ", ".join(sorted(name for at, name in TRANSITIONS if at is state.state)) or "-"
        return Refusal("INVALID_STATE", {"state": state.state, "allowed": allowed, "deed": deed})
    return replace(state, state=after)
