"""What is counted: HTTP calls by route, messages by batch. A counter moves once per call or batch, never per message.

Label values come from the code (route templates, message types, topics), never from callers, so that the number of
series is bounded. What only the database knows is read when somebody asks (`chassis.depths`). docs/runbook.md says what
each one means and when to worry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each counter, which nobody looks at

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
"""The type of messages that nobody here listens to or that cannot be read: what they say of themselves is unbounded."""
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SIZES: Final = (1, 5, 20, 50, 100, 200, 500, 1000)

PROCESS: Final = Gauge("oroshi_process_info", "1 for the role this process has.", ["service", "role"])
HTTP_SECONDS: Final = Histogram(
    "oroshi_http_request_duration_seconds",
    "Duration of HTTP calls; where asked for with Prefer, including the wait.",
    ["service", "method", "route", "status"],
    buckets=_SECONDS,
)
HTTP_WAITS: Final = Counter(
    "oroshi_http_waits",
    "Calls that preferred to wait: ended, ran_out, failed, or refused because too many waited.",
    ["service", "outcome"],
)
CONSTRAINTS: Final = Counter(
    "oroshi_constraints_broken",
    "Calls refused only by a rule of the schema, which the core should have refused first.",
    ["service", "constraint"],
)
RETRIES: Final = Counter(
    "oroshi_transaction_retries",
    "Transactions run again because another one was in the way: stale rows, deadlocks, key races.",
    ["service", "origin"],
)
CONSUMED: Final = Counter(
    "oroshi_messages_consumed",
    "Messages taken in, by what became of them; a held one is counted again when it is applied.",
    ["service", "topic", "type", "outcome"],
)
BATCH_SECONDS: Final = Histogram(
    "oroshi_batch_duration_seconds", "Duration of consumed batches.", ["service"], buckets=_SECONDS
)
BATCH_SIZE: Final = Histogram("oroshi_batch_messages", "Messages per consumed batch.", ["service"], buckets=_SIZES)
BATCH_RETRIES: Final = Counter(
    "oroshi_batch_retries", "Batches given back to come again: PostgreSQL or a peer was away.", ["service"]
)
LAG: Final = Gauge(
    "oroshi_consumer_lag_messages",
    "Messages in Kafka that are not dealt with, looked up every 10 s.",
    ["service", "topic"],
)
PUBLISHED: Final = Counter(
    "oroshi_messages_published", "Messages from the outbox that Kafka acknowledged.", ["service", "topic"]
)
RELAY_FAILURES: Final = Counter("oroshi_relay_failures", "Turns of the relay that ended in an error.", ["service"])
LEFT_OUT: Final = Gauge(
    "oroshi_relay_keys_left_out", "Keys that Kafka refused and that make room for others for a while.", ["service"]
)


def exposition(registry: CollectorRegistry = REGISTRY) -> bytes:
    """The text Prometheus scrapes."""
    return generate_latest(registry)


def process(*, service: str, role: str) -> None:
    """Which role this process has; counters that may never move are there with 0, so that a rate can be taken."""
    PROCESS.labels(service, role).set(1)
    BATCH_RETRIES.labels(service)
    RELAY_FAILURES.labels(service)
    for origin in ("http", "messages"):
        RETRIES.labels(service, origin)


def http_call(*, service: str, method: str, route: str, status: int, seconds: float) -> None:
    """One finished call; `route` is the template (`/v1/orders/{order_id}`), or `-` where none matched."""
    HTTP_SECONDS.labels(service, method, route, str(status)).observe(seconds)


def http_wait(*, service: str, outcome: str) -> None:
    """One call that preferred to wait."""
    HTTP_WAITS.labels(service, outcome).inc()


def constraint_broken(*, service: str, constraint: str) -> None:
    """One call that broke this constraint."""
    CONSTRAINTS.labels(service, constraint).inc()


def retried(*, service: str, origin: str) -> None:
    """A transaction is run again; `origin` is http or messages."""
    RETRIES.labels(service, origin).inc()


def consumed(*, service: str, outcomes: Mapping[tuple[str, str, str], int]) -> None:
    """One committed transaction: how many messages, by topic, type and outcome."""
    for (topic, type_, outcome), count in outcomes.items():
        if count:
            CONSUMED.labels(service, topic, type_, outcome).inc(count)


def batch(*, service: str, messages: int, seconds: float) -> None:
    """One batch that was dealt with."""
    BATCH_SECONDS.labels(service).observe(seconds)
    BATCH_SIZE.labels(service).observe(messages)


def batch_again(*, service: str) -> None:
    """One batch that must come again."""
    BATCH_RETRIES.labels(service).inc()


def lag(*, service: str, topics: Mapping[str, int]) -> None:
    """How far the consumer group is behind; nothing is told when nothing is known."""
    LAG.clear()
    for topic, messages in topics.items():
        LAG.labels(service, topic).set(messages)


def published(*, service: str, topic: str, count: int) -> None:
    """One acknowledged batch of the relay."""
    PUBLISHED.labels(service, topic).inc(count)


def left_out(*, service: str, count: int) -> None:
    """Keys the relay does not read at present."""
    LEFT_OUT.labels(service).set(count)


def relay_failed(*, service: str) -> None:
    """One turn of the relay that ended in an error."""
    RELAY_FAILURES.labels(service).inc()
