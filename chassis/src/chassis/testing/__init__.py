"""Pytest plugin of every service: its migrated database, its announced messages, deliveries, and an HTTP client.

A service's `tests/conftest.py` names the service under test and nothing else is needed:

    @pytest.fixture(scope="session")
    def service() -> Service:
        return ordering.app.service
"""

import importlib.util

from chassis.testing.messages import database, databases, deliver, maker_id, outbox, service, settings

__all__ = ["database", "databases", "deliver", "maker_id", "outbox", "service", "settings"]

if importlib.util.find_spec("chassis.testing.http"):
    from chassis.testing.http import *  # noqa: F403
