"""Fixtures around HTTP: the app of the service under test, tokens of any kind, and a client that is a maker's owner."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from joserfc.jwk import OKPKey

from chassis.auth import AUDIENCE, ISSUER, OPERATOR, SERVICE, Keys, Verifier, signed
from chassis.http.app import create_app
from chassis.http.routes import CODES, Route, facts_of
from chassis.problems import ProblemTexts
from chassis.service import Service
from chassis.testing.databases import Databases

__all__ = ["app", "client", "codes_without_text", "signing_key", "tokens"]

_KEY_ID = "test"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs tokens that the app under test accepts; `tokens("order.read")` is a token of the test's maker.

    Every claim can be overridden: `tokens("order.read", exp=0)`, `tokens("operator", maker=None)`.
    """

    maker_id: UUID
    owner: frozenset[str] = frozenset()
    """Every permission the app's routes ask for, but for `operator` and `service`."""
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))

    def __call__(self, *permissions: str, **claims: object) -> str:
        now = int(time.time())
        given: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "tester",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "maker": str(self.maker_id),
            "permissions": list(permissions),
            **claims,
        }
        present = {name: value for name, value in given.items() if value is not None}
        return signed(present, self.key, _KEY_ID)

    def headers(self, *permissions: str, **claims: object) -> dict[str, str]:
        """`{"Authorization": "Bearer …"}`."""
        return {"Authorization": f"Bearer {self(*permissions, **claims)}"}

    def of_owner(self, maker_id: UUID | None = None) -> dict[str, str]:
        """Headers of somebody who may do everything in a maker: the test's, or another."""
        return self.headers(*sorted(self.owner), maker=str(maker_id or self.maker_id))

    def of_service(self, maker_id: UUID | None = None, name: str = "tests") -> dict[str, str]:
        """Headers of another service asking on behalf of a maker."""
        headers = self.headers(SERVICE, sub=f"service:{name}", maker=None)
        return {**headers, "Oroshi-Maker": str(maker_id or self.maker_id)}

    def of_operator(self) -> dict[str, str]:
        """Headers of the platform's operator, who belongs to no maker."""
        return self.headers(OPERATOR, sub="operator", maker=None)


@dataclass(frozen=True, slots=True)
class _Published:
    key: OKPKey

    async def read(self) -> bytes:
        return json.dumps({"keys": [{**self.key.as_dict(private=False), "kid": _KEY_ID}]}).encode()


@pytest.fixture(scope="session")
def signing_key() -> OKPKey:
    """The key all tokens of this test run are signed with."""
    return OKPKey.generate_key("Ed25519")


_apps: list[tuple[Service, FastAPI]] = []
"""One per service under test: a session-scoped fixture would give the first one's app to every service of a run."""


@pytest_asyncio.fixture(loop_scope="session")
async def app(service: Service, databases: Databases, signing_key: OKPKey) -> FastAPI:
    """The service's app on its test database; keys are the test's own."""
    _log_plainly()
    made = next((app for known, app in _apps if known is service), None)
    if made is None:
        prepared = await databases.of(service)
        verifier = Verifier(Keys(_Published(signing_key)))
        made = create_app(service, settings=prepared.settings, database=prepared.database, verifier=verifier)
        _apps.append((service, made))
    return made


@pytest.fixture
def tokens(app: FastAPI, signing_key: OKPKey, maker_id: UUID) -> Tokens:
    """Signs tokens for the app under test."""
    return Tokens(maker_id, frozenset(_permissions(app)) - {OPERATOR, SERVICE}, signing_key)


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI, database: object, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the app in this process with all permissions of the test's maker; the database is empty before."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=tokens.of_owner()) as calling:
        yield calling


def _log_plainly() -> None:
    """structlog as it comes draws stacks with all local variables, which takes seconds; a plain one will do."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ]
    )


def _permissions(app: FastAPI) -> Iterator[str]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Route):
            yield from facts_of(context.original_route).gate.permissions


def codes_without_text(service: Service) -> list[str]:
    """The codes the service's modules and routes name but its problems.toml does not: a test asserts there are none."""
    texts = ProblemTexts.of(*([service.problems_file] if service.problems_file else []))
    declared = {code for router in service.routers for route in router.routes for code in _declared(route)}
    return texts.missing(declared | {code for path in service.folder.rglob("*.py") for code in _named(path)})


def _declared(route: object) -> Iterator[str]:
    if isinstance(route, Route):
        yield from route.responses.get("default", {}).get(CODES, ())


def _named(path: Path) -> Iterator[str]:
    """First arguments (or `code=`) of every `Refusal("…")` in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "code")]
            yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))
