"""Runs `python -m <service> migrate` (tables and topics), and leaves it out when nothing can have changed since.

Starting a Python process per service only to learn that there is nothing to do would double the time of a start. What
a migration depends on is hashed: the service's migrations and app, the contracts and the chassis. Servers that are not
ours may have changed behind our back, so with them migrations always run.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import os
from pathlib import Path

from suite.infra.children import Identity, spawn, stop
from suite.infra.folders import write_private
from suite.infra.waiting import tail
from suite.runner.plan import Plan
from suite.trouble import Trouble

_SHARED = ("contracts", "chassis")


class Migrations:
    """The migrations of one start; at most as many at a time as there are processors."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._slots = asyncio.Semaphore(os.cpu_count() or 2)

    async def run(self, service: str) -> None:
        """Brings the service's tables and topics up to date. Raises Trouble with the end of its log."""
        wanted = await asyncio.to_thread(_fingerprint, service)
        ours = self._plan.own_broker and service in self._plan.own_databases
        if ours and self._done().get(service) == wanted:
            return
        async with self._slots:
            await self._migrate(service)
        if ours:
            write_private(self._plan.home.migrated, json.dumps({**self._done(), service: wanted}, indent=1))

    async def _migrate(self, service: str) -> None:
        launch = self._plan.launch(service, "migrate")
        log = self._plan.home.log(f"{service}-migrate")
        child = spawn(launch, log)
        try:
            code = await asyncio.to_thread(child.wait)
        except asyncio.CancelledError:
            await asyncio.to_thread(stop, Identity.of(child.pid))
            raise
        if code:
            raise Trouble(
                f"The migrations of {service} failed (exit code {code}):\n{tail(log)}", f"The whole log: {log}"
            )

    def _done(self) -> dict[str, str]:
        file = self._plan.home.migrated
        done: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return done


def _fingerprint(service: str) -> str:
    digest = hashlib.sha256()
    for folder in [*_folders(service), *(folder for name in _SHARED for folder in _folders(name))]:
        for file in sorted(folder.rglob("*.py")):
            digest.update(str(file).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _folders(package: str) -> list[Path]:
    """The package's own folder and, in a checkout, the `migrations` beside its `src`."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Trouble(f"The service {package} is not installed.", "Start the suite with ./oroshi, which installs it.")
    folder = Path(spec.submodule_search_locations[0])
    return [folder, folder.parent.parent / "migrations"]
