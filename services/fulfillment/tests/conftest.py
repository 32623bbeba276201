"""What all tests of fulfillment share. The builders are modules, because rule machines take no fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

from chassis.service import Service
from fulfillment import app

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service
