"""A service's part of the AsyncAPI document: what it announces, asks and hears, complete in itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx

from chassis import asyncapi
from chassis.example import app
from chassis.example.wire import Recount
from chassis.messages import Listens


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (found for key, one in value.items() for found in ([one] if key == "$ref" else references(one)))
    elif isinstance(value, list):
        yield from (found for one in value for found in references(one))


def followed(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


async def test_every_service_tells_what_it_announces_and_hears(client: httpx.AsyncClient) -> None:
    answer = await client.get("/asyncapi", headers={"Authorization": ""})

    document = answer.json()
    assert (answer.status_code, document["asyncapi"]) == (200, "3.0.0")
    assert answer.headers["content-type"] == "application/vnd.aai.asyncapi+json;version=3.0.0"
    sends = document["operations"]["example-sends-example.events"]
    assert [one["$ref"].rpartition("/")[2] for one in sends["messages"]] == [
        "example.order-noted.v1",
        "example.order-struck.v1",
    ]
    assert "example-receives-example.commands" in document["operations"]


async def test_the_part_needs_nothing_beside_it(client: httpx.AsyncClient) -> None:
    document = (await client.get("/asyncapi")).json()

    noted = document["components"]["messages"]["example.order-noted.v1"]
    assert followed(document, noted["payload"]["$ref"])["properties"]["amount"]["type"] == "string"
    for reference in references(document):
        assert followed(document, reference)


def test_a_command_is_told_by_who_asks_and_by_who_is_asked() -> None:
    asking = replace(app.service, name="asking", asks=[Recount], listens=Listens(), published="contracts.nowhere")

    operations = asyncapi.part_of(asking)["operations"]

    assert list(operations) == ["asking-sends-example.commands"]
    assert "example-sends-example.commands" not in asyncapi.part_of(app.service)["operations"]
