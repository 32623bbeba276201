"""The running suite as a test sees it: where it is, its operator, its processes, and a way to do them harm."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from suite.demo.client import Api
from suite.runner.home import Home
from suite.runner.secrets import Secrets
from suite.runner.state import SuiteState, read_state

_PATIENCE = 120.0
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite that serves; the state is the one of its start."""

    home: Home
    started: SuiteState

    @property
    def url(self) -> str:
        return self.started.url

    def operator(self) -> Api:
        """The operator's API; close it."""
        login = json.loads(Secrets(self.home.secrets).operator.read_text(encoding="utf-8"))
        with Api(self.url) as anybody:
            return anybody.log_in(login["email"], login["password"])

    def environment(self) -> dict[str, str]:
        """Addresses of broker, databases and services, as the services are told them."""
        told: dict[str, str] = json.loads(self.home.environment.read_text(encoding="utf-8"))
        return told

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The process and all it started stand still, as on a host that hangs."""
        family = self._family(name)
        for process in family:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(family):
                if process.is_running():
                    process.send_signal(signal.SIGCONT)

    def kill(self, name: str) -> None:
        """SIGKILL; the supervisor starts it again."""
        os.kill(self._process(name).pid, signal.SIGKILL)

    def _family(self, name: str) -> list[psutil.Process]:
        parent = self._process(name)
        return [parent, *parent.children(recursive=True)]

    def _process(self, name: str) -> psutil.Process:
        state = read_state(self.home.state)
        assert state is not None, "the suite does not run"
        pid = state.processes[name].pid
        assert pid is not None, f"{name} does not run"
        return psutil.Process(pid)


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Returns as soon as it holds. Raises TimeoutError with `what` after two minutes."""
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(_STEP)
