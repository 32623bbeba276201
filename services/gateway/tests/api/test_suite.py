"""What the suite says of itself."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chassis.testing.http import Tokens
from gateway.api import messages_page
from gateway.usecases.documents import merged, merged_messages
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


def part(service: str, action: str, schema: str = "string") -> dict[str, Any]:
    """The part of a service that sends or receives one message about <orders>."""
    reference = [{"$ref": "#/channels/ordering.events/messages/order.v1"}]
    payload = {"$ref": "#/components/schemas/Order"}
    message = {"summary": "An <order>.", "x-kind": "event", "payload": payload}
    return {
        "channels": {"ordering.events": {"messages": {"order.v1": {"$ref": "#/components/messages/order.v1"}}}},
        "operations": {f"{service}-{action}": {"action": action, "messages": reference, "x-service": service}},
        "components": {
            "messages": {"order.v1": message},
            "messageTraits": {"cloudevent": {"headers": {"properties": {"ce_id": {"type": "string"}}}}},
            "schemas": {"Order": {"properties": {"number": {"type": schema}}, "required": ["number"]}},
        },
    }


def test_a_topic_of_several_services_is_told_once_with_who_sends_and_who_listens() -> None:
    both = merged_messages({"ordering": part("ordering", "send"), "payments": part("payments", "receive")}, away=["x"])

    assert list(both["channels"]["ordering.events"]["messages"]) == ["order.v1"]
    assert list(both["operations"]) == ["ordering-send", "payments-receive"]
    assert list(both["components"]["schemas"]) == ["Order"]
    assert "x" in both["info"]["description"]


def test_message_schemas_that_differ_under_one_name_are_told_apart() -> None:
    both = merged_messages({"a": part("a", "send"), "b": part("b", "receive", schema="integer")}, away=[])

    assert sorted(both["components"]["schemas"]) == ["Order", "b_Order"]


def test_the_messages_page_tells_who_sends_and_escapes_what_it_shows() -> None:
    page = messages_page.written(merged_messages({"ordering": part("ordering", "send")}, away=[]))

    assert "event, sent by ordering, heard by nobody" in page
    assert "An &lt;order&gt;." in page
    assert "<code>number</code>" in page
    assert "src=" not in page


async def test_the_merged_messages_hold_the_gateways_own_part(client: httpx.AsyncClient) -> None:
    answer = await client.get("/asyncapi", headers={"Authorization": ""})

    document = answer.json()
    assert answer.headers["content-type"] == "application/vnd.aai.asyncapi+json;version=3.0.0"
    assert set(document["operations"]) == {
        "gateway-receives-customers.makers",
        "gateway-receives-customers.memberships",
        "gateway-sends-customers.commands",
    }
    assert document["components"]["messages"]["customers.create-maker.v1"]["x-kind"] == "command"


async def test_the_messages_page_is_open_and_not_indexed(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs/messages", headers={"Authorization": ""})

    assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex, nofollow")
    assert "customers.create-maker.v1" in page.text


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
