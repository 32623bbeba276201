"""What the architecture tests look at: the repository and its services."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def services() -> list[str]:
    """The services by name; folder and package are called alike."""
    return sorted(folder.name for folder in (ROOT / "services").iterdir() if (folder / "pyproject.toml").is_file())
