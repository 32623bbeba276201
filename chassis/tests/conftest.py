"""The chassis is tested on its own worked example: on real PostgreSQL always, on real Kafka where that is the point."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from chassis.database import Database
from chassis.example import app
from chassis.example.trials import Scripted
from chassis.service import Service
from chassis.testing.messages import Deliver


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service


@pytest.fixture
def script() -> Scripted:
    """Handlers that do what a test tells them."""
    return Scripted()


@pytest.fixture
def scripted(script: Scripted, service: Service, database: Database, maker_id: UUID) -> Deliver:
    """Deliveries to those handlers."""
    return Deliver(database, replace(service, listens=script.listens), maker_id)
