"""The generated contract documents and the rule of what may change within a version."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from suite.published.compatible import breaks
from suite.published.documents import asyncapi, schema
from suite.published.messages import published, topics

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def order_confirmed() -> dict[str, Any]:
    """The schema of a real message with nested parts."""
    [message] = [one for one in published() if one.type == "ordering.order-confirmed.v1"]
    found: dict[str, Any] = json.loads(json.dumps(schema(message)))
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s["properties"].pop("number"), ".number: field is gone"),
        (lambda s: s["properties"]["number"].update(type="integer"), ".number: type was 'string', is 'integer'"),
        (lambda s: s["required"].remove("number"), ".number: is no longer always there"),
        (lambda s: s["properties"].update(new={}) or s["required"].append("new"), ".new: new field is required"),
        (lambda s: s["$defs"]["OrderLine"]["properties"].pop("quantity"), ".lines[items].quantity: field is gone"),
        (lambda s: s["$defs"]["OrderLine"]["properties"]["quantity"].update(minimum=1), "minimum was None, is 1"),
        (lambda s: s["properties"]["currency"].update(enum=["JPY"]), ".currency: became an enumeration"),
        (lambda s: s.update({"x-topic": "ordering.other"}), "x-topic was 'ordering.events'"),
    ],
)
def test_a_change_that_breaks_a_reader_is_found(order_confirmed: dict[str, Any], change: Change, reason: str) -> None:
    changed = copy.deepcopy(order_confirmed)
    change(changed)

    assert [one for one in breaks(order_confirmed, changed) if reason in one]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"].update(remark={"type": "string", "default": ""}),
        lambda s: s["$defs"]["OrderLine"]["properties"].update(remark={"type": "string", "default": ""}),
        lambda s: s.update(description="Told better."),
    ],
)
def test_a_new_optional_field_breaks_nobody(order_confirmed: dict[str, Any], change: Change) -> None:
    changed = copy.deepcopy(order_confirmed)
    change(changed)

    assert breaks(order_confirmed, changed) == []


def test_an_open_enumeration_may_grow_but_not_shrink() -> None:
    fewer, more = {"enum": ["A"]}, {"enum": ["A", "B"]}

    assert breaks(fewer, more) == []
    assert breaks(more, fewer) == ["body: enumeration lost ['B']"]


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    messages = published()
    document = asyncapi(messages)

    for reference in _references(document):
        if reference.startswith("#/"):
            _follow(document, reference)
        else:
            assert reference.removeprefix("schemas/").removesuffix(".json") in {one.type for one in messages}


def test_a_command_is_sent_by_whoever_asks_and_not_by_its_owner() -> None:
    operations = json.dumps(asyncapi(published())["operations"])

    assert "gateway-sends-customers.commands" in operations
    assert "customers-receives-customers.commands" in operations
    assert "customers-sends-customers.commands" not in operations


def test_a_topic_has_one_owner_and_is_named_after_it() -> None:
    for topic, facts in topics(published()).items():
        assert topic.partition(".")[0] == facts["owner"]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for one in value.values() for found in _references(one)]
    if isinstance(value, list):
        return [found for one in value for found in _references(one)]
    return []


def _follow(document: Any, reference: str) -> None:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
