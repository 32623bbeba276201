"""The public routes: the real proxy in front of seven stand-ins that tell who was asked."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import tomllib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from suite import problems
from suite.infra.children import Identity, spawn, stop
from suite.infra.ports import LOOPBACK, free_ports
from suite.infra.traefik import EmbeddedTraefik
from suite.infra.waiting import wait_until
from suite.places import ROOT, SERVICES

MEGABYTE = 1024 * 1024


class StandIn:
    """A service that answers with its name, says 503 in its own words when asked for /…/busy, or closes the connection
    without a word when asked for /…/dumb."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: Counter[str] = Counter()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked[request] += 1
            if "/dumb" not in request:
                body = json.dumps({"service": self.name, "headers": headers}).encode()
                status = "503 Busy\r\nRetry-After: 30" if "/busy" in request else "200 OK"
                head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stand_ins() -> dict[str, StandIn]:
    return {name: StandIn(name) for name in SERVICES if name != "invoicing"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def addresses(stand_ins: dict[str, StandIn]) -> AsyncIterator[dict[str, str]]:
    """Where the stand-ins listen, as the route file asks for it. Invoicing is away: nothing listens on its port."""
    away, *ports = free_ports(len(SERVICES) + 1)
    servers = [await problems.serve(LOOPBACK, ports[0])]
    found = {"OROSHI_URL_PROBLEMS": f"http://{LOOPBACK}:{ports[0]}"}
    found["OROSHI_URL_INVOICING"] = f"http://{LOOPBACK}:{away}"
    for port, one in zip(ports[1:], stand_ins.values(), strict=True):
        servers.append(await asyncio.start_server(one.answer, LOOPBACK, port))
        found[f"OROSHI_URL_{one.name.upper()}"] = f"http://{LOOPBACK}:{port}"
    yield found
    for server in servers:
        server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def proxy(addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The proxy's address."""
    async with _traefik(addresses, tmp_path_factory.mktemp("proxy") / "log") as url:
        yield url


@asynccontextmanager
async def _traefik(addresses: dict[str, str], log: Path) -> AsyncIterator[str]:
    [port] = free_ports(1)
    traefik = EmbeddedTraefik(port, addresses)
    child = spawn(traefik.launch(), log)
    identity = Identity.of(child.pid)
    await asyncio.to_thread(wait_until, traefik.ready, identity.alive, name="traefik", log=log, limit=20)
    yield f"http://{LOOPBACK}:{port}"
    await asyncio.to_thread(stop, identity)
    child.wait()


@pytest_asyncio.fixture(loop_scope="session")
async def caller(proxy: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=proxy, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "owner"),
    [
        ("GET", "/v1/orders/1/lines?limit=5", "ordering"),
        ("POST", "/v1/order-confirmations", "ordering"),
        ("POST", "/v1/order-imports", "ordering"),
        ("GET", "/v1/makers", "customers"),
        ("PATCH", "/v1/makers/1", "customers"),
        ("POST", "/v1/makers", "gateway"),
        ("POST", "/v1/bank-files", "payments"),
        ("GET", "/v1/quiet", "gateway"),
        ("GET", "/v1/no-such-noun", "gateway"),
        ("GET", "/docs", "gateway"),
        ("GET", "/docs/messages", "gateway"),
        ("GET", "/asyncapi", "gateway"),
        ("GET", "/.well-known/jwks.json", "gateway"),
    ],
)
async def test_a_path_reaches_the_service_that_owns_its_noun(
    caller: httpx.AsyncClient, method: str, path: str, owner: str
) -> None:
    answer = await caller.request(method, path, content=b"{}" if method in {"POST", "PATCH"} else None)

    assert answer.json()["service"] == owner


@pytest.mark.parametrize(
    "path",
    [
        "/internal/quiet",
        "/v1/../internal/quiet",
        "//internal/quiet",
        "/%69nternal/quiet",
        "/readyz",
        "/metrics",
        "/metrics/",
        "/metrics?name[]=oroshi",
        "//metrics",
        "/v1/../metrics",
        "/docs/../metrics",
        "/docs/%2e%2e/metrics",
        "/%6detrics",
    ],
)
async def test_what_services_keep_to_themselves_never_reaches_one(
    proxy: str, stand_ins: dict[str, StandIn], path: str
) -> None:
    status, body = await _raw(proxy, path)

    assert (status, b'"service":' in body) in {(404, False), (400, False), (301, False)}
    asked = {request.split()[1] for one in stand_ins.values() for request in one.asked}
    assert not [one for one in asked if "metrics" in one or "internal" in one]


@pytest.mark.parametrize("path", ["/internal/quiet", "/metrics", "/readyz"])
async def test_what_services_keep_to_themselves_is_answered_as_a_problem(caller: httpx.AsyncClient, path: str) -> None:
    answer = await caller.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def _raw(proxy: str, path: str) -> tuple[int, bytes]:
    """Status and body; the path goes out as it is, where a client would tidy it up."""
    reader, writer = await asyncio.open_connection(LOOPBACK, int(proxy.rpartition(":")[2]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v1/orders", MEGABYTE, 200),
        ("/v1/orders", MEGABYTE + 1, 413),
        ("/v1/order-imports", 25 * MEGABYTE, 200),
        ("/v1/bank-files", 2 * MEGABYTE, 200),
    ],
)
async def test_bodies_end_at_one_megabyte_and_files_at_25(
    caller: httpx.AsyncClient, path: str, size: int, status: int
) -> None:
    answer = await caller.post(path, content=b"x" * size)

    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["code"], "bytes" in answer.json()["detail"]) == ("TOO_LARGE", True)


