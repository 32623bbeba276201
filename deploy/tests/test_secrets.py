"""Keys of a home: made once, rotated while everything runs."""

from __future__ import annotations

import json
from pathlib import Path

from chassis.auth import KeyFile, Keys, Unauthenticated, Verifier
from suite.runner.secrets import Secrets


def published(home: Secrets) -> list[str]:
    return [key["kid"] for key in json.loads(home.jwks.read_text())["keys"]]


def signing(home: Secrets) -> str:
    return str(json.loads(home.signing_key.read_text())["kid"])


async def accepted(home: Secrets, token: str) -> bool:
    try:
        await Verifier(Keys(KeyFile(home.jwks))).caller(token)
    except Unauthenticated:
        return False
    return True


async def test_a_rotation_keeps_the_key_before_and_drops_the_one_before_that(tmp_path: Path) -> None:
    home = Secrets(tmp_path)
    home.make(["ordering"])
    first, token = signing(home), home.token("ordering").read_text()
    home.rotate(["ordering"])
    second = signing(home)
    assert published(home) == [second, first]
    assert await accepted(home, token)
    assert await accepted(home, home.token("ordering").read_text())
    home.rotate(["ordering"])
    assert published(home) == [signing(home), second]
    assert not await accepted(home, token)
    assert all("d" not in key for key in json.loads(home.jwks.read_text())["keys"])


def test_making_again_changes_nothing(tmp_path: Path) -> None:
    home = Secrets(tmp_path)
    home.make(["ordering"])
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    home.make(["ordering"])
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
