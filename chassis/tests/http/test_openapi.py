"""The API document says all that can come back, and nothing else comes back (INT-080)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
import schemathesis
import uvicorn
from fastapi import APIRouter, FastAPI
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as budget
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.responses import Response

from chassis.database import Database
from chassis.http import Edge, NotDeclared, RequestModel, Router, Text, View, anyone, create_app, needs
from chassis.service import Service
from chassis.settings import ServiceSettings


@pytest_asyncio.fixture(loop_scope="session")
async def document(client: httpx.AsyncClient) -> Any:
    return (await client.get("/openapi.json")).json()


@pytest.mark.req("INT-080")
async def test_every_operation_tells_its_problems_by_status(document: Any) -> None:
    place = document["paths"]["/v1/trials"]["post"]["responses"]
    find = document["paths"]["/v1/trials/{order_id}"]["get"]["responses"]

    assert set(place) == {"201", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"}
    assert set(find) == {"200", "400", "401", "403", "404", "422", "429", "503"}
    assert "`NOTHING_ORDERED`" in place["422"]["description"]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(answer["content"] == problem for status, answer in place.items() if status >= "400")


async def test_operations_are_named_once_over_the_suite_and_carry_tag_and_security(document: Any) -> None:
    operations = [one for path in document["paths"].values() for one in path.values()]

    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(name.startswith("example_") for name in names)
    assert {tuple(operation["tags"]) for operation in operations} == {("example",)}
    secured = {operation["operationId"]: operation["security"] for operation in operations}
    assert secured["example_log_in"] == []
    assert secured["example_try_one"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["bearerFormat"] == "JWT"


async def test_headers_and_switches_of_the_edge_are_documented(document: Any) -> None:
    def parameters(path: str, method: str) -> set[str]:
        return {parameter["name"] for parameter in document["paths"][path][method].get("parameters", [])}

    assert parameters("/v1/trial-batches", "post") == {"Idempotency-Key", "atomic"}
    assert parameters("/v1/trials/{order_id}", "put") == {"order_id", "Idempotency-Key", "If-Match"}
    assert parameters("/v1/trials/{order_id}", "delete") == {"order_id", "Idempotency-Key"}
    assert parameters("/v1/trials/{order_id}", "get") == {"order_id"}
    assert "Idempotency-Key" not in parameters("/v1/trials", "get")
    assert parameters("/v1/slow-trials", "post") == {"Idempotency-Key", "Prefer"}
    assert document["paths"]["/v1/slow-trials"]["post"]["responses"]["201"]["headers"].keys() == {"Preference-Applied"}


async def test_decimals_are_strings_and_the_inside_is_left_out(document: Any) -> None:
    schemas = document["components"]["schemas"]

    assert schemas["TrialView"]["properties"]["amount"]["type"] == "string"
    assert schemas["Trial"]["additionalProperties"] is False
    assert "HTTPValidationError" not in schemas
    assert not [path for path in document["paths"] if path.startswith("/internal")]


async def test_a_file_is_documented_with_its_media_type_and_nothing_else(document: Any) -> None:
    answer = document["paths"]["/v1/files/{file_id}/content"]["get"]["responses"]["200"]

    assert answer["content"] == {"text/plain": {"schema": {"type": "string", "format": "binary"}}}


async def test_parameters_and_form_fields_cannot_be_null_because_nobody_could_write_it(document: Any) -> None:
    [number] = [one for one in document["paths"]["/v1/trials"]["get"]["parameters"] if one["name"] == "number"]
    form = document["components"]["schemas"]["Body_example_upload"]["properties"]

    assert (number["schema"]["type"], number["schema"]["maxLength"]) == ("string", 50)
    assert (form["kept_until"]["type"], form["kept_until"]["format"]) == ("string", "date")
    assert "null" not in json.dumps([number, form])


@pytest_asyncio.fixture(loop_scope="session")
async def address(app: FastAPI, database: Database) -> AsyncIterator[str]:
    """The app on a port, in this loop: its database pool belongs here, and a generator calls it from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn sets a plain flag
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.mark.req("INT-080")
async def test_generated_calls_find_no_error_of_ours_and_nothing_undocumented(
    address: str, document: Any, tokens: Any
) -> None:
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    schema.config.update(base_url=address)
    calls = 0

    def attack(operation: Any) -> None:
        @seed(20261122)
        @budget(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            nonlocal calls
            calls += 1
            case.call_and_validate(headers=tokens.of_owner(), checks=checks)

        call()

    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result.err()
        await asyncio.to_thread(attack, result.ok())
    assert calls > 100


class Nothing(View):
    pass


class Body(RequestModel):
    name: Annotated[str, Text(5)]


def app_of(*routers: Any, open_paths: frozenset[str] = frozenset()) -> FastAPI:
    settings = ServiceSettings(service="x", database_url="postgresql://nobody@127.0.0.1:1/x", jwks_url="http://x")
    service = Service(name="x", package="chassis.example", routers=routers, listens=None, open_paths=open_paths)  # type: ignore[arg-type]
    return create_app(service, settings=settings, database=Database(settings))


class TestStart:
    """What does not say who may call it does not start (GEN-014)."""

    @pytest.mark.req("GEN-014")
    def test_a_route_without_permission(self) -> None:
        router = Router()
        with pytest.raises(NotDeclared, match="/v1/x"):

            @router.get("/v1/x")
            async def x() -> Nothing:
                return Nothing()

    def test_a_route_with_two_edges(self) -> None:
        router = Router()
        with pytest.raises(NotDeclared):

            @router.get("/v1/x")
            async def x(one: Annotated[Edge, needs("a")], two: Annotated[Edge, needs("b")]) -> Nothing:
                return Nothing()

    def test_a_route_with_two_bodies(self) -> None:
        router = Router()
        with pytest.raises(NotDeclared, match="one request model"):

            @router.post("/v1/x")
            async def x(one: Body, two: Body, edge: Annotated[Edge, needs("a")]) -> Nothing:
                return Nothing()

    @pytest.mark.req("GEN-014")
    def test_a_router_that_is_not_ours(self) -> None:
        router = APIRouter()

        @router.get("/v1/x")
        async def x() -> Nothing:
            return Nothing()

        with pytest.raises(NotDeclared, match="Router from chassis"):
            app_of(router)

    @pytest.mark.req("GEN-014")
    def test_an_open_route_that_the_service_does_not_list_and_a_listed_one_that_is_not_open(self) -> None:
        router = Router()

        @router.get("/v1/x")
        async def x(edge: Annotated[Edge, anyone()]) -> Nothing:
            return Nothing()

        with pytest.raises(NotDeclared, match="open_paths"):
            app_of(router)
        with pytest.raises(NotDeclared, match="open_paths"):
            app_of(Router(), open_paths=frozenset({"/v1/x"}))
        assert app_of(router, open_paths=frozenset({"/v1/x"}))

    def test_two_routes_of_one_name(self) -> None:
        first, second = Router(), Router()
        for router in (first, second):

            @router.get(f"/v1/{id(router)}")
            async def x(edge: Annotated[Edge, needs("a")]) -> Nothing:
                return Nothing()

        with pytest.raises(NotDeclared, match="two routes are called x:"):
            app_of(first, second)

    def test_a_documented_file_of_unknown_kind(self) -> None:
        router = Router()
        with pytest.raises(NotDeclared, match="download_responses"):

            @router.get("/v1/x")
            async def x(edge: Annotated[Edge, needs("a")]) -> Response:
                return Response()

    def test_needs_without_a_permission(self) -> None:
        with pytest.raises(ValueError, match="anyone"):
            needs()


class TestCommonRoutes:
    """Health, readiness, metrics, quiet."""

    async def test_a_process_is_alive_without_its_database_but_not_ready(self) -> None:
        transport = httpx.ASGITransport(app=app_of())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as calling:
            assert (await calling.get("/healthz")).status_code == 200
            answer = await calling.get("/readyz")

        assert (answer.status_code, answer.json()) == (503, {"state": "database-away"})

    async def test_a_process_that_is_draining_is_not_ready_and_still_answers(
        self, client: httpx.AsyncClient, app: Any
    ) -> None:
        assert (await client.get("/readyz")).status_code == 200
        app.state.shell.draining = True
        try:
            answer = await client.get("/readyz")
            still = await client.get("/v1/trials")
        finally:
            app.state.shell.draining = False

        assert (answer.status_code, answer.json(), still.status_code) == (503, {"state": "draining"}, 200)

    async def test_metrics_count_calls_by_route_and_not_by_address(
        self, client: httpx.AsyncClient, tokens: Any
    ) -> None:
        await client.get(f"/v1/trials/{tokens.maker_id}")
        await client.get("/v1/made-up-address")

        text = (await client.get("/metrics")).text

        assert 'method="GET",route="/v1/trials/{order_id}",service="example",status="404"' in text
        assert "made-up" not in text
        assert str(tokens.maker_id) not in text

    async def test_quiet_is_for_services_and_operators(self, client: httpx.AsyncClient, app: Any, tokens: Any) -> None:
        async def quiet() -> dict[str, object]:
            return {"outbox": 0}

        path = "/internal/quiet"
        assert (await client.get(path, headers=tokens.of_service())).status_code == 404
        app.state.shell.quiet = quiet
        try:
            assert (await client.get(path)).status_code == 403
            assert (await client.get(path, headers=tokens.of_service())).json() == {"outbox": 0}
            assert (await client.get(path, headers=tokens.of_operator())).json() == {"outbox": 0}
        finally:
            app.state.shell.quiet = None
