"""The service, said once."""

from __future__ import annotations

from chassis.service import Service
from contracts import customers as told
from customers.api import customers, delegations, files, internal, makers, members
from customers.consumers import LISTENS

service = Service(
    name="customers",
    routers=[
        makers.router,
        members.router,
        customers.router,
        delegations.router,
        files.router,
        internal.router,
    ],
    listens=LISTENS,
    problems="problems.toml",
    topics=[
        told.MakerState.TOPIC,
        told.CustomerState.TOPIC,
        told.TermsState.TOPIC,
        told.DelegationState.TOPIC,
        told.MembershipState.TOPIC,
        told.CreateMaker.TOPIC,
    ],
)
