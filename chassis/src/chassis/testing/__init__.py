"""Pytest plugin of every service: its migrated database, its announced messages, deliveries, and an HTTP client.

A service's `tests/conftest.py` names the service under test and nothing else is needed:

    @pytest.fixture(scope="session")
    def service() -> Service:
        return ordering.app.service
"""

from chassis.testing.http import app, client, codes_without_text, signing_key, tokens
from chassis.testing.messages import database, databases, deliver, maker_id, outbox, service, settings

__all__ = [
    "app",
    "client",
    "codes_without_text",
    "database",
    "databases",
    "deliver",
    "maker_id",
    "outbox",
    "service",
    "settings",
    "signing_key",
    "tokens",
]
