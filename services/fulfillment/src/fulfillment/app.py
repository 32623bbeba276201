"""Fulfillment, said once."""

from chassis.service import Service
from contracts.fulfillment import DeliveryNoteIssued
from fulfillment.api import notes, returns, unshipped
from fulfillment.consumers import LISTENS
from fulfillment.settings import Settings

service = Service(
    name="fulfillment",
    routers=[unshipped.router, notes.router, returns.router],
    listens=LISTENS,
    problems="problems.toml",
    topics=[DeliveryNoteIssued.TOPIC],
    settings=Settings,
)
