"""Answering other services that ask before the message has come: the announced states, read from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from catalog import announce
from catalog.store import masters, products
from chassis.tx import Tx

Told = tuple[int, Mapping[str, object]]
"""Version and state, as the message would carry them."""


async def skus(tx: Tx, *, codes: Sequence[str], ids: Sequence[UUID]) -> list[Told]:
    """The states of SKUs by code, ignoring case, or by id; unknown ones are missing."""
    wanted = await products.skus_named(tx, codes=codes, ids=ids)
    brands = {brand.brand_id: brand for brand in await masters.brands(tx)}
    loaded = await products.load_products(tx, set(wanted.values()))
    return [
        (one.version, announce.sku_state(one, sku, brands[one.brand_id]).model_dump(mode="json"))
        for one in loaded.values()
        for sku in one.skus
        if sku.sku_id in wanted
    ]


async def taxes(tx: Tx) -> list[Told]:
    """The states of all taxes."""
    return [(tax.version, announce.tax_state(tax).model_dump(mode="json")) for tax in await masters.taxes(tx)]
