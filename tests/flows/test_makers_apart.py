"""Two makers never see each other: a matrix over the merged OpenAPI document, every route with an id of the other's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from suite.demo.client import Api, Json
from tests.flows.problems import problem
from tests.flows.running import Suite
from tests.flows.wholesaler import SHIRT, Wholesaler, settle_in

_UNKEYED = frozenset({"layout", "number", "variant"})
"""Parts of a path that are no ids: a word of a closed list, a counter below an id."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of the document, and the ids that it takes."""

    method: str
    path: str
    ids: tuple[str, ...]
    query_ids: tuple[str, ...]
    body: Json | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module")
def calls(document: Json) -> list[Call]:
    """Every operation of the merged document that takes an id."""
    return [call for call in _calls(document) if call.ids or call.query_ids]


@pytest.fixture(scope="module")
def other(suite: Suite, operator: Api) -> Iterator[Wholesaler]:
    """Another maker, whose ids mean nothing to the first and the other way round."""
    with settle_in(suite.url, operator) as wholesaler:
        yield wholesaler


@pytest.mark.req("GEN-005", "GEN-014")
def test_every_id_of_the_document_has_an_example(calls: list[Call], rich: dict[str, str]) -> None:
    named = {name for call in calls for name in (*call.ids, *call.query_ids)}

    assert named - rich.keys() == set()
    assert len(calls) > 60


@pytest.mark.req("GEN-005", "CON-073")
def test_another_makers_ids_are_not_found_and_told_like_ids_that_never_were(
    calls: list[Call], rich: dict[str, str], other: Wholesaler
) -> None:
    nowhere = {name: str(uuid4()) for name in rich}
    wrong = []
    for call in calls:
        if not call.ids:
            continue
        theirs, nobodys = _ask(other, call, rich), _ask(other, call, nowhere)
        # a deed may be refused for what was sent before anything is looked for
        allowed = (404,) if call.method == "GET" else (404, 409, 422)
        found = theirs.status_code not in allowed
        if found or _told(theirs, rich) != _told(nobodys, nowhere):
            wrong.append(
                f"{call}: {theirs.status_code} {theirs.text[:200]} | {nobodys.status_code} {nobodys.text[:200]}"
            )

    assert wrong == []


@pytest.mark.req("GEN-005", "GEN-016")
def test_lists_filtered_by_another_makers_ids_are_like_those_filtered_by_nobodys(
    calls: list[Call], rich: dict[str, str], other: Wholesaler
) -> None:
    wrong = []
    for call in calls:
        for name in call.query_ids if call.method == "GET" and not call.ids else ():
            nobodys_id = str(uuid4())
            theirs = other.http.get(call.path, params={name: rich[name]})
            nobodys = other.http.get(call.path, params={name: nobodys_id})
            if _told(theirs, rich) != _told(nobodys, {name: nobodys_id}):
                wrong.append(f"{call}?{name}: {theirs.status_code} {theirs.text[:200]}")

    assert wrong == []


@pytest.mark.req("GEN-005")
def test_the_owner_itself_finds_everything_in_the_matrix(
    calls: list[Call], rich: dict[str, str], shared_maker: Wholesaler
) -> None:
    """Otherwise the matrix would prove nothing."""
    answers = {str(call): _ask(shared_maker, call, rich).status_code for call in calls if call.method == "GET"}
    kept_apart = {
        "GET /v1/orders/{order_id}/source": 404,  # an order by API has no file
        "GET /v1/account-statements": 400,
    }

    missing = {call: status for call, status in answers.items() if status >= 400 and call not in kept_apart}
    assert missing == {}


@pytest.mark.req("GEN-005")
def test_another_makers_things_cannot_be_used_in_deeds(rich: dict[str, str], other: Wholesaler) -> None:
    other.customer("OWN")
    line = {"sku_code": SHIRT, "quantity": 1}
    deeds: dict[str, Json] = {
        "/v1/orders": {"customer_id": rich["customer_id"], "lines": [line]},
        "/v1/delivery-notes": {"customer_code": "OWN", "lines": [{"order_id": rich["order_id"], **line}]},
        "/v1/return-notes": {"note_id": rich["note_id"], "reason": "不良"},
        "/v1/invoices": {"bill_to": rich["customer_id"], "delivery_notes": [rich["note_id"]]},
    }

    answers = {path: other.http.post(path, json=body) for path, body in deeds.items()}

    assert all(answer.status_code in (404, 409, 422) for answer in answers.values()), answers
    assert all(problem(answer)["code"] for answer in answers.values())


def _ask(maker: Wholesaler, call: Call, ids: dict[str, str]) -> httpx.Response:
    path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], _WORDS.get(found[1], "1")), call.path)
    options: dict[str, Any] = {} if call.body is None else {"json": call.body}
    return maker.http.request(call.method, path, **options)


_WORDS = {"layout": "ordinary"}


def _told(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body without what differs by nature: the id that was asked for and the request's own."""
    text = re.sub(r'"request_id":\s*"[^"]*"', "", answer.text)
    for name in sorted(ids):
        text = text.replace(ids[name], "<id>")
    return answer.status_code, text


def _calls(document: Json) -> Iterator[Call]:
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told = [one for one in operation.get("parameters", []) if one["name"] not in _UNKEYED]
            ids = tuple(one["name"] for one in told if one["in"] == "path")
            query = tuple(one["name"] for one in told if one["in"] == "query" and one["name"].endswith("_id"))
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = _least(content["schema"], schemas) if content else None
            yield Call(method.upper(), path, ids, query, body)


def _least(schema: Json, schemas: Json) -> Any:
    """The smallest value that a schema allows: required members only."""
    if "$ref" in schema:
        return _least(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], schemas)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _least(schema["properties"][name], schemas) for name in schema.get("required", [])}
        case "array":
            return [_least(schema["items"], schemas)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return {"uuid": str(uuid4()), "date": "2026-09-30"}.get(schema.get("format", ""), "1")
