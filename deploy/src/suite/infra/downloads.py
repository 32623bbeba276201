"""The jars of the embedded broker: downloaded once per user by a lock file, every byte checked against its sha256.

The repository is Maven Central; `OROSHI_MAVEN_URL` names a mirror. Proxies are taken from the usual environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx

from suite.infra.children import Tell
from suite.infra.folders import cache_folder
from suite.trouble import Trouble

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
_AT_ONCE = 8
_TRIES = 3
_TIMEOUT = httpx.Timeout(30.0, read=120.0)


@dataclass(frozen=True, slots=True)
class JarLock:
    """What the lock file says: repository path of every jar and its sha256."""

    jars: Mapping[str, str]
    digest: str

    @classmethod
    def read(cls) -> JarLock:
        content = files("suite.infra").joinpath("kafka.lock.json").read_bytes()
        return cls(jars=json.loads(content)["jars"], digest=hashlib.sha256(content).hexdigest()[:12])


def jar_folder(tell: Tell) -> Path:
    """The folder with exactly the locked jars; downloads what is not there yet. Raises Trouble without a network."""
    lock = JarLock.read()
    folder = cache_folder() / f"kafka-{lock.digest}"
    if not folder.exists():
        tell(f"downloading Kafka ({len(lock.jars)} jars, 45 MB, once per user)")
        _download_all(lock, folder)
    return folder


def _download_all(lock: JarLock, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".kafka-", dir=folder.parent))
    try:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client, ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(lambda jar: _download(client, jar, temporary), lock.jars.items()):
                pass
        _put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.exists():  # else another start was faster, and its jars are the same
            raise


def _download(client: httpx.Client, jar: tuple[str, str], folder: Path) -> None:
    path, sha256 = jar
    url = f"{os.environ.get('OROSHI_MAVEN_URL', MAVEN_CENTRAL).rstrip('/')}/{path}"
    content = _fetch(client, url)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise Trouble(
            f"{url} is not the file that was locked: sha256 {found}, expected {sha256}.",
            "Nothing was kept. A proxy or mirror may have changed the file; try another OROSHI_MAVEN_URL.",
        )
    folder.joinpath(path.rpartition("/")[2]).write_bytes(content)


def _fetch(client: httpx.Client, url: str) -> bytes:
    reason = ""
    for _ in range(_TRIES):
        try:
            return client.get(url).raise_for_status().content
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
    raise Trouble(
        f"{url} could not be downloaded: {reason}",
        "Check the network and HTTPS_PROXY, name a Maven mirror in OROSHI_MAVEN_URL, "
        "or use an existing broker: KAFKA_BOOTSTRAP_SERVERS=host:port.",
    )
