"""Web catalogs: making them, opening and closing, what they show, who may look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from catalog.core import web_catalog as rules
from catalog.core.web_catalog import AddProducts, CatalogState, Command, Invite, WebCatalog
from catalog.store import masters, products, web_catalogs
from chassis.tx import Tx
from kernel.refusal import Refusal

Refused = Refusal | tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class MakeCatalog:
    """A new catalog of a brand, open at once when `opened`."""

    brand_code: str
    code: str
    names: Mapping[str, str]
    opens_on: date | None
    closes_on: date | None
    opened: bool


async def make(tx: Tx, command: MakeCatalog) -> WebCatalog | Refused:
    """A new web catalog. Refuses an unknown or archived brand together with everything else."""
    brand = next((one for one in await masters.brands(tx) if one.code == command.brand_code), None)
    problems: list[Refusal] = []
    if brand is None:
        problems.append(Refusal("UNKNOWN_BRAND", {"code": command.brand_code}, "/brand", value=command.brand_code))
    elif brand.archived:
        problems.append(Refusal("BRAND_ARCHIVED", {"code": brand.code}, "/brand", value=brand.code))
    state = CatalogState.OPEN if command.opened else CatalogState.DRAFT
    made = WebCatalog(
        catalog_id=tx.new_id(),
        brand_id=brand.brand_id if brand else tx.maker_id,
        code=command.code,
        names=command.names,
        state=state,
        opens_on=command.opens_on,
        closes_on=command.closes_on,
    )
    language = (await masters.preferences(tx)).default_language
    taken = frozenset(await web_catalogs.codes(tx))
    problems += rules.catalog_problems(made, default_language=language, taken_codes=taken)
    if problems:
        return tuple(problems)
    await web_catalogs.save_catalog(tx, None, made)
    return replace(made, version=1)


async def change(
    tx: Tx, catalog_id: UUID, command: Command, *, expected_version: int | None = None
) -> WebCatalog | Refused:
    """One deed on one catalog."""
    before = (await web_catalogs.load_catalogs(tx, [catalog_id])).get(catalog_id)
    if before is None:
        return Refusal("NOT_FOUND")
    if expected_version not in (None, before.version):
        return Refusal("CONFLICT")
    unknown = await _unknown_customers(tx, command)
    if unknown:
        listed = ", ".join(sorted(map(str, unknown)))
        return Refusal("UNKNOWN_CUSTOMER", {"customer": listed}, "/customers")
    addable = frozenset[UUID]()
    if isinstance(command, AddProducts):
        addable = await products.orderable(tx, before.brand_id, command.products)
    after = rules.decide(before, command, orderable=addable)
    if isinstance(after, Refusal) or after == before:
        return after
    await web_catalogs.save_catalog(tx, before, after)
    return replace(after, version=before.version + 1)


async def _unknown_customers(tx: Tx, command: Command) -> set[UUID]:
    if not isinstance(command, Invite):
        return set()
    return set(command.customers) - await masters.known_customers(tx, command.customers)
