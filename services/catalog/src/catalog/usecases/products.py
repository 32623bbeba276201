"""Products and SKUs: adding and replacing them, one or a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from catalog import announce
from catalog.core import product as rules
from catalog.core.brand import Brand
from catalog.core.product import Product, Sku, Surroundings
from catalog.store import masters, products
from catalog.store.masters import AxisValue
from chassis.tx import Tx
from kernel.refusal import Refusal

Refused = Refusal | tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class PutProduct:
    """A product as it shall be. Ids in `draft` and its SKUs do not count: the product is found by `product_id`, or by
    brand and model number when `upsert`; SKUs are found by code and never vanish (GEN-011).

    `taxes` are tax codes by country.
    """

    draft: Product
    brand_code: str
    taxes: Mapping[str, str]
    product_id: UUID | None = None
    expected_version: int | None = None
    upsert: bool = False
    labels: Sequence[tuple[str, str, Mapping[str, str]]] = ()
    """Axis, value code and labels to register with the brand (CAT-021)."""


@dataclass(frozen=True, slots=True)
class _World:
    """Everything that decides about a batch of products, loaded once."""

    brands: Mapping[str, Brand]
    with_catalog: set[UUID]
    taxes: Mapping[str, UUID]
    preferences: masters.Preferences
    ids: dict[tuple[UUID, str], UUID]
    known: dict[UUID, Product]
    codes: dict[str, UUID]

    def note(self, decided: Product) -> None:
        """What was decided counts for the next command of the batch."""
        self.known[decided.product_id] = decided
        self.ids[decided.brand_id, decided.model_number] = decided.product_id
        self.codes.update({sku.code.upper(): decided.product_id for sku in decided.skus})


async def put(tx: Tx, commands: Sequence[PutProduct]) -> list[Product | Refused]:
    """Adds or replaces products, decided in order, saved together; all SKUs of each changed one are announced."""
    world = await _world(tx, commands)
    outcomes: list[Product | Refused] = []
    to_save: dict[UUID, Product] = {}
    for command in commands:
        outcome = _decide(tx, world, command)
        outcomes.append(outcome)
        if isinstance(outcome, Product) and outcome != world.known.get(outcome.product_id):
            to_save[outcome.product_id] = outcome
            world.note(outcome)
    saved = {one.product_id: one for one in await products.save_products(tx, list(to_save.values()))}
    await masters.put_axis_values(tx, _axis_values(world, commands, outcomes))
    brands = {brand.brand_id: brand for brand in world.brands.values()}
    tx.announce(announce.products(tx.maker_id, saved.values(), brands))
    return [saved.get(one.product_id, one) if isinstance(one, Product) else one for one in outcomes]


async def archive(tx: Tx, product_id: UUID, *, expected_version: int | None = None) -> Product | Refused:
    """Takes a product out of sale for good (CAT-033, CAT-034)."""
    product = (await products.load_products(tx, [product_id])).get(product_id)
    if product is None:
        return Refusal("NOT_FOUND")
    if expected_version not in (None, product.version):
        return Refusal("CONFLICT")
    after = rules.archive(product, catalogs=await products.catalogs_showing(tx, product_id))
    if isinstance(after, Refusal) or after == product:
        return after
    (saved,) = await products.save_products(tx, [after])
    brands = {brand.brand_id: brand for brand in await masters.brands(tx)}
    tx.announce(announce.products(tx.maker_id, [saved], brands))
    return saved


async def _world(tx: Tx, commands: Sequence[PutProduct]) -> _World:
    ids = await products.ids_by_model_number(tx, {command.draft.model_number for command in commands})
    named = {command.product_id for command in commands if command.product_id}
    codes = await products.owners_of_codes(tx, {sku.code for command in commands for sku in command.draft.skus})
    return _World(
        brands={brand.code: brand for brand in await masters.brands(tx)},
        with_catalog=await products.brands_with_catalog(tx),
        taxes={tax.code: tax.tax_id for tax in await masters.taxes(tx) if tax.active},
        preferences=await masters.preferences(tx),
        ids=ids,
        known=await products.load_products(tx, named | set(ids.values())),
        codes=codes,
    )


def _decide(tx: Tx, world: _World, command: PutProduct) -> Product | Refused:
    brand = world.brands.get(command.brand_code)
    if brand is None:
        return Refusal("UNKNOWN_BRAND", {"code": command.brand_code}, "/brand", value=command.brand_code)
    before = _present(world, command, brand)
    if before is None and command.product_id is not None:
        return Refusal("NOT_FOUND")
    if before is not None and command.expected_version not in (None, before.version):
        return Refusal("CONFLICT")
    wrong = [*_unknown_taxes(world, command)]
    if brand.archived:
        wrong.append(Refusal("BRAND_ARCHIVED", {"code": brand.code}, "/brand", value=brand.code))
    after = _merged(tx, world, command, brand, before)
    wrong += rules.problems(after, _surroundings(world, after, brand), before=before)
    return tuple(wrong) or after


def _present(world: _World, command: PutProduct, brand: Brand) -> Product | None:
    if command.product_id is not None:
        return world.known.get(command.product_id)
    if not command.upsert:
        return None
    found = world.ids.get((brand.brand_id, command.draft.model_number))
    return None if found is None else world.known.get(found)


def _merged(tx: Tx, world: _World, command: PutProduct, brand: Brand, before: Product | None) -> Product:
    """The draft with the ids of what exists; SKUs not named stay as they are."""
    known = {sku.code.upper(): sku for sku in before.skus} if before else {}
    named = [_identified(tx, sku, known.get(sku.code.upper())) for sku in command.draft.skus]
    codes = {sku.code.upper() for sku in named}
    kept = [sku for code, sku in known.items() if code not in codes]
    order = {code: at for at, code in enumerate(known)}
    merged = sorted([*kept, *named], key=lambda sku: order.get(sku.code.upper(), len(order)))
    return replace(
        command.draft,
        product_id=before.product_id if before else tx.new_id(),
        brand_id=brand.brand_id,
        taxes={country: world.taxes[code] for country, code in command.taxes.items() if code in world.taxes},
        skus=tuple(merged),
        version=before.version if before else 0,
    )


def _identified(tx: Tx, sku: Sku, known: Sku | None) -> Sku:
    return replace(sku, sku_id=known.sku_id, code=known.code) if known else replace(sku, sku_id=tx.new_id())


def _unknown_taxes(world: _World, command: PutProduct) -> list[Refusal]:
    return [
        Refusal("UNKNOWN_TAX", {"tax": code}, f"/taxes/{country}", value=code)
        for country, code in command.taxes.items()
        if code not in world.taxes
    ]


def _surroundings(world: _World, product: Product, brand: Brand) -> Surroundings:
    owner = world.ids.get((brand.brand_id, product.model_number))
    taken = {product.model_number} if owner not in (None, product.product_id) else set[str]()
    foreign = {
        code
        for sku in product.skus
        if world.codes.get(code := sku.code.upper(), product.product_id) != product.product_id
    }
    return Surroundings(
        brand_has_catalog=brand.brand_id in world.with_catalog,
        default_language=world.preferences.default_language,
        currencies=world.preferences.currencies,
        taxes=frozenset(world.taxes.values()),
        taken_model_numbers=frozenset(taken),
        taken_sku_codes=frozenset(foreign),
    )


def _axis_values(
    world: _World, commands: Sequence[PutProduct], outcomes: Sequence[Product | Refused]
) -> list[AxisValue]:
    return [
        AxisValue(outcome.brand_id, axis, code, labels)
        for command, outcome in zip(commands, outcomes, strict=True)
        if isinstance(outcome, Product)
        for axis, code, labels in command.labels
    ]
