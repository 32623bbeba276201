"""Makes `services.invoicing.tests.builders` importable whatever pytest's import mode is, and calms Hypothesis."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from chassis.service import Service

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    """The service under test."""
    from invoicing.app import service

    return service
