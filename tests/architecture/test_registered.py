"""Every service is known wherever the suite lists them: what chassis/README.md says of a new one."""

from __future__ import annotations

import re
import tomllib

import pytest

from suite.places import ROOT, SERVICES

FOLDERS = tuple(sorted(folder.parent.name for folder in (ROOT / "services").glob("*/pyproject.toml")))


def test_the_launcher_knows_every_service() -> None:
    assert sorted(SERVICES) == list(FOLDERS)


@pytest.mark.parametrize("service", FOLDERS)
@pytest.mark.parametrize(
    "place",
    ["deploy/gateway/routes.yaml", "docker-compose.yml", "deploy/images/entrypoint.sh", "contracts/asyncapi.json"],
)
def test_whoever_lists_services_lists_this_one(service: str, place: str) -> None:
    assert re.search(rf"\b{service}\b", (ROOT / place).read_text("utf-8"))


@pytest.mark.parametrize("service", FOLDERS)
def test_types_and_import_rules_know_it(service: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    linter = project["tool"]["importlinter"]
    assert f"services/{service}" in project["tool"]["uv"]["workspace"]["members"]
    assert f"services/{service}/src" in project["tool"]["mypy"]["mypy_path"]
    assert service in project["tool"]["ruff"]["lint"]["isort"]["known-first-party"]
    assert service in linter["root_packages"]
    rules = [rule for rule in linter["contracts"] if rule["id"] != "kernel-stands-alone"]
    unlisted = [rule["id"] for rule in rules if not _names(rule, service)]
    assert unlisted == []


def _names(rule: dict[str, object], service: str) -> bool:
    return re.search(rf"\b{service}\b", str(rule)) is not None
