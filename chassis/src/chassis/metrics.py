"""What is counted: HTTP calls by route, messages by batch. A counter moves once per call or batch, never per message.

Label values come from the code (route templates, message types, topics), never from callers, so that the number of
series is bounded.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

HTTP_SECONDS: Final = Histogram(
    "oroshi_http_seconds", "Duration of HTTP calls.", ["service", "method", "route", "status"], buckets=_SECONDS
)
MESSAGES: Final = Counter(
    "oroshi_messages", "Messages taken in, by what became of them.", ["service", "topic", "outcome"]
)
BATCH_SECONDS: Final = Histogram(
    "oroshi_batch_seconds", "Duration of consumed batches.", ["service", "topic"], buckets=_SECONDS
)
PUBLISHED: Final = Counter("oroshi_published", "Messages published from the outbox.", ["service", "topic"])
OUTBOX: Final = Gauge("oroshi_outbox", "Messages written but not yet published.", ["service"])
LEFT_OUT: Final = Gauge(
    "oroshi_relay_keys_left_out", "Keys that Kafka refused and that make room for others for a while.", ["service"]
)
PARKED: Final = Gauge("oroshi_parked", "Messages set aside, by reason.", ["service", "reason"])
LAST_COMMIT: Final = Gauge("oroshi_last_commit_seconds", "Unix time of the last committed batch.", ["service", "topic"])


def exposition(registry: CollectorRegistry = REGISTRY) -> bytes:
    """The text Prometheus scrapes."""
    return generate_latest(registry)


def http_call(*, service: str, method: str, route: str, status: int, seconds: float) -> None:
    """One finished call; `route` is the template (`/v1/orders/{order_id}`), or `-` where none matched."""
    HTTP_SECONDS.labels(service, method, route, str(status)).observe(seconds)


def consumed(*, service: str, topic: str, seconds: float, **outcomes: int) -> None:
    """One committed batch: `consumed(…, handled=180, duplicate=3, parked=1, skipped=16)`."""
    BATCH_SECONDS.labels(service, topic).observe(seconds)
    LAST_COMMIT.labels(service, topic).set_to_current_time()
    for outcome, count in outcomes.items():
        if count:
            MESSAGES.labels(service, topic, outcome).inc(count)


def published(*, service: str, topic: str, count: int) -> None:
    """One acknowledged batch of the relay."""
    PUBLISHED.labels(service, topic).inc(count)


def left_out(*, service: str, count: int) -> None:
    """Keys the relay does not read at present."""
    LEFT_OUT.labels(service).set(count)
