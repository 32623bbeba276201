"""The service as a whole: its tables, its texts, its topics."""

from __future__ import annotations

from chassis.database import Database
from chassis.service import Service
from chassis.testing import codes_without_text
from chassis.testing.migrations import differences
from fulfillment.tables import REGISTRY


async def test_the_migrations_make_the_tables_the_store_expects(database: Database) -> None:
    assert await differences(database, REGISTRY.metadata) == []


def test_every_refusal_has_a_text_in_three_languages(service: Service) -> None:
    assert codes_without_text(service) == []


def test_it_owns_one_topic_and_listens_to_four(service: Service) -> None:
    assert list(service.topics) == ["fulfillment.events"]
    assert service.listens.topics() == [
        "customers.customers",
        "customers.makers",
        "invoicing.events",
        "ordering.events",
    ]
