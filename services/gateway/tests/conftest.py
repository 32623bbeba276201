"""The gateway under test, with a signing key and an operator of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from chassis.http.shell import shell_of
from chassis.service import Service
from gateway import app as gateway_app

OPERATOR = {"email": "operator@example.test", "password": "the operator's own secret"}


@pytest.fixture(scope="session")
def service() -> Service:
    return gateway_app.service


@pytest.fixture
def secrets(app: FastAPI, signing_key: OKPKey, tmp_path: Path) -> dict[str, str]:
    """Gives the app the tests' signing key and an operator; returns the operator's login."""
    key = tmp_path / "key.json"
    key.write_text(json.dumps({**signing_key.as_dict(private=True), "kid": "test"}))
    operator = tmp_path / "operator.json"
    operator.write_text(json.dumps(OPERATOR))
    shell = shell_of(app)
    shell.settings = shell.settings.model_copy(update={"signing_key_file": key, "operator_file": operator})
    return OPERATOR


@pytest.fixture
def a_maker() -> Callable[..., dict[str, object]]:
    """Builds the operator's request for a maker."""

    def build(**changes: object) -> dict[str, object]:
        owner = {"email": "Owner@Shop.Example", "name": "持主", "password": "correct horse battery"}
        return {"reference": "demo", "name": "株式会社おろし", "owner": owner, **changes}

    return build
