"""The home folder of one suite: data, ports, secrets, logs and the state that every command reads.

Everything in it is private to its owner (folders 0700, files 0600). Several homes live side by side.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from suite.infra.folders import write_private
from suite.infra.osuser import remove_folder, unprivileged_user
from suite.infra.ports import free_ports, is_free
from suite.places import DEFAULT_HOME
from suite.trouble import Trouble

PUBLIC = "public"
"""The name of the port that people use: the proxy's."""

_PREFERRED_PUBLIC_PORT = 8720
_MARK = "oroshi-home"


@dataclass(frozen=True, slots=True)
class Home:
    """One home folder; nothing is made before `create`."""

    folder: Path

    def command(self, command: str) -> str:
        """A command as it is typed for this suite, in advice: `./oroshi status --home DIR`."""
        usual = Path(os.environ.get("OROSHI_HOME") or DEFAULT_HOME).absolute()
        return f"./oroshi {command}" if self.folder == usual else f"./oroshi {command} --home {self.folder}"

    def create(self) -> None:
        """Makes the folder. Raises Trouble when there is another thing of that name or no right to write."""
        try:
            if self.folder.exists() and not self.is_ours() and any(self.folder.iterdir()):
                raise Trouble(
                    f"{self.folder} is not empty and not a home of the suite.", "Name another one: --home DIR"
                )
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700 if not self._is_shared() else 0o711)
            self.mark.touch(mode=0o600)
        except OSError as error:
            raise Trouble(
                f"The home folder {self.folder} cannot be used: {error}", "Name another one: --home DIR"
            ) from error

    def _is_shared(self) -> bool:
        """Under root PostgreSQL runs as another account, which must pass through the home to its own folder."""
        return unprivileged_user() is not None

    def is_ours(self) -> bool:
        return self.mark.exists()

    def remove(self) -> None:
        """Deletes all data. Raises Trouble when the folder is not a home of the suite."""
        if not self.is_ours():
            raise Trouble(
                f"{self.folder} is not a home of the suite; nothing was deleted.", "Name the home: --home DIR"
            )
        remove_folder(self.postgres)
        shutil.rmtree(self.folder)

    def ports(self, names: Sequence[str], *, public: int | None = None) -> dict[str, int]:
        """A port per name: the one of last time if it is free, else a new one; `public` is taken as it is."""
        known: dict[str, int] = json.loads(self._ports.read_text()) if self._ports.exists() else {}
        known.setdefault(PUBLIC, _PREFERRED_PUBLIC_PORT)
        chosen = {name: known[name] for name in names if name in known and is_free(known[name])}
        if public:
            chosen[PUBLIC] = public
        missing = [name for name in names if name not in chosen]
        chosen |= dict(zip(missing, free_ports(len(missing)), strict=True))
        write_private(self._ports, json.dumps({**known, **chosen}, indent=1))
        return chosen

    @contextmanager
    def only_supervisor(self) -> Iterator[bool]:
        """True for the one process that may supervise this home; the lock ends with the process."""
        with (self.folder / "supervisor.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @property
    def mark(self) -> Path:
        return self.folder / _MARK

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def kafka(self) -> Path:
        return self.folder / "kafka"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def environment(self) -> Path:
        """What the services are told, passwords included, for tools that start roles or clients of their own."""
        return self.secrets / "environment.json"

    @property
    def migrated(self) -> Path:
        """Which migrations this home's databases and topics have seen."""
        return self.folder / "migrated.json"

    @property
    def _ports(self) -> Path:
        return self.folder / "ports.json"
