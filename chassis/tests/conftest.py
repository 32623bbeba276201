"""The chassis is tested on its own worked example."""

from __future__ import annotations

import pytest

from chassis.example import app
from chassis.service import Service


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service
