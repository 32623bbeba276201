"""What tests over HTTP share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from chassis import peers
from chassis.settings import ServiceSettings
from services.ordering.tests.owners import Owners


@pytest.fixture(autouse=True)
def owners(app: FastAPI, tmp_path: Path) -> Iterator[Owners]:
    """The peers this process asks; `app` comes first, because making an app configures peers of its own."""
    token = tmp_path / "token"
    token.write_text("a-token", encoding="ascii")
    known = Owners()
    settings = ServiceSettings(
        service="ordering",
        database_url=SecretStr("postgresql://nowhere"),
        service_token_file=token,
        peers={"catalog": "http://catalog", "customers": "http://customers"},
    )
    peers.configure(settings, httpx.MockTransport(known.answer))
    yield known
    peers.configure(settings)
