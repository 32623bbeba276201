"""The process that `up` leaves behind: starts everything in order, keeps it running, stops it cleanly on SIGTERM.

Broker and databases first and at the same time, then each service as soon as its migrations are through; Traefik
needs nobody. All it knows it writes to `state.json`.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeAlias

from suite import problems
from suite.infra import kafka, postgres, traefik
from suite.infra.children import Embedded, Identity, Launch
from suite.infra.databases import make_databases
from suite.infra.ports import LOOPBACK
from suite.runner.keeper import Keeper, Probe
from suite.runner.migrations import Migrations
from suite.runner.plan import Plan, process_name
from suite.runner.probes import by_call, by_readyz
from suite.runner.state import Condition, Phase, ProcessState, SuiteState
from suite.trouble import Trouble

_INFRASTRUCTURE_SECONDS = 120.0
_SERVICE_SECONDS = 180.0
_SERVICE_PATIENCE = 25.0
"""Longer than the 20 s in which a service drains."""
_INFRASTRUCTURE_PATIENCE = 30.0
_THREADS = 64
"""One waits for each child; asyncio's own number, a few per processor, would run out."""


class Supervisor:
    """One run of one suite."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state = SuiteState(url=plan.url, started_at=time.time(), versions=_versions(plan))
        me = Identity.of(os.getpid())
        self.state.supervisor, self.state.supervisor_born = me.pid, me.born
        self._infrastructure: list[Keeper] = []
        self._services: list[Keeper] = []
        self._stop = asyncio.Event()
        self._migrations = Migrations(plan)

    async def run(self) -> int:
        """Until SIGTERM or SIGINT; 1 when the suite could not be started."""
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS))
        for asked in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(asked, self._stop.set)
        self._expect_processes()
        last = Phase.FAILED
        try:
            async with await problems.serve(LOOPBACK, self.plan.ports["problems"]):
                if await self._started():
                    last = Phase.STOPPED
                    await self._stop.wait()
        finally:
            await self._shut_down(last)
        return int(last is Phase.FAILED)

    async def _started(self) -> bool:
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return not await self._outcome(starting)

    async def _outcome(self, starting: asyncio.Task[None]) -> bool:
        """Whether the start failed; a start that is still going on when we are asked to stop is given up."""
        if not starting.done():
            starting.cancel()
        try:
            await starting
        except asyncio.CancelledError:
            return False
        except Trouble as trouble:
            self.state.failure, self.state.remedy = trouble.what, trouble.remedy
            return True
        self.state.phase = Phase.READY
        self.state.ready_seconds = round(time.time() - self.state.started_at, 2)
        self._write()
        return False

    async def _start(self) -> None:
        async with _group() as start:
            start(self._keep_embedded(self.plan.traefik(), public=True))
            broker = start(self._broker())
            databases = start(self._databases())
            for service in self.plan.wish.services:
                start(self._service(service, broker, databases))

    async def _broker(self) -> None:
        if self.plan.own_broker:
            await self._keep_embedded(self.plan.kafka())

    async def _databases(self) -> None:
        services = self.plan.own_databases
        if services:
            server = self.plan.postgres()
            await self._keep_embedded(server)
            passwords = {service: self.plan.secrets.database_password(service) for service in services}
            await make_databases(server.server(), passwords)
        self.plan.write_environment()

    async def _service(self, service: str, *needs: Awaitable[None]) -> None:
        for need in needs:
            await need
        first = process_name(service, self.plan.wish.roles[0])
        self._note(first, "migrating")
        await self._migrations.run(service)
        self._note(first, "")
        async with _group() as start:
            for role in self.plan.wish.roles:
                start(self._keep_role(service, role))

    async def _keep_role(self, service: str, role: str) -> None:
        launch = self.plan.launch(service, role)
        keeper = self._keeper(launch, by_readyz(self.plan.ports[launch.name]))
        self._services.append(keeper)
        await keeper.start(limit=_SERVICE_SECONDS)

    async def _keep_embedded(self, server: Embedded, *, public: bool = False) -> None:
        loop = asyncio.get_running_loop()

        def tell(doing: str) -> None:
            loop.call_soon_threadsafe(self._note, server.name, doing)

        await asyncio.to_thread(server.prepare, tell)
        self._note(server.name, "")
        keeper = self._keeper(server.launch(), by_call(server.ready))
        (self._services if public else self._infrastructure).append(keeper)
        await keeper.start(limit=_INFRASTRUCTURE_SECONDS)

    def _note(self, name: str, doing: str) -> None:
        self.state.processes[name].note = doing
        self._write()

    def _keeper(self, launch: Launch, probe: Probe) -> Keeper:
        log = self.plan.home.log(launch.name)
        return Keeper(launch, probe, state=self.state.processes[launch.name], log=log, changed=self._write)

    def _expect_processes(self) -> None:
        ports = self.plan.ports
        expected = {"traefik": ports["public"]}
        expected |= {"kafka": ports["kafka"]} if self.plan.own_broker else {}
        expected |= {"postgres": ports["postgres"]} if self.plan.own_databases else {}
        expected |= {name: ports[name] for name in self.plan.wish.process_names()}
        self.state.processes = {name: ProcessState(name, port=port) for name, port in expected.items()}
        self._write()

    async def _shut_down(self, last: Phase) -> None:
        self.state.phase = Phase.STOPPING
        self._write()
        await asyncio.gather(*(keeper.stop(patience=_SERVICE_PATIENCE) for keeper in self._services))
        if self.plan.own_broker and self.plan.kafka().writes_start_up_cache():
            self._note("kafka", "writing its start-up cache, once per user: a few seconds")
        await asyncio.gather(*(keeper.stop(patience=_INFRASTRUCTURE_PATIENCE) for keeper in self._infrastructure))
        if self.plan.own_broker:
            self.plan.kafka().keep_start_up_cache()
        for process in self.state.processes.values():
            process.condition, process.note = Condition.STOPPED, ""
        self.state.phase = last
        self._write()

    def _write(self) -> None:
        self.state.write(self.plan.home.state)


_Start: TypeAlias = Callable[[Coroutine[object, object, None]], "asyncio.Task[None]"]


@asynccontextmanager
async def _group() -> AsyncIterator[_Start]:
    """Tasks that stand or fall together; the Trouble of the first that failed comes out bare."""
    try:
        async with asyncio.TaskGroup() as group:
            yield lambda work: group.create_task(work)
    except BaseExceptionGroup as failures:
        troubles = [one for one in failures.exceptions if isinstance(one, Trouble)]
        if not troubles:
            raise
        raise troubles[0] from failures


def _versions(plan: Plan) -> dict[str, str]:
    own = {"kafka": kafka.version()} if plan.own_broker else {}
    own |= {"postgresql": postgres.version()} if plan.own_databases else {}
    return {"python": platform.python_version(), **own, "traefik": traefik.version()}
