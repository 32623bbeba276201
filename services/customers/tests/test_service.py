"""The service as a whole: its schema, its texts, its topics."""

from __future__ import annotations

import pytest

from chassis.database import Database
from chassis.testing.http import codes_without_text
from chassis.testing.migrations import differences
from customers.app import service
from customers.tables import REGISTRY


async def test_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    assert await differences(database, REGISTRY.metadata) == []


@pytest.mark.req("GEN-010")
def test_every_code_has_a_text_in_all_languages() -> None:
    assert codes_without_text(service) == []


def test_the_service_owns_five_states_and_its_commands() -> None:
    assert sorted(service.topics) == [
        "customers.commands",
        "customers.customers",
        "customers.delegations",
        "customers.makers",
        "customers.memberships",
        "customers.terms",
    ]
    assert service.listens.topics() == ["customers.commands"]
