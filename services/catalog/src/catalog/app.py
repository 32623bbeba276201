"""Catalog, said once."""

from __future__ import annotations

from catalog.api import brands, internal, products, rates, web_catalogs
from catalog.consumers import LISTENS
from chassis.service import Service
from contracts.catalog import CustomerRateState, SkuState, TaxState

service = Service(
    name="catalog",
    routers=[brands.router, web_catalogs.router, products.router, rates.router, internal.router],
    listens=LISTENS,
    problems="problems.toml",
    topics=[TaxState.TOPIC, SkuState.TOPIC, CustomerRateState.TOPIC],
)
