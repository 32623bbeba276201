"""What all tests of customers share. The builders are modules, because rule machines take no fixtures."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import settings

from chassis.database import Database
from chassis.service import Service
from chassis.testing.messages import Outbox
from customers import app

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service


@pytest_asyncio.fixture(loop_scope="session")
async def maker(database: Database, maker_id: UUID, outbox: Outbox) -> UUID:
    """The test's maker, which trades in yen and dollars, and its owner; what that announced is gone."""
    from services.customers.tests import worlds

    await worlds.create_maker(database, maker_id)
    await outbox.clear()
    return maker_id
