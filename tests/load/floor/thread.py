"""The writes of the order-to-cash thread, stage by stage and message by message, and nothing else: no reading of what
is stored, no checking, no deciding. What the services do beyond this is the price of doing it right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

from tests.load.floor import closing, delivering, entering, paying
from tests.load.floor.parts import Case
from tests.load.floor.service import Service

NAMES = ("ordering", "fulfillment", "invoicing", "payments")
LISTENS = {
    "ordering": ("fulfillment", "invoicing", "payments"),
    "fulfillment": ("ordering", "invoicing"),
    "invoicing": ("fulfillment", "payments"),
    "payments": ("invoicing",),
}
_HANDLERS = {
    "ordering": {
        "unshipped-stocked": entering.mark_stocked,
        "note-shipped": delivering.mark_delivered,
        "invoice-issued": closing.mark_billed,
        "balance-changed": paying.mark_balance,
    },
    "fulfillment": {"order-confirmed": entering.stock, "invoice-issued": closing.mark_notes},
    "invoicing": {
        "note-issued": delivering.make_billable,
        "note-shipped": delivering.mark_shipped,
        "payment-allocated": paying.mark_paid,
    },
    "payments": {"invoice-issued": closing.open_receivables},
}
_LOOK_SECONDS = 0.002


@dataclass
class Thread:
    """`run` carries all cases to cash, in batches, with a few transactions side by side."""

    services: dict[str, Service]
    cases: Sequence[Case]
    batch: int
    lanes: int

    def __post_init__(self) -> None:
        for name, service in self.services.items():
            service.handlers = {kind: partial(handle, service.writer) for kind, handle in _HANDLERS[name].items()}

    async def run(self) -> None:
        count, bills = len(self.cases), closing.bills_of(self.cases)
        invoicing, payments = self.services["invoicing"], self.services["payments"]
        await self._in_lanes(self._enter)
        await self._until(fulfillment={"order-confirmed": count}, ordering={"unshipped-stocked": count})
        await self._in_lanes(self._deliver)
        await self._until(invoicing={"note-shipped": count}, ordering={"note-shipped": count})
        await invoicing.commit(partial(closing.close, invoicing.writer, bills))
        issued = {"invoice-issued": len(bills)}
        await self._until(payments=issued, fulfillment=issued, ordering={**issued, "balance-changed": len(bills)})
        await payments.commit(partial(paying.pay, payments.writer, bills))
        await self._until(invoicing={"payment-allocated": len(bills)}, ordering={"balance-changed": 2 * len(bills)})

    async def _enter(self, cases: Sequence[Case]) -> None:
        ordering = self.services["ordering"]
        await ordering.commit(partial(entering.place, ordering.writer, cases))
        await ordering.commit(partial(entering.confirm, ordering.writer, cases))

    async def _deliver(self, cases: Sequence[Case]) -> None:
        fulfillment = self.services["fulfillment"]
        await fulfillment.commit(partial(delivering.ship, fulfillment.writer, cases))

    async def _in_lanes(self, work: Callable[[Sequence[Case]], Coroutine[object, object, None]]) -> None:
        lanes = asyncio.Semaphore(self.lanes)

        async def one(cases: Sequence[Case]) -> None:
            async with lanes:
                await work(cases)

        starts = range(0, len(self.cases), self.batch)
        await asyncio.gather(*(one(self.cases[at : at + self.batch]) for at in starts))

    async def _until(self, **wanted: dict[str, int]) -> None:
        """Until these services have handled so many messages of these types."""
        counts = [
            (self.services[name].handled, kind, number) for name in wanted for kind, number in wanted[name].items()
        ]
        while any(handled[kind] < number for handled, kind, number in counts):  # noqa: ASYNC110  # four counters
            await asyncio.sleep(_LOOK_SECONDS)
