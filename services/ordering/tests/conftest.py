"""What all tests of ordering share. The builders are a module, because rule machines take no fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from chassis.service import Service
from ordering.app import service as ordering_service

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

hypothesis_settings.register_profile("oroshi", deadline=None)
hypothesis_settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    """The service under test."""
    return ordering_service
