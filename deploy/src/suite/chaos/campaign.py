"""One trial: a fresh suite, masters, load and faults together, recovery, repair and replay, then the evidence."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from suite.chaos import collect, instruments, journal, noise
from suite.chaos.faults import Injector, wait_until_ready
from suite.chaos.journal import Journal
from suite.chaos.laws import Evidence, Violation, violations
from suite.chaos.load import Load
from suite.chaos.masters import Maker, settle_in
from suite.chaos.plants import PLANTS, Site
from suite.chaos.rows import ParkedRow
from suite.chaos.schedule import NOISE, Fault, schedule
from suite.chaos.trade import Trade
from suite.chaos.watch import LedgerWatch
from suite.infra.postgres import EmbeddedPostgres, PostgresServer
from suite.places import SERVICES
from suite.runner import lifecycle
from suite.runner.home import Home
from suite.runner.plan import Wish
from suite.runner.state import SuiteState

Tell = Callable[[str], None]

_LOAD_PATIENCE = 240.0
"""Seconds after the last fault in which clients still repeat themselves."""
_BACK_PATIENCE = 120.0
_DRAIN_PATIENCE = 180.0
_DRAIN_STEP = 0.5
_REPLAY_SECONDS = 120.0
_CALM = 3
_NOISES = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A trial as it was asked for; `seconds` is the time in which faults begin."""

    seed: int
    orders: int
    seconds: float
    split: bool

    def processes(self) -> tuple[str, ...]:
        return Wish("", SERVICES, None, self.split).process_names()

    def faults(self) -> tuple[Fault, ...]:
        return schedule(self.seed, self.seconds, self.processes())


