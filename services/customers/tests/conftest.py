"""What all tests of customers share. The builders are a module, because rule machines take no fixtures."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import settings

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")

from chassis.database import Database  # noqa: E402  # after the path is set
from chassis.service import Service  # noqa: E402
from chassis.testing.messages import Outbox  # noqa: E402
from customers import app  # noqa: E402
from services.customers.tests import worlds  # noqa: E402


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service


@pytest_asyncio.fixture(loop_scope="session")
async def maker(database: Database, maker_id: UUID, outbox: Outbox) -> AsyncIterator[UUID]:
    """The test's maker, created and announced, and its owner."""
    await worlds.create_maker(database, maker_id)
    await outbox.clear()
    yield maker_id
