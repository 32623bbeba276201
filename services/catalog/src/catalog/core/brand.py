"""Brands and taxes of a maker: small masters that the catalog refers to (CAT-001, CAT-002, CAT-010…016)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from catalog.core.articles import BRAND_CODE, COUNTRY, bad_code, bad_length, bad_names, bad_percent
from kernel.money import Rounding
from kernel.refusal import Refusal

_FINEST_TAX: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Brand:
    """A label of the maker; `names` by language. An archived brand accepts no new order."""

    brand_id: UUID
    code: str
    names: Mapping[str, str]
    archived: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax the maker made: rate in percent, 0 to 100 with three decimals; its rounding is per document (CAT-014).

    `standard` marks the one that shipping and other amounts without a rate of their own carry.
    """

    tax_id: UUID
    code: str
    name: str
    rate: Decimal
    reduced: bool = False
    rounding: Rounding = Rounding.FLOOR
    country: str = "JP"
    standard: bool = False
    active: bool = True
    version: int = 0


def brand_problems(brand: Brand, *, default_language: str, taken_codes: frozenset[str]) -> tuple[Refusal, ...]:
    """Everything wrong with a new or changed brand; `taken_codes` are those of the maker's other brands."""
    problems = [*bad_code(BRAND_CODE, brand.code, path="/code", allowed="A-Z 0-9 _ -")]
    problems += bad_names(brand.names, default_language=default_language)
    if brand.code in taken_codes:
        problems.append(Refusal("CODE_TAKEN", {"code": brand.code}, "/code", value=brand.code))
    return tuple(problems)


def tax_problems(tax: Tax, *, others: tuple[Tax, ...]) -> tuple[Refusal, ...]:
    """Everything wrong with a new or changed tax beside the maker's other ones."""
    return tuple(_tax_problems(tax, others))


def _tax_problems(tax: Tax, others: tuple[Tax, ...]) -> Iterator[Refusal]:
    yield from bad_length(tax.code, shortest=1, longest=20, path="/code")
    yield from bad_length(tax.name, shortest=1, longest=100, path="/name")
    yield from bad_percent(tax.rate, path="/rate", finest=_FINEST_TAX)
    yield from bad_code(COUNTRY, tax.country, path="/country", allowed="ISO 3166 alpha-2")
    for other in others:
        if other.code == tax.code:
            yield Refusal("CODE_TAKEN", {"code": tax.code}, "/code", value=tax.code)
        if other.name == tax.name:
            yield Refusal("NAME_TAKEN", {"name": tax.name}, "/name", value=tax.name)
        if tax.standard and other.standard and other.active and other.country == tax.country:
            yield Refusal("STANDARD_TAX_TAKEN", {"tax": other.code, "country": tax.country}, "/standard")
