"""The service, said once."""

from __future__ import annotations

from chassis.service import Service
from invoicing.api import billables, closings, credit_notes, invoices
from invoicing.consumers import LISTENS
from invoicing.store.papers import DEPTHS
from invoicing.usecases.printing import Printer

service = Service(
    name="invoicing",
    routers=[billables.router, invoices.router, closings.router, credit_notes.router],
    listens=LISTENS,
    problems="problems.toml",
    topics=["invoicing.events"],
    background={"printer": Printer},
    depths=DEPTHS,
)
