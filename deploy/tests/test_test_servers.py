"""The servers of a test run."""

from __future__ import annotations

import uuid

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError

from suite.infra.kafka import MAX_MESSAGE_BYTES, KafkaServer
from suite.infra.postgres import PostgresServer


async def test_the_server_of_a_test_run_is_postgresql_18_and_asks_for_a_password(
    postgres_server: PostgresServer,
) -> None:
    connection = await asyncpg.connect(postgres_server.url())
    try:
        major = int(await connection.fetchval("show server_version_num")) // 10_000
        encrypted = await connection.fetchval("select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolsuper")
    finally:
        await connection.close()

    assert (major, encrypted) == (18, True)


async def test_the_broker_of_a_test_run_carries_a_message_of_four_megabytes_less_its_envelope(
    kafka_server: KafkaServer,
) -> None:
    topic, body = f"test-{uuid.uuid4().hex}", b"x" * (MAX_MESSAGE_BYTES - 1024)
    await _make_topic(kafka_server, topic)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_server.bootstrap, enable_idempotence=True, max_request_size=2 * MAX_MESSAGE_BYTES
    )
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_server.bootstrap, auto_offset_reset="earliest")
    async with producer, consumer:
        await producer.send_and_wait(topic, body)
        received = await consumer.getone()
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, b"x" * (MAX_MESSAGE_BYTES + 1))

    assert received.value == body


async def _make_topic(server: KafkaServer, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
