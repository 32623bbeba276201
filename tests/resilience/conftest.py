"""Resilience tests: the laws on small evidence, and real trials. Long campaigns run only when asked for: `-m slow`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from _pytest.pathlib import ImportMode, import_path

from suite.chaos.laws import Evidence


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns of many seeds take hours: they are left out unless the marker is named."""
    if "slow" in str(config.getoption("markexpr", "")):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(scope="session")
def builders() -> ModuleType:
    """tests/resilience/builders.py."""
    folder = Path(__file__).parent
    return import_path(
        folder / "builders.py", mode=ImportMode.importlib, root=folder, consider_namespace_packages=False
    )


@pytest.fixture
def sound(builders: ModuleType) -> Evidence:
    """Evidence of a small trade in which every promise was kept."""
    made: Callable[[], Evidence] = builders.sound_evidence
    return made()
