"""The broker's misbehaviour at hand: saying messages again that were said before."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

BROKER = "KAFKA_BOOTSTRAP_SERVERS"


async def say_again(environment: Mapping[str, str], topic: str, subject: str, *, times: int = 2) -> int:
    """Sends every message about the subject again, byte for byte with its headers; returns how many were sent."""
    broker = environment[BROKER]
    known = [record for record in await _all(broker, topic) if subject in _subject(record)]
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        for record in known * times:
            await producer.send_and_wait(
                topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
            )
    finally:
        await producer.stop()
    return len(known) * times


async def _all(broker: str, topic: str) -> list[ConsumerRecord]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, group_id=None, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord] = []
        while [one for one in ends if await consumer.position(one) < ends[one]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
        return found
    finally:
        await consumer.stop()


def _subject(record: ConsumerRecord) -> str:
    return str(dict(record.headers).get("ce_subject", b""), "utf-8")
