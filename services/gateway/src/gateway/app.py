"""The gateway, said once."""

from __future__ import annotations

from chassis.service import Service
from contracts.customers import CreateMaker
from gateway.api import logins, makers, suite
from gateway.consumers import LISTENS
from gateway.settings import GatewaySettings

service = Service(
    name="gateway",
    routers=[makers.router, logins.router, suite.router],
    listens=LISTENS,
    asks=[CreateMaker],
    problems="problems.toml",
    settings=GatewaySettings,
    open_paths=frozenset(
        {
            "/v1/tokens",
            "/.well-known/jwks.json",
            "/openapi.json",
            "/asyncapi",
            "/docs",
            "/docs/messages",
            "/docs/{asset}",
        },
    ),
)
