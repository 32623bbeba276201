"""Brands and taxes: adding and changing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from catalog import announce
from catalog.core.brand import Brand, Tax, brand_problems, tax_problems
from catalog.store import masters
from chassis.tx import Tx
from kernel.money import Rounding
from kernel.refusal import Refusal

Refused = Refusal | tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class AddBrand:
    code: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangeBrand:
    """`expected_version` None takes whatever version is there."""

    brand_id: UUID
    names: Mapping[str, str] | None
    archived: bool | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class AddTax:
    """`rate` in percent."""

    code: str
    name: str
    rate: Decimal
    reduced: bool
    rounding: Rounding
    country: str
    standard: bool


@dataclass(frozen=True, slots=True)
class ChangeTax:
    """None keeps; `expected_version` None takes whatever version is there."""

    tax_id: UUID
    name: str | None
    rate: Decimal | None
    rounding: Rounding | None
    standard: bool | None
    active: bool | None
    expected_version: int | None


async def add_brands(tx: Tx, commands: Sequence[AddBrand]) -> list[Brand | Refused]:
    """New brands, each accepted one counting for the next."""
    language = (await masters.preferences(tx)).default_language
    taken = {brand.code for brand in await masters.brands(tx)}
    outcomes: list[Brand | Refused] = []
    for command, brand_id in zip(commands, tx.new_ids(len(commands)), strict=True):
        brand = Brand(brand_id, command.code, command.names)
        wrong = brand_problems(brand, default_language=language, taken_codes=frozenset(taken))
        outcomes.append(wrong or replace(brand, version=1))
        taken.add(brand.code)
    await masters.add_brands(tx, [done for done in outcomes if isinstance(done, Brand)])
    return outcomes


async def change_brand(tx: Tx, command: ChangeBrand) -> Brand | Refused:
    """New names, or archived."""
    known = {brand.brand_id: brand for brand in await masters.brands(tx)}
    brand = known.get(command.brand_id)
    if brand is None:
        return Refusal("NOT_FOUND")
    if command.expected_version not in (None, brand.version):
        return Refusal("CONFLICT")
    changed = replace(
        brand,
        names=brand.names if command.names is None else command.names,
        archived=brand.archived if command.archived is None else command.archived,
    )
    language = (await masters.preferences(tx)).default_language
    wrong = brand_problems(changed, default_language=language, taken_codes=frozenset())
    if wrong or changed == brand:
        return wrong or brand
    await masters.save_brands(tx, [changed])
    return replace(changed, version=brand.version + 1)


async def add_taxes(tx: Tx, commands: Sequence[AddTax]) -> list[Tax | Refused]:
    """New taxes, each accepted one counting for the next."""
    known = await masters.taxes(tx)
    outcomes: list[Tax | Refused] = []
    for command, tax_id in zip(commands, tx.new_ids(len(commands)), strict=True):
        tax = Tax(
            tax_id=tax_id,
            code=command.code,
            name=command.name,
            rate=command.rate,
            reduced=command.reduced,
            rounding=command.rounding,
            country=command.country,
            standard=command.standard,
            version=1,
        )
        wrong = tax_problems(tax, others=tuple(known))
        outcomes.append(wrong or tax)
        if not wrong:
            known.append(tax)
    added = [done for done in outcomes if isinstance(done, Tax)]
    await masters.add_taxes(tx, added)
    tx.announce(announce.taxes(tx.maker_id, added))
    return outcomes


async def change_tax(tx: Tx, command: ChangeTax) -> Tax | Refused:
    """A new rate holds for what is priced from now on; issued documents keep theirs (CAT-013, CAT-016)."""
    known = await masters.taxes(tx)
    tax = next((one for one in known if one.tax_id == command.tax_id), None)
    if tax is None:
        return Refusal("NOT_FOUND")
    if command.expected_version not in (None, tax.version):
        return Refusal("CONFLICT")
    changed = replace(
        tax,
        name=tax.name if command.name is None else command.name,
        rate=tax.rate if command.rate is None else command.rate,
        rounding=tax.rounding if command.rounding is None else command.rounding,
        standard=tax.standard if command.standard is None else command.standard,
        active=tax.active if command.active is None else command.active,
    )
    wrong = tax_problems(changed, others=tuple(one for one in known if one.tax_id != tax.tax_id))
    if wrong or changed == tax:
        return wrong or tax
    await masters.save_taxes(tx, [changed])
    saved = replace(changed, version=tax.version + 1)
    tx.announce(announce.taxes(tx.maker_id, [saved]))
    return saved
