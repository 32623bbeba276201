"""Pytest plugin: one PostgreSQL and one Kafka for a whole test run, shared by all xdist workers.

Taken in this order: the environment (`OROSHI_TEST_DATABASE_URL` of a superuser, `OROSHI_TEST_KAFKA`), else embedded
servers started by whoever needs them first and stopped by the process that started the run. A server that cannot be
had fails the tests; nothing is skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from suite.infra.children import Embedded, Identity, spawn, stop
from suite.infra.kafka import EmbeddedKafka, KafkaServer
from suite.infra.osuser import remove_folder
from suite.infra.ports import free_ports
from suite.infra.postgres import EmbeddedPostgres, PostgresServer
from suite.infra.waiting import wait_until

_PREFIX = "oroshi-tests-"
_FOLDER = "OROSHI_TEST_FOLDER"
_OWNER = "OROSHI_TEST_OWNER"
_START_LIMIT = 60.0


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or _FOLDER in os.environ:
        return
    _sweep_leftovers()
    os.environ[_FOLDER] = str(Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}")
    os.environ[_OWNER] = json.dumps(asdict(Identity.of(os.getpid())))


def pytest_unconfigure(config: pytest.Config) -> None:
    owner = os.environ.get(_OWNER)
    if owner and json.loads(owner)["pid"] == os.getpid():
        _remove(Path(os.environ.pop(_FOLDER)))
        os.environ.pop(_OWNER)


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """A PostgreSQL server for this run with its superuser login; make databases of your own on it."""
    named = os.environ.get("OROSHI_TEST_DATABASE_URL")
    if named:
        return PostgresServer.from_url(named)
    with _shared_folder() as folder:
        [port] = _ports(folder / "postgres.json", 1)
        postgres = EmbeddedPostgres(folder / "postgres", folder / "password", port, durable=False)
        _start_once(postgres, folder, [port])
        return postgres.server()


@pytest.fixture(scope="session")
def kafka_server() -> KafkaServer:
    """A Kafka broker for this run; topics are not made by themselves, use names of your own."""
    named = os.environ.get("OROSHI_TEST_KAFKA")
    if named:
        return KafkaServer(named)
    with _shared_folder() as folder:
        [port, controller_port] = _ports(folder / "kafka.json", 2)
        kafka = EmbeddedKafka(folder / "kafka", port, controller_port, remember=False)
        _start_once(kafka, folder, [port, controller_port])
        return kafka.server()


def _ports(state: Path, count: int) -> list[int]:
    return list(json.loads(state.read_text())["ports"]) if state.exists() else free_ports(count)


def _start_once(server: Embedded, folder: Path, ports: list[int]) -> None:
    """Starts a server unless a worker of this run already did; the run's owner stops it by its number."""
    state = folder / f"{server.name}.json"
    if state.exists():
        return
    server.prepare(_silent)
    launch, log = server.launch(), folder / f"{server.name}.log"
    child = spawn(launch, log)
    child.returncode = 0  # this handle may be collected while the server runs on: no ResourceWarning
    identity = Identity.of(child.pid)
    wait_until(server.ready, identity.alive, name=server.name, log=log, limit=_START_LIMIT)
    state.write_text(json.dumps({"identity": asdict(identity), "signal": int(launch.stop_signal), "ports": ports}))


def _silent(_: str) -> None:
    return None


@contextmanager
def _shared_folder() -> Iterator[Path]:
    """The run's folder under a lock, so that two workers never start the same server."""
    folder = Path(os.environ[_FOLDER])
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL may run as another account and must reach its folder
    (folder / "owner.json").write_text(os.environ[_OWNER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _remove(folder: Path) -> None:
    for state in folder.glob("*.json"):
        facts = json.loads(state.read_text())
        if "identity" in facts:
            stop(Identity(**facts["identity"]), ask=facts["signal"], patience=10)
    remove_folder(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


def _sweep_leftovers() -> None:
    """Removes what killed test runs of this user left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder / "owner.json"
        if (
            folder.stat().st_uid == os.geteuid()
            and owner.exists()
            and not Identity(**json.loads(owner.read_text())).alive()
        ):
            _remove(folder)
