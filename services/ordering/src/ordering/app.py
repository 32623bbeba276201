"""The service, said once."""

from chassis.service import Service
from ordering.api import ROUTERS
from ordering.consumers import LISTENS

service = Service(
    name="ordering",
    routers=ROUTERS,
    listens=LISTENS,
    problems="problems.toml",
    topics=["ordering.events"],
)
