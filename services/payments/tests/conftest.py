"""Makes `services.payments.tests.builders` importable whatever pytest's import mode is, calms Hypothesis, and says
which service is under test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from chassis.service import Service
from payments.app import service as payments

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    return payments
