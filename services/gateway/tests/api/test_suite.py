"""What the suite says of itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chassis.testing.http import Tokens
from gateway.usecases.documents import merged
from gateway.usecases.suite import _published, _state


def answer(**changes: Any) -> dict[str, Any]:
    return {"outbox": 0, "pending": 0, "parked": 0, "published": {}, "consumed": {}, "listens": [], **changes}


def test_a_service_is_quiet_when_it_has_consumed_all_that_owners_published() -> None:
    published = _published({"ordering": answer(published={"ordering.events": {"0": 3, "5": 1}})})
    behind = answer(listens=["ordering.events"], consumed={"ordering.events": {"0": 2}})
    there = answer(listens=["ordering.events"], consumed={"ordering.events": {"0": 3, "5": 1}})
    assert _state("fulfillment", behind, published).lag == 2
    assert not _state("fulfillment", behind, published).quiet
    assert _state("fulfillment", there, published).quiet


def test_a_service_that_does_not_answer_is_never_quiet() -> None:
    assert not _state("payments", None, {}).quiet


def test_parked_messages_are_shown_but_do_not_keep_the_suite_awake() -> None:
    assert _state("payments", answer(parked=2, pending=1), {}).quiet


def test_schemas_that_differ_under_one_name_are_told_apart() -> None:
    def document(kind: str) -> dict[str, Any]:
        reference = {"schema": {"$ref": "#/components/schemas/View"}}
        return {"paths": {f"/v1/{kind}": {"get": reference}}, "components": {"schemas": {"View": {"title": kind}}}}

    both = merged({"a": document("x"), "b": document("y")}, away=[])

    assert both["components"]["schemas"] == {"View": {"title": "x"}, "b_View": {"title": "y"}}
    assert both["paths"]["/v1/y"]["get"]["schema"]["$ref"] == "#/components/schemas/b_View"


def test_a_service_that_is_away_is_named_in_the_document() -> None:
    assert "payments" in merged({}, away=["payments"])["info"]["description"]


async def test_the_merged_document_holds_the_gateways_own_routes(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert {"/v1/tokens", "/v1/makers", "/v1/quiet"} <= document["paths"].keys()


@pytest.mark.req("CAT-072")
async def test_the_docs_page_is_not_indexed(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert (await client.get("/docs/swagger-ui.css")).status_code == 200
    assert (await client.get("/docs/secret.txt")).status_code == 404


async def test_quiet_needs_a_token(client: httpx.AsyncClient, tokens: Tokens) -> None:
    assert (await client.get("/v1/quiet", headers={"Authorization": ""})).status_code == 401
    assert (await client.get("/v1/quiet", headers=tokens.headers("maker.read"))).json()["quiet"] is True
