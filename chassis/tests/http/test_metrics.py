"""`/metrics`: calls by route, messages by outcome, what only the database knows; names and labels as they should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from chassis import metrics
from chassis.database import Database
from chassis.depths import Depth, Depths
from chassis.example.trials import Scripted, customer, noted
from chassis.example.wire import OrderNoted
from chassis.http.shell import shell_of
from chassis.testing.messages import Deliver

Trial = Callable[..., dict[str, Any]]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

_UNITS = ("_seconds", "_bytes", "_messages", "_info", "_up", "_used", "_left_out")
_UNBOUNDED = {"maker_id", "actor", "path", "url", "subject", "request_id"}


async def scraped(client: httpx.AsyncClient, app: FastAPI) -> Samples:
    """All samples, the database's read anew."""
    shell_of(app).depths._read_at = float("-inf")
    text = (await client.get("/metrics", headers={"Authorization": ""})).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset({"service": "example", **labels}.items())), 0.0)


async def test_calls_are_counted_by_route_and_status_and_never_by_path(
    client: httpx.AsyncClient, app: FastAPI, trial: Trial
) -> None:
    name, route = "oroshi_http_request_duration_seconds_count", "/v1/trials/{order_id}"
    before = await scraped(client, app)
    for path in ("/v1/trials/018f0000-0000-7000-8000-000000000001", "/wp-admin", "/healthz"):
        await client.get(path)
    after = await scraped(client, app)

    def grown(**labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown(method="GET", route=route, status="404") == 1
    assert grown(method="-", route="-", status="404") == 1
    assert grown(method="GET", route="/healthz", status="200") == 1
    assert not [labels for _, labels in after if any("wp-admin" in text for _, text in labels)]


async def test_messages_are_counted_by_type_and_by_what_became_of_them(
    client: httpx.AsyncClient, app: FastAPI, scripted: Deliver, script: Scripted
) -> None:
    def counted(samples: Samples, outcome: str, type_: str = OrderNoted.TYPE) -> float:
        labels = {"topic": "example.events", "type": type_, "outcome": outcome}
        return value(samples, "oroshi_messages_consumed_total", **labels)

    script.missing = {customer(2)}
    first, strange = scripted.record(noted(1, of=1)), scripted.record(noted(3, of=3))
    strange.headers = [(key, b"made.up.v1" if key == "ce_type" else old) for key, old in strange.headers]
    before = await scraped(client, app)
    await scripted.records(first, scripted.record(noted(2, of=2)), strange)
    await scripted.records(first)
    after = await scraped(client, app)

    outcomes = {name: counted(after, name) - counted(before, name) for name in ("applied", "duplicate", "waiting")}
    assert outcomes == {"applied": 1, "duplicate": 1, "waiting": 1}
    assert counted(after, "skipped", "other") - counted(before, "skipped", "other") == 1
    assert not [labels for _, labels in after if ("type", "made.up.v1") in labels]


async def test_what_is_unsent_waiting_or_parked_is_told_with_its_age(
    client: httpx.AsyncClient, app: FastAPI, scripted: Deliver, script: Scripted, trial: Trial
) -> None:
    script.missing = {customer(1)}
    await scripted(noted(1, of=1))
    await client.post("/v1/trials", json=trial())
    samples = await scraped(client, app)

    assert value(samples, "oroshi_database_up") == 1
    assert value(samples, "oroshi_outbox_messages") == 1
    assert 0 <= value(samples, "oroshi_outbox_oldest_age_seconds") < 600
    assert value(samples, "oroshi_pending_messages") == 1
    parked = {
        dict(labels)["reason"]: count for (name, labels), count in samples.items() if name.endswith("parked_messages")
    }
    assert parked == {"unreadable": 0, "failed": 0, "gap": 0, "behind": 0}


async def test_a_database_that_does_not_answer_takes_its_figures_away_and_nothing_else(database: Database) -> None:
    depths = Depths(database, [Depth("oroshi_test_messages", "A gauge that fails.", "select 1 / 0")])

    await depths.refresh()
    text = metrics.exposition().decode()
    assert 'oroshi_database_up{service="example"} 0.0' in text
    assert "oroshi_outbox_messages{" not in text
    assert "oroshi_http_request_duration_seconds" in text


async def test_the_database_is_asked_once_however_many_scrape(client: httpx.AsyncClient, app: FastAPI) -> None:
    await scraped(client, app)
    read_at = shell_of(app).depths._read_at

    for _ in range(3):
        await client.get("/metrics")

    assert shell_of(app).depths._read_at == read_at


async def test_retries_of_transactions_are_counted(
    client: httpx.AsyncClient, app: FastAPI, trial: Trial, laboratory: Any
) -> None:
    name = "oroshi_transaction_retries_total"
    laboratory.stale_turns = 2
    before = await scraped(client, app)
    await client.post("/v1/trials", json=trial(behaviour="stale"))

    assert value(await scraped(client, app), name, origin="http") - value(before, name, origin="http") == 2


@pytest.mark.parametrize("rule", ["unit", "help", "labels"])
async def test_every_metric_has_a_unit_a_text_and_bounded_labels(
    client: httpx.AsyncClient, app: FastAPI, trial: Trial, rule: str
) -> None:
    await client.post("/v1/trials", json=trial())
    text = (await client.get("/metrics")).text
    families = [family for family in text_string_to_metric_families(text) if family.name.startswith("oroshi_")]
    own = [family for family in families if any(one.labels["service"] == "example" for one in family.samples)]

    match rule:
        case "unit":
            odd = [f.name for f in own if f.type != "counter" and not f.name.endswith(_UNITS)]
            assert odd == []
        case "help":
            assert [family.name for family in own if not family.documentation.endswith(".")] == []
        case _:
            assert not {label for family in own for one in family.samples for label in one.labels} & _UNBOUNDED


async def test_a_value_that_only_a_constraint_refused_is_counted_and_logged_as_an_error(
    client: httpx.AsyncClient, app: FastAPI, trial: Trial
) -> None:
    name, constraint = "oroshi_constraints_broken_total", "ck_orders_amount"
    before = await scraped(client, app)
    with capture_logs() as logged:
        answers = [await client.post("/v1/trials", json=trial(behaviour=one)) for one in ("check", "too-large")]
    after = await scraped(client, app)

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "BAD_VALUE")] * 2
    assert value(after, name, constraint=constraint) - value(before, name, constraint=constraint) == 1
    told = [(line["log_level"], line["constraint"]) for line in logged if line["event"] == "http.constraint-broken"]
    assert told == [("error", constraint)]
