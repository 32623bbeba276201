"""Fixtures for every package: real infrastructure from `suite.testing`, a service's world from `chassis.testing`."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

pytest_plugins = ["suite.testing", "chassis.testing"]

_FLOWS = "tests/flows/"


class _OneSuite(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A worker takes whole files, and one worker takes all stories on the running suite: it is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return _FLOWS if nodeid.startswith(_FLOWS) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """For `--dist loadfile`, which `./oroshi test` asks for; any other choice stays xdist's."""
    return _OneSuite(config, log) if config.getoption("dist") == "loadfile" else None
