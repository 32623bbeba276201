"""The chassis is tested on its own worked example: on real PostgreSQL always, on real Kafka where that is the point."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

from chassis import kafka
from chassis.database import Database
from chassis.example import app
from chassis.service import Service
from chassis.settings import ServiceSettings

PATIENCE = 60.0


class KafkaServer(Protocol):
    @property
    def bootstrap(self) -> str: ...


@pytest.fixture(scope="session")
def service() -> Service:
    return app.service


@pytest.fixture
def kafka_lock() -> Iterator[None]:
    """The example's topics have fixed names: test processes take turns."""
    with (Path(os.environ["OROSHI_TEST_FOLDER"]).parent / "oroshi-chassis-kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def broker(kafka_lock: None, kafka_server: KafkaServer, settings: ServiceSettings) -> ServiceSettings:
    """Settings that name a real broker on which the example's topics are new and empty."""
    named = settings.model_copy(update={"kafka_bootstrap_servers": kafka_server.bootstrap})
    async with kafka.admin(named) as client:
        await _removed(client, list(app.service.topics))
    await kafka.create_topics(named, app.service.topics)
    return named


async def _removed(client: AIOKafkaAdminClient, topics: list[str]) -> None:
    for group in ("example",):
        answer = await client.delete_topics(topics)
        assert all(
            for_code(code).__name__ in ("NoError", "UnknownTopicOrPartitionError")
            for _, code in answer.topic_error_codes
        ), group
    while set(topics) & set(await client.list_topics()):
        await asyncio.sleep(0.05)


async def until(holds: Callable[[], Awaitable[Any]], *, patience: float = PATIENCE, every: float = 0.05) -> None:
    """Waits for a fact, never for a time; fails with what was seen last."""
    deadline, seen = time.monotonic() + patience, None
    while time.monotonic() < deadline:
        seen = await holds()
        if seen:
            return
        await asyncio.sleep(every)
    raise AssertionError(f"not so within {patience:.0f} s; last seen: {seen!r}")


@pytest.fixture(name="until")
def until_() -> Callable[..., Awaitable[None]]:
    return until


@dataclass(slots=True)
class Running:
    """A service process of its own, with its address."""

    process: asyncio.subprocess.Process
    url: str


@dataclass(slots=True)
class Runner:
    """Starts `python -m chassis.example <role>` as the launcher would."""

    environment: Mapping[str, str]
    folder: Path
    running: list[Running] = field(default_factory=list)

    async def start(self, role: str, port: int = 0, **extra: str) -> Running:
        log = (self.folder / f"{role}-{len(self.running)}.log").open("wb")
        environment = {**os.environ, **self.environment, "OROSHI_PORT_EXAMPLE": str(port), **extra}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "chassis.example", role, env=environment, stdout=log, stderr=log
        )
        log.close()
        self.running.append(Running(process, f"http://127.0.0.1:{port}"))
        return self.running[-1]

    async def stop(self) -> None:
        for one in self.running:
            if one.process.returncode is None:
                one.process.kill()
            await one.process.wait()

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-4000:]}" for path in sorted(self.folder.glob("*.log")))


@dataclass(frozen=True, slots=True)
class Signing:
    """A key of our own and the tokens it signs."""

    key: OKPKey
    jwks: Path

    def headers(self, maker_id: UUID, *permissions: str) -> dict[str, str]:
        now = int(time.time())
        claims = {
            "iss": "oroshi",
            "aud": "oroshi",
            "sub": "tester",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "maker": str(maker_id),
            "permissions": list(permissions),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 renames EdDSA; the tokens' name is agreed on
            token = jwt.encode({"alg": "EdDSA", "kid": self.key.kid}, claims, self.key, algorithms=["EdDSA"])
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def signing(tmp_path: Path) -> Signing:
    key = OKPKey.generate_key("Ed25519", {"kid": "test", "use": "sig", "alg": "EdDSA"})
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return Signing(key, jwks)


@pytest_asyncio.fixture(loop_scope="session")
async def runner(
    broker: ServiceSettings, database: Database, signing: Signing, tmp_path: Path
) -> AsyncIterator[Runner]:
    """Service processes on the test's database and broker; killed at the end, whatever happened."""
    made = Runner(
        {
            "DATABASE_URL_EXAMPLE": broker.database_url.get_secret_value(),
            "KAFKA_BOOTSTRAP_SERVERS": broker.kafka_bootstrap_servers,
            "OROSHI_JWKS_FILE": str(signing.jwks),
            "OROSHI_LOG_LEVEL": "INFO",
        },
        tmp_path,
    )
    yield made
    await made.stop()
