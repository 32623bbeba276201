"""A maker with one customer and one order of two lines: what most calls are made against."""

from __future__ import annotations

from uuid import UUID

import pytest_asyncio

from chassis.testing.messages import Deliver, Outbox
from services.fulfillment.tests.wires import a_customer, a_maker, an_order


@pytest_asyncio.fixture(loop_scope="session")
async def shop(deliver: Deliver, outbox: Outbox, maker_id: UUID) -> None:
    await deliver(a_maker(maker_id), a_customer(1), a_customer(2, on_hold=True), an_order(100))
    await outbox.clear()
