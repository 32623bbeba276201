"""The harness itself: a seed gives one schedule, the log survives a torn end, a client asks until it knows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from pathlib import Path

import pytest

from payments.core.statement import Statement
from payments.core.zengin import read_notice
from suite.chaos import journal
from suite.chaos.client import Client, Refused, Unknown
from suite.chaos.journal import Journal
from suite.chaos.schedule import KAFKA, NOISE, POISONS, POSTGRES, Deed, schedule
from suite.chaos.trade import Line, Order, Trade, grand_total
from suite.chaos.zengin import Transfer, notice

PROCESSES = ("ordering", "payments", "invoicing")


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert schedule(7, 300, PROCESSES) == schedule(7, 300, tuple(reversed(PROCESSES)))
    assert schedule(7, 300, PROCESSES) != schedule(8, 300, PROCESSES)


def test_a_short_schedule_hits_services_broker_and_database_and_poisons_topics() -> None:
    faults = schedule(1, 60, PROCESSES)

    hit = {(fault.deed, fault.target) for fault in faults}
    assert {(Deed.KILL, KAFKA), (Deed.KILL, POSTGRES), (Deed.PAUSE, POSTGRES)} <= hit
    assert {Deed.KILL_SESSION, Deed.DUPLICATE, *POISONS} <= {fault.deed for fault in faults}
    assert all(0 < fault.at < 60 for fault in faults)


def test_pauses_last_three_to_twelve_seconds_and_nothing_else_lasts() -> None:
    for fault in schedule(3, 600, PROCESSES):
        lasting = fault.deed in (Deed.PAUSE, Deed.PAUSE_SESSION)
        assert (3 <= fault.seconds <= 12) if lasting else fault.seconds == 0
        assert fault.deed not in NOISE or "." in fault.target


def test_the_same_seed_gives_the_same_trade_and_every_twelfth_order_is_held() -> None:
    assert Trade(5, 30).orders == Trade(5, 30).orders
    assert [order.ref for order in Trade(5, 30).orders if order.held] == ["R00006", "R00018"]


def test_the_harness_adds_up_by_rate_and_floors_tax_once_per_invoice() -> None:
    trade = Trade(1, 2)
    shop = trade.shops[0]
    standard = next(one for one in trade.articles if one.tax == 10)
    reduced = next(one for one in trade.articles if one.tax == 8)
    orders = [Order(f"R{at}", shop, (Line(standard, 3), Line(reduced, 1)), 660, 0) for at in range(2)]

    at_ten, at_eight = 6 * shop.price(standard), 2 * shop.price(reduced)
    assert grand_total(orders) == at_ten + at_eight + at_ten // 10 + at_eight * 8 // 100 + 1_320


def test_an_entry_that_was_torn_by_a_crash_was_never_made(tmp_path: Path) -> None:
    log = Journal(tmp_path / "log")
    log.write("intent", deed="order", ref="R1", key="k1", path="/", body={"a": 1})
    log.write("unknown", key="k1", status=500)
    log.write("answer", key="k1", status=201, body={"order_id": "1"})
    log.write("intent", deed="order", ref="R2", key="k2", path="/", body={})
    log.close()
    with log.path.open("ab") as file:
        file.write(b'{"kind": "answer", "key": "k2", "bo')

    read = journal.read(log.path)
    first, second = read.deeds

    assert read.errors == ["k1"]
    assert first.answer == {"order_id": "1"}
    assert first.attempts == 2
    assert second.unknown


def test_a_transfer_notice_of_the_harness_is_read_as_what_it_says() -> None:
    twin = Transfer("ﾐｼﾗﾇﾋﾄ", 12_345, "019999", date(2024, 7, 1))
    other = Transfer("ｶｵｽｱｱｱ", 999, "010000", date(2024, 8, 1))

    read = read_notice(notice([twin, twin, other]), near=date(2024, 8, 1))

    assert isinstance(read, Statement)
    lines = [(line.reference, int(line.amount.amount), line.value_date, line.payer) for line in read.lines]
    assert lines == [(one.reference, one.amount, one.day, one.payer) for one in (twin, twin, other)]


class _Answers(BaseHTTPRequestHandler):
    """Answers as the server's `script` says, and keeps the keys it was asked with."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        assert isinstance(server, _Server)
        server.keys.append(self.headers["Idempotency-Key"])
        status, body = server.script.pop(0) if len(server.script) > 1 else server.script[0]
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own name
        return None


class _Server(ThreadingHTTPServer):
    def __init__(self, script: list[tuple[int, dict[str, str]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.script = script
        self.keys: list[str] = []


@pytest.fixture
def server() -> Iterator[_Server]:
    serving = _Server([])
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "log")
    yield opened
    opened.close()


@pytest.fixture
def client(server: _Server, log: Journal) -> Iterator[Client]:
    opened = Client(f"http://127.0.0.1:{server.server_port}", lambda: "token", log, lambda: inf)
    yield opened
    opened.close()


def test_a_client_repeats_a_command_with_its_key_until_it_is_answered(
    server: _Server, client: Client, log: Journal
) -> None:
    again = {"code": "IDEMPOTENCY_IN_FLIGHT"}
    server.script = [(404, {}), (502, {}), (409, again), (422, {"code": "NOT_YET"}), (201, {"order_id": "1"})]

    answer = client.command("order", "R1", "/v1/orders", {}, {"NOT_YET"})

    assert answer == {"order_id": "1"}
    assert len(server.keys) == 5
    assert len(set(server.keys)) == 1
    [deed] = journal.read(log.path).deeds
    assert deed.answer == {"order_id": "1"}


def test_a_client_takes_a_no_for_a_no(server: _Server, client: Client, log: Journal) -> None:
    server.script = [(422, {"code": "UNKNOWN_SKU"})]

    with pytest.raises(Refused, match="UNKNOWN_SKU"):
        client.command("order", "R1", "/v1/orders", {})

    assert len(server.keys) == 1
    [deed] = journal.read(log.path).deeds
    assert deed.refusal == {"code": "UNKNOWN_SKU"}


def test_what_a_client_cannot_find_out_stays_unknown(server: _Server, log: Journal) -> None:
    server.script = [(503, {"code": "UNAVAILABLE"})]
    impatient = Client(f"http://127.0.0.1:{server.server_port}", lambda: "token", log, lambda: -inf)

    with pytest.raises(Unknown):
        impatient.command("order", "R1", "/v1/orders", {})

    impatient.close()

    [deed] = journal.read(log.path).deeds
    assert deed.unknown
