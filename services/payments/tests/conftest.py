"""Makes `services.payments.tests.builders` importable whatever pytest's import mode is, calms Hypothesis, and says
which service is under test."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from hypothesis import settings

from chassis.service import Service
from chassis.testing.messages import Deliver
from payments.app import service as payments

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from services.payments.tests.desk import Desk  # noqa: E402  # importable only once the root is on the path

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    return payments


@pytest.fixture
def desk(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> Desk:
    """Work at it like a person of the maker's accounting."""
    return Desk(client, deliver, maker_id)
