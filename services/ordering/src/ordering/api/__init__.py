"""Routes of ordering, all under /v1."""

from chassis.http import Router
from ordering.api import confirmations, deeds, exports, exposures, imports, orders

ROUTERS: tuple[Router, ...] = (
    orders.router,
    imports.router,
    exports.router,
    confirmations.router,
    deeds.router,
    exposures.router,
)
