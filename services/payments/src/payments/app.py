"""The service, said once."""

from __future__ import annotations

from chassis.service import Service
from payments.api import ROUTERS
from payments.consumers import LISTENS
from payments.settings import Settings

service = Service(
    name="payments",
    routers=ROUTERS,
    listens=LISTENS,
    problems="problems.toml",
    topics=["payments.events"],
    settings=Settings,
)
