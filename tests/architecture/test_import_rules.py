"""Each import rule bites: violations planted into a copy of the packages turn its contract red, one by one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Required, TypedDict

import pytest

SERVICES = ("catalog", "customers", "ordering", "fulfillment", "invoicing", "payments", "gateway")
LAYERS = (("app",), ("api", "consumers"), ("usecases",), ("announce", "store", "views"), ("core", "tables"))
"""The layers of a service, outermost first; those of one line know nothing of each other."""

FRAMEWORKS = ("sqlalchemy", "sqlmodel", "pydantic", "fastapi", "starlette", "faststream", "aiokafka", "httpx")
Plant = tuple[str, Sequence[str]]
"""A module to plant and what it imports."""


class Contract(TypedDict, total=False):
    """One contract of import-linter, as far as the tests read it."""

    id: Required[str]
    modules: list[str]
    containers: list[str]
    source_modules: list[str]


class ImportRules(TypedDict):
    """`[tool.importlinter]` of the root pyproject.toml."""

    root_packages: list[str]
    contracts: list[Contract]


def outward() -> list[Plant]:
    """Every import of a layer that the shape forbids: from an inner layer outward, and sideways."""
    plants: list[Plant] = []
    for depth, beside in enumerate(LAYERS):
        for layer in beside:
            forbidden = [outer for level in LAYERS[:depth] for outer in level] + [
                other for other in beside if other != layer
            ]
            plants += [(f"{s}.{layer}.planted", [f"{s}.{other}" for other in forbidden]) for s in SERVICES if forbidden]
    return plants


PLANTS: dict[str, list[Plant]] = {
    "services-apart": [(f"{s}.core.planted", [t]) for s, t in zip(SERVICES, (*SERVICES[1:], SERVICES[0]), strict=True)],
    "shape": outward(),
    "pure-core": [
        (f"{s}.core.planted", [*FRAMEWORKS, "structlog", "asyncio", "contracts", "chassis"]) for s in SERVICES
    ],
    "kernel-stands-alone": [("kernel.planted", ["chassis", "contracts", "pydantic", "sqlalchemy"])],
    "wire-at-the-edge": [
        (f"{s}.{layer}.planted", ["contracts.wire"])
        for s in SERVICES
        for layer in ("api", "usecases", "store", "views", "core", "tables", "a_new_module")
    ],
    "below": [
        ("kernel.planted", ["contracts"]),
        ("contracts.planted", ["chassis"]),
        ("chassis.planted", SERVICES),
        *[(f"{s}.core.planted", ["suite"]) for s in SERVICES],
    ],
    "sql-in-three-places": [
        (f"{s}.{layer}.planted", ["sqlalchemy", "sqlmodel", "asyncpg"])
        for s in SERVICES
        for layer in ("app", "api", "consumers", "usecases", "announce", "core", "a_new_module")
    ],
}


@pytest.fixture(scope="module")
def import_rules(root: Path) -> ImportRules:
    rules: ImportRules = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return rules


@pytest.fixture(scope="module")
def copy(root: Path, import_rules: ImportRules, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All packages side by side with the import rules; every layer of every service is a package to plant into."""
    folder = tmp_path_factory.mktemp("packages")
    for package in import_rules["root_packages"]:
        source = next(path for path in root.glob(f"*/**/src/{package}") if path.is_dir())
        shutil.copytree(source, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for service in SERVICES:
        for layer in (layer for beside in LAYERS for layer in beside):
            as_package(folder / service / layer)
    shutil.copy(root / "pyproject.toml", folder)
    return folder


def as_package(layer: Path) -> None:
    layer.mkdir(exist_ok=True)
    if layer.with_suffix(".py").exists():
        layer.with_suffix(".py").rename(layer / "__init__.py")
    (layer / "__init__.py").touch()


@pytest.fixture
def planted(copy: Path) -> Iterator[list[Path]]:
    """What a test plants; gone afterwards."""
    files: list[Path] = []
    yield files
    for file in files:
        file.unlink()


def plant(copy: Path, planted: list[Path], plants: Sequence[Plant]) -> None:
    for module, imports in plants:
        file = copy.joinpath(*module.split(".")).with_suffix(".py")
        if not file.parent.exists():
            as_package(file.parent)
        file.write_text("".join(f"import {imported}\n" for imported in imports), encoding="utf-8")
        planted.append(file)


def lint(copy: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", "--contract", contract]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=120, check=False)


def test_every_import_rule_has_planted_violations(import_rules: ImportRules) -> None:
    assert [contract["id"] for contract in import_rules["contracts"]] == list(PLANTS)


def test_every_service_is_spelled_out_in_every_rule(import_rules: ImportRules, services: list[str]) -> None:
    assert set(services) == set(SERVICES)
    assert set(services) <= set(import_rules["root_packages"])
    for contract in import_rules["contracts"]:
        named = contract.get("modules", []) + contract.get("containers", []) + contract.get("source_modules", [])
        if contract["id"] not in ("kernel-stands-alone", "below"):
            assert {module.partition(".")[0] for module in named} == set(services), contract["id"]


@pytest.mark.parametrize("contract", PLANTS)
def test_each_planted_violation_is_named_by_its_rule(contract: str, copy: Path, planted: list[Path]) -> None:
    plant(copy, planted, PLANTS[contract])

    answer = lint(copy, contract)

    named = {line.strip(" -&").partition(" (")[0] for line in answer.stdout.splitlines()}
    wanted = {f"{module} -> {imported}" for module, imports in PLANTS[contract] for imported in imports}
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert not wanted - named, answer.stdout


def test_a_module_that_is_no_layer_is_named_by_the_shape(copy: Path, planted: list[Path]) -> None:
    plant(copy, planted, [(f"{service}.helpers", []) for service in SERVICES])

    answer = lint(copy, "shape")

    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert not {f"{service}.helpers" for service in SERVICES} - {
        line.strip(" -") for line in answer.stdout.splitlines()
    }
