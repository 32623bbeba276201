"""One suite in one home: real PostgreSQL, Kafka and Traefik, two small services that stand in for the seven."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import asyncpg
import httpx
import pytest

from suite.infra.ports import free_ports
from suite.places import DEFAULT_HOME
from suite.runner.health import backlogs
from suite.runner.home import Home
from suite.runner.lifecycle import down, up
from suite.runner.plan import Wish
from suite.runner.state import Condition, Phase, SuiteState, read_state
from suite.trouble import Trouble

SERVICE = '''
"""A stand-in: `migrate` makes a table as owner and counts how often it ran, `all` serves what a service must serve."""
import asyncio, json, os, sys, http.server
from pathlib import Path
import asyncpg

NAME = Path(__file__).parent.name
UPPER = NAME.upper()

async def migrate():
    owner = await asyncpg.connect(os.environ[f"DATABASE_URL_{UPPER}"])
    await owner.execute("create table if not exists runs (at timestamptz default now())")
    await owner.execute("insert into runs default values")
    await owner.close()
    worker = await asyncpg.connect(os.environ[f"DATABASE_URL_{UPPER}"], server_settings={"role": f"{NAME}_worker"})
    assert await worker.fetchval("select current_user") == f"{NAME}_worker"
    await worker.close()

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"outbox": 2, "listens": ["t"], "published": {"t": {"0": 5}}, "consumed": {"t": {"0": 3}}}
        token = Path(os.environ["OROSHI_SERVICE_TOKEN_FILE"]).read_text()
        told = self.headers.get("Authorization") == f"Bearer {token}"
        self.send_response(200 if self.path == "/readyz" or told else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *_): pass

if sys.argv[1] == "migrate":
    asyncio.run(migrate())
else:
    assert NAME != "broken", "this service never starts"
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[f"OROSHI_PORT_{UPPER}"])), Answer).serve_forever()
'''


def _silent(_: SuiteState) -> None:
    return None


def _wait_for(condition: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module", autouse=True)
def stand_in_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("services")
    for name in ("alpha", "beta", "broken"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
        (folder / name / "__main__.py").write_text(SERVICE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("first") / "home")
    yield home
    down(home, _silent)
    home.remove()


@pytest.fixture
def suite(home: Home) -> SuiteState:
    """The suite in the first home, serving."""
    return up(_wish(home), _silent)


def _wish(home: Home, *services: str, port: int | None = None) -> Wish:
    return Wish(str(home.folder), services or ("alpha", "beta"), port)


def test_all_processes_serve_when_up_returns(home: Home, suite: SuiteState) -> None:
    assert suite.phase is Phase.READY
    assert set(suite.processes) == {"traefik", "kafka", "postgres", "alpha", "beta"}
    assert all(one.condition is Condition.READY for one in suite.processes.values())
    assert httpx.get(f"{suite.url}/metrics", trust_env=False).json()["code"] == "NOT_FOUND"


def test_a_second_up_leaves_a_running_suite_alone(home: Home, suite: SuiteState) -> None:
    again = up(_wish(home), _silent)

    assert (again.supervisor, again.started_at) == (suite.supervisor, suite.started_at)


def test_nothing_in_a_home_is_readable_by_others(home: Home, suite: SuiteState) -> None:
    secret = [home.state, home.environment, *home.secrets.rglob("*")]

    assert {stat.S_IMODE(path.stat().st_mode) for path in secret if path.is_file()} == {0o600}
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.postgres.stat().st_mode) == 0o700


def test_lag_is_what_was_published_and_not_consumed(home: Home, suite: SuiteState) -> None:
    [alpha, _] = backlogs(home, suite, ("alpha", "beta"))

    assert alpha.quiet is not None
    assert (alpha.quiet.outbox, alpha.lag, alpha.is_quiet) == (2, {"t": 2}, False)


@pytest.mark.parametrize("name", ["alpha", "kafka", "postgres"])
def test_a_killed_process_is_started_again_and_reported(home: Home, suite: SuiteState, name: str) -> None:
    victim = suite.processes[name]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)

    def back() -> bool:
        state = read_state(home.state)
        return state is not None and state.processes[name].restarts == 1 and state.processes[name].condition == "ready"

    _wait_for(back)
    now = read_state(home.state)
    assert now is not None
    assert now.processes[name].pid != victim.pid
    assert "SIGKILL" in now.processes[name].note


def test_a_suite_whose_supervisor_was_killed_is_cleared_away_and_started_anew(home: Home, suite: SuiteState) -> None:
    assert suite.supervisor is not None
    os.kill(suite.supervisor, signal.SIGKILL)
    _wait_for(lambda: not suite.supervised)
    stale = read_state(home.state)
    assert stale is not None
    assert {one.name for one in stale.orphans()} == set(suite.processes)

    anew = up(_wish(home), _silent)

    assert anew.supervisor != suite.supervisor
    assert anew.processes["postgres"].port == suite.processes["postgres"].port
    assert not any(one.identity and one.identity.alive() for one in stale.processes.values())


async def test_migrations_run_once_until_something_changes(home: Home, suite: SuiteState) -> None:
    await asyncio.to_thread(down, home, _silent)
    await asyncio.to_thread(up, _wish(home), _silent)

    connection = await asyncpg.connect(json.loads(home.environment.read_text())["DATABASE_URL_ALPHA"])
    runs = await connection.fetchval("select count(*) from runs")
    await connection.close()
    assert runs == 1


def test_a_port_in_use_is_told_with_its_user_before_anything_starts(home: Home, suite: SuiteState) -> None:
    other = Home(home.folder.parent / "other")
    taken = suite.processes["alpha"].port

    with pytest.raises(Trouble) as trouble:
        up(_wish(other, "alpha", port=taken), _silent)

    assert f"Port {taken} is in use by" in trouble.value.what
    assert "--port" in trouble.value.remedy
    assert read_state(other.state) is None
    other.remove()


def test_two_homes_run_side_by_side_on_servers_of_their_own(home: Home, suite: SuiteState) -> None:
    other = Home(home.folder.parent / "second")
    try:
        second = up(_wish(other, "alpha"), _silent)

        ports = {one.port for one in suite.processes.values()} & {one.port for one in second.processes.values()}
        assert (second.phase, ports) == (Phase.READY, set())
        assert suite.supervised
    finally:
        assert down(other, _silent)
        other.remove()


def test_servers_of_the_users_own_are_used_and_not_started(
    home: Home, suite: SuiteState, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(home.environment.read_text())
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", told["KAFKA_BOOTSTRAP_SERVERS"])
    monkeypatch.setenv("DATABASE_URL_ALPHA", told["DATABASE_URL_ALPHA"])
    other = Home(home.folder.parent / "guest")
    try:
        assert set(up(_wish(other, "alpha"), _silent).processes) == {"traefik", "alpha"}
    finally:
        down(other, _silent)
        other.remove()


def test_a_service_that_cannot_start_stops_everything_and_shows_its_last_words(home: Home) -> None:
    other = Home(home.folder.parent / "third")
    down(home, _silent)

    with pytest.raises(Trouble) as trouble:
        up(_wish(other, "broken"), _silent)

    assert "this service never starts" in trouble.value.what
    state = read_state(other.state)
    assert state is not None
    assert state.phase is Phase.FAILED
    assert not any(one.identity and one.identity.alive() for one in state.processes.values())
    other.remove()


@pytest.mark.parametrize(
    ("resource", "says"), [("memory", "Only 100 MB of memory are free"), ("disk", "Only 100 MB are free on the disk")]
)
def test_too_little_memory_or_disk_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resource: str, says: str
) -> None:
    little = SimpleNamespace(available=100 * 1024**2, free=100 * 1024**2)
    target = "psutil.virtual_memory" if resource == "memory" else "shutil.disk_usage"
    monkeypatch.setattr(target, lambda *_: little)

    with pytest.raises(Trouble, match=says):
        up(_wish(Home(tmp_path / "home"), "alpha"), _silent)

    assert not (tmp_path / "home" / "postgres").exists()


def test_a_folder_with_other_things_in_it_is_never_taken_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    home = Home(tmp_path)

    with pytest.raises(Trouble, match="not empty"):
        home.create()
    with pytest.raises(Trouble, match="nothing was deleted"):
        home.remove()

    assert (tmp_path / "thesis.txt").exists()


def test_ports_stay_the_same_as_long_as_they_are_free(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    [public] = free_ports(1)

    first = home.ports(["public", "kafka"], public=public)

    assert home.ports(["public", "kafka"]) == first


def test_advice_names_the_home_unless_it_is_the_usual_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OROSHI_HOME", raising=False)
    assert Home(DEFAULT_HOME).command("down") == "./oroshi down"
    assert Home(tmp_path).command("status") == f"./oroshi status --home {tmp_path}"
    monkeypatch.setenv("OROSHI_HOME", str(tmp_path))
    assert Home(tmp_path).command("status") == "./oroshi status"
