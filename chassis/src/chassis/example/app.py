"""The service, said once."""

from chassis.example.api import router
from chassis.example.consumers import LISTENS
from chassis.service import Service

service = Service(
    name="example",
    package="chassis.example",
    published="chassis.example.wire",
    routers=[router],
    listens=LISTENS,
    problems="problems.toml",
    topics=["example.events", "example.buyers", "example.commands"],
)
