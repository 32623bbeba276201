"""Stories of the trade on the whole suite: real broker, real PostgreSQL, real proxy, started once per test run.

`./oroshi test` sends all of this folder to one worker (see the repository's conftest), so one suite is enough. A fresh
maker per story keeps the stories apart.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from suite.demo.client import Api, Json
from suite.runner import lifecycle
from suite.runner.home import Home
from suite.runner.plan import Wish
from suite.runner.state import SuiteState

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from tests.flows.everything import one_of_everything  # noqa: E402  # importable only once the root is on the path
from tests.flows.running import Suite  # noqa: E402
from tests.flows.wholesaler import Wholesaler, settle_in  # noqa: E402


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Campaigns take hours: they are left out unless the marker is named, `-m slow`."""
    if "slow" in str(config.getoption("markexpr", "")):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if not item.get_closest_marker("slow")]


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    """The whole suite in a home of its own on free ports; stopped and deleted at the end of the run.

    `OROSHI_TEST_HOME` names the home of one that runs already: it is used as it is, and left running.
    """
    if given := os.environ.get("OROSHI_TEST_HOME"):
        running = Home(Path(given))
        yield Suite(running, lifecycle.running(running))
        return
    home = Home(Path(tempfile.gettempdir()) / f"oroshi-flows-{secrets.token_hex(4)}")
    try:
        yield Suite(home, lifecycle.up(Wish(str(home.folder)), _silent))
    finally:
        lifecycle.down(home, _silent)
        home.remove()


@pytest.fixture(scope="session")
def operator(suite: Suite) -> Iterator[Api]:
    """The platform's operator: makes makers, and sees how busy the services are."""
    with suite.operator() as api:
        yield api


@pytest.fixture
def maker(suite: Suite, operator: Api) -> Iterator[Wholesaler]:
    """A maker that nobody else has: owner, brand, taxes, one web catalog, three SKUs, no customers yet."""
    with settle_in(suite.url, operator) as wholesaler:
        yield wholesaler


@pytest.fixture(scope="module")
def shared_maker(suite: Suite, operator: Api) -> Iterator[Wholesaler]:
    """One maker for all tests of a file that leave nothing behind that another could trip over."""
    with settle_in(suite.url, operator) as wholesaler:
        yield wholesaler


@pytest.fixture(scope="module")
def rich(shared_maker: Wholesaler) -> dict[str, str]:
    """The shared maker with one of everything: path or query parameter → id."""
    return one_of_everything(shared_maker)


@pytest.fixture(scope="session")
def document(suite: Suite) -> Json:
    """The merged OpenAPI document, as anybody can read it."""
    told: Json = httpx.get(f"{suite.url}/openapi.json", timeout=60.0).json()
    return told


@pytest.fixture
def stranger(suite: Suite) -> Iterator[httpx.Client]:
    """Somebody without a token, straight at the proxy."""
    with httpx.Client(base_url=suite.url, timeout=60.0) as client:
        yield client


def _silent(_: SuiteState) -> None:
    return None
