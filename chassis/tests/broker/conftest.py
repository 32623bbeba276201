"""A real broker with the example's topics, and service processes as the launcher starts them."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from joserfc.jwk import OKPKey

from chassis import kafka
from chassis.database import Database
from chassis.example import app
from chassis.example.trials import until
from chassis.settings import ServiceSettings
from contracts.wire import PARTITIONS


class KafkaServer(Protocol):
    @property
    def bootstrap(self) -> str: ...


@pytest.fixture
def broker_turn(kafka_server: KafkaServer) -> Iterator[None]:
    """The example's topics have fixed names: test processes on one broker take turns."""
    name = f"oroshi-chassis-{kafka_server.bootstrap.replace(':', '-').replace(',', '-')}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def broker(broker_turn: None, kafka_server: KafkaServer, settings: ServiceSettings) -> ServiceSettings:
    """Settings that name a real broker on which the example's topics are new and empty."""
    named = settings.model_copy(update={"kafka_bootstrap_servers": kafka_server.bootstrap})
    async with kafka.admin(named) as client:
        await _remove_topics(client, set(app.service.topics))
    await kafka.create_topics(named, app.service.topics)
    return named


async def _remove_topics(client: AIOKafkaAdminClient, topics: set[str]) -> None:
    present = topics & set(await client.list_topics())
    if present:
        await client.delete_topics(sorted(present))

    async def gone() -> bool:
        return not topics & set(await client.list_topics())

    await until(gone)


@dataclass(frozen=True, slots=True)
class Topic:
    """Everything a topic holds, read without a group."""

    settings: ServiceSettings

    async def records(self, topic: str = "example.events") -> list[ConsumerRecord[bytes, bytes]]:
        """Partition by partition, in order."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=8 * 1024 * 1024,
        )
        await consumer.start()
        try:
            places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            found: list[ConsumerRecord[bytes, bytes]] = []
            while len(found) < sum(ends.values()):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(batch)
        finally:
            await consumer.stop()
        return sorted(found, key=lambda record: (record.partition, record.offset))


@pytest.fixture
def topic(broker: ServiceSettings) -> Topic:
    return Topic(broker)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Running:
    """A service process of its own, with its address and its log."""

    process: asyncio.subprocess.Process
    url: str
    log: Path


@dataclass(slots=True)
class Runner:
    """Starts `python -m chassis.example <arguments>` as the launcher would; kills at the end whatever still runs."""

    environment: Mapping[str, str]
    folder: Path
    running: list[Running] = field(default_factory=list)

    async def start(self, *arguments: str, port: int = 0, **changed: str) -> Running:
        number = port or free_port()
        log = self.folder / f"{len(self.running):02}-{arguments[0]}.log"
        with log.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "chassis.example",
                *arguments,
                env={**os.environ, **self.environment, "OROSHI_PORT_EXAMPLE": str(number), **changed},
                stdout=sink,
                stderr=sink,
            )
        self.running.append(Running(process, f"http://127.0.0.1:{number}", log))
        return self.running[-1]

    async def said(self, *arguments: str, **changed: str) -> tuple[int, str]:
        """Exit status and output of a command that ends."""
        running = await self.start(*arguments, port=0, **changed)
        status = await running.process.wait()
        return status, running.log.read_text()

    async def stop(self) -> None:
        for one in self.running:
            if one.process.returncode is None:
                one.process.kill()
            await one.process.wait()

    def logs(self) -> str:
        return "\n".join(f"== {one.log.name}\n{one.log.read_text()[-3000:]}" for one in self.running)


@pytest_asyncio.fixture(loop_scope="session")
async def runner(
    broker: ServiceSettings, database: Database, signing_key: OKPKey, tmp_path: Path
) -> AsyncIterator[Runner]:
    """Service processes on the test's database and broker."""
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps({"keys": [{**signing_key.as_dict(private=False), "kid": "test"}]}))
    made = Runner(
        {
            "DATABASE_URL_EXAMPLE": broker.database_url.get_secret_value(),
            "KAFKA_BOOTSTRAP_SERVERS": broker.kafka_bootstrap_servers,
            "OROSHI_JWKS_FILE": str(jwks),
        },
        tmp_path,
    )
    yield made
    await made.stop()
