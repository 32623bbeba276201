"""The complete list of what the gateway asks of others."""

from __future__ import annotations

from uuid import UUID

from contracts.customers import CreateMaker
from contracts.wire import Message


def maker_wanted(maker_id: UUID, *, name: str, owner_email: str, owner_name: str) -> Message:
    """Asks `customers` to make a maker and its owner's membership; repeated asks change nothing there."""
    wanted = CreateMaker(maker_id=maker_id, name=name, owner_email=owner_email, owner_name=owner_name)
    return Message(maker_id, wanted)