@dataclass
class Trial:
    """A running suite under test and what has been learned of it so far."""

    asked: Asked
    home: Home
    state: SuiteState
    tell: Tell
    faults: list[str] = field(default_factory=list)
    reads: int = 0
    complaints: list[str] = field(default_factory=list)
    evidence: Evidence | None = None
    maker: Maker | None = None

    @property
    def server(self) -> PostgresServer:
        port = self.state.processes["postgres"].port
        assert port is not None
        return EmbeddedPostgres(self.home.postgres, self.home.secrets / "postgres", port).server()

    @property
    def bootstrap(self) -> str:
        return self.environment()["KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def journal(self) -> Path:
        return self.home.folder / "chaos.jsonl"

    def environment(self) -> dict[str, str]:
        told: dict[str, str] = json.loads(self.home.environment.read_text(encoding="utf-8"))
        return told

    def site(self) -> Site:
        assert self.maker is not None
        return Site(self.server, self.maker, Trade(self.asked.seed, self.asked.orders))


@contextmanager
def fresh_suite(asked: Asked, tell: Tell, *, keep: bool = False) -> Iterator[Trial]:
    """A suite of its own in a temporary home; stopped and deleted afterwards, whatever happened."""
    home = Home(Path(tempfile.gettempdir()) / f"oroshi-chaos-{asked.seed}-{secrets.token_hex(4)}")
    tell(f"starting a suite in {home.folder}, {'one process per role' if asked.split else 'all in one'}")
    try:
        yield Trial(asked, home, lifecycle.up(Wish(str(home.folder), SERVICES, None, asked.split), _silent), tell)
    finally:
        if not keep:
            lifecycle.down(home, _silent)
            if home.is_ours():
                home.remove()


def _silent(_: SuiteState) -> None:
    return None


def carry_out(trial: Trial) -> list[Violation]:
    """The trial from masters to verdict; leaves the suite running, with `trial.evidence` for another look."""
    asked, tell = trial.asked, trial.tell
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is no news here
    trade, server = Trade(asked.seed, asked.orders), trial.server
    asyncio.run(instruments.install(server))
    tell("masters through the API")
    trial.maker = settle_in(trial.home, trial.state.url, trade, patience=_DRAIN_PATIENCE)
    log = Journal(trial.journal)
    load = Load(trial.maker, trade, log, asked.seconds, time.monotonic() + asked.seconds + _LOAD_PATIENCE)
    try:
        with LedgerWatch(server) as watch:
            _under_faults(trial, load)
            parked, left = _recover(trial)
            repaired = _repair(trial)
            load.give_up = time.monotonic() + _LOAD_PATIENCE
            load.finish()
            tell("waiting until everything is through")
            _drain(trial)
    finally:
        load.close()
        log.close()
    trial.reads, trial.complaints = watch.reads, load.complaints
    trial.evidence = _evidence(trial, trade, list(watch.violations.values()), parked, left, repaired=repaired)
    return judge(trial)


def judge(trial: Trial) -> list[Violation]:
    """Reads databases and topics anew and judges them."""
    assert trial.evidence is not None
    trial.evidence.world = asyncio.run(collect.world(trial.server, trial.bootstrap))
    return violations(trial.evidence)


def plant(trial: Trial, promise: str) -> str:
    """Plants the bug of a promise; the next judgement must find it."""
    done = asyncio.run(_planted(trial, promise))
    _drain(trial)
    return done


async def _planted(trial: Trial, promise: str) -> str:
    return await PLANTS[promise](trial.site())


def _under_faults(trial: Trial, load: Load) -> None:
    """Load and faults at the same time, until the clients are done and every fault has happened."""
    injector = Injector(trial.home)
    with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(_NOISES) as noises:
        clients = beside.submit(load.run)
        try:
            _carry_out_faults(trial, injector, noises)
        finally:
            injector.resume_all()
        trial.tell("faults are over; the clients finish their work")
        clients.result()
    trial.faults.sort(key=lambda told: float(told.split(" s", 1)[0]))


def _carry_out_faults(trial: Trial, injector: Injector, noises: ThreadPoolExecutor) -> None:
    began, names = time.monotonic(), Counter[str]()

    def note(told: str) -> None:
        trial.faults.append(told)
        trial.tell(told)

    for fault in trial.asked.faults():
        time.sleep(max(0.0, began + fault.at - time.monotonic()))
        if fault.deed in NOISE:
            names["noise"] += 1
            name = f"noise-{names['noise']}"
            noises.submit(noise.carry_out, fault, trial.bootstrap, name).add_done_callback(lambda f: note(f.result()))
        else:
            note(injector.carry_out(fault))


def _recover(trial: Trial) -> tuple[list[ParkedRow], list[str]]:
    """Everything runs again and is through; what is parked now is what the faults and the poison left."""
    left = wait_until_ready(trial.home, patience=_BACK_PATIENCE)
    trial.tell("everything is back" if not left else f"not back: {', '.join(left)}")
    _drain(trial)
    return asyncio.run(collect.parked(trial.server)), left


def _repair(trial: Trial) -> bool:
    """Takes the defect away and has two people press `replay` at the same time."""
    trial.tell("repair, and two replays at once")
    asyncio.run(instruments.repair(trial.server))
    command = (sys.executable, "-m", "fulfillment", "parked", "replay", "--all")
    environment = {**os.environ, **trial.environment(), "OROSHI_LOG_LEVEL": "WARNING"}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]  # noqa: S603
    try:
        for one in both:  # they end with a complaint: the poison fails again, and must
            one.wait(timeout=_REPLAY_SECONDS)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        for one in both:
            one.kill()


def _drain(trial: Trial) -> bool:
    """Until outboxes are empty and lag is 0, several times in a row; False when patience ends."""
    deadline = time.monotonic() + _DRAIN_PATIENCE
    calm = 0
    while calm < _CALM and time.monotonic() < deadline:
        empty = asyncio.run(collect.backlog(trial.server, trial.bootstrap)).is_empty
        calm = calm + 1 if empty else 0
        time.sleep(_DRAIN_STEP)
    return calm >= _CALM


def _evidence(
    trial: Trial,
    trade: Trade,
    watched: Sequence[Violation],
    parked: Sequence[ParkedRow],
    left: Sequence[str],
    *,
    repaired: bool,
) -> Evidence:
    log = journal.read(trial.journal)
    closed = any(deed.ref.startswith(f"{trade.rounds}-") and deed.answer for deed in log.of("closing"))
    world = asyncio.run(collect.world(trial.server, trial.bootstrap))
    return Evidence(trade, log, world, parked, watched, closed_at_last=closed, repaired=repaired, left_behind=left)
