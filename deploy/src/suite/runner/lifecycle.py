"""Starting, following and stopping a suite from outside its supervisor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from suite.infra.children import Identity, Launch, kill_group, spawn, stop
from suite.infra.ports import is_free
from suite.infra.waiting import tail
from suite.runner.home import Home
from suite.runner.plan import Wish
from suite.runner.state import Phase, ProcessState, SuiteState, read_state
from suite.trouble import Trouble

Show = Callable[[SuiteState], None]

_STEP = 0.1
_LEAST_MEMORY = 800 * 1024**2
_LEAST_DISK = 1024**3
_ORPHAN_SECONDS = 20.0
_STOP_SECONDS = 90.0
"""Services drain for 25 s, then the servers, and the first stop writes the broker's start-up cache."""


def up(wish: Wish, show: Show) -> SuiteState:
    """Starts the suite and returns when all of it serves; one that runs already is left alone. Raises Trouble."""
    home = Home(Path(wish.home))
    home.create()
    state = read_state(home.state)
    if state and state.supervised and state.phase is Phase.STOPPING:
        _wait_until_gone(home, state, show)
    if not state or not state.supervised:
        clear_away(home)
        _check_machine(home)
        _check_port(wish.public_port)
        return _started(home, _spawn_supervisor(home, wish), show)
    return state if state.phase is Phase.READY else _follow(home, None, show)


def _started(home: Home, supervisor: subprocess.Popen[bytes], show: Show) -> SuiteState:
    try:
        return _follow(home, supervisor, show)
    except KeyboardInterrupt:
        supervisor.send_signal(signal.SIGTERM)  # it may not have written its state yet, so `down` may not see it
        raise


def down(home: Home, show: Show) -> bool:
    """Stops the suite and all that a killed supervisor left. False when nothing ran."""
    state = read_state(home.state)
    if state is None:
        return False
    identity = state.identity
    if identity and identity.alive():
        os.kill(identity.pid, signal.SIGTERM)
        _wait_until_gone(home, state, show)
        clear_away(home)
        return True
    return clear_away(home) > 0


def clear_away(home: Home) -> int:
    """Stops processes whose supervisor is gone and forgets its state; returns how many there were."""
    state = read_state(home.state)
    orphans = state.orphans() if state else []
    with ThreadPoolExecutor(max(1, len(orphans))) as pool:
        list(pool.map(_stop_orphan, orphans))
    if state is None or not state.supervised:
        home.state.unlink(missing_ok=True)
    return len(orphans)


def _stop_orphan(orphan: ProcessState) -> None:
    # PostgreSQL waits for its clients on SIGTERM; SIGINT is its way of saying now.
    asked = signal.SIGINT if orphan.name == "postgres" else signal.SIGTERM
    if orphan.identity:
        stop(orphan.identity, ask=asked, patience=_ORPHAN_SECONDS)
        kill_group(orphan.identity)


def running(home: Home) -> SuiteState:
    """The state of a suite that serves. Raises Trouble when it does not run."""
    state = read_state(home.state)
    if state is None or not state.supervised:
        raise Trouble(f"No suite runs in {home.folder}.", f"Start it: {home.command('up')}")
    return state


def _spawn_supervisor(home: Home, wish: Wish) -> subprocess.Popen[bytes]:
    log = home.log("supervisor")
    log.unlink(missing_ok=True)
    return spawn(Launch("supervisor", (sys.executable, "-m", "suite.runner", wish.to_json())), log)


def _follow(home: Home, supervisor: subprocess.Popen[bytes] | None, show: Show) -> SuiteState:
    while True:
        state = read_state(home.state)
        if state:
            show(state)
        if state and state.phase is Phase.FAILED and state.failure:
            _reap(supervisor)
            raise Trouble(state.failure, state.remedy)
        if state and state.phase is Phase.READY:
            if supervisor:
                supervisor.returncode = 0  # it stays behind; nobody waits for it here
            return state
        if supervisor and supervisor.poll() is not None:
            return _after_early_end(home, supervisor, show)
        time.sleep(_STEP)


def _after_early_end(home: Home, supervisor: subprocess.Popen[bytes], show: Show) -> SuiteState:
    """A supervisor that found another one ends with 0; any other early end is trouble."""
    state = read_state(home.state)
    if state and state.supervised:
        return _follow(home, None, show)
    clear_away(home)
    log = home.log("supervisor")
    raise Trouble(
        f"The supervisor ended while starting (exit code {supervisor.returncode}):\n{tail(log)}",
        f"The whole log: {log}. Run `./oroshi up` again.",
    )


def _reap(supervisor: subprocess.Popen[bytes] | None) -> None:
    if supervisor:
        supervisor.wait()


def _wait_until_gone(home: Home, state: SuiteState, show: Show) -> None:
    identity = state.identity
    deadline = time.monotonic() + _STOP_SECONDS
    while identity and identity.alive():
        if time.monotonic() > deadline:
            kill_group(identity)
        show(read_state(home.state) or state)
        time.sleep(_STEP)


def _check_machine(home: Home) -> None:
    memory = psutil.virtual_memory().available
    if memory < _LEAST_MEMORY:
        raise Trouble(
            f"Only {memory // 1024**2} MB of memory are free; the suite needs about 2,000.",
            "Stop other programs, or start fewer services: ./oroshi up --services customers,catalog,gateway",
        )
    disk = shutil.disk_usage(home.folder).free
    if disk < _LEAST_DISK:
        raise Trouble(
            f"Only {disk // 1024**2} MB are free on the disk of {home.folder}; at least 1,024 are needed.",
            "Free some space, or put the home elsewhere: --home DIR",
        )


def _check_port(port: int | None) -> None:
    if port and not is_free(port):
        raise Trouble(
            f"Port {port} is in use{_by_whom(port)}.", "Choose another with --port, or leave it out: one is found."
        )


def _by_whom(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
            identity = Identity.of(one.pid)
            return f" by {psutil.Process(identity.pid).name()} (process {identity.pid})"
    return ""
