"""The floor: a hand-written program that does the same row and message writes and nothing else, on the same servers.

It gets a database and topics of its own and runs as one process while the suite is idle. What the idle suite itself
costs the servers meanwhile is taken off.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from suite.bench.figures import per_order_ms
from suite.bench.fresh import Fresh
from suite.bench.proof import unequal
from suite.bench.trade import Trade
from suite.bench.wish import Wish
from suite.infra.ports import LOOPBACK
from suite.infra.postgres import SUPERUSER, PostgresServer
from suite.places import ROOT
from suite.runner.plan import BROKER_VARIABLE
from suite.trouble import Trouble

_DATABASE = "floor"
_SERVERS = ("postgres", "kafka")
_PROGRAM = "program"
_PATIENCE_SECONDS = 900.0
_IDLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Floor:
    """What it took: CPU seconds of the program and of each server, rows and messages written."""

    orders: int
    seconds: float
    by_process: Mapping[str, float]
    rows: int
    messages: int
    totals: Mapping[str, str]

    @property
    def cpu(self) -> float:
        """CPU seconds per order."""
        return sum(self.by_process.values()) / self.orders

    @property
    def orders_per_s(self) -> float:
        return self.orders / self.seconds

    def as_json(self) -> dict[str, Any]:
        return {
            "orders_per_s": round(self.orders_per_s, 1),
            "cpu_ms_per_order": round(self.cpu * 1000, 3),
            "cpu_ms_by_process": per_order_ms(self.by_process, self.orders),
            "rows_per_order": round(self.rows / self.orders, 2),
            "messages_per_order": round(self.messages / self.orders, 2),
        }

    def wrongs(self, trade: Trade) -> list[str]:
        """A floor that did other work than the suite is no floor."""
        paid = str(sum(trade.totals().values()))
        wanted = {"orders": str(trade.count), "invoiced": paid, "paid": paid, "balance": "0", "exposed": "0"}
        return list(unequal("floor", wanted, dict(self.totals)))


def run(suite: Fresh, trade: Trade, wish: Wish) -> Floor | None:
    """The same trade; None when the suite runs on servers that are not its own, where no database can be made."""
    if not {*_SERVERS} <= suite.state.processes.keys():
        wish.tell("no floor: it needs servers of the suite's own")
        return None
    wish.tell(f"{trade.count:,} orders: the floor program")
    server = _server(suite)
    asyncio.run(_make_database(server))
    idle = _idle(suite)
    with subprocess.Popen(  # noqa: S603  # our own program
        _command(suite, server, trade, wish), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        patience = threading.Timer(_PATIENCE_SECONDS, program.kill)
        patience.start()
        try:
            return _followed(suite, program, idle)
        finally:
            patience.cancel()


def _command(suite: Fresh, server: PostgresServer, trade: Trade, wish: Wish) -> tuple[str, ...]:
    places = {"database": server.url(_DATABASE), "kafka": suite.environment()[BROKER_VARIABLE]}
    work = {"orders": trade.count, "seed": trade.seed, "batch": wish.batch, "lanes": wish.lanes}
    options = (part for name, value in {**places, **work}.items() for part in (f"--{name}", str(value)))
    return (sys.executable, "-m", "tests.load.floor", *options)


def _followed(suite: Fresh, program: subprocess.Popen[str], idle: Mapping[str, float]) -> Floor:
    """Reads the servers' clocks when the program says that its work begins and when it has ended."""
    _told(program)
    before = suite.used()
    _go_on(program)
    _told(program)
    used = suite.used().since(before)
    _go_on(program)
    told = _told(program)
    servers = {name: max(0.0, used.by_process[name] - idle[name] * told["seconds"]) for name in _SERVERS}
    return Floor(
        orders=told["orders"],
        seconds=told["seconds"],
        by_process={_PROGRAM: told["cpu_s"], **servers},
        rows=sum(told["rows"].values()),
        messages=told["messages"],
        totals=told["totals"],
    )


def _told(program: subprocess.Popen[str]) -> dict[str, Any]:
    """The program's next line. Raises Trouble when it ended instead."""
    line = program.stdout.readline() if program.stdout else ""
    if not line:
        raise Trouble(
            "The floor program stopped or took too long; what it said is above.",
            f"It lies in {ROOT / 'tests/load/floor'}",
        )
    told: dict[str, Any] = json.loads(line)
    return told


def _go_on(program: subprocess.Popen[str]) -> None:
    assert program.stdin is not None
    program.stdin.write("\n")
    program.stdin.flush()


def _idle(suite: Fresh) -> dict[str, float]:
    """CPU seconds per second that the idle suite costs each server."""
    before = suite.used()
    time.sleep(_IDLE_SECONDS)
    used = suite.used().since(before).by_process
    return {name: used[name] / _IDLE_SECONDS for name in _SERVERS}


def _server(suite: Fresh) -> PostgresServer:
    port = suite.state.processes["postgres"].port
    assert port is not None
    password = (suite.home.secrets / "postgres").read_text(encoding="utf-8").strip()
    return PostgresServer(LOOPBACK, port, SUPERUSER, password)


async def _make_database(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        await connection.execute(f"create database {_DATABASE} template template0")
    finally:
        await connection.close()