async def test_a_file_over_25_megabytes_is_refused_before_it_is_sent(proxy: str) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, int(proxy.rpartition(":")[2]))
    head = f"POST /v1/order-imports HTTP/1.1\r\nHost: x\r\nContent-Length: {25 * MEGABYTE + 1}\r\n\r\n"
    writer.write(head.encode())

    answer = await asyncio.wait_for(reader.readuntil(b"}"), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"26214400" in answer


async def test_a_service_that_is_away_is_told_as_a_problem_in_the_callers_language(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/v1/invoices", headers={"Accept-Language": "ja"})

    assert answer.status_code in {502, 503}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "利用できません" in answer.json()["detail"]


async def test_a_service_that_cannot_now_says_so_in_its_own_words(caller: httpx.AsyncClient) -> None:
    read = await caller.get("/v1/orders/busy")
    deed = await caller.post("/v1/orders/busy", content=b"{}")

    assert [(one.status_code, one.headers["retry-after"], one.json()["service"]) for one in (read, deed)] == [
        (503, "30", "ordering"),
        (503, "30", "ordering"),
    ]


async def test_a_service_that_was_found_away_is_told_as_a_problem_of_any_size(caller: httpx.AsyncClient) -> None:
    path = "/v1/invoice-imports?code=NO_MATTER&limit=1"
    async with asyncio.timeout(30):
        while (answer := await caller.post(path, content=b"x" * MEGABYTE)).status_code != 503:
            assert answer.status_code == 502

    assert (answer.json()["code"], answer.headers["retry-after"], "limit" in answer.json()) == (
        "UNAVAILABLE",
        "1",
        False,
    )
    assert answer.headers["content-type"] == "application/problem+json"


async def test_only_reads_are_sent_again_when_the_answer_is_lost(
    caller: httpx.AsyncClient, stand_ins: dict[str, StandIn]
) -> None:
    read = await caller.get("/v1/orders/dumb")
    deed = await caller.post("/v1/orders/dumb", content=b"{}")

    assert (read.status_code, deed.status_code) == (502, 502)
    asked = stand_ins["ordering"].asked
    assert asked["GET /v1/orders/dumb HTTP/1.1"] > 1
    assert asked["POST /v1/orders/dumb HTTP/1.1"] == 1


async def test_a_header_that_only_looks_like_the_makers_does_not_pass(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/v1/orders", headers={"Oroshi_Maker": "someone-else"})

    assert not [name for name in answer.json()["headers"] if "maker" in name]


async def test_too_many_requests_at_once_are_told_as_a_problem(addresses: dict[str, str], tmp_path: Path) -> None:
    strict = {**addresses, "OROSHI_RATE_AVERAGE": "20", "OROSHI_RATE_BURST": "20"}
    async with _traefik(strict, tmp_path / "log") as url, httpx.AsyncClient(base_url=url) as caller:
        answers = await asyncio.gather(*(caller.get("/v1/orders") for _ in range(80)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].json()["code"] == "RATE_LIMITED"
    assert refused[0].headers["retry-after"] == "1"


def test_services_leave_to_the_proxy_the_statuses_whose_text_it_replaces() -> None:
    """But for the two that say the same whoever says them."""
    texts = [tomllib.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("**/src/*/problems.toml")]
    codes = {code for told in texts for code, one in told.items() if one["status"] in {413, 429, 502, 504}}

    assert (len(texts), codes) == (len(SERVICES) + 1, {"TOO_LARGE", "RATE_LIMITED"})


async def test_every_path_that_a_service_offers_leads_to_it(caller: httpx.AsyncClient) -> None:
    offered = [(service, *operation) for service in SERVICES for operation in _operations(service)]

    lost = [
        f"{service}: {method} {path} {told}"
        for service, method, path, upload in offered
        if (told := await _reached(caller, method, path, upload=upload)) != service
    ]

    assert not lost


async def _reached(caller: httpx.AsyncClient, method: str, path: str, *, upload: bool) -> str:
    """Which service answers; a file of more than 1 MB is sent where the operation takes files."""
    body = b"x" * (MEGABYTE + 1 if upload else 2)
    answer = await caller.request(method, path, content=None if method in {"GET", "HEAD"} else body)
    if answer.status_code == 200:
        return str(answer.json()["service"])
    # Invoicing has no stand-in: that it is away is how we know it was asked.
    return "invoicing" if answer.status_code in {502, 503} else f"HTTP {answer.status_code}"


def _operations(service: str) -> list[tuple[str, str, bool]]:
    """Method, path and whether it takes files, of everything below /v1 in the service's OpenAPI document."""
    if importlib.util.find_spec(f"{service}.app") is None:
        return []
    app = FastAPI()
    for router in importlib.import_module(f"{service}.app").service.routers:
        app.include_router(router)
    return [
        (method.upper(), path.replace("{", "").replace("}", ""), "multipart" in str(operation.get("requestBody")))
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1/")
    ]
