"""What is settled about Kafka without a broker: kinds of topics by name, and how often the client may complain."""

from __future__ import annotations

import importlib
import logging

import pytest

from chassis.kafka import Seldom, TopicKind, kind_of, printable, topic_configs


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("ordering.events", TopicKind.EVENTS),
        ("customers.commands", TopicKind.COMMANDS),
        ("customers.customers", TopicKind.STATE),
        ("catalog.customer-rates", TopicKind.STATE),
    ],
)
def test_a_topic_tells_its_kind_by_its_last_word(topic: str, kind: TopicKind) -> None:
    assert kind_of(topic) is kind


def test_events_are_kept_for_ever_states_are_compacted_commands_last_a_week() -> None:
    assert topic_configs("a.events")["retention.ms"] == "-1"
    assert topic_configs("a.states")["cleanup.policy"] == "compact"
    assert topic_configs("a.commands")["retention.ms"] == str(7 * 24 * 3600 * 1000)


@pytest.mark.parametrize(
    ("sent", "read"), [(None, ""), (b"", ""), (b"\xff", "\ufffd"), (b"a\x00b", "a\ufffdb"), ("注".encode(), "注")]
)
def test_any_header_is_text_without_nul(sent: bytes | None, read: str) -> None:
    assert printable(sent) == read


def test_the_same_complaint_is_logged_once_in_ten_seconds_and_another_at_once() -> None:
    now = 0.0
    seldom = Seldom(10, lambda: now)

    def told(text: str) -> bool:
        return seldom.filter(logging.LogRecord("aiokafka.conn", logging.ERROR, "", 0, text, (), None))

    assert [told("away"), told("away"), told("closed")] == [True, False, True]
    now = 9.9
    assert not told("away")
    now = 10.0
    assert told("away")


@pytest.mark.parametrize("module", ["client", "conn", "cluster", "producer.sender", "consumer.group_coordinator"])
def test_the_loggers_that_aiokafka_really_complains_with_are_held_back(module: str) -> None:
    """Its client logs as `aiokafka` itself, and a filter of a child logger never sees that."""
    complains: logging.Logger = importlib.import_module(f"aiokafka.{module}").log

    assert any(isinstance(one, Seldom) for one in complains.filters)
