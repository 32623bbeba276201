"""The shell launcher on machines that lack something. The real way up is what CI itself takes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from suite.places import ROOT

TOOLS = ("sh", "cat", "cksum", "dirname", "readlink", "mkdir", "tail")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout with nothing installed, and `bin` with the tools every POSIX system has."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "services" / "one").mkdir(parents=True)
    (tmp_path / "kernel").mkdir()
    shutil.copy(ROOT / "oroshi", tmp_path / "oroshi")
    for name in ("uv.lock", "pyproject.toml", "kernel/pyproject.toml", "services/one/pyproject.toml"):
        (tmp_path / name).touch()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def _stand_in(folder: Path, name: str, script: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def _launch(folder: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    return subprocess.run(  # the script under test
        (str(path or folder / "oroshi"), *arguments), env=env, capture_output=True, text=True, check=False, cwd="/"
    )


def test_without_a_new_enough_python_the_launcher_names_the_one_it_found_and_a_remedy(bare: Path) -> None:
    _stand_in(bare, "python3", 'test "$1" = --version && echo "Python 3.9.2" || exit 1')

    told = _launch(bare, "up")

    assert told.returncode == 1
    assert "Python 3.11 or newer is needed; found Python 3.9.2." in told.stderr
    assert "OROSHI_PYTHON=" in told.stderr


def test_without_a_network_the_launcher_says_which_settings_lead_to_one(bare: Path) -> None:
    _stand_in(bare, "python3", 'case "$2" in *executable*) echo python3 ;; esac; test "$1" = -c')

    told = _launch(bare, "up")

    assert told.returncode == 1
    assert "uv could not be installed" in told.stderr
    assert "HTTPS_PROXY" in told.stderr


def test_what_is_installed_is_not_installed_again_and_a_link_to_the_launcher_works(bare: Path) -> None:
    _stand_in(bare, "python3", 'case "$2" in *executable*) echo python3 ;; esac')
    _stand_in(bare, "uv", f'test "$1" = --version && echo "uv 0.13.9" || {{ echo sync >>{bare}/calls; }}')
    (bare / ".venv" / "bin").mkdir(parents=True)
    (bare / ".venv" / "bin" / "python").symlink_to(bare / "bin" / "cat")
    (bare / "link").symlink_to("oroshi")

    _launch(bare, "--help", path=bare / "link")
    _launch(bare, "--help")

    assert (bare / "calls").read_text() == "sync\n"
    assert os.access(bare / ".venv" / ".oroshi-stamp", os.R_OK)
