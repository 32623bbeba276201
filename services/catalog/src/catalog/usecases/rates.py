"""Customer rates: the wholesale rate of a product for one customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from catalog import announce
from catalog.core.articles import bad_percent
from catalog.core.rate import CustomerRate
from catalog.store import masters, products
from chassis.tx import Tx
from kernel.refusal import Refusal

Refused = Refusal | tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class PutRate:
    """The product by id or model number (with brand where several brands use it), the customer by id or code.

    `wholesale_rate` in percent; None takes the rate away.
    """

    wholesale_rate: Decimal | None
    product_id: UUID | None = None
    brand: str | None = None
    model_number: str | None = None
    customer_id: UUID | None = None
    customer_code: str | None = None


@dataclass(frozen=True, slots=True)
class _World:
    brands: dict[str, UUID]
    models: dict[tuple[UUID, str], UUID]
    products: set[UUID]
    codes: dict[str, UUID]
    customers: set[UUID]


async def put(tx: Tx, commands: Sequence[PutRate]) -> list[CustomerRate | Refused]:
    """Sets rates; the last one for a product and customer counts."""
    world = await _world(tx, commands)
    decided = [_decide(world, command) for command in commands]
    wanted = {(rate.product_id, rate.customer_id): rate for rate in decided if isinstance(rate, CustomerRate)}
    present = await masters.customer_rates(tx, wanted.keys())
    changed: dict[tuple[UUID, UUID], CustomerRate] = {}
    for key, rate in wanted.items():
        before = present.get(key)
        if before is None or before.wholesale_rate != rate.wholesale_rate:
            changed[key] = replace(rate, version=(before.version if before else 0) + 1)
    await masters.put_customer_rates(tx, list(changed.values()))
    tx.announce(announce.customer_rates(tx.maker_id, changed.values()))
    settled = {**present, **changed}
    return [
        settled.get((one.product_id, one.customer_id), one) if isinstance(one, CustomerRate) else one for one in decided
    ]


async def _world(tx: Tx, commands: Sequence[PutRate]) -> _World:
    named = {command.product_id for command in commands if command.product_id}
    return _World(
        brands={brand.code: brand.brand_id for brand in await masters.brands(tx)},
        models=await products.ids_by_model_number(tx, {one.model_number for one in commands if one.model_number}),
        products=set(await products.load_products(tx, named)) if named else set(),
        codes=await masters.customers_by_code(tx, {one.customer_code for one in commands if one.customer_code}),
        customers=await masters.known_customers(tx, {one.customer_id for one in commands if one.customer_id}),
    )


def _decide(world: _World, command: PutRate) -> CustomerRate | Refused:
    product, customer = _product(world, command), _customer(world, command)
    wrong = [one for one in (product, customer) if isinstance(one, Refusal)]
    wrong += bad_percent(command.wholesale_rate, path="/wholesale_rate")
    if wrong or isinstance(product, Refusal) or isinstance(customer, Refusal):
        return tuple(wrong)
    return CustomerRate(product, customer, command.wholesale_rate)


def _product(world: _World, command: PutRate) -> UUID | Refusal:
    if command.product_id is not None:
        if command.product_id in world.products:
            return command.product_id
        return Refusal("UNKNOWN_PRODUCT", {"product": str(command.product_id)}, "/product_id")
    model = command.model_number or ""
    brand = world.brands.get(command.brand or "")
    found = {
        product_id for (brand_id, number), product_id in world.models.items()
        if number == model and (command.brand is None or brand_id == brand)
    }  # fmt: skip
    if len(found) == 1:
        return found.pop()
    code = "AMBIGUOUS_PRODUCT" if found else "UNKNOWN_PRODUCT"
    return Refusal(code, {"product": model}, "/model_number", value=model)


def _customer(world: _World, command: PutRate) -> UUID | Refusal:
    if command.customer_id is not None:
        if command.customer_id in world.customers:
            return command.customer_id
        return Refusal("UNKNOWN_CUSTOMER", {"customer": str(command.customer_id)}, "/customer_id")
    code = command.customer_code or ""
    found = world.codes.get(code)
    return found or Refusal("UNKNOWN_CUSTOMER", {"customer": code}, "/customer_code", value=code)
