"""What this service says and hears (a real service puts this into `contracts/`)."""

from __future__ import annotations

from uuid import UUID

from contracts.wire import Amount, Command, Event, State


class OrderNoted(Event, type="example.order-noted.v1", topic="example.events"):
    """An order was noted."""

    order_id: UUID
    customer_id: UUID
    number: str
    amount: Amount

    def subject(self) -> str:
        return f"order/{self.order_id}"

    def key(self) -> str:
        return str(self.customer_id)


class OrderStruck(Event, type="example.order-struck.v1", topic="example.events"):
    """A noted order was struck off again."""

    order_id: UUID
    customer_id: UUID

    def subject(self) -> str:
        return f"order/{self.order_id}"

    def key(self) -> str:
        return str(self.customer_id)


class BuyerState(State, type="example.buyer.v1", topic="example.buyers"):
    """Who buys."""

    customer_id: UUID
    name: str

    def subject(self) -> str:
        return f"customer/{self.customer_id}"

    def key(self) -> str:
        return str(self.customer_id)


class Recount(Command, type="example.recount.v1", topic="example.commands"):
    """Asks for a tally to be made again."""

    customer_id: UUID

    def subject(self) -> str:
        return f"customer/{self.customer_id}"

    def key(self) -> str:
        return str(self.customer_id)
