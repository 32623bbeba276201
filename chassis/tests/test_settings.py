"""Settings from the environment: named per service, wrong ones named, nothing guessed."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from chassis.settings import ServiceSettings

URL = "postgresql://ordering:secret@db:5432/ordering"


class Settings(ServiceSettings):
    pdf_workers: int = Field(default=1, ge=1)


def test_a_service_reads_its_own_names_and_its_peers() -> None:
    settings = ServiceSettings.of(
        "ordering",
        {
            "DATABASE_URL_ORDERING": URL,
            "DATABASE_URL_CATALOG": "postgresql://elsewhere",
            "OROSHI_PORT_ORDERING": "8003",
            "OROSHI_PORT_CATALOG": "8001",
            "OROSHI_URL_CATALOG": "http://127.0.0.1:8001",
            "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
            "OROSHI_LOG_LEVEL": "",
        },
    )
    assert settings.database_url.get_secret_value() == URL
    assert (settings.port, settings.kafka_bootstrap_servers, settings.log_level) == (8003, "kafka:9092", "INFO")
    assert settings.peers == {"catalog": "http://127.0.0.1:8001"}


def test_the_password_does_not_show() -> None:
    assert "secret" not in repr(ServiceSettings.of("ordering", {"DATABASE_URL_ORDERING": URL}))


def test_own_fields_of_a_service_are_read_too() -> None:
    assert Settings.of("ordering", {"DATABASE_URL_ORDERING": URL, "OROSHI_PDF_WORKERS": "3"}).pdf_workers == 3


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as raised:
        ServiceSettings.of("ordering", {"OROSHI_PORT_ORDERING": "eight", "OROSHI_DATABASE_POOL": "0"})
    assert {str(error["loc"][0]) for error in raised.value.errors()} == {"database_url", "port", "database_pool"}
